//! What a check asks for, and who is counted by what it is told.

use std::time::Duration;
use tidegate::analysis::{Compared, Counted, Counts, Group, Sampled};
use tidegate::rollout::{self, Asked, Attachments, Event, Evidence, Plan, Stage, State};
use tidegate::source::{Format, parse};
use tidegate::units::{MetricName, UnixMillis};

const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

fn plan(head: &str, metrics: &str, wave: &str) -> Plan {
    let text = format!(
        "kind: Rollout\nname: r\nflag: f\ncandidate: new\nstable: old\n{head}metrics:\n{metrics}\
         waves:\n  - {{ name: some, exposure: 10%, bake: 1h, {wave} }}\n"
    );
    let parsed = parse("plan.yaml", text.as_bytes(), Format::Yaml).unwrap();
    rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::none())
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn asked(plan: &Plan) -> Asked {
    rollout::questions(plan, &State::Running(Stage::enter(1, 0, NOW)))
}

/// Where companies are split, a company of ten thousand is no fault of the assignment.
#[test]
fn the_split_of_users_is_asked_for_only_where_users_are_split() {
    let metrics = "  errors: { provider: outcomes, measure: error_ratio }\n";
    let tested = "close_when: errors regresses";
    assert_eq!(asked(&plan("", metrics, tested)).split, Some(NOW));
    assert_eq!(asked(&plan("bucket_by: targetingKey\n", metrics, tested)).split, Some(NOW));
    let of_companies = asked(&plan("bucket_by: company\n", metrics, tested));
    assert_eq!((of_companies.split, of_companies.versus.len()), (None, 1), "they are compared all the same");
}

/// A latency is not known of each outcome, and a value of few: a wave that waits for 500 outcomes must not wait for
/// those.
#[test]
fn outcomes_are_counted_by_a_metric_that_all_of_them_have() {
    let by = |metrics: &[&str]| {
        let of = |measure: &&str| format!("  {} }}\n", measure.replacen(' ', ": { provider: outcomes, measure: ", 1));
        let metrics: String = metrics.iter().map(of).collect();
        let (metric, since) = asked(&plan("", &metrics, "min_samples: 500")).seen?;
        assert_eq!(since, NOW, "those of the wave");
        Some(metric.to_string())
    };
    let value = "a value_mean, unit: number";
    let slow = "b slow_ratio, slower_than: 1s";
    for all in ["z count", "z errors", "z error_ratio", "z success_ratio"] {
        assert_eq!(by(&[value, slow, "c latency_p95", all]).as_deref(), Some("z"), "{all}");
    }
    assert_eq!(by(&[value, "c latency_p95"]).as_deref(), Some("c"));
    assert_eq!(by(&[value]).as_deref(), Some("a"));
}

/// A wave that began while the clock was a day ahead: once the clock is right, looks go on from where the provider says
/// that they do, and not from the beginning of the wave, which is yet to come.
#[test]
fn a_wave_that_began_in_the_future_is_counted_from_when_the_clock_was_set_right() {
    let metrics = "  errors: { provider: outcomes, measure: error_ratio }\n";
    let plan = plan("", metrics, "close_when: errors regresses");
    let errors = MetricName::new("errors").unwrap();
    let ahead = State::Running(Stage::enter(1, 0, NOW.plus(Duration::from_secs(86_400))));
    let nothing = Group::default();
    let counts = Counts {
        candidate: nothing,
        control: nothing,
        of: Counted::Users,
        until: NOW,
        behind: Duration::ZERO,
        sampled: Sampled::default(),
        events: None,
    };
    let evidence = Evidence { compared: [(errors, Ok(Compared::Counts(counts)))].into(), ..Evidence::default() };
    let decision = rollout::decide(&plan, &ahead, &Event::Checked(evidence), NOW).unwrap();
    let [versus] = rollout::questions(&plan, &decision.next).versus.try_into().unwrap();
    assert_eq!((versus.looked, versus.entered), (NOW, NOW));
}
