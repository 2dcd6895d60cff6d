//! One answer of a metric: a fresh finite value, or the reason why there is none.

use super::bound::Reference;
use crate::units::{MetricName, UnixMillis};
use std::fmt;
use std::time::Duration;

/// What asking for a metric gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// A finite value in the base unit of the metric's quantity.
    Value {
        /// The value.
        value: f64,
        /// How many samples it rests on, where the provider knows.
        samples: Option<u64>,
        /// When it was true.
        at: UnixMillis,
    },
    /// Nothing that a decision may rest on.
    NoData(NoData),
}

impl Reading {
    /// The value and how many samples it rests on.
    ///
    /// # Errors
    /// Why there is none; a value that is not finite is none.
    pub fn value(&self) -> Result<(f64, Option<u64>), NoData> {
        match self {
            Self::Value { value, samples, .. } if value.is_finite() => Ok((*value, *samples)),
            Self::Value { value, .. } => Err(NoData::NotFinite(value.to_string())),
            Self::NoData(why) => Err(why.clone()),
        }
    }
}

/// Why a metric has no usable value. The texts in it are for people, shortened, and free of secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoData {
    /// Nobody listens, the name does not resolve, the connection broke.
    Unreachable(String),
    /// No complete answer in time.
    TimedOut(Duration),
    /// The provider answered with an error of its own.
    Refused(String),
    /// Nobody was asked: what is in the way.
    NotAsked(String),
    /// The answer was not in the provider's format.
    Malformed(String),
    /// The answer had no series, or nothing was posted.
    Empty,
    /// The query matched several series where one is needed.
    SeveralSeries(usize),
    /// The value is NaN or infinite.
    NotFinite(String),
    /// The newest value is older than allowed.
    Stale(Duration),
    /// Too few samples to say anything.
    TooFew {
        /// How many there are.
        have: u64,
        /// How many are needed.
        need: u64,
    },
    /// Nobody asked: no connection of that name is configured.
    NoProvider(String),
    /// There is nothing to compare it with: what is missing.
    NoReference(String),
    /// It has data, and where it is compared with itself it has none.
    Elsewhere(Reference, Box<Self>),
    /// There is data, but it does not decide yet: what is missing.
    Inconclusive(String),
}

/// The kinds of having no data, which are told apart wherever it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoDataKind {
    /// The provider failed or could not be asked.
    Error,
    /// There is nothing.
    Absent,
    /// There is something, but it is too old.
    Stale,
    /// There is something, but it does not decide.
    Inconclusive,
}

impl NoDataKind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Absent => "absent",
            Self::Stale => "stale",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl NoData {
    /// That it is the control group that has none.
    #[must_use]
    pub fn in_control(self) -> Self {
        self.at(&Reference::Control)
    }

    /// That it is there that it has none, unless that is said already.
    #[must_use]
    pub fn at(self, place: &Reference) -> Self {
        if matches!(self, Self::Elsewhere(..)) { self } else { Self::Elsewhere(place.clone(), Box::new(self)) }
    }

    /// What has none, and why: `p95: there are no values`, or `p95 in the control group: there are no values`.
    #[must_use]
    pub fn of(&self, metric: &MetricName) -> String {
        let mark = if matches!(self, Self::Elsewhere(..)) { "" } else { ":" };
        format!("{metric}{mark} {self}")
    }

    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> NoDataKind {
        match self {
            Self::Elsewhere(_, why) => why.kind(),
            Self::Unreachable(_)
            | Self::TimedOut(_)
            | Self::Refused(_)
            | Self::NotAsked(_)
            | Self::Malformed(_)
            | Self::SeveralSeries(_)
            | Self::NotFinite(_)
            | Self::NoProvider(_) => NoDataKind::Error,
            Self::Empty | Self::NoReference(_) => NoDataKind::Absent,
            Self::Stale(_) => NoDataKind::Stale,
            Self::TooFew { .. } | Self::Inconclusive(_) => NoDataKind::Inconclusive,
        }
    }
}

impl fmt::Display for NoData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "provider unreachable ({why})"),
            Self::TimedOut(after) => write!(f, "no answer within {}", crate::units::format_duration(*after)),
            Self::Refused(why) => write!(f, "provider answered with an error ({why})"),
            Self::NotAsked(why) => write!(f, "it was not asked ({why})"),
            Self::Malformed(why) => write!(f, "answer could not be read ({why})"),
            Self::Empty => f.write_str("there are no values"),
            Self::SeveralSeries(count) => write!(f, "{count} series match the query where one is needed"),
            Self::NotFinite(what) => write!(f, "value is {what}"),
            Self::Stale(age) => write!(f, "newest value is {} old", crate::units::format_duration(*age)),
            Self::TooFew { have, need } => write!(f, "{have} of {need} samples"),
            Self::NoProvider(name) => write!(f, "no connection `{name}` is configured"),
            Self::NoReference(what) | Self::Inconclusive(what) => f.write_str(what),
            Self::Elsewhere(place, why) => write!(f, "{}: {why}", place.in_words()),
        }
    }
}
