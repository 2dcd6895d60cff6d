//! How the world really is, as a function of its own time, and what asking for it may give.

use crate::dice::Dice;
use crate::shape::{Level, MetricShape};
use std::time::Duration;
use tidegate::analysis::{Compared, Counted, Counts, Group, NoData, Reading, Sampled};
use tidegate::rollout::Split;
use tidegate::units::UnixMillis;

/// How one flag's candidate fares, phase after phase.
#[derive(Debug, Clone)]
pub struct Truth {
    phases: Vec<(u64, Phase)>,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Steady(Level),
    /// Between two levels, as long in the one as in the other.
    Flaps {
        period: u64,
        other: Level,
    },
    /// From good to bad, evenly.
    Drifts {
        begin: u64,
        over: u64,
    },
}

impl Truth {
    /// Mostly well, for otherwise nothing would get far. `unit` is the time in which things change.
    pub fn by_dice(dice: &mut Dice, unit: u64, until: u64) -> Self {
        let mut phases = vec![(0, Phase::Steady(Level::Good))];
        let mut at = 0;
        while at < until {
            at += unit * dice.between(2, 40);
            let phase = match dice.below(100) {
                0..70 => Phase::Steady(Level::Good),
                70..78 => Phase::Steady(dice.of(&Level::ALL)),
                78..90 => Phase::Flaps { period: unit * dice.between(1, 4), other: dice.of(&Level::ALL) },
                _ => Phase::Drifts { begin: at, over: unit * dice.between(5, 40) },
            };
            phases.push((at, phase));
        }
        Self { phases }
    }

    /// A metric's true value at a moment of the world.
    pub fn value(&self, metric: &MetricShape, at: u64) -> f64 {
        let phase = self.phases.iter().rev().find(|(begin, _)| *begin <= at).map(|(_, phase)| *phase);
        match phase {
            Some(Phase::Steady(level)) => metric.value(level),
            Some(Phase::Flaps { period, other }) if (at / period) % 2 == 1 => metric.value(other),
            Some(Phase::Drifts { begin, over }) => {
                let share = ((at - begin) as f64 / over as f64).min(1.0);
                let (good, bad) = (metric.value(Level::Good), metric.value(Level::Bad));
                good + (bad - good) * share
            }
            Some(Phase::Flaps { .. }) | None => metric.value(Level::Good),
        }
    }
}

/// What a provider does with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    Tells,
    Nothing(usize),
    NotANumber(usize),
    /// Answers after so many milliseconds.
    Slow(u64),
    Hangs,
    Breaks,
}

/// How often providers fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsMood {
    Fine,
    /// Most answers take seconds, and are true.
    Slow,
    Rough,
    Away,
}

pub fn answering(dice: &mut Dice, mood: MetricsMood) -> Answering {
    let trouble = match mood {
        MetricsMood::Slow if dice.percent(40) => return Answering::Slow(dice.between(1, 14_000)),
        MetricsMood::Fine | MetricsMood::Slow => 1,
        MetricsMood::Rough => 30,
        MetricsMood::Away => 100,
    };
    if !dice.percent(trouble) {
        return Answering::Tells;
    }
    let which = usize::try_from(dice.below(10)).unwrap();
    match dice.below(20) {
        0..9 => Answering::Nothing(which),
        9..13 => Answering::NotANumber(which % 3),
        13..17 if mood != MetricsMood::Away => Answering::Slow(dice.between(1, 14_000)),
        17 | 18 => Answering::Hangs,
        _ => Answering::Breaks,
    }
}

/// Every kind of having no data.
pub fn no_data(which: usize) -> NoData {
    let kinds = [
        NoData::Unreachable("the simulator says so".to_owned()),
        NoData::TimedOut(Duration::from_secs(2)),
        NoData::Refused("the simulator says so".to_owned()),
        NoData::Malformed("the simulator says so".to_owned()),
        NoData::Empty,
        NoData::SeveralSeries(2),
        NoData::NotFinite("NaN".to_owned()),
        NoData::Stale(Duration::from_secs(600)),
        NoData::TooFew { have: 3, need: 20 },
        NoData::NoProvider("nobody".to_owned()),
    ];
    kinds[which % kinds.len()].clone()
}

/// A value that is none, as a faulty provider might let it through.
pub fn not_a_number(which: usize, at: UnixMillis) -> Reading {
    Reading::Value { value: [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][which % 3], samples: Some(100), at }
}

/// How many users come between two looks at both groups.
const USERS: u64 = 1_000;

/// What both groups did since the last look, where that share of all has the candidate and so many of each fail.
/// Where only named users have it, they are a tenth.
pub fn counted(share: u64, candidate: f64, control: f64, until: UnixMillis) -> Compared {
    let with = if share == 0 { USERS / 10 } else { USERS * share / 1_000_000 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to a thousand")]
    let group = |exposed: u64, failing: f64| Group { exposed, bad: (failing * exposed as f64).round() as u64 };
    Compared::Counts(Counts {
        candidate: group(with, candidate),
        control: group(USERS - with, control),
        of: Counted::Users,
        until,
        behind: Default::default(),
        sampled: Sampled::default(),
        events: None,
    })
}

/// How the users are split; skewed, three in ten of them have the other variant.
pub fn split(share: u64, skewed: bool) -> Split {
    let users = 2 * USERS;
    let with = users * share / 1_000_000;
    let candidate = match skewed {
        false => with,
        true if share > 500_000 => with - 600,
        true => with + 600,
    };
    Split { candidate, control: users - candidate }
}
