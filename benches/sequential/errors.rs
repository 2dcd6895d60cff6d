//! How often the other tests are wrong at some look of a long run.

use crate::traffic::{Dice, Kind};
use std::time::Duration;
use tidegate::analysis::Sums;
use tidegate::analysis::statistics::{
    Better, Enclosing, ExcessHarm, Part, SampleRatio, Toward, Trail, mean_safe, mean_worse,
};
use tidegate::units::UnixMillis;

const LOOKS: u32 = 720;
const ALPHA: f64 = 0.01;
/// Values are sorted into that many classes of the same probability.
const CLASSES: usize = 2_000;

/// What may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Error {
    /// Equal means of skewed values are called worse.
    MeanWorse,
    /// A mean that is worse by exactly the margin is called safe.
    MeanSafe,
    /// The 95th percentile lies outside its band.
    Band,
    /// Users assigned as they should be are called a mismatch.
    Mismatch,
    /// The candidate has done more harm than the upper bound says.
    Harm,
    /// Independent values are called rising.
    Trend,
}

impl Error {
    /// The probability that a run may have of it.
    pub(crate) const fn allowed(self) -> f64 {
        match self {
            Self::MeanWorse | Self::MeanSafe | Self::Band => ALPHA,
            Self::Mismatch => 0.001,
            Self::Harm | Self::Trend => 0.05,
        }
    }

    /// The share of runs with it.
    pub(crate) fn share(self, runs: u64, seed: u64) -> f64 {
        let wrong = |run: &u64| self.happens(&mut Dice::new(seed.wrapping_add(run.wrapping_mul(0x1234_5678_9ABC))));
        (0..runs).filter(wrong).count() as f64 / runs as f64
    }

    fn happens(self, dice: &mut Dice) -> bool {
        match self {
            Self::MeanWorse => means(dice, 1.0, |pair, seen| mean_worse(pair, 0.0, Better::Lower, ALPHA, seen).proved),
            Self::MeanSafe => means(dice, 1.1, |pair, seen| mean_safe(pair, 0.1, Better::Lower, ALPHA, seen).proved),
            Self::Band => band(dice),
            Self::Mismatch => mismatch(dice),
            Self::Harm => harm(dice),
            Self::Trend => trend(dice),
        }
    }
}

/// Costs: log-normal values, six a look for the candidate and 54 for the control.
fn means(dice: &mut Dice, factor: f64, wrong: impl Fn((&Sums, &Sums), Duration) -> bool) -> bool {
    let mut arms = [Moments::default(), Moments::default()];
    (1..=LOOKS).any(|look| {
        for (arm, (values, factor)) in arms.iter_mut().zip([(6, factor), (54, 1.0)]) {
            (0..values).for_each(|_| arm.add(factor * dice.normal().exp()));
        }
        wrong((&arms[0].sums(), &arms[1].sums()), Duration::from_secs(60) * look)
    })
}

#[derive(Default)]
struct Moments {
    count: u64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.squares += value * value;
    }

    fn sums(&self) -> Sums {
        let count = self.count as f64;
        let mean = self.sum / count;
        Sums { count: self.count, mean, variance: (self.squares / count - mean * mean) * count / (count - 1.0) }
    }
}

/// Uniform values, for which the 95th percentile is 0.95; 60 a look.
fn band(dice: &mut Dice) -> bool {
    let mut classes = vec![0_u64; CLASSES];
    (1..=u64::from(LOOKS)).any(|look| {
        for _ in 0..60 {
            classes[dice.below(CLASSES)] += 1;
        }
        let samples = look * 60;
        let read = |probability: f64| {
            let mut below = 0;
            let found = classes.iter().position(|count| {
                below += count;
                below as f64 >= probability * samples as f64
            });
            found.map(|class| (class as f64 + 0.5) / CLASSES as f64)
        };
        let band = Enclosing::of(samples, 0.95, ALPHA).band(samples, read);
        // Half a class is what reading costs.
        band.low > 0.95 + 0.5 / CLASSES as f64 || band.high < 0.95 - 0.5 / CLASSES as f64
    })
}

/// A tenth of 60 new users a look.
fn mismatch(dice: &mut Dice) -> bool {
    let mut users = [0, 0];
    (0..LOOKS).any(|_| {
        let candidate = dice.binomial(60, 0.1);
        users = [users[0] + candidate, users[1] + 60 - candidate];
        let [candidate, control] = users;
        let parts = [Part { expected: 0.1, users: candidate }, Part { expected: 0.9, users: control }];
        SampleRatio::of(&parts, 0.0).mismatch
    })
}

/// A candidate that doubles the errors: half of its errors are harm.
fn harm(dice: &mut Dice) -> bool {
    let (mut harm, mut truly) = (ExcessHarm::default(), 0.0);
    (0..LOOKS).any(|_| {
        let counts = Kind::Poisson.look(dice, 2.0).users;
        harm.look(&counts);
        truly += counts.candidate.exposed as f64 * 0.005;
        harm.harm().at_most < truly
    })
}

/// A day of minutes that go nowhere.
fn trend(dice: &mut Dice) -> bool {
    let mut trail = Trail::over(Duration::from_secs(86_400));
    let minute = |minute: u32| UnixMillis::new(i64::from(minute) * 60_000);
    for at in 0..=1_440 {
        trail.push(minute(at), dice.normal());
    }
    trail.heading(minute(1_440)).toward == Toward::Up
}
