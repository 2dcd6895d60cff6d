//! The alerts that fire now, as far as this process was told: what begins must not begin against them.

use super::may_close::MayClose;
use super::triggers::NAMED_BY;
use crate::analysis::Alert;
use crate::rollout::HEARD_WITHIN;
use crate::units::UnixMillis;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most alerts that are remembered; of the source with the most, those heard of longest ago are forgotten first.
const MOST: usize = 10_000;

/// So many more are forgotten when there are too many, so that a storm of new ones does not sort them for each.
const SPARE: usize = 500;

/// An alert, and whom its sender may tell of it.
#[derive(Debug, Clone)]
struct Known {
    heard: UnixMillis,
    alert: Alert,
    scope: Arc<MayClose>,
}

/// Firing alerts by fingerprint, with when they were last heard of.
#[derive(Debug, Default)]
pub(super) struct Firing(Mutex<BTreeMap<String, Known>>);

impl Firing {
    /// Takes what a notification says. Answers the fingerprints of what stopped, with the alert as it was known.
    pub(super) fn note(
        &self,
        scope: &Arc<MayClose>,
        firing: &[Alert],
        resolved: &[Alert],
        now: UnixMillis,
    ) -> Vec<(String, Option<Alert>)> {
        let mut known = self.known();
        for alert in firing {
            let heard = Known { heard: now, alert: alert.clone(), scope: Arc::clone(scope) };
            known.insert(alert.fingerprint.clone(), heard);
        }
        let ended = resolved.iter().map(|alert| {
            let before = known.remove(&alert.fingerprint);
            (alert.fingerprint.clone(), before.map(|known| known.alert))
        });
        let ended = ended.collect();
        // Looking through all of them for each alert of a storm would cost more than the storm.
        if known.len() > MOST {
            known.retain(|_, alert| now.since(alert.heard) <= HEARD_WITHIN);
            let excess = known.len().saturating_sub(MOST);
            if excess > 0 {
                forget(&mut known, excess.saturating_add(SPARE));
            }
        }
        ended
    }

    /// Whether an alert fires, as far as it is known.
    pub(super) fn has(&self, fingerprint: &str) -> bool {
        self.known().contains_key(fingerprint)
    }

    /// What fires now, of those whose sender may tell of it.
    pub(super) fn now(&self, now: UnixMillis, may: impl Fn(&MayClose) -> bool) -> Vec<Alert> {
        let known = self.known();
        let fresh = known.values().filter(|alert| now.since(alert.heard) <= HEARD_WITHIN && may(&alert.scope));
        fresh.map(|alert| alert.alert.clone()).collect()
    }

    /// What fires now of one source, with when it was last heard of; `None` is the one without settings.
    pub(super) fn of(&self, source: Option<&str>, now: UnixMillis) -> Vec<(Alert, UnixMillis)> {
        let known = self.known();
        let fresh = known.values().filter(|alert| now.since(alert.heard) <= HEARD_WITHIN);
        let own = fresh.filter(|known| known.alert.labels.get(NAMED_BY).map(String::as_str) == source);
        own.map(|known| (known.alert.clone(), known.heard)).collect()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets so many alerts: of the source that has the most, the one heard of longest ago. The storm of one source must
/// not have the alerts of others forgotten, against which nothing may begin.
fn forget(known: &mut BTreeMap<String, Known>, count: usize) {
    let mut by_source: BTreeMap<Option<String>, Vec<(UnixMillis, String)>> = BTreeMap::new();
    for (name, one) in known.iter() {
        let source = one.alert.labels.get(NAMED_BY).cloned();
        by_source.entry(source).or_default().push((one.heard, name.clone()));
    }
    // The oldest last, where it is taken from.
    by_source.values_mut().for_each(|alerts| alerts.sort_by(|one, other| other.cmp(one)));
    for _ in 0..count {
        let most = by_source.values_mut().max_by_key(|alerts| alerts.len());
        let Some((_, name)) = most.and_then(Vec::pop) else { return };
        known.remove(&name);
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
        firing.note(&Arc::default(), &[alert(1), alert(2), alert(3)], &[], at(0));
        firing.note(&Arc::default(), &[alert(3)], &[alert(1)], at(24));
        assert_eq!(firing.now(at(24), |_| true), [alert(2), alert(3)], "many repeat once a day");
        assert_eq!(firing.now(at(26), |_| true), [alert(3)]);
        assert!(firing.now(at(50), |_| true).is_empty());
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_what_is_new() {
        let firing = Firing::default();
        firing.note(&Arc::default(), &[alert(0)], &[], UnixMillis::new(1));
        let storm: Vec<_> = (1..=MOST).map(alert).collect();
        firing.note(&Arc::default(), &storm, &[], UnixMillis::new(2));
        let known = firing.now(UnixMillis::new(2), |_| true);
        assert_eq!(known.len(), MOST - SPARE);
        assert!(!known.contains(&alert(0)));
    }

    #[test]
    fn the_storm_of_one_source_has_no_alert_of_another_forgotten() {
        let firing = Firing::default();
        let of = |source: &str, number: usize| {
            let labels = BTreeMap::from([(NAMED_BY.to_owned(), source.to_owned())]);
            Alert { fingerprint: format!("{source}/{number}"), labels }
        };
        firing.note(&Arc::default(), &[of("quiet", 0)], &[], UnixMillis::new(1));
        let storm: Vec<_> = (0..2 * MOST).map(|number| of("loud", number)).collect();
        firing.note(&Arc::default(), &storm, &[], UnixMillis::new(2));
        assert!(firing.now(UnixMillis::new(2), |_| true).contains(&of("quiet", 0)));
    }
}
