//! Conditions as the simulator knows them.

use super::metric::MetricShape;
use std::fmt::Write as _;
use std::time::Duration;

/// One condition of a plan, and what comes of it.
#[derive(Debug, Clone)]
pub struct Rule {
    pub list: List,
    pub observe: bool,
    pub scope: Scope,
    pub when: When,
}

/// What comes of a condition, the most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    Close,
    Back,
    Hold,
    Notify,
    Early,
    Advance,
}

impl List {
    pub const ALL: [Self; 6] = [Self::Close, Self::Back, Self::Hold, Self::Notify, Self::Early, Self::Advance];

    pub const fn field(self) -> &'static str {
        match self {
            Self::Close => "close_when",
            Self::Back => "step_back_when",
            Self::Hold => "hold_when",
            Self::Notify => "notify_when",
            Self::Early => "early_when",
            Self::Advance => "advance_when",
        }
    }
}

/// Where a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In `always`.
    Always,
    /// A metric's own threshold.
    Threshold,
    /// In each wave's own lists.
    EachWave,
    /// In those of one wave of the document.
    Wave(usize),
    Watch,
}

#[derive(Debug, Clone)]
pub enum When {
    One(Leaf),
    All(Vec<Leaf>),
    Any(Vec<Leaf>),
}

/// A condition that is not made of others. Metrics are named by their place in the plan.
#[derive(Debug, Clone)]
pub enum Leaf {
    Compare { metric: usize, above: bool, bound: Bound, lasting: Option<Duration> },
    Alert(&'static str),
    Trend { metric: usize, up: bool, wanted: bool, over: Duration },
    Burn { metric: usize, objective: f64, rate: f64, long: Duration, short: Duration },
    Regresses { metric: usize, by: f64 },
    Safe { metric: usize, within: f64 },
    Score { metrics: Vec<usize>, least: f64 },
}

#[derive(Debug, Clone, Copy)]
pub enum Bound {
    Fixed(f64),
    Times(Place, f64),
    Plus(Place, f64),
}

/// What the same metric was elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Baseline,
    Control,
    /// In a wave of the document.
    Wave(usize),
    Previous,
}

impl Bound {
    pub const fn place(self) -> Option<Place> {
        match self {
            Self::Fixed(_) => None,
            Self::Times(place, _) | Self::Plus(place, _) => Some(place),
        }
    }

    /// The bound as a number, where what it starts from is known.
    pub fn from(self, reference: Option<f64>) -> Option<f64> {
        match self {
            Self::Fixed(bound) => Some(bound),
            Self::Times(_, factor) => reference.map(|value| value * factor),
            Self::Plus(_, distance) => reference.map(|value| value + distance),
        }
    }
}

impl When {
    pub fn leaves(&self) -> &[Leaf] {
        match self {
            Self::One(leaf) => std::slice::from_ref(leaf),
            Self::All(leaves) | Self::Any(leaves) => leaves,
        }
    }
}

impl Leaf {
    /// It rests on more than one reading: what it says is taken from the program, within what the simulator
    /// knows to be possible.
    pub const fn is_statistical(&self) -> bool {
        matches!(self, Self::Trend { .. } | Self::Regresses { .. } | Self::Safe { .. } | Self::Score { .. })
    }

    pub fn metrics(&self) -> &[usize] {
        match self {
            Self::Compare { metric, .. }
            | Self::Trend { metric, .. }
            | Self::Burn { metric, .. }
            | Self::Regresses { metric, .. }
            | Self::Safe { metric, .. } => std::slice::from_ref(metric),
            Self::Score { metrics, .. } => metrics,
            Self::Alert(_) => &[],
        }
    }
}

impl Rule {
    pub fn is_statistical(&self) -> bool {
        self.when.leaves().iter().any(Leaf::is_statistical)
    }

    /// As plans write it.
    pub fn text(&self, metrics: &[MetricShape]) -> String {
        let texts: Vec<String> = self.when.leaves().iter().map(|leaf| leaf.text(metrics)).collect();
        texts.join(if matches!(self.when, When::All(_)) { " and " } else { " or " })
    }
}

impl Leaf {
    fn text(&self, metrics: &[MetricShape]) -> String {
        let name = |metric: &usize| metrics[*metric].name;
        match self {
            Self::Compare { metric, above, bound, lasting } => {
                let sign = if *above { ">" } else { "<" };
                let bound = bound.text(&metrics[*metric]);
                let lasting = lasting.map(|span| format!(" for {}s", span.as_secs())).unwrap_or_default();
                format!("{} {sign} {bound}{lasting}", name(metric))
            }
            Self::Alert(severity) => format!("alert(severity = \"{severity}\")"),
            Self::Trend { metric, up, wanted, over } => {
                let (not, way) = (if *wanted { "" } else { "not " }, if *up { "up" } else { "down" });
                format!("{} {not}trending {way} over {}s", name(metric), over.as_secs())
            }
            Self::Burn { metric, objective, rate, long, short } => {
                let (long, short) = (long.as_secs(), short.as_secs());
                format!("burn_rate({}, {}%) > {rate} over {long}s and {short}s", name(metric), objective * 100.0)
            }
            Self::Regresses { metric, by } => format!("{} regresses by {}%", name(metric), by * 100.0),
            Self::Safe { metric, within } => format!("{} proved safe within {}%", name(metric), within * 100.0),
            Self::Score { metrics: parts, least } => {
                let mut text = String::from("score(");
                for (index, part) in parts.iter().enumerate() {
                    let before = if index > 0 { ", " } else { "" };
                    write!(text, "{before}{}", name(part)).unwrap();
                }
                write!(text, ") >= {least}").unwrap();
                text
            }
        }
    }
}

impl Bound {
    fn text(self, metric: &MetricShape) -> String {
        match self {
            Self::Fixed(bound) => metric.number(bound),
            Self::Times(place, factor) => format!("{} * {factor}", place.text()),
            Self::Plus(place, distance) => format!("{} + {}", place.text(), metric.distance(distance)),
        }
    }
}

impl Place {
    fn text(self) -> String {
        match self {
            Self::Baseline => "baseline".to_owned(),
            Self::Control => "control".to_owned(),
            Self::Wave(index) => format!("wave(w{index})"),
            Self::Previous => "previous wave".to_owned(),
        }
    }
}
