//! Outcomes with a time of their own: windows have them when they happened, and looks count each once.

use super::providers::plan_and_metric;
use proptest::prelude::*;
use std::time::Duration;
use tidegate::analysis::{Compared, Counts, Group, NoData, Reading};
use tidegate::measure::{Counted, FARTHEST_AHEAD, OLDEST, Outcome, Outcomes, Recorded, User};
use tidegate::rollout::{Measure, Plan, Split, Unit, Versus};
use tidegate::units::{MetricName, UnixMillis};

/// On a boundary of every slot.
const BEGIN: i64 = 400_000 * 4_320_000;
const MINUTE: i64 = 60_000;

struct Scene {
    plan: Plan,
    outcomes: Outcomes,
    entered: i64,
}

impl Scene {
    fn new() -> Self {
        Self { plan: plan_and_metric(Unit::Number, None).0, outcomes: Outcomes::new(), entered: BEGIN }
    }

    fn post(&self, at: i64, now: i64, candidate: bool, user: u32, ok: bool) -> Recorded {
        let variant = if candidate { self.plan.candidate.clone() } else { self.plan.stable.clone() };
        let (user, at) = (Some(User::of(&format!("user-{user}"))), Some(UnixMillis::new(at)));
        let outcome = Outcome { flag: self.plan.flag.clone(), variant, user, at, ok, latency_ms: None, value: None };
        self.outcomes.record(&[outcome], UnixMillis::new(now))
    }

    fn look(&self, looked: i64, now: i64) -> Counts {
        let versus = Versus {
            metric: MetricName::new("m").unwrap(),
            looked: UnixMillis::new(looked),
            entered: UnixMillis::new(self.entered),
            alpha: 0.01,
        };
        match self.outcomes.compare(&self.plan, Measure::ErrorRatio, &versus, UnixMillis::new(now)).unwrap() {
            Compared::Counts(counts) => counts,
            other => panic!("counted: {other:?}"),
        }
    }

    /// How many outcomes of the candidate a window that ends at `now` has.
    fn window(&self, seconds: u64, now: i64) -> u64 {
        let (flag, candidate, window) = (&self.plan.flag, &self.plan.candidate, Duration::from_secs(seconds));
        match self.outcomes.read(flag, candidate, Measure::Count, window, 0, UnixMillis::new(now)) {
            Reading::Value { samples, .. } => samples.unwrap(),
            Reading::NoData(NoData::Empty) => 0,
            Reading::NoData(other) => panic!("{other}"),
        }
    }
}

const fn group(exposed: u64, bad: u64) -> Group {
    Group { exposed, bad }
}

#[test]
fn a_late_outcome_is_in_the_windows_of_its_own_time() {
    let scene = Scene::new();
    let now = BEGIN + 30 * MINUTE;
    scene.post(BEGIN + 20 * MINUTE, now, true, 1, false);
    assert_eq!(scene.window(300, now), 0, "it is no failure of the last five minutes");
    assert_eq!(scene.window(660, now), 1, "but one of the last eleven");
    assert_eq!(scene.window(300, BEGIN + 20 * MINUTE + 1_000), 1);
}

#[test]
fn what_comes_after_its_look_is_over_counts_in_the_next_one_and_in_no_other() {
    let scene = Scene::new();
    scene.post(BEGIN + 1_000, BEGIN + 1_000, true, 1, true);
    let first = scene.look(BEGIN, BEGIN + MINUTE);
    assert_eq!(first.candidate, group(1, 0));
    let looked = first.until.get();
    // Happened in the first look's time, posted in the second's.
    scene.post(BEGIN + 2_000, looked + 5_000, true, 2, false);
    scene.post(looked + 6_000, looked + 6_000, true, 3, true);
    let again = scene.look(BEGIN, BEGIN + MINUTE);
    assert_eq!(again.candidate, group(1, 0), "a look that is over stays as it is");
    let second = scene.look(looked, looked + MINUTE);
    assert_eq!(second.candidate, group(2, 1));
    let third = scene.look(second.until.get(), looked + 2 * MINUTE);
    assert_eq!(third.candidate, group(0, 0));
    assert_eq!(scene.window(600, looked + 2 * MINUTE), 3, "windows have each once, too");
}

#[test]
fn what_happened_before_the_wave_is_no_part_of_it() {
    let mut scene = Scene::new();
    scene.look(BEGIN, BEGIN + 10 * MINUTE);
    scene.entered = BEGIN + 10 * MINUTE;
    let looked = scene.look(scene.entered, BEGIN + 11 * MINUTE).until.get();
    let now = BEGIN + 12 * MINUTE;
    scene.post(BEGIN + 9 * MINUTE, now, true, 1, false);
    scene.post(BEGIN + 10 * MINUTE + 500, now, true, 2, true);
    assert_eq!(scene.look(looked, BEGIN + 13 * MINUTE).candidate, group(1, 0));
    let split = scene.outcomes.split(&scene.plan, UnixMillis::new(scene.entered), UnixMillis::new(now)).unwrap();
    assert_eq!(split, Split { candidate: 1, control: 0 });
    assert_eq!(scene.window(600, now), 2, "the window over both has both");
}

/// Metrics tell of a minute at once, at its end. What a wave is judged by must not be of the minute before it.
#[test]
fn what_was_counted_over_a_time_that_began_before_the_wave_is_no_part_of_it() {
    for looked_before in [true, false] {
        let mut scene = Scene::new();
        scene.look(BEGIN, BEGIN + 10 * MINUTE);
        scene.entered = BEGIN + 10 * MINUTE + 500;
        let mut looked = scene.entered;
        if looked_before {
            looked = scene.look(looked, scene.entered + 10_000).until.get();
        }
        let count = |began: i64, until: i64, ok| {
            let (flag, variant) = (scene.plan.flag.clone(), scene.plan.candidate.clone());
            let at = Some(UnixMillis::new(until));
            let outcome = Outcome { flag, variant, user: None, at, ok, latency_ms: None, value: None };
            let counted = Counted { outcome, times: 1_000, began: Some(UnixMillis::new(began)) };
            scene.outcomes.record_counted(&[counted], UnixMillis::new(until));
        };
        count(scene.entered - 30_000, scene.entered + 30_000, false);
        assert_eq!(scene.window(60, scene.entered + 31_000), 1_000, "windows have it as soon as it is told");
        count(scene.entered + 30_000, scene.entered + 90_000, true);
        count(scene.entered + 90_000, scene.entered + 150_000, false);
        let now = BEGIN + 13 * MINUTE;
        assert_eq!(scene.look(looked, now).candidate, group(2_000, 1_000), "looked before: {looked_before}");
        let (plan, since) = (&scene.plan, UnixMillis::new(scene.entered));
        let [seen, _] = scene.outcomes.seen(plan, since, UnixMillis::new(now)).unwrap();
        assert_eq!((seen.outcomes, seen.errors), (2_000, 1_000));
        assert_eq!(scene.window(600, now), 3_000);
    }
}

#[test]
fn too_old_and_too_far_ahead_are_told_apart_and_not_counted() {
    let scene = Scene::new();
    let now = BEGIN + 48 * 60 * MINUTE;
    let oldest = now - i64::try_from(OLDEST.as_millis()).unwrap();
    let farthest = now + i64::try_from(FARTHEST_AHEAD.as_millis()).unwrap();
    let kept = Recorded { kept: 1, ..Recorded::default() };
    assert_eq!(scene.post(oldest, now, true, 1, true), kept);
    assert_eq!(scene.post(farthest, now, true, 2, true), kept);
    for at in [oldest - 1, 0, -1, i64::MIN] {
        assert_eq!(scene.post(at, now, true, 3, true), Recorded { late: 1, ..Recorded::default() }, "{at}");
    }
    for at in [farthest + 1, i64::MAX] {
        assert_eq!(scene.post(at, now, true, 4, true), Recorded { future: 1, ..Recorded::default() }, "{at}");
    }
    assert_eq!(scene.window(10, now), 1, "a clock that is a little ahead: it counts as of now");
    assert_eq!(scene.window(3 * 86_400, now), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// However late outcomes come and however two rollouts look, each look adds up to what was posted in the wave.
    #[test]
    fn each_outcome_of_the_wave_is_in_one_look_of_each_looker(
        posts in proptest::collection::vec((0..20_000_i64, 0..40 * MINUTE, any::<bool>()), 1..120),
        every in proptest::collection::vec(5_000..90_000_i64, 2),
    ) {
        let scene = Scene::new();
        let (mut now, mut posted) = (BEGIN + 1_000, group(0, 0));
        let mut lookers = [(BEGIN, BEGIN + every[0], group(0, 0)), (BEGIN, BEGIN + every[1], group(0, 0))];
        let look_up_to = |lookers: &mut [(i64, i64, Group); 2], now: i64| {
            loop {
                // In the order of time, as two controllers would.
                let who = usize::from(lookers[1].1 < lookers[0].1);
                let (looked, due, counted) = &mut lookers[who];
                if *due > now {
                    return;
                }
                let counts = scene.look(*looked, *due);
                *looked = counts.until.get();
                // Single outcomes: who fails again is counted again.
                let events = counts.events.unwrap().0;
                *counted = group(counted.exposed + events.exposed, counted.bad + events.bad);
                *due += every[who];
            }
        };
        for (user, (after, late, ok)) in (0..).zip(posts) {
            now += after;
            look_up_to(&mut lookers, now);
            let at = (now - late).max(BEGIN);
            scene.post(at, now, true, user, ok);
            posted = group(posted.exposed + 1, posted.bad + u64::from(!ok));
        }
        look_up_to(&mut lookers, now + 30 * MINUTE);
        prop_assert_eq!(lookers[0].2, posted);
        prop_assert_eq!(lookers[1].2, posted);
    }
}
