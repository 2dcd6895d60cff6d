//! `tidegate metric test`: the queries of a plan, asked by the server or from here.

use super::command::{FLAGS, Running, run};
use serde_json::Value;
use wiremock::matchers::{any, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const PLAN: &str = r#"kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
metrics:
  errors: { provider: outcomes, measure: error_ratio }
  cpu: { provider: prometheus, unit: percent, query: 'cpu{v="{{variant}}"}' }
  queue: { provider: prometheus, connection: CONNECTION, unit: count, query: 'queue' }
waves:
  - { name: some, exposure: 50%, bake: 1h, every: 1m, close_when: [ cpu > 90%, queue > 5 ] }
"#;

/// A Prometheus that knows the processor's load, and of the queue nothing.
async fn prometheus() -> MockServer {
    let server = MockServer::start().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let answer = |result: &str| {
        let body = format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#);
        ResponseTemplate::new(200).set_body_string(body)
    };
    for (variant, value) in [("on", "42.5"), ("off", "40")] {
        let known = answer(&format!(r#"{{"metric":{{}},"value":[{now},"{value}"]}}"#));
        let query = format!(r#"cpu{{v="{variant}"}}"#);
        Mock::given(query_param("query", query)).respond_with(known).mount(&server).await;
    }
    Mock::given(any()).respond_with(answer("")).mount(&server).await;
    server
}

#[tokio::test]
async fn the_server_asks_each_query_and_says_what_came_and_what_to_do() {
    let prometheus = prometheus().await;
    let running = Running::start(&[("TIDEGATE_PROMETHEUS", &prometheus.uri())]).await;
    let file = running.write("search.yaml", &PLAN.replace("CONNECTION", "prometheus"));
    let tested = running.run(&["metric", "test", &file]).await;
    assert_eq!(tested.code, 1, "the queue has no data: {tested:?}");
    for part in ["42.5%", "40%", "cpu of on: cpu{v=\"on\"}", "NO DATA: there are no values", "hint: do the names"] {
        assert!(tested.out.contains(part), "{part} in {}", tested.out);
    }
    assert!(tested.out.contains("not asked: errors"), "{}", tested.out);

    let tested = running.run(&["metric", "test", &file, "--variant", "on", "-o", "json"]).await;
    let answer: Value = serde_json::from_str(&tested.out).unwrap();
    let metrics = answer[0]["metrics"].as_array().unwrap();
    let (cpu, queue) = (&metrics[0], &metrics[1]);
    assert_eq!((metrics.len(), &answer[0]["data"]), (2, &Value::Bool(false)));
    assert_eq!(
        (&cpu["variant"], &cpu["connection"], &cpu["number"]),
        (&"on".into(), &"prometheus".into(), &0.425.into())
    );
    assert!(cpu["tookMs"].is_u64() && queue["kind"] == "absent" && queue["variant"].is_null(), "{answer}");

    let wrong = running.run(&["metric", "test", &file, "--variant", "onn"]).await;
    assert!(wrong.code == 1 && wrong.err.contains("its variants are `on` and `off`"), "{wrong:?}");
    let wrong = running.run(&["metric", "test", &file, "--rollout", "search-v3"]).await;
    assert!(wrong.code == 1 && wrong.err.contains("did you mean `search-v2`"), "{wrong:?}");
    // Nothing was taken.
    assert!(running.run(&["rollout", "list"]).await.out.contains("no rollouts"));
}

#[tokio::test]
async fn a_plan_is_tested_from_here_with_the_connections_of_a_settings_file() {
    let prometheus = prometheus().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_string_lossy().into_owned()
    };
    write("flags.yaml", FLAGS);
    let plan = write("search.yaml", &PLAN.replace("CONNECTION", "elsewhere"));
    let tested = run(&["metric", "test", &plan, "--prometheus", &prometheus.uri()]).await;
    assert!(tested.code == 1 && tested.out.contains("42.5%"), "{tested:?}");
    assert!(tested.out.contains("no connection `elsewhere` is configured"), "{tested:?}");

    let settings = format!("connections:\n  prometheus: {{ address: '{}' }}\n", prometheus.uri());
    let settings = write("settings.yaml", &settings);
    let plan = write("cpu.yaml", &PLAN.replace("CONNECTION", "prometheus").replace("'queue'", "'cpu{v=\"on\"}'"));
    let tested = run(&["metric", "test", &plan, "--config", &settings]).await;
    assert_eq!((tested.code, tested.err.as_str()), (0, ""), "{tested:?}");
    let wrong = write("wrong.yaml", "connections: { prometheus: { adress: x } }\n");
    let wrong = run(&["metric", "test", &plan, "--config", &wrong]).await;
    assert!(wrong.code == 2 && wrong.err.contains("unknown field `adress`"), "{wrong:?}");
}

#[tokio::test]
async fn a_connection_that_is_not_there_is_told_as_soon_as_the_plan_is_known() {
    let running = Running::start(&[("TIDEGATE_PROMETHEUS", "http://127.0.0.1:1")]).await;
    let file = running.write("search.yaml", &PLAN.replace("CONNECTION", "mimir"));
    running.run(&["rollout", "apply", &file]).await;
    let shown = running.run(&["rollout", "get", "search-v2", "-o", "json"]).await;
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown["problems"], serde_json::json!(["queue: no connection `mimir` is configured"]));
}
