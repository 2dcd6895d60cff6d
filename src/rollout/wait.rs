//! Why a rollout stays where it is.

use crate::analysis::{NoData, NoDataKind};
use crate::units::{MetricName, WaveName, format_duration};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One thing that a rollout waits for. The same words stand in the ledger, the API and the screens.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    /// Nobody started it yet.
    Start,
    /// Its plan names a later time.
    StartTime {
        /// What is left until then.
        left: Duration,
    },
    /// It could not begin at its time, and a person must begin it: why not.
    StartMissed(String),
    /// It came back from the next wave; a person must send it there again.
    SteppedBack(WaveName),
    /// Too few outcomes were seen in the wave.
    Samples {
        /// How many there were.
        have: u64,
        /// How many there must be.
        need: u64,
    },
    /// The next wave could cost more than the plan's budget allows: what was found.
    Budget(String),
    /// Nobody retries it.
    Retry,
    /// Paused by a person.
    Resume,
    /// What the last check saw is no longer true of the state, or there was none yet.
    NextCheck,
    /// Not observed for long enough.
    Bake {
        /// What is missing.
        left: Duration,
    },
    /// The watch after the last wave is not over.
    Watch {
        /// What is missing.
        left: Duration,
    },
    /// An `advance_when` is not true: what was seen.
    Advance(String),
    /// A `hold_when` is true, or a `close_when` is about to be: what was seen.
    Hold(String),
    /// A metric has no usable value.
    NoData {
        /// Which.
        metric: MetricName,
        /// Why.
        why: NoData,
    },
    /// The flag cannot carry the rollout as it is now.
    Flag(String),
    /// Somebody must agree to the next wave.
    Approval {
        /// The wave that would open.
        wave: WaveName,
        /// Who must agree.
        role: Arc<str>,
    },
}

impl Wait {
    /// A stable word for the kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::StartTime { .. } => "start-time",
            Self::StartMissed(_) => "start-missed",
            Self::SteppedBack(_) => "stepped-back",
            Self::Samples { .. } => "samples",
            Self::Budget(_) => "budget",
            Self::Retry => "retry",
            Self::Resume => "paused",
            Self::NextCheck => "check",
            Self::Bake { .. } => "bake",
            Self::Watch { .. } => "watch",
            Self::Advance(_) => "advance",
            Self::Hold(_) => "hold",
            Self::NoData { .. } => "no-data",
            Self::Flag(_) => "flag",
            Self::Approval { .. } => "approval",
        }
    }

    /// Whether only a person can end it.
    #[must_use]
    pub const fn needs_person(&self) -> bool {
        match self {
            Self::Start
            | Self::StartMissed(_)
            | Self::SteppedBack(_)
            | Self::Retry
            | Self::Resume
            | Self::Flag(_)
            | Self::Approval { .. } => true,
            Self::NextCheck
            | Self::StartTime { .. }
            | Self::Samples { .. }
            | Self::Budget(_)
            | Self::Bake { .. }
            | Self::Watch { .. }
            | Self::Advance(_)
            | Self::Hold(_)
            | Self::NoData { .. } => false,
        }
    }

    /// Whether a promotion by a person goes past it: the bake and the approval, never the evidence.
    #[must_use]
    pub(super) const fn yields_to_promotion(&self) -> bool {
        match self {
            Self::Bake { .. } | Self::Approval { .. } | Self::SteppedBack(_) => true,
            Self::Start
            | Self::StartTime { .. }
            | Self::StartMissed(_)
            | Self::Samples { .. }
            | Self::Budget(_)
            | Self::Retry
            | Self::Resume
            | Self::NextCheck
            | Self::Watch { .. }
            | Self::Advance(_)
            | Self::Hold(_)
            | Self::NoData { .. }
            | Self::Flag(_) => false,
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("waits to be started"),
            Self::StartTime { left } => write!(f, "begins by itself in {}", format_duration(*left)),
            Self::StartMissed(why) => write!(f, "did not begin at its time ({why}): `start` begins it"),
            Self::SteppedBack(wave) => write!(f, "came back from wave {wave}: `promote` goes there again"),
            Self::Samples { have, need } => write!(f, "{have} of {need} outcomes of the candidate in this wave"),
            Self::Budget(found) => write!(f, "held: {found}"),
            Self::Retry => f.write_str("closed; `retry` begins a new attempt"),
            Self::Resume => f.write_str("paused"),
            Self::NextCheck => f.write_str("waits for the next check"),
            Self::Bake { left } => write!(f, "bake: {} left", format_duration(*left)),
            Self::Watch { left } => write!(f, "watch: {} left", format_duration(*left)),
            Self::Advance(seen) => f.write_str(seen),
            Self::Hold(seen) => write!(f, "held: {seen}"),
            Self::NoData { metric, why } => {
                let what = match why.kind() {
                    NoDataKind::Inconclusive => "not enough data",
                    NoDataKind::Stale => "no fresh data",
                    NoDataKind::Absent | NoDataKind::Error => "no data",
                };
                write!(f, "held: {what} for {}", why.of(metric))
            }
            Self::Flag(problem) => write!(f, "held: {problem}"),
            Self::Approval { wave, role } => {
                write!(f, "wave {wave} needs the approval of {role}: `promote` gives it")
            }
        }
    }
}

/// All waits as one sentence: `bake: 17h 02m left; p95 612ms > 400ms`.
#[must_use]
pub fn sentence(waits: &[Wait]) -> String {
    waits.iter().map(Wait::to_string).collect::<Vec<_>>().join("; ")
}
