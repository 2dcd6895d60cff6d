//! All that happened since a moment that a rollout asks for again and again: the beginning of its wave.

use super::outcome::Noted;
use super::ring::Slot;
use super::tally::Tally;
use super::users::Users;
use crate::units::UnixMillis;

/// How many users are remembered: more than a slot's, for there are few of these, and a sample of this size sees
/// that variants are given out in the wrong proportion when they are off by a tenth.
const USERS: usize = 8_192;

/// What happened since a moment, added up as it comes. Slots would forget their users, and lose a part of the first
/// of them each time that only wider ones are left of it.
#[derive(Debug)]
pub(super) struct Standing {
    since: UnixMillis,
    tally: Tally<u64>,
    users: Users,
}

impl Standing {
    pub(super) const fn new(since: UnixMillis) -> Self {
        Self { since, tally: Tally::new(), users: Users::new(USERS) }
    }

    /// Takes up what was recorded before anybody asked.
    pub(super) fn take(&mut self, slot: &Slot) {
        self.tally.merge(&slot.tally);
        if let Some(users) = &slot.users {
            self.users.merge(users);
        }
    }

    pub(super) fn add(&mut self, noted: &Noted) {
        self.tally.add(noted);
        self.users.add(noted);
    }

    pub(super) const fn since(&self) -> UnixMillis {
        self.since
    }

    pub(super) const fn tally(&self) -> &Tally<u64> {
        &self.tally
    }

    pub(super) const fn users(&self) -> &Users {
        &self.users
    }
}
