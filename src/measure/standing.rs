//! All that happened since a moment that a rollout asks for again and again: the beginning of its wave.

use super::firsts::Firsts;
use super::outcome::Noted;
use super::ring::Part;
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
    /// What came before anybody asked and of which the users are forgotten.
    earlier: Tally<u64>,
    users: Users,
    firsts: Firsts,
}

impl Standing {
    pub(super) const fn new(since: UnixMillis) -> Self {
        Self { since, tally: Tally::new(), earlier: Tally::new(), users: Users::new(USERS), firsts: Users::firsts() }
    }

    /// Takes up what was recorded before anybody asked, unless its users are forgotten: a variant without some of
    /// its users would look like one that is not given to all who should have it.
    pub(super) fn take(&mut self, part: &Part) {
        if let Some(users) = &part.users {
            self.tally.merge(&part.tally);
            self.users.merge(users);
        }
    }

    /// Takes up what came so long before anybody asked that its users are forgotten.
    pub(super) fn take_earlier(&mut self, earlier: Tally<u64>) {
        self.earlier = earlier;
    }

    /// Takes up for whom something failed in a slot before anybody asked. The slot knows the moment no better than
    /// by its beginning, and of its users only a part when there were many: nobody else is told of from now on.
    pub(super) fn take_failures(&mut self, part: &Part, begins: UnixMillis) {
        if let Some(users) = &part.users {
            users.tell_failures(&mut self.firsts, begins);
        }
    }

    /// Adds an outcome. `at` is the time to which looks count it.
    pub(super) fn add(&mut self, noted: &Noted, at: UnixMillis) {
        self.tally.add(noted);
        self.users.add(noted);
        if let Some(user) = noted.user.filter(|_| !noted.ok) {
            Users::tell_failure(&mut self.firsts, user, at);
        }
    }

    /// Forgets when something failed: the clock was set back, and those moments belong to no time any more.
    pub(super) fn forget_failures(&mut self) {
        self.firsts = Users::firsts();
    }

    pub(super) const fn firsts(&self) -> &Firsts {
        &self.firsts
    }

    pub(super) const fn since(&self) -> UnixMillis {
        self.since
    }

    pub(super) const fn tally(&self) -> &Tally<u64> {
        &self.tally
    }

    pub(super) const fn earlier(&self) -> &Tally<u64> {
        &self.earlier
    }

    pub(super) const fn users(&self) -> &Users {
        &self.users
    }
}
