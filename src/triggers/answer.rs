//! What a sender is told.

use super::proof::Unproved;
use super::record::Unknown;
use super::replay::Replayed;
use super::told::Malformed;
use crate::controller::CommandError;
use crate::telemetry::PostResult;
use crate::units::RolloutName;

/// The most names in one list of an answer.
pub(super) const MOST_NAMES: usize = 100;

/// What became of a post. What it closed is durable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The rollouts that it closed; of a source that is only tried out those that it would have closed.
    pub closed: Vec<RolloutName>,
    /// The rollouts that it speaks of and did not close.
    pub concerned: Vec<RolloutName>,
    /// The rollouts that were closed before.
    pub already_closed: Vec<RolloutName>,
    /// The rollouts that it would have touched, and that its source may not close.
    pub out_of_scope: Vec<RolloutName>,
    /// The source is only tried out: nothing was done.
    pub dry_run: bool,
    /// Names that are nothing here.
    pub unknown: Vec<Unknown>,
    /// Alerts of which something newer is known.
    pub stale: Vec<String>,
    /// Alerts that the source is not asked for.
    pub unmatched: Vec<String>,
    /// Alerts that fire for lack of data, which closes nothing.
    pub no_data: Vec<String>,
    /// How many of its alerts said once more what was known.
    pub repeated: usize,
    /// What it had that tells of no alert.
    pub beside: Option<String>,
    /// How many alerts were passed on.
    pub(super) passed: usize,
    /// Some of them ended.
    pub(super) ended: bool,
}

impl Answer {
    pub(super) fn result(&self) -> PostResult {
        let heard = !self.concerned.is_empty() || !self.already_closed.is_empty();
        match () {
            () if self.dry_run => PostResult::DryRun,
            () if !self.closed.is_empty() => PostResult::Closed,
            () if self.passed == 0 && self.repeated == 0 => PostResult::Ignored,
            () if self.repeated >= self.passed && self.repeated > 0 => PostResult::Repeated,
            () if heard || self.ended => PostResult::Taken,
            () if !self.out_of_scope.is_empty() => PostResult::OutOfScope,
            () => PostResult::Ignored,
        }
    }
}

/// Why a post was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is not shown to be the source's.
    Unproved(Unproved),
    /// Tidegate is this source itself.
    NotPosted,
    /// The source sends more than it may.
    TooMany,
    /// It was taken before.
    Taken,
    /// The same is being taken.
    BeingTaken,
    /// It was signed before what is remembered: whether it was taken nobody knows any more.
    Forgotten,
    /// It cannot be read.
    Malformed(Malformed),
    /// Something of it is not durable.
    Unavailable(CommandError),
}

impl Refused {
    pub(super) const fn result(&self) -> PostResult {
        match self {
            Self::Unproved(Unproved::NoKey | Unproved::NoSignature(_)) => PostResult::Unsigned,
            Self::Unproved(Unproved::WrongKey) => PostResult::WrongKey,
            Self::Unproved(Unproved::WrongSignature) => PostResult::WrongSignature,
            Self::Unproved(Unproved::NotInTime) => PostResult::NotInTime,
            Self::TooMany => PostResult::TooMany,
            Self::Taken => PostResult::Replayed,
            Self::Malformed(_) | Self::NotPosted => PostResult::Malformed,
            Self::BeingTaken | Self::Forgotten | Self::Unavailable(_) => PostResult::Unavailable,
        }
    }

    /// For the record: in a sentence without anything secret.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Unproved(why) => why.to_string(),
            Self::NotPosted => "posts to a probe".to_owned(),
            Self::TooMany => "more posts than its rate allows".to_owned(),
            Self::Taken => "a post that was taken before".to_owned(),
            Self::BeingTaken => "the same post twice at one time".to_owned(),
            Self::Forgotten => "a post signed before what is remembered of this flood".to_owned(),
            Self::Malformed(why) => why.message.clone(),
            Self::Unavailable(why) => why.to_string(),
        }
    }
}

impl From<Unproved> for Refused {
    fn from(why: Unproved) -> Self {
        Self::Unproved(why)
    }
}

impl From<Malformed> for Refused {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

impl From<Replayed> for Refused {
    fn from(why: Replayed) -> Self {
        match why {
            Replayed::Taken => Self::Taken,
            // That it was taken would end its sender's trying, and perhaps it never was.
            Replayed::Forgotten => Self::Forgotten,
            Replayed::BeingTaken => Self::BeingTaken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_of_which_nothing_is_known_any_more_is_to_be_sent_again_and_not_done() {
        assert_eq!(Refused::from(Replayed::Taken), Refused::Taken);
        assert_eq!(Refused::from(Replayed::Forgotten), Refused::Forgotten);
        assert_eq!(Refused::Forgotten.result(), PostResult::Unavailable, "a closing may be in it");
    }
}
