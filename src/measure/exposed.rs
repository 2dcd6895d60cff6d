//! Who was served a variant, as the evaluation door counted it.

use super::bytes::{Reader, Writer};
use super::users::{Gathered, Users};
use crate::units::{UnixMillis, User};

/// How many users are remembered: as many as of outcomes since a wave began.
const USERS: usize = 8_192;

/// The users who were served a variant in one stage of a rollout.
#[derive(Debug)]
pub(super) struct Exposed {
    /// Which stage.
    stage: u64,
    /// Since when.
    since: UnixMillis,
    /// How often the variant was served.
    times: u64,
    users: Users,
}

impl Exposed {
    pub(super) const fn new(stage: u64, since: UnixMillis) -> Self {
        Self { stage, since, times: 0, users: Users::new(USERS) }
    }

    /// Whether it is of that stage; one that began earlier is over.
    pub(super) fn is_of(&self, stage: u64) -> bool {
        self.stage == stage
    }

    pub(super) const fn since(&self) -> UnixMillis {
        self.since
    }

    pub(super) const fn times(&self) -> u64 {
        self.times
    }

    pub(super) fn add(&mut self, user: User) {
        self.times = self.times.saturating_add(1);
        self.users.see(user);
    }

    pub(super) fn users(&self) -> Gathered {
        Users::all([&self.users].into_iter())
    }

    /// Writes it down.
    pub(super) fn keep(&self, out: &mut Writer) {
        out.number(self.stage);
        out.signed(self.since.get());
        out.number(self.times);
        self.users.keep(out);
    }

    /// Reads what was written down.
    pub(super) fn kept(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            stage: from.number()?,
            since: UnixMillis::new(from.signed()?),
            times: from.number()?,
            users: Users::kept(from, USERS)?,
        })
    }
}
