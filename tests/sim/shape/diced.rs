//! Plans by dice.

use super::kinds::{ALL, Budget, DocWave, Shape, WatchShape};
use super::metric::{MetricShape, Silence, Since};
use super::rule::{Bound, Leaf, List, Place, Rule, Scope, When};
use super::{stages, written};
use crate::dice::Dice;
use std::time::Duration;
use tidegate::units::RolloutName;

impl Shape {
    /// A plan of any kind. `now` is what a clock shows that nobody set.
    pub fn by_dice(dice: &mut Dice, name: &str, flag: &str, revision: u64, now: i64) -> Self {
        Self::by_dice_with(dice, name, flag, revision, now, |_| {})
    }

    /// The same, with something about it as it must be.
    pub fn by_dice_with(
        dice: &mut Dice,
        name: &str,
        flag: &str,
        revision: u64,
        now: i64,
        must: impl FnOnce(&mut Self),
    ) -> Self {
        let every = Duration::from_secs(dice.of(&[1, 2, 5, 10, 30, 60]));
        let docs = docs(dice, every);
        let watch = dice.percent(60).then(|| WatchShape {
            watch: every * u32::try_from(dice.between(1, 8)).unwrap(),
            every,
            holdback: if dice.percent(45) { dice.of(&[10_000, 50_000, 200_000]) } else { 0 },
        });
        let waves = stages::opened(&docs);
        let shortest = waves.iter().map(|wave| wave.bake).min().unwrap_or(every);
        let mut shape = Self {
            name: RolloutName::new(name).unwrap(),
            flag: flag.to_owned(),
            salt: format!("{name}.{revision}"),
            fresh: dice.percent(30),
            start: None,
            baseline: None,
            budget: None,
            text: String::new(),
            metrics: Vec::new(),
            rules: Vec::new(),
            docs,
            waves,
            watch,
            stages: Vec::new(),
        };
        if dice.percent(8) {
            // On a whole second, as plans write it.
            let ahead = dice.of(&[0, 1_000, 30_000, 90_000, 600_000]);
            shape.start = Some(now - now % 1_000 + ahead);
        }
        must(&mut shape);
        usual(&mut shape, dice, (every * 3).min(shortest));
        // Some plans are plain, so that most of what they can do is reached often.
        if dice.percent(75) {
            more(&mut shape, dice, every);
        }
        shape.stages = stages::stages(&shape);
        shape.text = written::written(&shape);
        shape
    }

    fn rule(&mut self, list: List, scope: Scope, leaf: Leaf) {
        self.rules.push(Rule { list, observe: false, scope, when: When::One(leaf) });
    }
}

fn docs(dice: &mut Dice, every: Duration) -> Vec<DocWave> {
    let mut docs = Vec::new();
    let plain = |dice: &mut Dice, ppm, group| DocWave {
        ppm,
        group,
        bake: every * dice.of(&[1_u32, 1, 1, 2, 3, 6]),
        every,
        approval: dice.percent(10),
        min_samples: if dice.percent(12) { dice.of(&[10, 500]) } else { 0 },
        ramp: None,
    };
    if dice.percent(25) {
        let groups: &[u32] = dice.of(&[&[0b1101], &[0b11, 0b1100_0000], &[0x8000_0001, 0x0000_0100]]);
        for users in groups {
            docs.push(plain(dice, ALL, Some(*users)));
        }
    }
    let count = dice.between(1, if docs.is_empty() { 5 } else { 3 });
    let mut percents: Vec<u64> = (0..count).map(|_| dice.of(&[5, 10, 25, 33, 50, 75, 100])).collect();
    percents.sort_unstable();
    for (index, percent) in percents.iter().enumerate() {
        let mut wave = plain(dice, percent * 10_000, None);
        let next = percents.get(index + 1).copied().unwrap_or(100);
        if next > *percent && dice.percent(15) {
            let steps = dice.of(&[1_u32, 2, 3]);
            wave.ramp = Some((next * 10_000, every * steps * dice.of(&[1, 2]), steps));
        }
        docs.push(wave);
    }
    docs
}

const fn compare(metric: usize, above: bool, bound: Bound) -> Leaf {
    Leaf::Compare { metric, above, bound, lasting: None }
}

/// What most plans have: a metric or several with bounds, and alerts.
fn usual(shape: &mut Shape, dice: &mut Dice, lasting: Duration) {
    for severity in ["critical"] {
        if dice.percent(85) {
            shape.rule(List::Close, Scope::Always, Leaf::Alert(severity));
        }
    }
    let both = When::All(vec![Leaf::Alert("page"), Leaf::Alert("warning")]);
    shape.rules.push(Rule { list: List::Close, observe: false, scope: Scope::Always, when: both });
    shape.rule(List::Hold, Scope::Always, Leaf::Alert("warning"));
    let advance = dice.percent(80).then_some(0.03);
    let (back, slow) = (dice.percent(50).then_some(0.2), dice.percent(60).then_some((0.1, lasting)));
    metric(shape, dice, "error_rate", [0.01, 0.04, 0.07, 0.15, 0.25, 0.4], (advance, 0.05, back, Some(0.3), slow));
    if dice.percent(60) {
        let advance = dice.percent(60).then_some(400.0);
        let (back, close) = (dice.percent(40).then_some(1_200.0), dice.percent(70).then_some(2_000.0));
        let slow = dice.percent(50).then_some((800.0, lasting));
        let values = [100.0, 450.0, 700.0, 900.0, 1_600.0, 2_500.0];
        metric(shape, dice, "p95", values, (advance, 600.0, back, close, slow));
    }
    if dice.percent(30) {
        metric(shape, dice, "load", [10.0, 60.0, 90.0, 90.0, 90.0, 90.0], (Some(50.0), 80.0, None, None, None));
    }
}

/// Where a metric lets go on, holds, steps back, closes, and closes when it lasts.
type Bounds = (Option<f64>, f64, Option<f64>, Option<f64>, Option<(f64, Duration)>);

fn metric(shape: &mut Shape, dice: &mut Dice, name: &'static str, values: [f64; 6], bounds: Bounds) {
    let (advance, hold, back, close, slow) = bounds;
    let own = shape.metrics.len();
    let thresholds = dice.percent(30);
    let grace = Duration::from_secs(dice.of(&[0, 5, 60]));
    let signal = name == "load";
    let silence = match dice.below(100) {
        0..80 => Silence::Holds,
        80..90 if !signal => Silence::Closes(grace),
        _ => Silence::IsIgnored(grace),
    };
    let warning_is_told = thresholds && dice.percent(25);
    shape.metrics.push(MetricShape { name, values, silence, posted: None });
    let scope = |usual: Scope| if thresholds { Scope::Threshold } else { usual };
    let fixed = |above, bound| compare(own, above, Bound::Fixed(bound));
    if let Some(bound) = advance {
        shape.rule(List::Advance, scope(Scope::EachWave), fixed(false, bound));
    }
    let warned = if warning_is_told { List::Notify } else { List::Hold };
    shape.rule(warned, scope(Scope::Always), fixed(true, hold));
    if let Some(bound) = close {
        shape.rule(List::Close, scope(Scope::Always), fixed(true, bound));
    }
    if let Some(bound) = back {
        shape.rule(List::Back, Scope::Always, fixed(true, bound));
    }
    if let Some((bound, lasting)) = slow {
        let leaf = Leaf::Compare { metric: own, above: true, bound: Bound::Fixed(bound), lasting: Some(lasting) };
        shape.rule(List::Close, Scope::Always, leaf);
    }
}

/// What only some plans have.
fn more(shape: &mut Shape, dice: &mut Dice, every: Duration) {
    let errors = 0;
    let p95 = shape.metric("p95");
    let times = |metric, place, factor| compare(metric, true, Bound::Times(place, factor));
    if !shape.opens_to_all() {
        against_control(shape, dice, p95);
    }
    if dice.percent(20) {
        shape.baseline = Some(Duration::from_secs(60));
        let leaf = times(p95.unwrap_or(errors), Place::Baseline, dice.of(&[4.8, 6.5, 12.5]));
        shape.rule(dice.of(&[List::Hold, List::Close, List::Back]), Scope::Always, leaf);
    }
    let last = shape.docs.len() - 1;
    if last > 0 && dice.percent(20) {
        let list = dice.of(&[List::Hold, List::Close, List::Back]);
        shape.rule(list, Scope::Always, times(errors, Place::Previous, 11.0));
    }
    if last > 0 && dice.percent(15) {
        let leaf = compare(errors, false, Bound::Plus(Place::Wave(0), 0.025));
        shape.rule(List::Advance, Scope::Wave(last), leaf);
    }
    if dice.percent(12) {
        let (up, wanted, list) =
            dice.of(&[(true, true, List::Hold), (true, false, List::Advance), (true, true, List::Close)]);
        let scope = if list == List::Advance { Scope::EachWave } else { Scope::Always };
        shape.rule(list, scope, Leaf::Trend { metric: errors, up, wanted, over: every * dice.of(&[8, 12]) });
    }
    if dice.percent(15) {
        let (long, short) = (every * 10, every * 2);
        let leaf = Leaf::Burn { metric: errors, objective: 0.9, rate: dice.of(&[1.2, 3.0]), long, short };
        shape.rule(dice.of(&[List::Close, List::Hold, List::Back]), Scope::Always, leaf);
    }
    if dice.percent(15) {
        shape.rule(List::Early, Scope::EachWave, compare(errors, false, Bound::Fixed(0.02)));
    }
    if dice.percent(15) {
        shape.rule(List::Notify, Scope::Always, compare(errors, true, Bound::Fixed(0.02)));
    }
    if dice.percent(15) {
        let when = When::One(compare(errors, true, Bound::Fixed(0.035)));
        let list = dice.of(&[List::Close, List::Back, List::Hold]);
        shape.rules.push(Rule { list, observe: true, scope: Scope::Always, when });
    }
    if let Some(p95) = p95.filter(|_| dice.percent(15)) {
        let when = When::Any(vec![compare(errors, true, Bound::Fixed(0.06)), compare(p95, true, Bound::Fixed(650.0))]);
        shape.rules.push(Rule { list: List::Hold, observe: false, scope: Scope::Always, when });
    }
    if dice.percent(15) {
        let doc = usize::try_from(dice.below(shape.docs.len() as u64)).unwrap();
        shape.rule(List::Close, Scope::Wave(doc), Leaf::Alert("info"));
    }
    if shape.watch.is_some() && dice.percent(20) {
        shape.rule(dice.of(&[List::Close, List::Hold]), Scope::Watch, times(errors, Place::Wave(0), 8.0));
    }
    if dice.percent(25) {
        posted(shape, dice, every);
    }
}

fn against_control(shape: &mut Shape, dice: &mut Dice, p95: Option<usize>) {
    let errors = 0;
    if dice.percent(30) {
        let bound = dice.of(&[Bound::Times(Place::Control, 3.5), Bound::Plus(Place::Control, 0.2)]);
        let list = dice.of(&[List::Hold, List::Close, List::Back]);
        shape.rule(list, Scope::Always, compare(errors, true, bound));
    }
    if dice.percent(30) {
        let list = dice.of(&[List::Close, List::Close, List::Back, List::Hold]);
        shape.rule(list, Scope::Always, Leaf::Regresses { metric: errors, by: dice.of(&[0.2, 0.5]) });
    }
    if dice.percent(20) {
        let list = dice.of(&[List::Early, List::Early, List::Advance]);
        shape.rule(list, Scope::EachWave, Leaf::Safe { metric: errors, within: dice.of(&[1.0, 3.0]) });
    }
    if dice.percent(10) {
        let metrics = std::iter::once(errors).chain(p95).collect();
        shape.rule(List::Advance, Scope::EachWave, Leaf::Score { metrics, least: 50.0 });
    }
    if dice.percent(15) {
        shape.budget = Some(if dice.percent(25) { Budget::Nothing } else { Budget::Everything });
    }
}

/// Something that people report.
fn posted(shape: &mut Shape, dice: &mut Dice, every: Duration) {
    let own = shape.metrics.len();
    let since = dice.of(&[Since::Wave, Since::Start, Since::Within(every * 6)]);
    shape.metrics.push(MetricShape {
        name: "escalations",
        values: [0.0; 6],
        silence: Silence::Holds,
        posted: Some(since),
    });
    let over = |bound| compare(own, true, Bound::Fixed(bound));
    shape.rule(List::Close, Scope::Always, over(2.5));
    if since != Since::Start {
        shape.rule(List::Hold, Scope::Always, over(0.5));
    }
    if dice.percent(40) {
        let when = When::All(vec![over(1.5), Leaf::Alert("page")]);
        shape.rules.push(Rule { list: List::Close, observe: false, scope: Scope::Always, when });
    }
}
