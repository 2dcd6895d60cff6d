//! What a sender tells: alerts that fire and alerts that ended, in the words that all senders have in common.

use crate::analysis::Alert;
use crate::units::UnixMillis;

/// Whether an alert fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It fires.
    Firing,
    /// It ended.
    Resolved,
}

impl Standing {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// One alert as its sender tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its identity at the sender, and its labels.
    pub alert: Alert,
    /// Whether it fires.
    pub standing: Standing,
    /// Since when it fires, or fired.
    pub began: Option<UnixMillis>,
    /// When that of which this tells happened, by the sender's clock. `None` with senders that say only since when.
    pub at: Option<UnixMillis>,
    /// Of an alert that ended: until when it fired, where its sender says that beside the rest.
    pub until: Option<UnixMillis>,
    /// The sender's identity of this very message, which has the same when it is sent again.
    pub message: Option<String>,
    /// It fires because there is nothing to judge by.
    pub no_data: bool,
}

/// All that one post says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// In the sender's order.
    pub told: Vec<Told>,
    /// How many more alerts the sender left out.
    pub left_out: u64,
    /// What it has that tells of no alert, in a sentence for people.
    pub beside: Option<String>,
}

/// Why a body cannot be read: names the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong, and where.
    pub message: String,
    /// What to send instead.
    pub hint: Option<String>,
}

impl Malformed {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
