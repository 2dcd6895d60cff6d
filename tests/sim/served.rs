//! What users are really given, asked of each process's own snapshot.

use crate::book::Book;
use std::collections::{BTreeMap, BTreeSet};
use tidegate::eval::Context;
use tidegate::flag::Gate;
use tidegate::live::Live;
use tidegate::units::RolloutName;

/// How many users are asked for.
const USERS: usize = 32;

/// One flag in one process, as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    generation: u64,
    pub rollout: RolloutName,
    pub attempt: u32,
    pub step: u32,
    pub closed: bool,
    /// A bit for each user who has the candidate.
    pub users: u32,
}

#[derive(Debug)]
pub struct Served {
    users: Vec<Context<'static>>,
    seen: BTreeMap<(u32, String), Sight>,
    /// Attempts and their exposures, by number, that are in the store.
    pub opened: BTreeSet<(RolloutName, u32, u32)>,
}

impl Served {
    pub fn new() -> Self {
        let users = (0..USERS).map(|user| Context::of(format!("user-{user}"))).collect();
        Self { users, seen: BTreeMap::new(), opened: BTreeSet::new() }
    }

    pub fn last(&self, process: u32, flag: &str) -> Option<&Sight> {
        self.seen.get(&(process, flag.to_owned()))
    }

    /// The users who have a flag's candidate.
    pub fn users(&self, live: &Live, flag: &str) -> u32 {
        let published = live.load();
        let Some(flag) = published.snapshot().flag(flag) else { return 0 };
        let has = |(index, user): (usize, &Context<'static>)| {
            u32::from(flag.resolve(user).variant() == Some("on")) << u32::try_from(index).unwrap()
        };
        self.users.iter().enumerate().map(has).sum()
    }

    fn sight(&self, live: &Live, flag: &str) -> Option<Sight> {
        let published = live.load();
        let generation = published.snapshot().generation().get();
        let overlay = published.snapshot().flag(flag)?.overlay()?.clone();
        Some(Sight {
            generation,
            rollout: overlay.rollout,
            attempt: overlay.rank.attempt(),
            step: overlay.rank.step(),
            closed: matches!(overlay.gate, Gate::Closed),
            users: self.users(live, flag),
        })
    }
}

impl Book {
    /// Looks at what a process serves, and at what became of it since the last look.
    pub fn look(&mut self, process: u32, live: &Live, flags: &[&str]) {
        let generation = live.load().snapshot().generation().get();
        for flag in flags {
            let key = (process, (*flag).to_owned());
            if self.served.seen.get(&key).is_some_and(|sight| sight.generation == generation) {
                continue;
            }
            let Some(now) = self.served.sight(live, flag) else {
                if let Some(before) = self.served.seen.get(&key) {
                    let what = format!("process {process}, {flag}: {before:?}, and now nothing lies over it");
                    self.broken("exposures-outlast-definitions", what);
                }
                continue;
            };
            let before = self.served.seen.insert(key, now.clone());
            self.judge_sight(process, flag, before.as_ref(), &now);
        }
    }

    fn judge_sight(&mut self, process: u32, flag: &str, before: Option<&Sight>, now: &Sight) {
        let what = || format!("process {process}, {flag}: {before:?} became {now:?}");
        if now.closed && now.users != 0 {
            self.broken("closed-is-served-to-nobody", what());
        }
        let same = before.filter(|before| before.rollout == now.rollout && before.attempt == now.attempt);
        let no_more = same.is_some_and(|before| now.users & !before.users == 0);
        let stored = self.served.opened.contains(&(now.rollout.clone(), now.attempt, now.step));
        // Nor is it seen what was served for less than a millisecond: an exposure that is stored, before a step back.
        let before_it = now.step.checked_sub(1).map(|step| (now.rollout.clone(), now.attempt, step));
        let stepped_back =
            self.went_back(&now.rollout) && before_it.is_some_and(|key| self.served.opened.contains(&key));
        // What takes the candidate from some of those who have it need not wait for the store.
        let unseen = same.is_none() && stepped_back;
        if !(now.closed || stored || no_more || unseen) {
            self.broken("open-only-what-is-stored", what());
        }
        let Some(before) = before.filter(|before| before.rollout == now.rollout) else { return };
        if now.attempt < before.attempt || (now.attempt == before.attempt && before.closed && !now.closed) {
            self.broken("closed-stays-closed", what());
        }
        if now.attempt == before.attempt && !now.closed {
            if before.users & !now.users != 0 && !self.went_back(&now.rollout) {
                self.broken("nobody-loses-it-while-it-grows", what());
            }
            if now.step < before.step {
                self.broken("older-exposures-lose", what());
            }
        }
    }
}
