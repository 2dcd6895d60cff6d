//! The alerts that a rollout under way remembers, each with when it was last heard of.

use super::stage::{Rules, is_unwatched};
use super::state::Stage;
use crate::analysis::Alert;
use crate::units::UnixMillis;
use std::time::Duration;

/// How long an alert counts as firing without being repeated. Alertmanager repeats every four hours unless it is told
/// otherwise, and many tell it to repeat once a day: what fires must not be forgotten before that. An alert whose end
/// was lost must not stand in the way for ever.
pub const HEARD_WITHIN: Duration = Duration::from_hours(25);

/// An alert that is repeated sooner changes nothing: a storm of one alert must not be written again and again.
const HEARD_ANEW_AFTER: Duration = Duration::from_mins(15);

/// An alert that fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What fires.
    pub alert: Alert,
    /// When it was last heard of, within a quarter of an hour.
    pub at: UnixMillis,
}

impl Heard {
    /// The alert once more: `None` when it says nothing new.
    pub(super) fn again(&self, alert: &Alert, now: UnixMillis) -> Option<Self> {
        let anew = self.alert != *alert || now.since(self.at) >= HEARD_ANEW_AFTER;
        anew.then(|| Self { alert: alert.clone(), at: now })
    }
}

impl Stage {
    /// Forgets alerts that were not heard of for long. Where nobody was there to hear them, their time begins anew.
    pub(super) fn forget_silent_alerts(&mut self, rules: &Rules<'_>, now: UnixMillis) {
        if is_unwatched(rules.every, self.accounted(), now) {
            return self.hear_alerts_from(now);
        }
        self.firing.retain(|_, heard| {
            // A clock that was set back must not make it fire for longer.
            heard.at = heard.at.min(now);
            now.since(heard.at) <= HEARD_WITHIN
        });
    }

    /// Lets the time without a word of them begin: nobody listened before.
    pub(super) fn hear_alerts_from(&mut self, now: UnixMillis) {
        self.firing.values_mut().for_each(|heard| heard.at = now);
    }
}
