//! How often a sound candidate is called worse under continuous looking, and how soon a bad one is. Few runs; the
//! bench `sequential` makes the many.

use crate::contest::{Judge, Setting, median_delay, most, share};
use crate::errors::Error;
use crate::traffic::Kind;
use tidegate::analysis::statistics::Claim;

const ALPHA: f64 = 0.01;
const RUNS: u64 = 120;
const SEED: u64 = 7;

fn false_alarms(kind: Kind, judge: Judge, tolerance: f64) -> f64 {
    let setting = Setting { kind, factor: 1.0 + tolerance, onset: 0, looks: 720, tolerance, alpha: ALPHA };
    share(&setting.run(judge, RUNS, SEED))
}

fn delay(judge: Judge, factor: f64, onset: u32) -> f64 {
    let setting = Setting { kind: Kind::Poisson, factor, onset, looks: onset + 720, tolerance: 0.0, alpha: ALPHA };
    median_delay(&setting.run(judge, 200, SEED), onset)
}

#[track_caller]
fn keeps_alpha(kind: Kind, judge: Judge) {
    for tolerance in [0.0, 0.2] {
        let alarms = false_alarms(kind, judge, tolerance);
        assert!(alarms <= most(ALPHA, RUNS), "{kind:?} {judge:?} at a ratio of {}: {alarms}", 1.0 + tolerance);
    }
}

#[test]
fn independent_failures_raise_no_more_false_alarms_than_alpha() {
    keeps_alpha(Kind::Poisson, Judge::Users(Claim::Worse));
}

#[test]
fn frequent_failures_raise_no_more_false_alarms_than_alpha() {
    keeps_alpha(Kind::Bernoulli, Judge::Users(Claim::Worse));
}

#[test]
fn outages_of_both_variants_raise_no_more_false_alarms_than_alpha() {
    keeps_alpha(Kind::Shocks, Judge::Users(Claim::Worse));
}

#[test]
fn users_who_fail_several_times_raise_no_more_false_alarms_than_alpha_when_users_are_counted() {
    keeps_alpha(Kind::Clumped, Judge::Users(Claim::Worse));
}

#[test]
fn users_who_fail_several_times_raise_few_false_alarms_when_requests_are_corrected() {
    keeps_alpha(Kind::Clumped, Judge::Requests(Claim::Worse));
}

/// The known failure that counting users, or the correction, is there for.
#[test]
fn users_who_fail_several_times_deceive_a_test_of_bare_requests() {
    let alarms = false_alarms(Kind::Clumped, Judge::Uncorrected(Claim::Worse), 0.0);
    assert!(alarms > 5.0 * ALPHA, "{alarms}");
}

#[test]
fn a_regression_that_may_begin_at_any_look_raises_no_more_false_alarms_than_alpha() {
    keeps_alpha(Kind::Poisson, Judge::Users(Claim::WorseLately));
}

/// Why nobody may close a rollout on a suspicion, on a peeked test, or on a fixed limit.
#[test]
fn what_is_no_proof_cries_wolf() {
    for judge in [Judge::Users(Claim::SuspectedWorse), Judge::PeekedZ, Judge::Static] {
        let alarms = false_alarms(Kind::Poisson, judge, 0.0);
        assert!(alarms > 10.0 * ALPHA, "{judge:?}: {alarms}");
    }
}

#[test]
fn worse_candidates_are_found_the_sooner_the_worse_they_are() {
    let delays = [2.0, 3.0, 10.0].map(|factor| delay(Judge::Users(Claim::Worse), factor, 0));
    assert!(delays[0] <= 65.0 && delays[1] <= 20.0 && delays[2] <= 3.0, "{delays:?}");
}

#[test]
fn a_late_regression_is_found_sooner_by_the_tests_made_for_it() {
    let [whole, became, suspected] =
        [Claim::Worse, Claim::WorseLately, Claim::SuspectedWorse].map(|claim| delay(Judge::Users(claim), 2.0, 480));
    assert!(
        suspected <= 45.0 && became <= 110.0 && suspected < became && became < whole,
        "{suspected} {became} {whole}"
    );
}

#[test]
fn the_other_tests_are_wrong_no_more_often_than_they_may_be() {
    for error in [Error::MeanWorse, Error::MeanSafe, Error::Band, Error::Mismatch, Error::Harm, Error::Trend] {
        let (wrong, runs) = (error.share(40, SEED), 40);
        assert!(wrong <= most(error.allowed(), runs), "{error:?}: {wrong}");
    }
}
