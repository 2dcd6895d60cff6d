//! What is stored is read back as it was, and today's stored form stays readable.

use super::Stored;
use crate::analysis::statistics::{CountTest, ExcessHarm, Trail, TrailPoint};
use crate::analysis::{Alert, Counted, Counts, Group};
use crate::rollout::train::{Ride, Run, TrainState};
use crate::rollout::{Arm, Cause, Check, Cost, Heard, Mean, Memory, Posted, Stage, Standing, State};
use crate::units::{MetricName, RolloutName, UnixMillis, WaveName};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use std::time::Duration;

fn time() -> impl Strategy<Value = UnixMillis> {
    any::<i64>().prop_map(UnixMillis::new)
}

fn check() -> impl Strategy<Value = Check> {
    let standing = prop_oneof![Just(Standing::Clear), Just(Standing::Held), Just(Standing::Blind)];
    (time(), standing).prop_map(|(at, standing)| Check { at, standing })
}

fn alert() -> impl Strategy<Value = Alert> {
    (any::<String>(), btree_map(any::<String>(), any::<String>(), 0..4))
        .prop_map(|(fingerprint, labels)| Alert { fingerprint, labels })
}

fn metric() -> impl Strategy<Value = MetricName> {
    "[a-z0-9._-]{1,12}".prop_map(|name| MetricName::new(&name).unwrap())
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_map(|value| if value.is_finite() { value } else { 0.1 })
}

fn span() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_millis)
}

prop_compose! {
    fn test()(
        worse in any::<bool>(),
        tolerance in 0.0..10.0_f64,
        looks in vec((0_u64..1_000, 0_u64..1_000, any::<bool>()), 0..5),
    ) -> Box<CountTest> {
        let mut test = if worse { CountTest::worse(tolerance) } else { CountTest::safe(tolerance) };
        for (candidate, control, users) in looks {
            let group = |exposed: u64| Group { exposed, bad: exposed / 7 };
            let of = if users { Counted::Users } else { Counted::Events };
            let until = UnixMillis::new(0);
            test.look(&Counts { candidate: group(candidate), control: group(control), of, until, behind: Duration::ZERO, sampled: Default::default(), events: None }, Duration::from_secs(60));
        }
        Box::new(test)
    }
}

prop_compose! {
    fn memory()(
        baseline in btree_map(metric(), finite(), 0..3),
        means in btree_map(metric(), (finite(), any::<u64>()), 0..3),
        tests in btree_map(any::<String>(), test(), 0..3),
        looked in btree_map(metric(), time(), 0..3),
        silent in btree_map(metric(), span(), 0..3),
        posted in btree_map(any::<String>(), (any::<u64>(), any::<u64>(), vec((time(), any::<u64>()), 0..3)), 0..3),
        (noticed, points) in (proptest::collection::btree_set(any::<String>(), 0..3), vec((time(), finite()), 0..3)),
    ) -> Memory {
        let points = points.into_iter().map(|(at, value)| TrailPoint { at, value, values: 2 }).collect();
        let means = means.into_iter().map(|(metric, (value, readings))| (metric, Mean { value, readings })).collect();
        let kept = |(name, (total, before_wave, recent)): (String, (u64, u64, Vec<_>))| {
            (name, Posted { total, before_wave, recent: recent.into(), identities: [7].into() })
        };
        Memory {
            baseline,
            waves: [(WaveName::new("first").unwrap(), means)].into(),
            alpha_given: tests.keys().map(|test| (test.clone(), 0.1)).collect(),
            stages_given: 0.25,
            stage_taken: 0.125,
            late: tests.clone(),
            suspected: [("p95 regresses".to_owned(), Box::new(CountTest::worse_lately(0.1)))].into(),
            trails: [((MetricName::new("p95").unwrap(), Arm::Control), Trail { window: Duration::from_secs(9), points })]
                .into(),
            cost: Some(Cost { harm: ExcessHarm::default(), exposures: 9, seen: Duration::from_secs(3) }),
            tests,
            looked,
            silent,
            events: posted.into_iter().map(kept).collect(),
            noticed,
        }
    }
}

prop_compose! {
    fn stage()(
        attempt in any::<u32>(),
        wave in any::<usize>(),
        entered in time(),
        baked in any::<u64>(),
        checked in option::of(check()),
        true_since in btree_map(any::<String>(), time(), 0..4),
        firing in btree_map(any::<String>(), (alert(), time()).prop_map(|(alert, at)| Heard { alert, at }), 0..4),
        (step, returned, memory) in (any::<u32>(), any::<bool>(), memory()),
    ) -> Stage {
        let baked = Duration::from_millis(baked);
        Stage { attempt, wave, step, returned, entered, baked, checked, true_since, firing, memory }
    }
}

fn cause() -> impl Strategy<Value = Cause> {
    let reading =
        ("[a-z0-9._-]{1,12}", any::<String>()).prop_map(|(name, value)| (MetricName::new(&name).unwrap(), value));
    prop_oneof![
        (any::<String>(), any::<Option<String>>()).prop_map(|(by, reason)| Cause::Person { by, reason }),
        (any::<String>(), any::<String>(), any::<Option<String>>())
            .prop_map(|(fingerprint, name, condition)| Cause::Alert { fingerprint, name, condition }),
        (metric(), any::<String>()).prop_map(|(metric, why)| Cause::NoData { metric, why }),
        ("[a-z0-9._-]{1,12}", any::<String>(), any::<bool>()).prop_map(|(name, because, alone)| {
            Cause::Train { train: RolloutName::new(&name).unwrap(), because, alone }
        }),
        (any::<String>(), vec(reading, 0..4)).prop_map(|(condition, readings)| Cause::Metric { condition, readings }),
    ]
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        any::<u32>().prop_map(|attempts| State::Pending { attempts }),
        stage().prop_map(State::Running),
        (stage(), time()).prop_map(|(stage, since)| State::Paused { stage, since }),
        stage().prop_map(State::Watching),
        (any::<u32>(), time(), any::<u32>()).prop_map(|(attempt, at, step)| State::Completed { attempt, at, step }),
        (any::<u32>(), time(), any::<usize>(), cause()).prop_map(|(attempt, at, wave, cause)| State::RolledBack {
            attempt,
            at,
            wave,
            cause
        }),
    ]
}

fn train() -> impl Strategy<Value = TrainState> {
    let ride = prop_oneof![
        Just(Ride::Waiting),
        any::<u32>().prop_map(Ride::Begun),
        any::<u32>().prop_map(Ride::Closed),
        Just(Ride::Left)
    ];
    let rides = btree_map(rollout(), ride, 0..4);
    let run = (any::<u32>(), rides).prop_map(|(number, rides)| Run { number, rides }).boxed();
    let culprits = btree_set(rollout(), 0..3);
    prop_oneof![
        Just(TrainState::Pending),
        run.clone().prop_map(TrainState::Running),
        (run.clone(), time()).prop_map(|(run, since)| TrainState::Paused { run, since }),
        (run.clone(), time()).prop_map(|(run, at)| TrainState::Completed { run, at }),
        (run, time(), any::<String>(), culprits).prop_map(|(run, at, because, culprits)| TrainState::Stopped {
            run,
            at,
            because,
            culprits
        }),
    ]
}

fn rollout() -> impl Strategy<Value = RolloutName> {
    "[a-z0-9._-]{1,12}".prop_map(|name| RolloutName::new(&name).unwrap())
}

proptest! {
    #[test]
    fn every_state_of_a_train_is_read_back_as_it_was(state in train()) {
        prop_assert_eq!(TrainState::decode(&state.encode().unwrap()).unwrap(), state);
    }

    #[test]
    fn every_state_is_read_back_as_it_was(state in state()) {
        prop_assert_eq!(State::decode(&state.encode().unwrap()).unwrap(), state);
    }

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>()) {
        let _ = State::decode(&text);
    }
}

#[test]
fn the_stored_form_of_a_train_is_the_promised_one() {
    let rides = [("a", Ride::Begun(2)), ("b", Ride::Waiting), ("c", Ride::Closed(1)), ("d", Ride::Left)];
    let rides = rides.into_iter().map(|(name, ride)| (RolloutName::new(name).unwrap(), ride)).collect();
    let culprits = [RolloutName::new("c").unwrap()].into();
    let (at, because) = (UnixMillis::new(1_700), "c closed".to_owned());
    let state = TrainState::Stopped { run: Run { number: 3, rides }, at, because, culprits };
    let text = r#"{"state":"stopped","run":{"number":3,"rides":{"a":{"begun":2},"b":"waiting","c":{"closed":1},"d":"left"}},"at":1700,"because":"c closed","culprits":["c"]}"#;
    assert_eq!(state.encode().unwrap(), text);
}

/// Databases written today must be readable tomorrow: this text may change only with a migration.
#[test]
fn the_stored_form_is_the_promised_one() {
    let alert = Alert { fingerprint: "f1".to_owned(), labels: [("severity".to_owned(), "critical".to_owned())].into() };
    let stage = Stage {
        attempt: 1,
        wave: 2,
        entered: UnixMillis::new(1_000),
        baked: Duration::from_secs(90),
        checked: Some(Check { at: UnixMillis::new(2_000), standing: Standing::Blind }),
        true_since: [("p95 > 400ms for 5m".to_owned(), UnixMillis::new(1_500))].into(),
        firing: [("f1".to_owned(), Heard { alert, at: UnixMillis::new(1_600) })].into(),
        step: 3,
        returned: false,
        memory: Memory::default(),
    };
    // Written before exposures had numbers of their own: each wave had one.
    let earlier = r#"{"state":"watching","stage":{"attempt":1,"wave":2,"entered":1000,"baked":0,"checked":null,"true_since":{},"firing":{}}}"#;
    assert!(matches!(State::decode(earlier).unwrap(), State::Watching(stage) if stage.step == 2 && !stage.returned));
    assert_eq!(
        State::decode(r#"{"state":"completed","attempt":2,"at":5}"#).unwrap(),
        State::Completed { attempt: 2, at: UnixMillis::new(5), step: 0 }
    );
    let text = r#"{"state":"paused","stage":{"attempt":1,"wave":2,"entered":1000,"baked":90000,"checked":{"at":2000,"standing":"blind"},"true_since":{"p95 > 400ms for 5m":1500},"firing":{"f1":{"fingerprint":"f1","labels":{"severity":"critical"},"at":1600}},"step":3,"memory":{}},"since":1700}"#;
    // Written before it was noted when an alert was last heard of.
    let without = text.replace(r#","at":1600"#, "");
    let State::Paused { stage: read, .. } = State::decode(&without).unwrap() else { panic!("paused") };
    assert_eq!(read.firing["f1"].at, UnixMillis::new(2_000), "as of the last check");
    assert_eq!(State::Paused { stage, since: UnixMillis::new(1_700) }.encode().unwrap(), text);

    let metric = Cause::Metric {
        condition: "error_rate > 10%".to_owned(),
        readings: vec![(MetricName::new("error_rate").unwrap(), "12.4%".to_owned())],
    };
    let closed = State::RolledBack { attempt: 1, at: UnixMillis::new(3_000), wave: 1, cause: metric };
    let text = r#"{"state":"rolled_back","attempt":1,"at":3000,"wave":1,"cause":{"by":"metric","condition":"error_rate > 10%","readings":[{"metric":"error_rate","value":"12.4%"}]}}"#;
    assert_eq!(closed.encode().unwrap(), text);
}

/// In states of earlier versions all tests had the same part of alpha.
#[test]
fn tests_keep_the_part_of_alpha_that_they_had_in_earlier_versions() {
    let test = Box::new(CountTest::worse_lately(0.2));
    let memory = Memory { late: [("errors regresses by 20%".to_owned(), test)].into(), ..Memory::default() };
    let stage = Stage { memory, ..Stage::enter(1, 0, UnixMillis::new(0)) };
    let text = State::Running(stage).encode().unwrap();
    let earlier = text.replace(r#""memory":{"#, r#""memory":{"alpha_parts":4,"#);
    let State::Running(read) = State::decode(&earlier).unwrap() else { panic!("running") };
    assert_eq!(read.memory.alpha_given, [("errors regresses by 20%".to_owned(), 0.25)].into());
}

#[test]
fn a_state_in_another_form_is_refused_with_the_reason() {
    for text in [
        "",
        "null",
        "{}",
        r#"{"state":"launched"}"#,
        r#"{"state":"pending","attempts":-1}"#,
        r#"{"state":"pending","attempts":1,"more":1}"#,
    ] {
        let error = State::decode(text).unwrap_err().to_string();
        assert!(error.contains("not in the stored form"), "{text}: {error}");
    }
    let nameless = r#"{"state":"rolled_back","attempt":1,"at":0,"wave":0,"cause":{"by":"metric","condition":"","readings":[{"metric":"no name","value":""}]}}"#;
    let error = State::decode(nameless).unwrap_err().to_string();
    assert!(error.contains("invalid name") && error.contains("no name"), "{error}");
}
