//! Rollouts under any sequence of events.

use crate::walk::{Walk, is_finite};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use tidegate::analysis::{Alert, NoData, Reading};
use tidegate::rollout::{self, Attachments, Beginning, Effect, Event, Evidence, Plan, State};
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, MetricName, UnixMillis};

const PLAN: &str = r#"kind: Rollout
name: search
flag: search
candidate: "on"
stable: "off"
metrics:
  error_rate: { provider: outcomes, measure: error_ratio }
  p95: { provider: outcomes, measure: latency_p95 }
always:
  close_when: [ 'alert(severity = "critical")', error_rate > 50%, error_rate > 20% for 1m ]
  hold_when: [ 'alert(severity = "warning")', p95 > 600ms ]
waves:
  - { name: tenth, exposure: 10%, bake: 2m, every: 1m, advance_when: [ error_rate < 10% ] }
  - { name: same, exposure: 10%, bake: 1m, every: 1m }
  - { name: half, exposure: 50%, bake: 2m, every: 1m, approval: managers, close_when: [ p95 > 900ms ] }
  - { name: all, exposure: 100%, bake: 1m, every: 1m }
after: { watch: 3m, every: 1m }
"#;

fn plan() -> Plan {
    let parsed = parse("plan.yaml", PLAN.as_bytes(), Format::Yaml).unwrap();
    rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::none()).unwrap()
}

/// A metric's answer; the candidate is well in most of them, or no rollout would get far.
fn reading(good: f64, bad: f64) -> impl Strategy<Value = Reading> {
    let value = |value| Reading::Value { value, samples: Some(100), at: UnixMillis::new(0) };
    prop_oneof![
        12 => Just(value(good)),
        1 => (good..bad).prop_map(value),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY)].prop_map(value),
        1 => Just(Reading::NoData(NoData::Empty)),
    ]
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let problems = prop_oneof![15 => Just(Vec::new()), 1 => Just(vec!["the flag is not defined".to_owned()])];
    let metrics = (
        proptest::option::weighted(0.97, reading(0.01, 0.6)),
        proptest::option::weighted(0.97, reading(100.0, 1_000.0)),
    );
    (metrics, problems).prop_map(|((errors, p95), flag_problems)| {
        let named = |name, reading: Option<Reading>| reading.map(|reading| (MetricName::new(name).unwrap(), reading));
        let readings: BTreeMap<_, _> = named("error_rate", errors).into_iter().chain(named("p95", p95)).collect();
        Evidence { readings, flag_problems, ..Evidence::default() }
    })
}

fn alert() -> impl Strategy<Value = Alert> {
    let severity = prop_oneof![6 => Just("info"), 3 => Just("warning"), 1 => Just("critical")];
    (0..4_u32, severity, any::<bool>()).prop_map(|(number, severity, ours)| {
        let flag = if ours { "search" } else { "other" };
        let labels =
            [("severity", severity), ("flag", flag)].map(|(label, value)| (label.to_owned(), value.to_owned()));
        Alert { fingerprint: number.to_string(), labels: labels.into() }
    })
}

fn beginning(flag_problems: Vec<String>) -> Beginning {
    Beginning { by: "ada".to_owned(), flag_problems, ..Beginning::default() }
}

fn event() -> impl Strategy<Value = Event> {
    let by = || "ada".to_owned();
    prop_oneof![
        24 => evidence().prop_map(Event::Checked),
        3 => Just(Event::Start(beginning(Vec::new()))),
        3 => Just(Event::Retry(beginning(Vec::new()))),
        1 => Just(Event::Retry(beginning(vec!["the flag is not defined".to_owned()]))),
        1 => Just(Event::Pause { by: by() }),
        3 => Just(Event::Resume { by: by() }),
        4 => evidence().prop_map(move |evidence| Event::Promote { by: by(), evidence }),
        1 => Just(Event::Rollback { by: by(), reason: None }),
        2 => alert().prop_map(Event::Firing),
        2 => (0..4_u32).prop_map(|number| Event::Resolved { fingerprint: number.to_string() }),
        1 => Just(Event::Recovered),
    ]
}

/// How far the clock moves before an event; sometimes it is set back.
fn step() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 30_000..=90_000_i64, 2 => Just(0_i64), 1 => 0..=86_400_000_i64, 1 => -600_000..=0_i64]
}

/// All metrics have finite values, of which none holds.
fn passes(_: &State, evidence: &Evidence) {
    let has_all = evidence.readings.len() == 2 && evidence.readings.values().all(is_finite);
    assert!(has_all, "a wave opened on {evidence:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rollout_keeps_its_promises_whatever_happens(
        events in proptest::collection::vec((step(), event()), 1..120),
    ) {
        let mut walk = Walk::new(plan(), 2, passes);
        let mut now = 1_780_000_000_000;
        for (step, event) in &events {
            now += step;
            walk.take(event, UnixMillis::new(now));
        }
    }

    /// Without a single value there is nothing that could open a wave after the first.
    #[test]
    fn without_data_nothing_opens_and_nothing_closes(
        steps in proptest::collection::vec(30_000..=90_000_i64, 1..60),
        no_data in prop_oneof![Just(f64::NAN), Just(f64::INFINITY)].prop_map(Some).boxed().prop_union(Just(None).boxed()),
    ) {
        let plan = plan();
        let reading = |now| match no_data {
            Some(value) => Reading::Value { value, samples: None, at: now },
            None => Reading::NoData(NoData::TimedOut(Duration::from_secs(1))),
        };
        let mut now = UnixMillis::new(1_780_000_000_000);
        let start = Event::Start(beginning(Vec::new()));
        let mut state = rollout::decide(&plan, &State::Pending { attempts: 0 }, &start, now).unwrap().next;
        for step in steps {
            now = UnixMillis::new(now.get() + step);
            let readings = ["error_rate", "p95"].map(|name| (MetricName::new(name).unwrap(), reading(now)));
            let evidence = Evidence { readings: readings.into(), ..Evidence::default() };
            let decision = rollout::decide(&plan, &state, &Event::Checked(evidence), now).unwrap();
            prop_assert_eq!(decision.effect, Effect::Keep);
            prop_assert_eq!(rollout::exposure(&plan, &decision.next), Exposure::parse("10%").unwrap());
            state = decision.next;
        }
        let State::Running(stage) = state else { panic!("it does not run") };
        prop_assert_eq!(stage.baked, Duration::ZERO);
    }
}

/// The sequences above are worth something only if they get somewhere: this one reaches every state.
#[test]
fn the_plan_can_be_walked_from_its_start_to_its_end() {
    let mut walk = Walk::new(plan(), 2, passes);
    let by = || "ada".to_owned();
    let mut now = UnixMillis::new(1_780_000_000_000);
    let value = |value, at| Reading::Value { value, samples: Some(1), at };
    let good = |at| {
        let pairs = [("error_rate", value(0.01, at)), ("p95", value(100.0, at))];
        Evidence {
            readings: pairs.map(|(name, reading)| (MetricName::new(name).unwrap(), reading)).into(),
            ..Evidence::default()
        }
    };
    walk.take(&Event::Start(beginning(Vec::new())), now);
    for _ in 0..30 {
        now = now.plus(Duration::from_secs(60));
        let event = match &walk.state {
            State::Running(stage) if stage.wave == 1 && stage.baked > Duration::ZERO => {
                Event::Promote { by: by(), evidence: good(now) }
            }
            _ => Event::Checked(good(now)),
        };
        walk.take(&event, now);
    }
    assert!(matches!(walk.state, State::Completed { .. }), "{:?}", walk.state);
    assert_eq!(walk.opened, 4);
}
