//! `/metrics`: what an operator reads there stays true and stays bounded.

use crate::evaluation_door::snapshot;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tidegate::live::Live;
use tidegate::rollout::State;
use tidegate::telemetry::{CheckResult, Metrics, OutcomeResult};
use tidegate::units::{Exposure, FlagKey, RolloutName, UnixMillis};

fn document(flags: usize) -> String {
    let mut text = String::from("flags:\n");
    for number in 0..flags {
        let _ = writeln!(text, "  f{number:05}: {{ state: ENABLED, variants: {{ a: 1, b: 2 }}, defaultVariant: a }}");
    }
    text
}

fn evaluation_lines(metrics: &Metrics) -> Vec<String> {
    let text = metrics.render();
    text.lines().filter(|line| line.starts_with("tidegate_evaluations_total{")).map(str::to_owned).collect()
}

#[test]
fn many_flags_do_not_make_many_series() {
    let live = Arc::new(Live::new(snapshot(1, &document(3_000))));
    let metrics = Metrics::new(Arc::clone(&live)).unwrap();
    assert!(evaluation_lines(&metrics).is_empty(), "what was never asked for has no series");
    let published = live.load_full();
    for position in 0..3_000 {
        published.tallies().count(position, Some(1));
    }
    let lines = evaluation_lines(&metrics);
    assert_eq!(lines.len(), 2_001);
    assert!(lines.contains(&r#"tidegate_evaluations_total{flag="_other",variant=""} 1000"#.to_owned()), "{lines:?}");
}

#[test]
fn a_series_that_was_there_stays_when_others_come() {
    let live = Arc::new(Live::new(snapshot(1, &document(3_000))));
    let metrics = Metrics::new(Arc::clone(&live)).unwrap();
    let published = live.load_full();
    published.tallies().count(2_999, Some(0));
    let last = r#"tidegate_evaluations_total{flag="f02999",variant="a"} 1"#.to_owned();
    assert_eq!(evaluation_lines(&metrics), std::slice::from_ref(&last));
    for position in 0..2_999 {
        published.tallies().count(position, None);
    }
    assert!(evaluation_lines(&metrics).contains(&last), "it would look like a counter that was reset");
}

#[test]
fn a_rollout_shows_its_exposure_and_one_state_and_only_its_newest_flag() {
    let metrics = Metrics::new(Arc::new(Live::new(snapshot(1, "flags: {}")))).unwrap();
    let (rollout, flag) = (RolloutName::new("new-search").unwrap(), FlagKey::new("search \"v2\"").unwrap());
    metrics.set_rollout(&rollout, &flag, &State::Pending { attempts: 0 }, Exposure::NONE);
    let completed = State::Completed { attempt: 1, at: UnixMillis::new(0), step: 0 };
    metrics.set_rollout(&rollout, &flag, &completed, Exposure::parse("25%").unwrap());
    let text = metrics.render();
    for line in [
        r#"tidegate_exposure_ratio{flag="search \"v2\"",rollout="new-search"} 0.25"#,
        r#"tidegate_rollout_state{rollout="new-search",state="pending"} 0"#,
        r#"tidegate_rollout_state{rollout="new-search",state="completed"} 1"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    metrics.set_rollout(&rollout, &FlagKey::new("search").unwrap(), &completed, Exposure::ALL);
    let text = metrics.render();
    assert!(text.contains(r#"tidegate_exposure_ratio{flag="search",rollout="new-search"} 1"#), "{text}");
    assert!(!text.contains("v2"), "a flag that is gone must not look like one that waits\n{text}");
}

#[test]
fn what_happened_is_counted() {
    let metrics = Metrics::new(Arc::new(Live::new(snapshot(1, "flags: {}")))).unwrap();
    metrics.decided("wave-opened");
    metrics.checked(CheckResult::Blind);
    metrics.outcomes(OutcomeResult::Accepted, 40);
    metrics.outcomes(OutcomeResult::Refused, 2);
    metrics.set_problems("flag", 3);
    metrics.set_problems("flag", 0);
    metrics.rolled_back(Duration::from_micros(700));
    metrics.rollback_written(Duration::from_millis(4));
    let text = metrics.render();
    for line in [
        r#"tidegate_decisions_total{kind="wave-opened"} 1"#,
        r#"tidegate_checks_total{verdict="blind"} 1"#,
        r#"tidegate_outcomes_total{result="accepted"} 40"#,
        r#"tidegate_outcomes_total{result="refused"} 2"#,
        r#"tidegate_problems{kind="flag"} 0"#,
        r#"tidegate_rollback_seconds_bucket{le="0.001"} 1"#,
        "tidegate_rollback_durable_seconds_count 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}
