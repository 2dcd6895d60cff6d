//! A plan that is stored was taken by the rules of its time: later, stricter ones must not take its exposure away.

use std::path::Path;
use tidegate::rollout::{self, Attachments, Plan};
use tidegate::source::{Format, Problem, parse};

type Lower = fn(&tidegate::source::Node<'_>, &tidegate::source::Text, &Attachments) -> Result<Plan, Vec<Problem>>;

fn read(name: &str, lower: Lower) -> Result<Plan, Vec<Problem>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/testdata/plans").join(name);
    let parsed =
        parse(name, &std::fs::read(&file).unwrap_or_else(|why| panic!("{name}: {why}")), Format::Yaml).unwrap();
    lower(&parsed.documents[0], &parsed.text, &Attachments::none())
}

/// Each of these means something that can be done; that it is not wise is asked of new plans.
const UNWISE: [&str; 13] = [
    "advance_contradicts_close.yaml",
    "baseline_compared_with_and_not_taken.yaml",
    "baseline_longer_than_outcomes_are_kept.yaml",
    "budget_without_a_control.yaml",
    "burn_rate_longer_than_outcomes_are_kept.yaml",
    "control_always_and_everybody_has_it.yaml",
    "control_in_the_watch.yaml",
    "control_when_everybody_has_it.yaml",
    "exposure_falls.yaml",
    "for_longer_than_the_bake.yaml",
    "for_longer_than_the_watch.yaml",
    "trend_of_too_few_checks.yaml",
    "wave_opens_to_nobody_new.yaml",
];

#[test]
fn a_stored_plan_is_read_by_what_it_says_and_not_by_how_wise_it_is() {
    for name in UNWISE {
        assert!(read(name, rollout::lower).is_err(), "{name} is refused when it is new");
        if let Err(problems) = read(name, rollout::lower_kept) {
            panic!("{name} cannot be gone on with: {problems:#?}");
        }
    }
}

#[test]
fn what_means_nothing_cannot_be_kept_either() {
    for name in ["bake_missing.yaml", "condition_metric_misspelt.yaml", "audience_operator_unknown.yaml"] {
        assert!(read(name, rollout::lower_kept).is_err(), "{name}");
    }
}

/// There were metrics of that name before the language had scores.
#[test]
fn a_metric_may_be_named_score() {
    let text = "kind: Rollout\nname: r\nflag: f\ncandidate: new\nstable: old\n\
        metrics:\n  score: { provider: outcomes, measure: error_ratio, critical: \"> 20% for 5m\" }\n  \
        p95: { provider: outcomes, measure: latency_p95 }\n\
        waves:\n  - { name: some, exposure: 10%, bake: 1h, hold_when: [ score > 5%, score not trending up over 30m ],\n      \
        close_when: score regresses or p95 > 1s, advance_when: [ \"score (score weight 2, p95) >= 75\" ] }\n";
    for lower in [rollout::lower, rollout::lower_kept] {
        let parsed = parse("plan.yaml", text.as_bytes(), Format::Yaml).unwrap();
        let plan = lower(&parsed.documents[0], &parsed.text, &Attachments::none()).unwrap();
        let texts: Vec<&str> = plan.waves[0].clauses.iter().map(|clause| &*clause.text).collect();
        let (severe, milder) =
            (["score > 20% for 5m", "score regresses or p95 > 1s"], ["score > 5%", "score not trending up over 30m"]);
        assert_eq!(texts, [&severe[..], &milder, &["score(score weight 2, p95) >= 75"]].concat());
    }
}
