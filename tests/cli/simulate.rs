//! `tidegate rollout simulate`, as a release manager tries the shipped plans out.

use super::command::{Ran, run};
use serde_json::Value;

fn shipped(name: &str) -> String {
    format!("{}/flags/{name}.rollout.yaml", env!("CARGO_MANIFEST_DIR"))
}

async fn simulate(plan: &str, more: &[&str]) -> Ran {
    let args: Vec<&str> = ["rollout", "simulate", plan].into_iter().chain(more.iter().copied()).collect();
    run(&args).await
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"))
}

/// A pipeline goes by the exit code and reads the outcome.
#[tokio::test]
async fn each_scenario_ends_with_its_outcome_and_exit_code() {
    let plan = shipped("checkout-v2");
    for (scenario, code, outcome) in [
        ("healthy", 0, "completed"),
        ("double-errors", 3, "rolled_back"),
        ("slow-burn", 3, "rolled_back"),
        ("outage", 0, "completed"),
    ] {
        let ran = simulate(&plan, &["--scenario", scenario, "-o", "json"]).await;
        let report = json(&ran);
        assert_eq!((ran.code, report["outcome"].as_str()), (code, Some(outcome)), "{scenario}: {report:#}");
        let timeline = report["timeline"].as_array().unwrap();
        let at: Vec<f64> = timeline.iter().map(|row| row["seconds"].as_f64().unwrap()).collect();
        assert!(at.is_sorted(), "{scenario}: {at:?}");
        assert_eq!(timeline[0]["sentence"], "started by simulation: wave tenth opens at 10%", "{scenario}");
    }
}

#[tokio::test]
async fn every_shipped_plan_completes_with_a_sound_candidate_and_closes_with_one_twice_as_bad() {
    for plan in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/flags")).unwrap() {
        let plan = plan.unwrap().path().to_string_lossy().into_owned();
        if plan.ends_with(".rollout.yaml") {
            for (scenario, code) in [("healthy", 0), ("double-errors", 3)] {
                let ran = simulate(&plan, &["--scenario", scenario]).await;
                assert_eq!(ran.code, code, "{plan}, {scenario}: {ran:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_same_seed_prints_the_same_bytes() {
    let plan = shipped("batch-patches-v1");
    for format in ["table", "json", "yaml"] {
        let args = ["--scenario", "slow-burn", "--seed", "9", "-o", format];
        let (one, other) = (simulate(&plan, &args).await, simulate(&plan, &args).await);
        assert_eq!((one.code, one.out), (3, other.out), "{format}");
    }
}

#[tokio::test]
async fn the_time_line_says_what_happened_and_why() {
    let ran = simulate(&shipped("checkout-v2"), &["--scenario", "outage"]).await;
    let parts = [
        "checkout-v2, scenario outage, seed 1",
        "assumed: 60,000 users an hour, error_rate 1.2%, p95 240ms",
        "01:00:00                         scenario     the metrics answer nothing, for 3h",
        "held: no data for error_rate: provider unreachable (an outage of the scenario)",
        "nothing holds it any more; it goes on",
        "completed after 1d 10h",
    ];
    for part in parts {
        assert!(ran.out.contains(part), "{part}\n{}", ran.out);
    }
}

#[tokio::test]
async fn a_table_decides_what_the_metrics_are() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("bad.csv");
    let table_name = table.to_string_lossy().into_owned();
    std::fs::write(&table, "time,error_rate,error_rate@control,p95\n0,1%,1%,200ms\n45m,12%,12%,0.2s\n").unwrap();
    let ran = simulate(&shipped("checkout-v2"), &["--scenario", &table_name, "-o", "json"]).await;
    let report = json(&ran);
    assert_eq!(ran.code, 3, "{report:#}");
    assert_eq!(report["reason"], "error_rate > 10% for 2m (error_rate 12%)");
    assert_eq!(report["lasted"], "47m");

    std::fs::write(&table, "time,error_rate\n0,1%\n45m,fast\n").unwrap();
    let ran = simulate(&shipped("checkout-v2"), &["--scenario", &table_name]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("bad.csv:3:5: `fast` is no value of `error_rate`"), "{ran:?}");
    assert_eq!(ran.out, "");
}

#[tokio::test]
async fn what_cannot_be_simulated_is_refused_with_the_reason() {
    let plan = shipped("checkout-v2");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_string_lossy().into_owned()
    };
    let bad = write("bad.yaml", "kind: Rollout\nname: r\n");
    let flags = write("flags.yaml", super::command::FLAGS);
    let other = super::command::ROLLOUT.replace("search-v2", "search-v3");
    let several = write("several.yaml", &format!("{}---\n{other}", super::command::ROLLOUT));
    for (args, code, told) in [
        (vec![plan.as_str(), "--scenario", "doom"], 2, "there is no scenario `doom`"),
        (vec![&plan, "--scenario", "missing.csv"], 1, "missing.csv cannot be read"),
        (vec![&plan, "--rollout", "other"], 1, "has no rollout other"),
        (vec![&bad], 1, "bad.yaml:1:1"),
        (vec![&flags], 1, "has no rollouts"),
        (vec![&several], 2, "has several rollouts: search-v2, search-v3"),
    ] {
        let ran = simulate(args[0], &args[1..]).await;
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.err.contains(told), "{told}: {ran:?}");
    }
    let ran = simulate(&several, &["--rollout", "search-v3"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
}
