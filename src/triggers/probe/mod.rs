//! Probes: Tidegate looks by itself whether something answers, and tells of it as any other sender of alerts would.

mod look;
mod run;
mod settings;
mod streak;

pub use look::Prober;
pub use run::{ProbeStatus, watch};
pub use settings::{ProbeSettings, Target};
pub use streak::{Streak, Turn};
