//! What became of a source's posts, for people: counts, the last one, and the last problems. Bounded, whatever comes.

use super::answer::MOST_NAMES;
use super::read::shown;
use crate::telemetry::PostResult;
use crate::units::{RolloutName, UnixMillis};
use std::collections::{BTreeMap, VecDeque};

/// The most problems that are kept of one source; the one that was seen longest ago goes first.
const MOST_PROBLEMS: usize = 32;

/// A problem is written to the log again only after so long.
const LOGGED_ANEW_AFTER: std::time::Duration = std::time::Duration::from_mins(10);

/// Something that went wrong with posts of a source, once or often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What, in a sentence without anything secret.
    pub what: String,
    /// When it was seen first.
    pub first: UnixMillis,
    /// When it was seen last.
    pub last: UnixMillis,
    /// How often.
    pub count: u64,
    logged: UnixMillis,
}

/// The last post of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastPost {
    /// When.
    pub at: UnixMillis,
    /// What became of it.
    pub result: PostResult,
}

/// The record of one source since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// How many posts ended how.
    pub posts: BTreeMap<PostResult, u64>,
    /// The last post of all.
    pub last: Option<LastPost>,
    /// When a post last closed something, and what.
    pub last_closing: Option<(UnixMillis, Vec<RolloutName>)>,
    /// The last problems, the newest last.
    pub troubles: VecDeque<Trouble>,
}

impl Record {
    pub(super) fn closing(&mut self, closed: &[RolloutName], now: UnixMillis) {
        self.last_closing = Some((now, closed.iter().take(MOST_NAMES).cloned().collect()));
    }

    pub(super) fn post(&mut self, result: PostResult, now: UnixMillis) {
        let count = self.posts.entry(result).or_default();
        *count = count.saturating_add(1);
        self.last = Some(LastPost { at: now, result });
    }

    /// Notes a problem. Answers whether it is worth a line in the log: a flood of them must not be one there.
    pub(super) fn trouble(&mut self, what: &str, now: UnixMillis) -> bool {
        let known = self.troubles.iter().position(|trouble| trouble.what == what);
        let Some(mut trouble) = known.and_then(|index| self.troubles.remove(index)) else {
            while self.troubles.len() >= MOST_PROBLEMS {
                self.troubles.pop_front();
            }
            let first = Trouble { what: what.to_owned(), first: now, last: now, count: 1, logged: now };
            // Where everything is new all the time the log has heard of enough.
            let crowded = self.troubles.front().is_some_and(|oldest| now.since(oldest.last) < LOGGED_ANEW_AFTER)
                && self.troubles.len() >= MOST_PROBLEMS.saturating_sub(1);
            self.troubles.push_back(first);
            return !crowded;
        };
        trouble.count = trouble.count.saturating_add(1);
        trouble.last = now;
        let log = now.since(trouble.logged) >= LOGGED_ANEW_AFTER;
        if log {
            trouble.logged = now;
        }
        self.troubles.push_back(trouble);
        log
    }
}

/// A name that an alert says and that is nothing here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// The label: `rollout` or `flag`.
    pub label: &'static str,
    /// The name, made fit to be shown.
    pub name: String,
    /// What there is not.
    pub why: String,
    /// What may have been meant.
    pub hint: Option<String>,
}

impl Unknown {
    pub(super) fn rollout(name: &str, hint: Option<String>) -> Self {
        let name = shown(name);
        Self { label: "rollout", why: format!("there is no rollout `{name}`"), name, hint }
    }

    pub(super) fn flag(name: &str, hint: Option<String>) -> Self {
        let name = shown(name);
        Self { label: "flag", why: format!("there is no flag `{name}`"), name, hint }
    }

    pub(super) fn idle_flag(name: &str) -> Self {
        let name = shown(name);
        Self { label: "flag", why: format!("no rollout of the flag `{name}` has begun"), name, hint: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_problems_takes_no_more_room_and_no_more_lines_than_a_few() {
        let mut record = Record::default();
        let lines =
            (0..10_000).filter(|number| record.trouble(&format!("no rollout {number}"), UnixMillis::new(5))).count();
        assert_eq!(record.troubles.len(), MOST_PROBLEMS);
        assert!(lines <= MOST_PROBLEMS, "{lines}");
        let same = (0..10_000).filter(|_| record.trouble("wrong signature", UnixMillis::new(6))).count();
        assert!(same <= 1);
        assert_eq!(record.troubles.back().unwrap().count, 10_000);
    }
}
