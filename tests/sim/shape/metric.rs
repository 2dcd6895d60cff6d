//! Metrics as the simulator knows them.

use std::time::Duration;

/// Over how long a metric looks back when its plan says nothing.
pub const WINDOW: Duration = Duration::from_secs(300);

/// A metric, and what it is worth at each level of [`Level`].
#[derive(Debug, Clone)]
pub struct MetricShape {
    pub name: &'static str,
    pub values: [f64; 6],
    pub silence: Silence,
    /// Counted by the rollout from what is posted, and from when on.
    pub posted: Option<Since>,
}

/// What comes of a metric without data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    Holds,
    Closes(Duration),
    IsIgnored(Duration),
}

/// From when on posted events count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    Wave,
    Start,
    Within(Duration),
}

/// How well the world is. Each level does what the one before does, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Good,
    /// Not good enough to go on.
    Wait,
    /// Holds.
    Held,
    /// Closes when it lasts.
    Slow,
    /// Takes the rollout back to the wave before.
    Back,
    /// Closes at once.
    Bad,
}

impl Level {
    pub const ALL: [Self; 6] = [Self::Good, Self::Wait, Self::Held, Self::Slow, Self::Back, Self::Bad];
}

impl MetricShape {
    pub fn value(&self, level: Level) -> f64 {
        self.values[level as usize]
    }

    /// A number in the metric's unit, as plans write it.
    pub fn number(&self, value: f64) -> String {
        match self.name {
            "error_rate" => format!("{}%", value * 100.0),
            "p95" => format!("{value}ms"),
            _ => value.to_string(),
        }
    }

    /// A distance in the metric's unit, as plans write it.
    pub fn distance(&self, value: f64) -> String {
        match self.name {
            "error_rate" => format!("{}pp", value * 100.0),
            "p95" => format!("{value}ms"),
            _ => value.to_string(),
        }
    }
}
