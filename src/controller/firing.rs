//! The alerts that fire now, as far as this process was told: what begins must not begin against them.

use crate::analysis::Alert;
use crate::rollout::HEARD_WITHIN;
use crate::units::UnixMillis;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most alerts that are remembered; those heard of longest ago are forgotten first.
const MOST: usize = 10_000;

/// Firing alerts by fingerprint, with when they were last heard of.
#[derive(Debug, Default)]
pub(super) struct Firing(Mutex<BTreeMap<String, (UnixMillis, Alert)>>);

impl Firing {
    /// Takes what a notification says.
    pub(super) fn note(&self, firing: &[Alert], resolved: &[Alert], now: UnixMillis) {
        let mut known = self.known();
        for alert in firing {
            known.insert(alert.fingerprint.clone(), (now, alert.clone()));
        }
        for alert in resolved {
            known.remove(&alert.fingerprint);
        }
        known.retain(|_, (heard, _)| now.since(*heard) <= HEARD_WITHIN);
        let excess = known.len().saturating_sub(MOST);
        if excess > 0 {
            let mut by_age: Vec<_> = known.iter().map(|(name, (heard, _))| (*heard, name.clone())).collect();
            by_age.sort();
            for (_, name) in by_age.into_iter().take(excess) {
                known.remove(&name);
            }
        }
    }

    /// What fires now.
    pub(super) fn now(&self, now: UnixMillis) -> Vec<Alert> {
        let known = self.known();
        let fresh = known.values().filter(|(heard, _)| now.since(*heard) <= HEARD_WITHIN);
        fresh.map(|(_, alert)| alert.clone()).collect()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, (UnixMillis, Alert)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn alert(number: usize) -> Alert {
        Alert { fingerprint: number.to_string(), labels: BTreeMap::new() }
    }

    #[test]
    fn what_is_resolved_or_not_heard_of_any_more_does_not_fire() {
        let firing = Firing::default();
        let at = |hours: u64| UnixMillis::new(0).plus(Duration::from_secs(hours * 3_600));
        firing.note(&[alert(1), alert(2), alert(3)], &[], at(0));
        firing.note(&[alert(3)], &[alert(1)], at(24));
        assert_eq!(firing.now(at(24)), [alert(2), alert(3)], "many repeat once a day");
        assert_eq!(firing.now(at(26)), [alert(3)]);
        assert!(firing.now(at(50)).is_empty());
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_what_is_new() {
        let firing = Firing::default();
        firing.note(&[alert(0)], &[], UnixMillis::new(1));
        let storm: Vec<_> = (1..=MOST).map(alert).collect();
        firing.note(&storm, &[], UnixMillis::new(2));
        let known = firing.now(UnixMillis::new(2));
        assert_eq!(known.len(), MOST);
        assert!(!known.contains(&alert(0)));
    }
}
