//! Whether a condition is true of the readings of one check: true, false, or not known.

use super::alert::Alert;
use super::bound::Bound;
use super::condition::{Compare, Condition};
use super::reading::{NoData, Reading};
use crate::units::{MetricName, UnixMillis, format_duration};
use std::collections::BTreeMap;
use std::time::Duration;

/// The three values a condition can have. What has no data is neither true nor false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It cannot be said.
    Unknown,
}

/// A condition's value at a check, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The value.
    pub truth: Truth,
    /// What was seen: `p95 612ms > 400ms`.
    pub seen: String,
    /// A comparison with a `for` is true now, but not yet for long enough.
    pub pending: bool,
    /// The metrics without data that it speaks of, and why they have none.
    pub missing: Vec<(MetricName, NoData)>,
}

/// What a check knows.
#[derive(Debug)]
pub struct Facts<'c> {
    /// The metrics' answers. A metric that is not there has no provider.
    pub readings: &'c BTreeMap<MetricName, Reading>,
    /// The alerts that fire.
    pub firing: &'c BTreeMap<String, Alert>,
    /// The time of the check.
    pub now: UnixMillis,
    /// The time since the last check. Where a metric has no data, it counts for no `for`.
    pub unseen: Duration,
}

impl Facts<'_> {
    /// Judges a condition. `true_since` remembers between checks since when each comparison with a
    /// `for` has been true; time without data moves that moment along, so that it neither completes nor
    /// breaks what was true before.
    pub fn judge(&self, condition: &Condition, true_since: &mut BTreeMap<String, UnixMillis>) -> Judgement {
        match condition {
            Condition::All(parts) => self.join(parts, true_since, Truth::False, " and "),
            Condition::Any(parts) => self.join(parts, true_since, Truth::True, " or "),
            Condition::Compare(compare) => self.compare(compare, true_since),
            Condition::Trend(_)
            | Condition::Burn(_)
            | Condition::Regresses(_)
            | Condition::ProvedSafe(_)
            | Condition::Score(_) => Judgement::plain(Truth::Unknown, "not judged yet".to_owned()),
            Condition::Alert(matcher) => {
                let name = |alert: &Alert| alert.labels.get("alertname").unwrap_or(&alert.fingerprint).clone();
                match self.firing.values().find(|alert| matcher.matches(alert)) {
                    Some(alert) => Judgement::plain(Truth::True, format!("alert {} fires", name(alert))),
                    None => Judgement::plain(Truth::False, "no such alert fires".to_owned()),
                }
            }
        }
    }

    /// Joins parts: one `deciding` part decides; otherwise one unknown part makes it unknown. All
    /// parts are judged always, for each keeps its own memory.
    fn join(
        &self,
        parts: &[Condition],
        true_since: &mut BTreeMap<String, UnixMillis>,
        deciding: Truth,
        word: &str,
    ) -> Judgement {
        let judged: Vec<Judgement> = parts.iter().map(|part| self.judge(part, true_since)).collect();
        let any = |truth: Truth| judged.iter().any(|part| part.truth == truth);
        let otherwise = if deciding == Truth::True { Truth::False } else { Truth::True };
        let truth = match () {
            () if any(deciding) => deciding,
            () if any(Truth::Unknown) => Truth::Unknown,
            () => otherwise,
        };
        // Say what decided it, not what merely stood beside it.
        let told: Vec<&str> = judged.iter().filter(|part| part.truth == truth).map(|part| part.seen.as_str()).collect();
        Judgement {
            truth,
            seen: told.join(word),
            pending: truth != Truth::True && judged.iter().any(|part| part.pending),
            missing: judged.iter().flat_map(|part| part.missing.iter().cloned()).collect(),
        }
    }

    fn value(&self, metric: &MetricName) -> Result<f64, NoData> {
        match self.readings.get(metric) {
            Some(Reading::Value { value, .. }) if value.is_finite() => Ok(*value),
            Some(Reading::Value { value, .. }) => Err(NoData::NotFinite(value.to_string())),
            Some(Reading::NoData(why)) => Err(why.clone()),
            None => Err(NoData::NoProvider(metric.to_string())),
        }
    }

    fn compare(&self, compare: &Compare, true_since: &mut BTreeMap<String, UnixMillis>) -> Judgement {
        let metric = &compare.metric;
        let value = match self.value(metric) {
            Ok(value) => value,
            Err(why) => {
                if let Some(since) = true_since.get_mut(&compare.to_string()) {
                    *since = since.plus(self.unseen).min(self.now);
                }
                return Judgement::missing(metric, why);
            }
        };
        let Bound::Fixed(bound) = compare.bound else {
            return Judgement::plain(Truth::Unknown, "not judged yet".to_owned());
        };
        let holds = compare.comparison.holds(value, bound);
        let shown = if holds { compare.comparison } else { compare.comparison.opposite() };
        let (value, bound) = (compare.quantity.format(value), compare.quantity.format(bound));
        let seen = format!("{metric} {value} {} {bound}", shown.symbol());
        let Some(lasting) = compare.lasting else {
            return Judgement::plain(if holds { Truth::True } else { Truth::False }, seen);
        };
        let key = compare.to_string();
        if !holds {
            true_since.remove(&key);
            return Judgement::plain(Truth::False, seen);
        }
        // A moment in the future is of a clock that was set back since: it would keep the comparison from
        // coming true until the clock is there again.
        let since = true_since.get(&key).map_or(self.now, |since| self.now.min(*since));
        true_since.insert(key, since);
        let lasted = self.now.since(since);
        if lasted >= lasting {
            return Judgement::plain(Truth::True, format!("{seen} for {}", format_duration(lasted)));
        }
        let seen = format!("{seen} for {} of {}", format_duration(lasted), format_duration(lasting));
        Judgement { truth: Truth::False, seen, pending: true, missing: Vec::new() }
    }
}

impl Judgement {
    const fn plain(truth: Truth, seen: String) -> Self {
        Self { truth, seen, pending: false, missing: Vec::new() }
    }

    fn missing(metric: &MetricName, why: NoData) -> Self {
        let seen = format!("{metric}: {why}");
        Self { truth: Truth::Unknown, seen, pending: false, missing: vec![(metric.clone(), why)] }
    }
}

impl Condition {
    /// Calls `visit` with each comparison and alert test in it.
    pub fn each_leaf<'c>(&'c self, visit: &mut dyn FnMut(&'c Condition)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_leaf(visit);
                }
            }
            Self::Compare(_)
            | Self::Trend(_)
            | Self::Burn(_)
            | Self::Regresses(_)
            | Self::ProvedSafe(_)
            | Self::Score(_)
            | Self::Alert(_) => visit(self),
        }
    }
}
