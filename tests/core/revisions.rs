//! What a new plan may change of a rollout under way: nothing that its evidence rests on.

use std::time::Duration;
use tidegate::analysis::statistics::Trail;
use tidegate::rollout::{
    self, Arm, Attachments, Cost, Event, Evidence, Mean, Memory, Plan, Stage, State, decide, may_revise,
};
use tidegate::source::{Format, parse};
use tidegate::units::{MetricName, UnixMillis, WaveName};

const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

/// Three waves of which only the last looks at `p95`.
const PLAN: &str = r#"kind: Rollout
name: r
flag: f
candidate: new
stable: old
baseline: 1h
budget: { metric: failures, objective: 99%, share: 10% }
metrics:
  errors: { provider: outcomes, measure: error_ratio }
  failures: { provider: outcomes, measure: error_ratio }
  p95: { provider: outcomes, measure: latency_p95 }
waves:
  - { name: first, exposure: 10%, bake: 1h, close_when: errors > 10% }
  - { name: second, exposure: 20%, bake: 1h }
  - { name: third, exposure: 50%, bake: 1h, close_when: p95 > 1s }
"#;

fn plan(text: &str) -> Plan {
    let parsed = parse("plan.yaml", text.as_bytes(), Format::Yaml).unwrap();
    rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::none())
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Whether the plan may become another, with what is remembered.
fn revised(change: impl Fn(&str) -> String, remember: impl Fn(&mut Memory)) -> Result<(), String> {
    let mut stage = Stage::enter(1, 0, NOW);
    remember(&mut stage.memory);
    let new = change(PLAN);
    assert_ne!(new, PLAN, "the test changes something");
    may_revise(&plan(PLAN), &plan(&new), &State::Running(stage))
}

fn metric(name: &str) -> MetricName {
    MetricName::new(name).unwrap()
}

/// A mean of one thing and a mean of another under one name would be compared as if they were the same.
#[test]
fn a_metric_that_something_is_remembered_of_means_the_same_for_good() {
    let other_p95 = |text: &str| text.replace("latency_p95 }", "latency_p95, window: 15m }");
    assert_eq!(revised(other_p95, |_| {}), Ok(()), "only a wave to come looks at it");
    let wave = WaveName::new("first").unwrap();
    let remembered: [&dyn Fn(&mut Memory); 3] = [
        &|memory| {
            memory.baseline.insert(metric("p95"), 100.0);
        },
        &|memory| {
            let mean = Mean { value: 100.0, readings: 1 };
            memory.waves.insert(wave.clone(), [(metric("p95"), mean)].into());
        },
        &|memory| {
            let trail = Trail::over(Duration::from_secs(3_600));
            memory.trails.insert((metric("p95"), Arm::Candidate), trail);
        },
    ];
    for remember in remembered {
        let why = revised(other_p95, remember).unwrap_err();
        assert!(why.contains("the metric p95 is in use: it cannot change"), "{why}");
    }
    let other_errors =
        |text: &str| text.replace("errors: { provider: outcomes,", "errors: { window: 15m, provider: outcomes,");
    let why = revised(other_errors, |_| {}).unwrap_err();
    assert!(why.contains("the metric errors is in use"), "{why}");
}

/// What the candidate has cost is counted by one metric: neither that nor its meaning changes.
#[test]
fn what_the_budget_counts_by_cannot_change_once_it_counts() {
    let spent = |memory: &mut Memory| memory.cost = Some(Cost::default());
    let renamed = |text: &str| text.replace("budget: { metric: failures", "budget: { metric: errors");
    assert_eq!(revised(renamed, |_| {}), Ok(()));
    assert!(revised(renamed, spent).unwrap_err().contains("`budget.metric`"));
    let without = |text: &str| text.replace("budget: { metric: failures, objective: 99%, share: 10% }\n", "");
    assert!(revised(without, spent).unwrap_err().contains("`budget.metric`"));
    let redefined =
        |text: &str| text.replace("failures: { provider: outcomes,", "failures: { window: 15m, provider: outcomes,");
    for remember in [&spent as &dyn Fn(&mut Memory), &|_: &mut Memory| {}] {
        let why = revised(redefined, remember).unwrap_err();
        assert!(why.contains("the metric failures is in use"), "{why}");
    }
    let larger = |text: &str| text.replace("share: 10%", "share: 20%");
    assert_eq!(revised(larger, spent), Ok(()), "how much may be spent is still to come");
}

/// One test in the first wave, another that is still to come.
const TESTED: &str = r#"kind: Rollout
name: r
flag: f
candidate: new
stable: old
metrics:
  errors: { provider: outcomes, measure: error_ratio }
waves:
  - { name: first, exposure: 10%, bake: 1h, every: 1m, close_when: errors regresses }
  - { name: second, exposure: 20%, bake: 1h, every: 1m, close_when: errors regresses by 20% }
"#;

const THIRD: &str =
    "  - { name: third, exposure: 30%, bake: 1h, close_when: [ errors regresses by 30%, errors regresses by 40% ] }\n";

fn memory(state: &State) -> &Memory {
    match state {
        State::Running(stage) => &stage.memory,
        state => panic!("not in a wave: {state:?}"),
    }
}

fn checked(plan: &Plan, state: &State) -> State {
    decide(plan, state, &Event::Checked(Evidence::default()), NOW).unwrap().next
}

/// Somebody who adds a wave whenever the last one ends must not have the whole of alpha again each time.
#[test]
fn a_share_that_a_wave_has_used_is_given_however_many_waves_are_added() {
    let text = |waves: usize| {
        let wave = |number: usize| format!("  - {{ name: w{number}, exposure: {}%, bake: 1h }}\n", number + 1);
        let head = TESTED.split("waves:").next().unwrap();
        format!("{head}waves:\n{}", (0..waves).map(wave).collect::<String>())
    };
    let state = checked(&plan(&text(1)), &State::Running(Stage::enter(1, 0, NOW)));
    assert_eq!(memory(&state).stage_taken, 1.0, "the only wave has all of it");
    let event = Event::Promote { by: "ada".to_owned(), evidence: Evidence::default() };
    let state = decide(&plan(&text(2)), &state, &event, NOW).unwrap().next;
    assert_eq!(memory(&state).stages_given, 1.0, "nothing is left for the one that was added");

    // States of versions that gave each wave the same share know nothing of it.
    let plan = plan(&text(5));
    let state = State::Running(Stage::enter(1, 3, NOW));
    let state = decide(&plan, &state, &Event::Recovered, NOW).unwrap().next;
    assert_eq!(memory(&state).stages_given, 0.6);
}

/// A test that has looked keeps the share of alpha with which it did; who joins has a part of what is left.
#[test]
fn the_shares_of_all_tests_of_an_attempt_never_add_up_to_more_than_alpha() {
    let old = plan(TESTED);
    let state = checked(&old, &State::Running(Stage::enter(1, 0, NOW)));
    assert_eq!(memory(&state).alpha_given, [("errors regresses".to_owned(), 0.5)].into());
    let new = plan(&format!("{TESTED}{THIRD}"));
    assert_eq!(may_revise(&old, &new, &state), Ok(()), "the half of the second test is left for all three");
    let mut stage = Stage::enter(1, 2, NOW);
    stage.memory.clone_from(memory(&state));
    let state = checked(&new, &State::Running(stage));
    let given = &memory(&state).alpha_given;
    assert_eq!(given["errors regresses"], 0.5, "what has looked keeps its share");
    assert_eq!(given.len(), 3);
    let mut stage = Stage::enter(1, 1, NOW);
    stage.memory.clone_from(memory(&state));
    let state = checked(&new, &State::Running(stage));
    let sum: f64 = memory(&state).alpha_given.values().sum();
    assert!(memory(&state).alpha_given.len() == 4 && (sum - 1.0).abs() < 1e-9, "{:?}", memory(&state).alpha_given);
}

#[test]
fn a_test_that_nothing_is_left_for_cannot_join() {
    let (old, new) = (plan(TESTED), plan(&format!("{TESTED}{THIRD}")));
    let mut stage = Stage::enter(1, 1, NOW);
    stage.memory.alpha_given =
        [("errors regresses".to_owned(), 0.5), ("errors regresses by 20%".to_owned(), 0.5)].into();
    let state = State::Running(stage);
    let why = may_revise(&old, &new, &state).unwrap_err();
    assert!(why.contains("nothing is left of its `alpha` for `errors regresses by 30%`"), "{why}");
    let apart = THIRD.replace("by 30%", "by 30% at alpha 0.001").replace("by 40%", "by 40% at alpha 0.001");
    assert_eq!(may_revise(&old, &plan(&format!("{TESTED}{apart}")), &state), Ok(()));
}

/// Latencies and means are tested anew in each wave: a plan that gets more waves under way, or goes through one
/// again, splits what is left.
#[test]
fn the_shares_of_all_waves_of_an_attempt_never_add_up_to_more_than_alpha() {
    let text = |waves: usize| {
        let wave = |number: usize| format!("  - {{ name: w{number}, exposure: {}%, bake: 1h }}\n", number + 1);
        let head = TESTED.split("waves:").next().unwrap();
        format!("{head}waves:\n{}", (0..waves).map(wave).collect::<String>())
    };
    let promoted = |plan: &Plan, state: &State| {
        let event = Event::Promote { by: "ada".to_owned(), evidence: Evidence::default() };
        decide(plan, state, &event, NOW).unwrap().next
    };
    let state = promoted(&plan(&text(2)), &State::Running(Stage::enter(1, 0, NOW)));
    assert_eq!(memory(&state).stages_given, 0.5);
    let longer = plan(&text(9));
    let mut state = state;
    for wave in 2..9 {
        state = promoted(&longer, &state);
        let expected = 0.5 + 0.5 * (wave - 1) as f64 / 8.0;
        assert!((memory(&state).stages_given - expected).abs() < 1e-9, "{}", memory(&state).stages_given);
    }
}
