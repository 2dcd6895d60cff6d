//! What a release manager would be told wrongly if this broke.

use super::{Outcome, Recording, Scenario, Simulated, simulate};
use crate::rollout::{Attachments, Plan, lower};
use crate::source::{Format, parse};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

fn plan(text: &str) -> Plan {
    let text = format!("kind: Rollout\nname: r\nflag: f\ncandidate: x\nstable: y\n{text}");
    let parsed = parse("plan.yaml", text.as_bytes(), Format::Yaml).unwrap();
    let mut files = Attachments::none();
    files.add("beta.txt", "ann\nbob\n");
    lower(&parsed.documents[0], &parsed.text, &files).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn told(simulated: &Simulated) -> Vec<String> {
    simulated.timeline.iter().map(|row| format!("{} {}: {}", row.at.as_secs(), row.kind, row.sentence)).collect()
}

#[track_caller]
fn ends(plan: &Plan, scenario: Scenario, seed: u64, outcome: Outcome) -> Simulated {
    let simulated = simulate(plan, scenario, seed, None);
    assert_eq!(simulated.outcome, outcome, "seed {seed}: {}\n{:#?}", simulated.reason, told(&simulated));
    simulated
}

/// Two waves and a watch, with these metrics and this always.
fn two_waves(metrics: &str, always: &str) -> Plan {
    plan(&format!(
        "metrics: {{ {metrics} }}\nalways: {{ {always} }}\nwaves:\n\
         - {{ name: few, exposure: 10%, bake: 2h, every: 1m }}\n\
         - {{ name: all, exposure: 50%, bake: 6h, every: 1m }}\n\
         after: {{ watch: 1d, every: 5m }}\n"
    ))
}

const ERRORS: &str = "errors: { provider: outcomes, measure: error_ratio }";

/// All that a plan can say.
const EVERYTHING: &str = r#"
start: 2026-03-02T09:00:00+01:00
baseline: 1h
budget: { metric: errors, objective: 99%, share: 20%, window: 30d }
metrics:
  errors: { provider: outcomes, measure: error_ratio, window: 15m, no_data: { then: close, after: 4h },
            target: "< 2%", warning: "> 5%", critical: "> 10% for 5m" }
  success: { provider: outcomes, measure: success_ratio }
  slow: { provider: outcomes, measure: slow_ratio, slower_than: 500ms }
  p95: { provider: outcomes, measure: latency_p95 }
  worth: { provider: outcomes, measure: value_mean, unit: number, better: higher }
  requests: { provider: outcomes, measure: count }
  memory: { provider: prometheus, unit: bytes, query: "avg(mem)" }
  escalations: { provider: events, since: start }
  lag: { provider: prometheus, unit: seconds, query: "lag{v='{{variant}}'}" }
always:
  close_when:
    - alert(severity = "critical")
    - errors regresses by 20%
    - slow regresses
    - p95 regresses by 50%
    - worth regresses by 10%
    - success < 95%
    - memory > baseline + 50%
    - escalations > 3
    - burn_rate(errors, 99%) > 14.4 over 1h and 5m
  hold_when: [ lag > control * 1.5, memory > 512MiB ]
  notify_when: { when: p95 > control + 20%, observe: true }
waves:
  - { name: team, group: { users: [ ann, bob ] }, bake: 1h, every: 1m }
  - { name: beta, group: { file: beta.txt }, bake: 2h, every: 1m, min_samples: 1000,
      advance_when: [ requests > 100, success > 98% ] }
  - { name: ramp, exposure: 10%, ramp: { to: 50%, over: 4h, steps: 4 }, bake: 1h, every: 5m, approval: managers,
      advance_when: [ errors < previous wave + 5pp ], step_back_when: errors > wave(beta) + 2pp }
  - { name: all, exposure: 100%, bake: 12h, every: 5m,
      advance_when: [ "errors trending down over 6h", "p95 not trending up over 2h",
                      "score(p95 weight 2, errors critical) >= 75" ] }
after: { watch: 2d, every: 10m, holdback: 1%, close_when: errors > control * 1.6 }
"#;

#[test]
fn nothing_in_a_plan_finds_fault_with_what_is_healthy() {
    let plan = plan(EVERYTHING);
    for seed in 1..3 {
        let simulated = ends(&plan, Scenario::Healthy, seed, Outcome::Completed);
        let rows = told(&simulated);
        assert!(rows[0].starts_with("0 started: started by simulation: wave team opens"), "{rows:#?}");
        let promoted = |row: &String| row.contains("promoted by managers (simulated)");
        assert!(rows.iter().any(promoted), "{rows:#?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_and_another_one_other_users() {
    let plan = two_waves(ERRORS, "close_when: errors regresses by 20%");
    let once = |seed| simulate(&plan, Scenario::DoubleErrors, seed, None);
    assert_eq!(once(7), once(7));
    let lasted: Vec<Duration> = (1..9).map(|seed| once(seed).lasted).collect();
    assert!(lasted.windows(2).any(|pair| pair[0] != pair[1]), "{lasted:?}");
}

#[test]
fn twice_the_errors_are_found_by_a_test_and_by_a_bound_within_twice_what_is_sound() {
    let kinds = [
        (ERRORS, "close_when: errors regresses by 20%"),
        (ERRORS, "close_when: errors > 5%"),
        (ERRORS, "close_when: errors > control * 1.5"),
        ("s: { provider: outcomes, measure: success_ratio }", "close_when: s < 99%"),
        ("s: { provider: outcomes, measure: success_ratio }", "close_when: s regresses by 20%"),
        ("p: { provider: outcomes, measure: latency_p95 }", "close_when: p > 400ms for 10m"),
        ("p: { provider: outcomes, measure: latency_p95 }", "close_when: p regresses by 20%"),
        ("n: { provider: prometheus, query: 'x{v=\"{{variant}}\"}', better: higher }", "close_when: n < 50"),
    ];
    for (metrics, always) in kinds {
        let plan = two_waves(metrics, always);
        ends(&plan, Scenario::Healthy, 1, Outcome::Completed);
        let closed = ends(&plan, Scenario::DoubleErrors, 1, Outcome::RolledBack);
        assert!(closed.lasted <= 3 * HOUR, "{always}: {:?}", closed.lasted);
    }
}

/// That the plan does not see it is what its author must learn.
#[test]
fn a_bound_beyond_twice_what_is_sound_does_not_see_it_and_the_plan_stays_where_its_target_is_missed() {
    let plan = two_waves(ERRORS, "close_when: errors > 10%");
    ends(&plan, Scenario::DoubleErrors, 1, Outcome::RolledBack);
    let with_target = "errors: { provider: outcomes, measure: error_ratio, target: '< 2%' }";
    let held = ends(&two_waves(with_target, "close_when: errors > 10%"), Scenario::DoubleErrors, 1, Outcome::Held);
    assert!(held.reason.contains(">= 2%"), "{}", held.reason);
}

#[test]
fn a_slow_burn_passes_the_first_wave_and_is_found_later() {
    let plan = two_waves(ERRORS, "close_when: errors > 5%");
    let simulated = ends(&plan, Scenario::SlowBurn, 1, Outcome::RolledBack);
    assert!(simulated.lasted > 3 * HOUR, "{:?}", simulated.lasted);
    let rows = told(&simulated);
    assert!(rows.iter().any(|row| row.contains("wave all opens")), "{rows:#?}");
}

#[test]
fn an_outage_makes_it_wait_and_closes_only_where_the_plan_says_so() {
    let healthy = ends(&two_waves(ERRORS, ""), Scenario::Healthy, 1, Outcome::Completed);
    let after = ends(&two_waves(ERRORS, "close_when: errors > 5%"), Scenario::Outage, 1, Outcome::Completed);
    assert!(after.lasted >= healthy.lasted + 3 * HOUR, "{:?} {:?}", healthy.lasted, after.lasted);
    let closes = "errors: { provider: outcomes, measure: error_ratio, no_data: close }";
    let closed = ends(&two_waves(closes, "close_when: errors > 5%"), Scenario::Outage, 1, Outcome::RolledBack);
    assert!(closed.reason.contains("no data for errors"), "{}", closed.reason);
}

/// A tenth of the users cannot double what is measured over all of them.
#[test]
fn a_query_without_a_variant_sees_the_candidate_as_far_as_users_have_it() {
    let both = |query: &str| {
        let metric = format!("load: {{ provider: prometheus, query: '{query}' }}");
        simulate(&two_waves(&metric, "close_when: load > 100"), Scenario::DoubleErrors, 1, None)
    };
    let (of_one, of_all) = (both("load{v=\"{{variant}}\"}"), both("load"));
    assert_eq!((of_one.outcome, of_one.lasted.as_secs()), (Outcome::RolledBack, 60));
    assert_eq!((of_all.outcome, of_all.lasted.as_secs()), (Outcome::Completed, 32 * 3_600), "{:#?}", told(&of_all));
}

#[test]
fn what_went_back_needs_a_person() {
    let plan = plan(
        "metrics: { errors: { provider: outcomes, measure: error_ratio } }\nwaves:\n\
         - { name: few, exposure: 10%, bake: 1h }\n\
         - { name: all, exposure: 100%, bake: 6h, step_back_when: errors > 2% }\n",
    );
    let held = ends(&plan, Scenario::DoubleErrors, 1, Outcome::Held);
    assert!(held.reason.contains("came back from wave all"), "{}", held.reason);
    assert!(held.lasted < 4 * HOUR, "{:?}", held.lasted);
}

#[test]
fn with_few_users_a_plan_never_has_its_samples() {
    let plan = two_waves(ERRORS, "close_when: errors > 5%");
    let held = simulate(&plan, Scenario::Healthy, 1, Some(100));
    assert_eq!(held.outcome, Outcome::Held);
    assert!(held.reason.contains("not enough data for errors"), "{}", held.reason);
}

fn recorded(plan: &Plan, table: &str) -> Scenario {
    Scenario::Recorded(Recording::parse(table, plan).unwrap())
}

#[test]
fn a_recording_is_what_the_metrics_are() {
    let metrics = "errors: { provider: outcomes, measure: error_ratio }, lag: { provider: prometheus, unit: seconds, \
                   query: 'lag{v=\"{{variant}}\"}' }";
    let plan = two_waves(metrics, "close_when: [ errors > 5% for 10m, lag > control * 2 ]");
    for table in [
        "time,metric,value\n0,errors,1%\n30m,errors,0.2%\n1h30m,errors,6%\n",
        "\u{feff}time,metric,value,arm\r\n0,errors,0.01,candidate\r\n90m,errors,6%,\r\n",
        "time,errors,errors@control\n0,1%,2%\n\n90m,\"0.06\",2%\n",
    ] {
        let closed = ends(&plan, recorded(&plan, table), 1, Outcome::RolledBack);
        assert_eq!(closed.lasted, HOUR + Duration::from_secs(40 * 60), "{table}");
    }
    let table = "time,lag,lag@control\n0,0.2,200ms\n60m,0.5,0.2\n";
    let closed = ends(&plan, recorded(&plan, table), 1, Outcome::RolledBack);
    assert_eq!((closed.lasted, closed.reason.as_str()), (HOUR, "lag > control * 2 (lag 500ms)"));
    let gap = ends(&plan, recorded(&plan, "time,errors\n0,1%\n1h,\n2h,1%\n"), 1, Outcome::Completed);
    assert!(told(&gap).iter().any(|row| row.starts_with("3600 held: held: no data for errors")), "{:#?}", told(&gap));
}

#[test]
fn a_plan_that_cannot_begin_says_why() {
    for start in ["", "start: 2026-03-02T09:00Z\n"] {
        let plan = plan(&format!(
            "{start}baseline: 1h\nmetrics: {{ {ERRORS} }}\nwaves:\n- {{ name: all, exposure: 50%, bake: 1h, \
             close_when: errors > baseline + 50% }}\n"
        ));
        let late = recorded(&plan, "time,errors@control\n1m,1%\n");
        let held = ends(&plan, late, 1, Outcome::Held);
        assert!(held.reason.contains("no baseline of errors: there are no values"), "{}", held.reason);
        assert_eq!((held.lasted, held.timeline.len()), (Duration::ZERO, 0));
    }
}

#[test]
fn what_is_wrong_with_a_recording_is_told_at_its_place() {
    let plan = two_waves(
        "errors: { provider: outcomes, measure: error_ratio }, p95: { provider: outcomes, measure: latency_p95 }",
        "",
    );
    for (table, wrong) in [
        ("", "1:1: the table is empty"),
        ("metric,value\n", "1:1: the heading begins with `metric` where `time` is expected"),
        ("time\n0\n", "1:1: the heading has no column beside `time`"),
        ("time,errors\n", "1:1: the table has a heading and no values"),
        ("time,eror\n0,1%\n", "1:6: the plan has no metric `eror`"),
        ("time,errors, errors\n0,1%,1%\n", "1:14: the column `errors` is there twice"),
        ("time,metric,value\n0,p59,1ms\n", "2:3: the plan has no metric `p59`"),
        ("time,metric,value,arm\n0,errors,1%,both\n", "2:13: `both` is no group"),
        ("time,errors\n0,1%,2%\n", "2:6: the line has 3 fields where its heading has 2"),
        ("time,errors,p95\n0,1%\n", "2:1: the line has 2 fields where its heading has 3"),
        (
            "time,errors\nsoon,1%\n",
            "2:1: `soon` is not a duration: write a number and a unit such as `30s`, `15m`, `24h` or `14d`",
        ),
        ("time,errors\n1h,1%\n30m,1%\n", "3:1: `30m` is before the line above it"),
        ("time,errors\n0,inf\n", "2:3: `inf` is not finite"),
        ("time,errors\n0,much\n", "2:3: `much` is no value of `errors`"),
        ("time,p95\n0,5%\n", "2:3: `5%` is no value of `p95`"),
        ("time,errors\n0,control\n", "2:3: `control` is no value"),
        ("time,errors\n0,5% for 5m\n", "2:3: `5% for 5m` is no value"),
    ] {
        let error = Recording::parse(table, &plan).unwrap_err();
        assert!(error.to_string().starts_with(wrong), "{table:?}: {error}");
    }
    let long: String = (0..=100_000).map(|_| "0,0.01\n").collect();
    let error = Recording::parse(&format!("time,errors\n{long}"), &plan).unwrap_err();
    assert_eq!(error.to_string(), "100002:1: more than 100000 lines of values");
}

/// Who is outside of the slice is counted with the control: a split of the whole would be a mismatch, and hold.
#[test]
fn a_rollout_in_a_slice_of_a_layer_completes_when_it_is_sound() {
    for layer in ["", "layer: { name: checkout, from: 50%, to: 60% }\n"] {
        let plan = plan(&format!(
            "{layer}metrics: {{ {ERRORS} }}\nwaves:\n\
             - {{ name: few, exposure: 10%, bake: 2h, every: 1m, close_when: errors regresses by 20% }}\n\
             - {{ name: half, exposure: 50%, bake: 6h, every: 1m, close_when: errors regresses by 20% }}\n"
        ));
        ends(&plan, Scenario::Healthy, 1, Outcome::Completed);
        ends(&plan, Scenario::DoubleErrors, 1, Outcome::RolledBack);
    }
}
