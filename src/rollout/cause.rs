//! What closed a rollout.

use crate::units::{MetricName, RolloutName};
use std::fmt;

/// Why a flag was closed.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// A person asked for it.
    Person {
        /// Who, as far as the door knew.
        by: String,
        /// What they said.
        reason: Option<String>,
    },
    /// Its train closed it.
    Train {
        /// Which.
        train: RolloutName,
        /// Why, as a sentence without a full stop.
        because: String,
        /// Of the train only what needs it closes with it.
        alone: bool,
    },
    /// An alert fired.
    Alert {
        /// Its identity at the sender.
        fingerprint: String,
        /// Its `alertname`, or its fingerprint when it has none.
        name: String,
        /// What the plan matched it with; `None` when the alert names this rollout and the plan says
        /// nothing of alerts.
        condition: Option<String>,
    },
    /// A `close_when` was true at a check.
    Metric {
        /// The condition in canonical form.
        condition: String,
        /// The readings it spoke of, formatted: `error_rate 12.4%`.
        readings: Vec<(MetricName, String)>,
    },
    /// A metric had no data for longer than its plan allows.
    NoData {
        /// Which.
        metric: MetricName,
        /// Why it had none.
        why: String,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person { by, reason: Some(reason) } => write!(f, "rolled back by {by}: {reason}"),
            Self::Person { by, reason: None } => write!(f, "rolled back by {by}"),
            Self::Train { train, because, .. } => write!(f, "train {train}: {because}"),
            Self::Alert { name, condition: Some(condition), .. } => write!(f, "alert {name} fires: {condition}"),
            Self::Alert { name, condition: None, .. } => write!(f, "alert {name} fires and names this rollout"),
            Self::NoData { metric, why } => write!(f, "no data for {metric} for longer than its plan allows: {why}"),
            Self::Metric { condition, readings } => {
                write!(f, "{condition}")?;
                for (index, (metric, value)) in readings.iter().enumerate() {
                    f.write_str(if index == 0 { " (" } else { ", " })?;
                    write!(f, "{metric} {value}")?;
                }
                if readings.is_empty() { Ok(()) } else { f.write_str(")") }
            }
        }
    }
}
