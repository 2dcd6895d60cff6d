//! Candidate and control side by side, as posted outcomes tell: what is counted, up to when, and never twice.

use super::providers::plan_and_metric;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;
use tidegate::analysis::{Band, Compared, Counted, Counts, Group, NoData, Sampled, Sums};
use tidegate::measure::{Outcome, Outcomes, User};
use tidegate::rollout::{Measure, Plan, Split, Unit, Versus};
use tidegate::units::{MetricName, UnixMillis};

/// On a boundary of every slot.
const BEGIN: i64 = 400_000 * 4_320_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A minute that begins with a wave.
struct Scene {
    plan: Plan,
    outcomes: Outcomes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Candidate,
    Control,
}

impl Scene {
    fn new() -> Self {
        Self { plan: plan_and_metric(Unit::Number, None).0, outcomes: Outcomes::new() }
    }

    fn outcome(&self, who: Who, user: Option<u32>, ok: bool) -> Outcome {
        let variant = match who {
            Who::Candidate => self.plan.candidate.clone(),
            Who::Control => self.plan.stable.clone(),
        };
        let user = user.map(|user| User::of(&format!("user-{user}")));
        Outcome { flag: self.plan.flag.clone(), variant, user, at: None, ok, latency_ms: None, value: None }
    }

    fn post(&self, at: i64, who: Who, user: Option<u32>, ok: bool) {
        self.outcomes.record(&[self.outcome(who, user, ok)], UnixMillis::new(at));
    }

    fn took(&self, at: i64, who: Who, user: Option<u32>, latency_ms: f64) {
        let outcome = Outcome { latency_ms: Some(latency_ms), ..self.outcome(who, user, true) };
        self.outcomes.record(&[outcome], UnixMillis::new(at));
    }

    fn paid(&self, at: i64, who: Who, user: Option<u32>, value: f64) {
        let outcome = Outcome { value: Some(value), ..self.outcome(who, user, true) };
        self.outcomes.record(&[outcome], UnixMillis::new(at));
    }

    fn compare(&self, measure: Measure, looked: i64, now: i64) -> Result<Compared, NoData> {
        let versus = Versus {
            metric: MetricName::new("m").unwrap(),
            looked: UnixMillis::new(looked),
            entered: UnixMillis::new(BEGIN),
            alpha: 0.01,
        };
        self.outcomes.compare(&self.plan, measure, &versus, UnixMillis::new(now))
    }

    fn look(&self, measure: Measure, looked: i64, now: i64) -> Counts {
        match self.compare(measure, looked, now).unwrap() {
            Compared::Counts(counts) => counts,
            other => panic!("{measure:?} is counted: {other:?}"),
        }
    }

    fn bands(&self, measure: Measure, now: i64) -> (Band, Band) {
        match self.compare(measure, BEGIN, now).unwrap() {
            Compared::Bands { candidate, control } => (candidate, control),
            other => panic!("{measure:?} has bands: {other:?}"),
        }
    }

    fn sums(&self, now: i64) -> (Sums, Sums) {
        match self.compare(Measure::ValueMean, BEGIN, now).unwrap() {
            Compared::Sums { candidate, control } => (candidate, control),
            other => panic!("values are summed: {other:?}"),
        }
    }

    fn split(&self, since: i64, now: i64) -> Result<Split, NoData> {
        self.outcomes.split(&self.plan, UnixMillis::new(since), UnixMillis::new(now))
    }
}

const fn group(exposed: u64, bad: u64) -> Group {
    Group { exposed, bad }
}

#[test]
fn a_user_who_fails_ten_times_is_one() {
    let scene = Scene::new();
    for second in 0..10 {
        scene.post(BEGIN + second * 1_000, Who::Candidate, Some(1), false);
        scene.post(BEGIN + second * 1_000, Who::Candidate, Some(2), second != 4);
        scene.post(BEGIN + second * 1_000, Who::Candidate, Some(3), true);
        scene.post(BEGIN + second * 1_000, Who::Control, Some(4), true);
    }
    let now = BEGIN + MINUTE + 400;
    for measure in [Measure::ErrorRatio, Measure::SuccessRatio, Measure::Errors] {
        let counts = scene.look(measure, BEGIN, now);
        let until = UnixMillis::new(BEGIN + MINUTE);
        let (candidate, control) = (group(3, 2), group(1, 0));
        let sampled = Sampled::default();
        let events = Some((group(30, 11), group(10, 0)));
        assert_eq!(
            counts,
            Counts { candidate, control, of: Counted::Users, until, behind: Duration::ZERO, sampled, events }
        );
    }
}

#[test]
fn events_are_counted_where_more_than_one_in_a_hundred_comes_without_a_user() {
    for (without, of) in [(1, Counted::Users), (2, Counted::Events)] {
        let scene = Scene::new();
        for number in 0..100_u32 {
            scene.post(BEGIN, Who::Candidate, Some(number % 10), number != 0);
            scene.post(BEGIN, Who::Control, (number >= without).then_some(number), true);
        }
        let counts = scene.look(Measure::ErrorRatio, BEGIN, BEGIN + MINUTE);
        let users = (group(10, 1), group(99, 0));
        let expected = if of == Counted::Users { users } else { (group(100, 1), group(100, 0)) };
        assert_eq!((counts.of, (counts.candidate, counts.control)), (of, expected));
    }
}

#[test]
fn slow_users_are_those_with_an_outcome_over_the_bound() {
    let scene = Scene::new();
    for (user, latency) in [(1, 20.0), (1, 700.0), (2, 480.0), (3, 900.0), (3, 800.0)] {
        scene.took(BEGIN, Who::Candidate, Some(user), latency);
        scene.took(BEGIN, Who::Control, None, latency);
    }
    let slow = Measure::SlowRatio(500_000);
    let mixed = scene.look(slow, BEGIN, BEGIN + MINUTE);
    assert_eq!((mixed.of, mixed.candidate, mixed.control), (Counted::Events, group(5, 3), group(5, 3)));
    let later = BEGIN + 2 * MINUTE;
    scene.took(later, Who::Candidate, Some(6), 20.0);
    scene.took(later, Who::Candidate, Some(6), 700.0);
    scene.took(later, Who::Candidate, Some(2), 480.0);
    scene.took(later, Who::Control, Some(3), 900.0);
    // Users of whom no latency is known say nothing of slowness, least of all that there is none.
    scene.post(later, Who::Candidate, Some(4), true);
    scene.post(later, Who::Control, Some(5), true);
    let counts = scene.look(slow, mixed.until.get(), later + MINUTE);
    assert_eq!((counts.of, counts.candidate, counts.control), (Counted::Users, group(2, 1), group(1, 1)));
}

#[test]
fn of_more_users_than_are_remembered_a_part_is_counted_that_fails_as_often() {
    let scene = Scene::new();
    for user in 0..900 {
        scene.post(BEGIN, Who::Candidate, Some(user), user % 20 != 0);
    }
    for user in 1_000..50_000 {
        scene.post(BEGIN, Who::Control, Some(user), user % 5 != 0);
    }
    let counts = scene.look(Measure::ErrorRatio, BEGIN, BEGIN + MINUTE);
    let Counts { candidate, control, of, sampled, .. } = counts;
    assert_eq!((of, candidate), (Counted::Users, group(900, 45)), "few are counted exactly beside many");
    assert!((1_024..2_048).contains(&control.exposed), "{control:?}");
    assert_eq!(sampled.candidate, 1_000_000);
    assert!((45_000..55_000).contains(&counts.exposures()), "{counts:?} is of 49,900");
    assert!((0.16..0.24).contains(&(control.bad as f64 / control.exposed as f64)), "{control:?}");
}

#[test]
fn what_comes_while_a_look_closes_its_slot_is_in_the_next_one() {
    let scene = Scene::new();
    let first = scene.look(Measure::Errors, BEGIN, BEGIN + 10_000);
    assert_eq!(first.until, UnixMillis::new(BEGIN + 10_000));
    scene.post(BEGIN + 9_990, Who::Candidate, None, false);
    let second = scene.look(Measure::Errors, first.until.get(), BEGIN + 20_000);
    assert_eq!(second.candidate, group(1, 1));
}

#[test]
fn a_clock_that_is_set_back_a_little_waits_and_one_set_back_far_begins_anew() {
    let scene = Scene::new();
    scene.post(BEGIN + 5 * HOUR, Who::Candidate, None, false);
    let looked = BEGIN + 5 * HOUR + MINUTE;
    assert_eq!(scene.look(Measure::Errors, looked - 2 * MINUTE, looked).candidate, group(1, 1));

    let back = looked - 30 * MINUTE;
    scene.post(back, Who::Candidate, None, false);
    let waits = scene.look(Measure::Errors, looked, back + MINUTE);
    assert_eq!((waits.candidate, waits.until.get()), (group(0, 0), looked));

    let far = looked - 3 * HOUR;
    scene.post(far, Who::Candidate, None, true);
    let anew = scene.look(Measure::Errors, looked, far + 2 * MINUTE);
    assert_eq!((anew.candidate, anew.until.get()), (group(0, 0), far + 2 * MINUTE));
    scene.post(far + 3 * MINUTE, Who::Candidate, None, true);
    let next = scene.look(Measure::Errors, anew.until.get(), far + 4 * MINUTE);
    assert_eq!(next.candidate, group(1, 0));
    let again = scene.look(Measure::Errors, next.until.get(), looked + MINUTE);
    assert_eq!(
        again.candidate,
        group(0, 0),
        "what was recorded before the clock was set back is counted no second time"
    );
}

#[test]
fn after_a_restart_there_is_nothing_and_counting_goes_on() {
    let scene = Scene::new();
    let nothing = scene.look(Measure::ErrorRatio, BEGIN, BEGIN + MINUTE);
    assert_eq!((nothing.candidate, nothing.control, nothing.until.get()), (group(0, 0), group(0, 0), BEGIN + MINUTE));
    for measure in [Measure::LatencyP95, Measure::ValueMean] {
        assert_eq!(scene.compare(measure, BEGIN, BEGIN + MINUTE), Err(NoData::Empty));
    }
    assert_eq!(scene.split(BEGIN, BEGIN + MINUTE), Ok(Split { candidate: 0, control: 0 }));
    scene.post(BEGIN + MINUTE, Who::Control, Some(1), true);
    assert_eq!(scene.look(Measure::ErrorRatio, nothing.until.get(), BEGIN + 2 * MINUTE).control, group(1, 0));
}

#[test]
fn how_many_outcomes_there_are_is_not_compared() {
    let Err(NoData::Refused(why)) = Scene::new().compare(Measure::Count, BEGIN, BEGIN) else { panic!("refused") };
    assert!(why.contains("compare a ratio"), "{why}");
}

#[test]
fn bands_are_over_the_whole_wave_and_over_no_other() {
    let scene = Scene::new();
    for number in 0..5_000_u32 {
        scene.took(BEGIN - MINUTE, Who::Candidate, None, 900.0);
        scene.took(BEGIN + 5_000, Who::Candidate, None, f64::from(number % 100 + 100));
        scene.took(BEGIN + 5_000, Who::Control, None, f64::from(number % 100 + 1));
    }
    let (candidate, control) = scene.bands(Measure::LatencyP50, BEGIN + MINUTE);
    assert_eq!((candidate.samples, control.samples), (5_000, 5_000));
    assert!(candidate.low < 150.0 && 150.0 < candidate.high && candidate.high < 160.0, "{candidate:?}");
    assert!(control.low > 40.0 && 50.0 < control.high && control.high < 60.0, "{control:?}");
    let (p99, _) = scene.bands(Measure::LatencyP99, BEGIN + MINUTE);
    assert!(p99.high.is_infinite() && p99.low > 180.0, "{p99:?}");

    let ten_days = BEGIN + 240 * HOUR;
    scene.took(ten_days, Who::Candidate, None, 150.0);
    assert_eq!(scene.bands(Measure::LatencyP50, ten_days).0.samples, 5_001, "no slot is that old any more");
}

#[test]
fn sums_know_that_values_of_one_user_go_together() {
    let scene = Scene::new();
    for number in 0..10_000_u32 {
        let user = number % 100;
        scene.paid(BEGIN, Who::Candidate, Some(user), f64::from(user % 10));
        scene.paid(BEGIN, Who::Control, Some(number), f64::from(number % 10));
    }
    let (candidate, control) = scene.sums(BEGIN + MINUTE);
    assert_eq!((candidate.count, candidate.mean, control.mean), (10_000, 4.5, 4.5));
    assert!((8.2..15.0).contains(&control.variance), "{control:?}");
    assert!(candidate.variance > 400.0, "a hundred users have not ten thousand opinions: {candidate:?}");
}

#[test]
fn the_split_counts_users_of_the_wave_once() {
    let scene = Scene::new();
    let some = |minute: i64, users: std::ops::Range<u32>| {
        for user in users {
            let who = if user % 4 == 0 { Who::Candidate } else { Who::Control };
            scene.post(BEGIN + minute * MINUTE, who, Some(user), true);
        }
    };
    some(-3, 9_000..9_400);
    some(1, 0..1_200);
    assert_eq!(scene.split(BEGIN, BEGIN + 2 * MINUTE), Ok(Split { candidate: 300, control: 900 }));
    some(2, 0..1_200);
    some(400, 1_000..8_000);
    assert_eq!(scene.split(BEGIN, BEGIN + 500 * HOUR), Ok(Split { candidate: 2_000, control: 6_000 }));
    some(401, 8_000..90_000);
    let Split { candidate, control } = scene.split(BEGIN, BEGIN + 402 * MINUTE).unwrap();
    let share = candidate as f64 / (candidate + control) as f64;
    assert!((8_192..22_000).contains(&control) && (0.24..0.26).contains(&share), "{candidate} and {control}");
    (0..2_000).for_each(|_| scene.post(BEGIN + 403 * MINUTE, Who::Candidate, None, true));
    let Err(NoData::Refused(why)) = scene.split(BEGIN, BEGIN + 404 * MINUTE) else { panic!("users are unknown") };
    assert!(why.contains("targetingKey"), "{why}");
}

/// An outcome or a look, so many milliseconds after what came before.
#[derive(Debug, Clone)]
enum Step {
    Outcome { after: i64, candidate: bool, user: u32, ok: bool },
    Look { after: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = (0..90_000_i64, any::<bool>(), 0..30_u32, any::<bool>())
        .prop_map(|(after, candidate, user, ok)| Step::Outcome { after, candidate, user, ok });
    prop_oneof![6 => outcome, 1 => (0..20 * MINUTE).prop_map(|after| Step::Look { after })]
}

/// What a plain list of outcomes says of a stretch of time.
fn plain(seen: &[(i64, bool, u32, bool)], from: i64, until: i64, users: bool) -> (Group, Group) {
    let of = |candidate: bool| {
        let within = || seen.iter().filter(move |(at, who, ..)| (from..until).contains(at) && *who == candidate);
        let bad = || within().filter(|(.., ok)| !ok);
        let distinct = |users: &mut dyn Iterator<Item = u32>| users.collect::<BTreeSet<_>>().len() as u64;
        match users {
            true => group(distinct(&mut within().map(|one| one.2)), distinct(&mut bad().map(|one| one.2))),
            false => group(within().count() as u64, bad().count() as u64),
        }
    };
    (of(true), of(false))
}

/// Whether a look counted what came in that stretch. Of users who failed before in the wave nobody has to be
/// counted as bad once more; how many of them are known by then depends on how often one looks.
fn is_what_came(counts: &Counts, seen: &[(i64, bool, u32, bool)], from: i64, until: i64, users: bool) -> bool {
    let (candidate, control) = plain(seen, from, until, users);
    let fresh = |of_candidate: bool| {
        let failed = |from: i64, until: i64| -> BTreeSet<u32> {
            let within = seen.iter().filter(|(at, ..)| (from..until).contains(at));
            within.filter(|(_, who, _, ok)| *who == of_candidate && !ok).map(|one| one.2).collect()
        };
        failed(from, until).difference(&failed(BEGIN, from)).count() as u64
    };
    let fits = |counted: Group, came: Group, of_candidate: bool| {
        let least = if users { fresh(of_candidate) } else { came.bad };
        counted.exposed == came.exposed && (least..=came.bad).contains(&counted.bad)
    };
    fits(counts.candidate, candidate, true) && fits(counts.control, control, false)
}

/// Requests of one user fail together, in this look and in the next: whom all fails for is one bad user, or a
/// handful of them would look like a regression.
#[test]
fn whoever_failed_before_in_the_wave_is_not_counted_as_bad_again() {
    let scene = Scene::new();
    let (mut looked, mut bad, mut exposed) = (BEGIN, (0, 0), 0);
    for minute in 0..90 {
        let at = BEGIN + minute * MINUTE;
        for user in 0..20 {
            scene.post(at, Who::Candidate, Some(user), user % 5 != 0);
            scene.post(at, Who::Control, Some(100 + user), user % 10 != 0);
        }
        // And one new user fails after an hour.
        scene.post(at, Who::Candidate, Some(50), minute != 60);
        let counts = scene.look(Measure::ErrorRatio, looked, at + MINUTE);
        looked = counts.until.get();
        bad = (bad.0 + counts.candidate.bad, bad.1 + counts.control.bad);
        exposed += counts.candidate.exposed;
    }
    assert_eq!((bad, exposed), ((5, 2), 90 * 21));
}

/// Slots of 72 minutes remember 1,024 users, a small part of those of a busy service. A look must not shrink to what
/// they know of those who came before.
#[test]
fn a_busy_service_keeps_its_full_looks_and_each_failing_user_counts_once() {
    let scene = Scene::new();
    let (mut looked, mut slow_looked, mut bad) = (BEGIN, BEGIN, (0, 0));
    for minute in 0..240_u32 {
        let at = BEGIN + i64::from(minute) * MINUTE;
        for second in 0..60 {
            // Everybody comes again every fifty minutes, and for one user in fifty all fails, slowly.
            let users = (0..10).map(|user| (minute * 600 + second * 10 + user) % 30_000);
            let outcomes = users.flat_map(|user| {
                [Who::Candidate, Who::Control].map(|who| {
                    let fails = user % 50 == 0;
                    let latency_ms = Some(if fails { 900.0 } else { 20.0 });
                    Outcome { latency_ms, ..scene.outcome(who, Some(user), !fails) }
                })
            });
            scene.outcomes.record(&outcomes.collect::<Vec<_>>(), UnixMillis::new(at + i64::from(second) * 1_000));
        }
        let counts = scene.look(Measure::ErrorRatio, looked, at + MINUTE);
        looked = counts.until.get();
        assert_eq!((counts.candidate.exposed, counts.control.exposed), (600, 600), "in minute {minute}");
        assert_eq!((counts.sampled, counts.events), (Sampled::default(), Some((group(600, 12), group(600, 12)))));
        bad = (bad.0 + counts.candidate.bad, bad.1 + counts.control.bad);
        let slow = scene.look(Measure::SlowRatio(500_000), slow_looked, at + MINUTE);
        slow_looked = slow.until.get();
        assert_eq!((slow.candidate.exposed, slow.control.exposed), (600, 600), "in minute {minute}");
    }
    assert_eq!(bad, (600, 600));
}

/// A large group knows less of its users than a small one. Those who are always slow must not count again in one of
/// them alone: it would look worse, or better, for its size.
#[test]
fn who_was_slow_before_counts_again_as_often_in_both_groups() {
    let scene = Scene::new();
    let post = |at: i64, who: Who, users: std::ops::Range<u32>| {
        users.for_each(|user| scene.took(at, who, Some(user), if user % 10 == 0 { 900.0 } else { 20.0 }));
    };
    post(BEGIN, Who::Candidate, 0..500);
    post(BEGIN, Who::Control, 1_000..6_000);
    let first = scene.look(Measure::SlowRatio(500_000), BEGIN, BEGIN + MINUTE);
    post(BEGIN + MINUTE, Who::Candidate, 0..500);
    post(BEGIN + MINUTE, Who::Control, 1_000..2_000);
    let second = scene.look(Measure::SlowRatio(500_000), first.until.get(), BEGIN + 2 * MINUTE);
    assert_eq!((second.candidate.exposed, second.control.exposed), (500, 1_000));
    assert!((60..95).contains(&second.control.bad), "{second:?}");
    assert!((30..48).contains(&second.candidate.bad), "{second:?}");
}

/// Whoever asks for a wave's figures after long sees the beginning of it in wide slots.
#[test]
fn failures_before_anybody_asked_are_known_from_the_slots() {
    let scene = Scene::new();
    scene.post(BEGIN + MINUTE, Who::Candidate, Some(1), false);
    for user in [1, 2] {
        scene.post(BEGIN + 300 * MINUTE, Who::Candidate, Some(user), false);
    }
    let late = scene.look(Measure::ErrorRatio, BEGIN + 299 * MINUTE, BEGIN + 301 * MINUTE);
    assert_eq!(late.candidate, group(2, 1));
}

#[test]
fn after_the_clock_was_set_back_who_fails_is_counted_again_once() {
    let scene = Scene::new();
    scene.post(BEGIN + 5 * HOUR, Who::Candidate, Some(1), false);
    let first = scene.look(Measure::ErrorRatio, BEGIN + 5 * HOUR, BEGIN + 5 * HOUR + MINUTE);
    assert_eq!(first.candidate, group(1, 1));
    let mut looked = scene.look(Measure::ErrorRatio, first.until.get(), BEGIN + HOUR).until.get();
    let bad = [1, 2, 3].map(|minute| {
        scene.post(BEGIN + HOUR + minute * MINUTE, Who::Candidate, Some(1), false);
        let counts = scene.look(Measure::ErrorRatio, looked, BEGIN + HOUR + (minute + 1) * MINUTE);
        looked = counts.until.get();
        counts.candidate
    });
    assert_eq!(bad, [group(1, 1), group(1, 0), group(1, 0)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn looks_that_come_as_they_please_count_nothing_twice(
        steps in proptest::collection::vec(step(), 1..200),
        users in any::<bool>(),
        offset in 0..4_320_000_i64,
    ) {
        let scene = Scene::new();
        let (mut now, mut looked, mut seen) = (BEGIN + offset, BEGIN + offset, Vec::new());
        for step in steps {
            match step {
                Step::Outcome { after, candidate, user, ok } => {
                    now += after;
                    let who = if candidate { Who::Candidate } else { Who::Control };
                    scene.post(now, who, users.then_some(user), ok);
                    seen.push((now, candidate, user, ok));
                }
                Step::Look { after } => {
                    now += after;
                    let counts = scene.look(Measure::ErrorRatio, looked, now);
                    let until = counts.until.get();
                    prop_assert!((looked..=now).contains(&until));
                    let seconds = (looked.div_euclid(1_000)..=until.div_euclid(1_000)).map(|second| second * 1_000);
                    let mut begins = seconds.filter(|begin| *begin >= looked).chain([looked]);
                    let exact = begins.any(|begin| is_what_came(&counts, &seen, begin, until, users));
                    prop_assert!(exact, "{counts:?} is what came in no stretch up to {until} from {looked} on");
                    looked = until;
                }
            }
        }
    }

    #[test]
    fn looks_that_come_regularly_miss_nothing(
        every in 1_000..2 * HOUR,
        delays in proptest::collection::vec(0..150_i64, 1..30),
        outcomes in proptest::collection::vec((0..1_000_i64, any::<bool>(), 0..30_u32, any::<bool>()), 0..200),
        users in any::<bool>(),
        offset in 0..4_320_000_i64,
    ) {
        let begin = BEGIN + offset;
        // A look is late by up to 15 % of the time between looks.
        let looks: Vec<i64> = (1..).zip(&delays).map(|(n, delay)| begin + n * every + every * delay / 1_000).collect();
        let spread = (looks.last().unwrap() - begin) / 1_000;
        let seen = outcomes.iter().map(|(part, candidate, user, ok)| (begin + spread * part, *candidate, *user, *ok));
        let mut seen: Vec<_> = seen.collect();
        seen.sort_unstable();
        let scene = Scene::new();
        let (mut looked, mut posted, mut first) = (begin, 0, true);
        for now in looks {
            while let Some((at, candidate, user, ok)) = seen.get(posted).copied().filter(|one| one.0 <= now) {
                scene.post(at, if candidate { Who::Candidate } else { Who::Control }, users.then_some(user), ok);
                posted += 1;
            }
            let counts = scene.look(Measure::ErrorRatio, looked, now);
            let until = counts.until.get();
            // A wave begins in the middle of a slot: the first look begins with the first whole one.
            if !first {
                prop_assert!(is_what_came(&counts, &seen, looked, until, users), "{counts:?} from {looked} to {until}");
            }
            first &= until == looked;
            looked = until;
        }
    }

    #[test]
    fn whatever_the_clock_does_and_whoever_else_looks_nobody_counts_more_than_came(
        steps in proptest::collection::vec((-2 * HOUR..2 * HOUR, 0..4_u8, 1..30_i64), 1..120),
    ) {
        let scene = Scene::new();
        let (mut now, mut posted) = (BEGIN + 500 * HOUR, group(0, 0));
        let mut lookers = [(now, group(0, 0)); 2];
        for (jump, what, times) in steps {
            // Mostly the clock goes on by little; now and then it jumps, to and fro.
            now += if times == 1 { jump } else { times * 700 };
            match what {
                0 | 1 => {
                    for number in 0..times {
                        let ok = (number + times) % 3 != 0;
                        scene.post(now + number, Who::Candidate, None, ok);
                        posted = group(posted.exposed + 1, posted.bad + u64::from(!ok));
                    }
                }
                who => {
                    let (looked, counted) = &mut lookers[usize::from(who - 2)];
                    let counts = scene.look(Measure::Errors, *looked, now);
                    prop_assert!(counts.until.get() <= now || counts.until.get() == *looked);
                    *looked = counts.until.get();
                    counted.exposed += counts.candidate.exposed;
                    counted.bad += counts.candidate.bad;
                    prop_assert!(counted.exposed <= posted.exposed && counted.bad <= posted.bad, "{counted:?} of {posted:?}");
                }
            }
        }
    }
}
