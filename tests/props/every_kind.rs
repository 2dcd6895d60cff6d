//! A rollout with every kind of condition, under any sequence of events and any evidence.

use crate::walk::{Walk, is_finite};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use tidegate::analysis::{Alert, Band, Compared, Counted, Counts, Group, NoData, Reading, Sampled, Sums};
use tidegate::rollout::{
    self, Arm, Attachments, Beginning, Event, Evidence, Over, Plan, PostedEvent, Question, Split, State,
};
use tidegate::source::{Format, parse};
use tidegate::units::{MetricName, UnixMillis};

/// When the plan begins: in the eleventh second of the walk.
const START: i64 = 1_780_000_010_000;

const PLAN: &str = r#"kind: Rollout
name: search
flag: search
candidate: "on"
stable: "off"
retry: fresh
start: 2026-05-28T20:26:50Z
baseline: 10m
budget: { metric: error_rate, objective: 99%, share: 50% }
metrics:
  error_rate: { provider: outcomes, measure: error_ratio, no_data: { then: close, after: 5m } }
  p95: { provider: outcomes, measure: latency_p95, window: 1m, target: "< 500ms", warning: "> 600ms", critical: "> 900ms for 1m" }
  cost: { provider: prometheus, query: cost, no_data: ignore }
  tickets: { provider: events }
  lately: { provider: events, event: tickets, since: 10m }
always:
  close_when:
    - 'alert(severity = "critical")'
    - error_rate > 50%
    - error_rate regresses by 20%
    - tickets > 20
    - burn_rate(error_rate, 99%) > 40 over 1h and 5m
  step_back_when: [ error_rate > 20%, lately > 10 ]
  hold_when: [ 'alert(severity = "warning")', error_rate > control + 5pp, p95 > baseline * 3, cost > 100 ]
  notify_when: [ tickets > 1, { when: p95 > previous wave * 1.5, observe: true } ]
waves:
  - { name: grow, exposure: 5%, ramp: { to: 20%, over: 4m, steps: 2 }, bake: 2m, every: 1m, min_samples: 100 }
  - { name: half, exposure: 50%, bake: 4m, every: 1m, approval: managers, early_when: error_rate proved safe within 50% }
  - { name: all, exposure: 100%, bake: 12m, every: 1m, advance_when: [ p95 not trending up over 8m, score(p95) >= 50 ] }
after: { watch: 3m, every: 1m, holdback: 5%, hold_when: error_rate > wave(half) + 5pp }
"#;

/// The index of the wave that needs a person, behind the three of the ramp.
const APPROVED: usize = 3;

fn plan() -> Plan {
    let parsed = parse("plan.yaml", PLAN.as_bytes(), Format::Yaml).unwrap();
    rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::none()).unwrap_or_else(|why| panic!("{why:#?}"))
}

fn name(metric: &str) -> MetricName {
    MetricName::new(metric).unwrap()
}

fn value_of(evidence: &Evidence, metric: &str) -> f64 {
    match evidence.readings.get(&name(metric)) {
        Some(Reading::Value { value, .. }) if value.is_finite() => *value,
        other => panic!("a wave opened although {metric} was {other:?}"),
    }
}

fn control(metric: &str) -> Question {
    Question { metric: name(metric), arm: Arm::Control, over: Over::Usual }
}

/// What must be so of any check that lets this plan go on, said without the plan's own reading of it.
fn passes(state: &State, evidence: &Evidence) {
    let (errors, p95) = (value_of(evidence, "error_rate"), value_of(evidence, "p95"));
    assert!(errors <= 0.2 && p95 <= 600.0, "{errors} {p95}");
    let Some(Reading::Value { value: others, .. }) = evidence.others.get(&control("error_rate")) else {
        panic!("a wave opened without a control: {evidence:?}");
    };
    assert!(others.is_finite() && errors <= others + 0.05 + 1e-9, "{errors} against {others}");
    assert!(matches!(evidence.compared.get(&name("error_rate")), Some(Ok(_))), "nothing was compared");
    for over in [3_600, 300] {
        let question =
            Question { metric: name("error_rate"), arm: Arm::Candidate, over: Over::Span(Duration::from_secs(over)) };
        assert!(evidence.others.get(&question).is_some_and(is_finite), "no burn rate over {over}s");
    }
    if let Some(Reading::Value { value, .. }) = evidence.readings.get(&name("cost")) {
        assert!(value.is_nan() || value.is_infinite() || *value <= 100.0, "{value}");
    }
    assert!(evidence.split.is_none_or(|split| split.control > 0), "the users are not split as they should be");
    let (State::Running(stage) | State::Watching(stage)) = state else { panic!("{state:?} went on") };
    let severity = |alert: &Alert| alert.labels.get("severity").map(String::as_str) == Some("info");
    assert!(stage.firing.values().map(|heard| &heard.alert).all(severity), "a wave opened against {:?}", stage.firing);
    if matches!(state, State::Running(_)) {
        assert!(p95 < 500.0, "{p95}");
    }
    if matches!(state, State::Running(stage) if stage.wave == 2) {
        let seen = evidence.seen.as_ref().and_then(|seen| seen.value().ok()?.1);
        assert!(seen.is_some_and(|seen| seen >= 100), "{seen:?}");
    }
    if matches!(state, State::Running(stage) if stage.wave == 4) {
        assert!(evidence.others.get(&control("p95")).is_some_and(is_finite), "no score without a control");
    }
}

/// A metric's answer; the candidate is well in most of them, or no rollout would get far.
fn reading(good: f64, bad: f64) -> impl Strategy<Value = Reading> {
    let value = |value| Reading::Value { value, samples: Some(100), at: UnixMillis::new(0) };
    prop_oneof![
        60 => Just(value(good)),
        3 => (good..bad).prop_map(value),
        1 => prop_oneof![
            Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::MAX), Just(f64::MIN), Just(-0.0)
        ].prop_map(value),
        1 => prop_oneof![
            Just(NoData::Empty),
            Just(NoData::Stale(Duration::MAX)),
            Just(NoData::TooFew { have: 1, need: u64::MAX }),
            Just(NoData::Inconclusive("not yet".to_owned())),
        ].prop_map(Reading::NoData),
    ]
}

fn group() -> impl Strategy<Value = Group> {
    prop_oneof![
        20 => Just(Group { exposed: 10_000, bad: 100 }),
        2 => (0..2_000_u64, 0..200_u64).prop_map(|(exposed, bad)| Group { exposed, bad: bad.min(exposed) }),
        1 => prop_oneof![
            Just(Group { exposed: 0, bad: 0 }),
            Just(Group { exposed: u64::MAX, bad: 0 }),
            Just(Group { exposed: u64::MAX, bad: u64::MAX }),
            Just(Group { exposed: 0, bad: u64::MAX }),
        ],
    ]
}

fn compared() -> impl Strategy<Value = Result<Compared, NoData>> {
    let odd = || prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::MIN), Just(0.0), Just(f64::MAX)];
    let bands = (odd(), odd(), any::<u64>()).prop_map(|(low, high, samples)| {
        let band = Band { low, high, samples };
        Compared::Bands { candidate: band, control: Band { low: high, high: low, ..band } }
    });
    let sums = (odd(), odd(), any::<u64>()).prop_map(|(mean, variance, count)| {
        let sums = Sums { count, mean, variance };
        Compared::Sums { candidate: sums, control: Sums { mean: variance, variance: mean, ..sums } }
    });
    let until = prop_oneof![20 => 0..7_200_000_i64, 1 => Just(i64::MAX - START), 1 => Just(-START)];
    let of = prop_oneof![9 => Just(Counted::Users), 1 => Just(Counted::Events)];
    let sampled = prop_oneof![9 => Just(Sampled::default()), 1 => (1..=1_000_000_u32, 1..=1_000_000_u32)
        .prop_map(|(candidate, control)| Sampled { candidate, control })];
    let events = proptest::option::of((group(), group()));
    let behind = prop_oneof![9 => Just(Duration::ZERO), 1 => (0..7_200_u64).prop_map(Duration::from_secs)];
    let counts = (group(), group(), of, (until, behind), sampled, events).prop_map(
        |(candidate, control, of, (until, behind), sampled, events)| {
            Compared::Counts(Counts {
                candidate,
                control,
                of,
                until: UnixMillis::new(START + until),
                behind,
                sampled,
                events,
            })
        },
    );
    prop_oneof![
        60 => counts.prop_map(Ok),
        1 => prop_oneof![bands, sums].prop_map(Ok),
        1 => Just(Err(NoData::TimedOut(Duration::from_secs(1)))),
    ]
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let problems = prop_oneof![60 => Just(Vec::new()), 1 => Just(vec!["the flag is not defined".to_owned()])];
    let mostly = |reading| proptest::option::weighted(0.99, reading);
    let own = (mostly(reading(0.01, 0.6)), mostly(reading(100.0, 1_200.0)), proptest::option::of(reading(1.0, 200.0)));
    let others = (
        mostly(reading(0.01, 0.2)),
        mostly(reading(100.0, 300.0)),
        mostly(reading(0.01, 0.9)),
        mostly(reading(0.01, 0.9)),
    );
    let seen = prop_oneof![9 => Just(Some(100_u64)), 1 => Just(None), 1 => Just(Some(99)), 1 => Just(Some(u64::MAX))];
    // A split that is right in no wave, or none that was counted.
    let split = prop_oneof![60 => Just(None), 1 => Just(Some(Split { candidate: u64::MAX, control: 0 }))];
    let compared = proptest::option::weighted(0.99, compared());
    (own, others, compared, seen, split, problems).prop_map(|(own, others, compared, seen, split, flag_problems)| {
        let named = [("error_rate", own.0), ("p95", own.1), ("cost", own.2)];
        let readings = named.into_iter().filter_map(|(metric, reading)| Some((name(metric), reading?))).collect();
        let span = |seconds| Over::Span(Duration::from_secs(seconds));
        let own = |over| Question { metric: name("error_rate"), arm: Arm::Candidate, over };
        let asked = [
            (control("error_rate"), others.0),
            (control("p95"), others.1),
            (own(span(3_600)), others.2),
            (own(span(300)), others.3),
        ];
        Evidence {
            readings,
            others: asked.into_iter().filter_map(|(question, reading)| Some((question, reading?))).collect(),
            compared: compared.map(|compared| (name("error_rate"), compared)).into_iter().collect(),
            seen: seen.map(|samples| Reading::Value { value: 0.0, samples: Some(samples), at: UnixMillis::new(0) }),
            split,
            flag_problems,
        }
    })
}

fn alert() -> impl Strategy<Value = Alert> {
    let severity = prop_oneof![12 => Just("info"), 2 => Just("warning"), 1 => Just("critical")];
    (0..4_u32, severity).prop_map(|(number, severity)| Alert {
        fingerprint: number.to_string(),
        labels: [("severity".to_owned(), severity.to_owned())].into(),
    })
}

fn beginning() -> impl Strategy<Value = Beginning> {
    let baseline = proptest::option::weighted(0.95, reading(100.0, 200.0));
    let problems = prop_oneof![15 => Just(Vec::new()), 1 => Just(vec!["the flag is not defined".to_owned()])];
    let firing = proptest::collection::vec(alert(), 0..2);
    (baseline, problems, firing).prop_map(|(p95, flag_problems, firing)| Beginning {
        by: "ada".to_owned(),
        flag_problems,
        firing,
        baseline: p95.map(|reading| (name("p95"), reading)).into_iter().collect(),
    })
}

fn posted() -> impl Strategy<Value = PostedEvent> {
    let count = prop_oneof![20 => 0..3_u32, 1 => Just(u32::MAX)];
    let kind = prop_oneof![4 => Just("tickets"), 1 => Just("lunch")];
    (kind, 0..40_u32, count).prop_map(|(kind, id, count)| PostedEvent {
        name: kind.to_owned(),
        id: id.to_string(),
        count,
    })
}

fn event() -> impl Strategy<Value = Event> {
    let by = || "ada".to_owned();
    prop_oneof![
        80 => evidence().prop_map(Event::Checked),
        4 => beginning().prop_map(Event::Start),
        4 => beginning().prop_map(Event::Due),
        6 => beginning().prop_map(Event::Retry),
        2 => posted().prop_map(Event::Posted),
        1 => Just(Event::Pause { by: by() }),
        6 => Just(Event::Resume { by: by() }),
        8 => evidence().prop_map(move |evidence| Event::Promote { by: by(), evidence }),
        1 => Just(Event::Rollback { by: by(), reason: None }),
        3 => alert().prop_map(Event::Firing),
        6 => (0..4_u32).prop_map(|number| Event::Resolved { fingerprint: number.to_string() }),
        2 => Just(Event::Recovered),
    ]
}

/// How far the clock moves before an event; sometimes it is set back.
fn step() -> impl Strategy<Value = i64> {
    prop_oneof![30 => 30_000..=90_000_i64, 2 => Just(0_i64), 1 => 0..=86_400_000_i64, 1 => -600_000..=0_i64]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rollout_with_every_kind_of_condition_keeps_its_promises_whatever_happens(
        events in proptest::collection::vec((step(), event()), 1..160),
    ) {
        let mut walk = Walk::new(plan(), APPROVED, passes);
        let mut now = START - 10_000;
        for (step, event) in &events {
            walk.take(event, UnixMillis::new(now));
            now += step;
        }
    }
}

fn well(at: UnixMillis) -> Evidence {
    let value = |value| Reading::Value { value, samples: Some(1_000), at };
    let span = |seconds| Over::Span(Duration::from_secs(seconds));
    let own = |over| Question { metric: name("error_rate"), arm: Arm::Candidate, over };
    let group = Group { exposed: 10_000, bad: 100 };
    let counts = Counts {
        candidate: group,
        control: group,
        of: Counted::Users,
        until: at,
        behind: Default::default(),
        sampled: Sampled::default(),
        events: None,
    };
    Evidence {
        readings: [("error_rate", 0.01), ("p95", 100.0)].map(|(metric, is)| (name(metric), value(is))).into(),
        others: [
            (control("error_rate"), value(0.01)),
            (control("p95"), value(100.0)),
            (own(span(3_600)), value(0.01)),
            (own(span(300)), value(0.01)),
        ]
        .into(),
        compared: BTreeMap::from([(name("error_rate"), Ok(Compared::Counts(counts)))]),
        seen: Some(value(0.0)),
        ..Evidence::default()
    }
}

/// The sequences above are worth something only if they can get somewhere: this one reaches the end.
#[test]
fn the_plan_of_every_kind_can_be_walked_from_its_start_to_its_end() {
    let mut walk = Walk::new(plan(), APPROVED, passes);
    let mut now = UnixMillis::new(START);
    let baseline = BTreeMap::from([(name("p95"), Reading::Value { value: 100.0, samples: None, at: now })]);
    walk.take(&Event::Due(Beginning { by: "ada".to_owned(), baseline, ..Beginning::default() }), now);
    let mut approved = false;
    for _ in 0..60 {
        now = now.plus(Duration::from_secs(60));
        let event = match &walk.state {
            State::Running(stage) if stage.wave + 1 == APPROVED && stage.baked.as_secs() >= 120 => {
                approved = true;
                Event::Promote { by: "ada".to_owned(), evidence: well(now) }
            }
            _ => Event::Checked(well(now)),
        };
        walk.take(&event, now);
    }
    assert!(approved && matches!(walk.state, State::Completed { .. }), "{:?}", walk.state);
    // Three of the ramp, two waves, and who was held back.
    assert_eq!(walk.opened, 6);
}
