//! `tidegate rollout rehearse`, as far as nobody need be asked; the rest is in `tests/real`.

use super::command::{ran, tidegate};
use serde_json::{Value, json};
use std::path::Path;

const OUTCOMES: &str = "kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
metrics:
  errors: { provider: outcomes, measure: error_ratio }
waves:
  - { name: some, exposure: 10%, bake: 2h, every: 5m, close_when: errors regresses by 20% }
  - { name: half, exposure: 50%, bake: 2h, every: 5m, close_when: errors > 90% }
";

const ASKED: &str = "kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
metrics:
  p99: { provider: prometheus, unit: seconds, query: 'p99{variant=\"{{variant}}\"}' }
waves:
  - { name: some, exposure: 10%, bake: 2h, every: 5m, close_when: p99 > 1s }
";

async fn rehearse(folder: &Path, plan: &str, more: &[&str]) -> super::command::Ran {
    let file = folder.join("plan.yaml");
    std::fs::write(&file, plan).unwrap();
    let mut command = tidegate(&["rollout", "rehearse"]);
    command.arg(file).arg("--keep").arg(folder.join("kept")).args(more);
    ran(command.spawn().unwrap()).await
}

/// What Tidegate counts itself has no past: it must not look as if it had.
#[tokio::test]
async fn metrics_without_a_past_are_made_up_and_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["--since", "2d", "--step", "5m", "--until", "2026-03-02T09:00:00Z", "--users-per-hour", "600000"];
    let told = rehearse(folder.path(), OUTCOMES, &args).await;
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    assert!(told.out.contains("errors: has no past: made up as sound at "), "{told:?}");
    assert!(told.out.contains("No metric has a past"), "{told:?}");
    assert!(told.out.contains("errors (made up)"), "what is found of them says so where it stands: {told:?}");
    assert!(told.out.contains("close_when errors regresses by 20% (made up)"), "{told:?}");
    let json = rehearse(folder.path(), OUTCOMES, &[&args[..], &["-o", "json"]].concat()).await;
    let report: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&report["requests"], &report["weather"]["closings"]), (&json!(0), &json!(0)));
    assert_eq!(report["metrics"][0]["source"], json!("model"));
    let found = report["detection"].as_array().unwrap();
    assert!(found.iter().all(|one| one["closed"] == one["tried"]), "a test finds even a doubling: {found:#?}");
    let again = rehearse(folder.path(), OUTCOMES, &args).await;
    assert_eq!(again.out, told.out, "the same past, seed and number of users give the same report");
}

/// Beside a metric with a past, one without must not pass for one.
#[tokio::test]
async fn what_is_made_up_is_told_apart_from_what_was() {
    let prometheus = wiremock::MockServer::start().await;
    let began = 1_772_262_000;
    let values: Vec<_> = (0..600).map(|step| json!([began + step * 300, "0.5"])).collect();
    let body = json!({ "status": "success", "data": { "resultType": "matrix", "result": [{ "metric": {}, "values": values }] } });
    wiremock::Mock::given(wiremock::matchers::path("/api/v1/query_range"))
        .respond_with(wiremock::ResponseTemplate::new(200).set_body_json(body))
        .mount(&prometheus)
        .await;
    let plan = ASKED.replace("metrics:\n", "metrics:\n  errors: { provider: outcomes, measure: error_ratio }\n");
    let plan = plan.replace("close_when: p99 > 1s", "close_when: [ p99 > 1s, errors > 5% ], hold_when: errors >= 0%");
    let folder = tempfile::tempdir().unwrap();
    let url = prometheus.uri();
    let args = ["--since", "2d", "--step", "5m", "--until", "2026-03-02T09:00:00Z", "--prometheus", &url];
    let told = rehearse(folder.path(), &plan, &args).await;
    assert_eq!(told.code, 0, "{told:?}");
    let said = "What is said below of errors is chance and the plan's arithmetic, not what happened";
    for part in [said, "p99: median 500ms", "held by errors ", "(made up)", "close_when errors > 5% (made up)"] {
        assert!(told.out.contains(part), "{part} in {told:?}");
    }
    assert!(!told.out.contains("close_when p99 > 1s (made up)"), "{told:?}");
    let json = rehearse(folder.path(), &plan, &[&args[..], &["-o", "json"]].concat()).await;
    let report: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&report["weather"]["held_by"][0]["metrics"], &report["weather"]["held_by"][0]["made_up"]),
        (&json!("errors"), &json!(true))
    );
}

#[tokio::test]
async fn what_cannot_be_rehearsed_is_refused_before_anybody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let many = rehearse(folder.path(), ASKED, &["--since", "365d", "--step", "1s", "--most-requests", "1000"]).await;
    assert_eq!(many.code, 2, "{many:?}");
    assert!(many.err.contains("requests would be made for 1 metrics over 365d, and 1000 are allowed"), "{many:?}");
    assert!(many.err.contains("hint: take a longer --step"), "{many:?}");
    let short = rehearse(folder.path(), OUTCOMES, &["--since", "5m", "--step", "1m"]).await;
    assert_eq!(short.code, 2, "{short:?}");
    assert!(short.err.contains("too short to say anything"), "{short:?}");
    let wrong = rehearse(folder.path(), &ASKED.replace("p99 > 1s", "p98 > 1s"), &[]).await;
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(wrong.err.contains("did you mean `p99`?") && wrong.err.contains("nothing was rehearsed"), "{wrong:?}");
    let nobody = rehearse(folder.path(), ASKED, &[]).await;
    assert_eq!(nobody.code, 1, "{nobody:?}");
    assert!(nobody.err.contains("asking for p99 failed: no connection `prometheus` is configured"), "{nobody:?}");
    assert!(nobody.err.contains("hint: name the Prometheus server with --prometheus"), "{nobody:?}");
}

/// An interrupted rehearsal says how to go on.
#[cfg(unix)]
#[tokio::test]
async fn an_interrupted_rehearsal_ends_with_130_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    // It takes the connection and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let file = folder.path().join("plan.yaml");
    std::fs::write(&file, ASKED).unwrap();
    let mut command = tidegate(&["rollout", "rehearse", "--prometheus", &address]);
    command.arg(file).arg("--keep").arg(folder.path().join("kept"));
    let child = command.spawn().unwrap();
    let _asking = silent.accept().await.unwrap();
    let id = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ended = ran(child).await;
    assert_eq!(ended.code, 130, "{ended:?}");
    assert!(ended.err.contains("interrupted after 0 of ") && ended.err.contains("run it again to go on"), "{ended:?}");
}
