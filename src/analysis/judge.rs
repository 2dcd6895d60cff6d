//! Whether a condition is true of what a check found: true, false, or not known.

use super::alert::Alert;
use super::bound::{Bound, Reference};
use super::condition::{Compare, Condition};
use super::judgement::{Judgement, Measured, Truth};
use super::quantity::Quantity;
use super::reading::{NoData, Reading};
use crate::planted::{self, Bug};
use crate::units::{MetricName, UnixMillis, format_duration};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a check knows.
pub struct Facts<'c> {
    /// The metrics' answers. A metric that is not there has no provider.
    pub readings: &'c BTreeMap<MetricName, Reading>,
    /// What a metric was elsewhere.
    pub elsewhere: &'c dyn Fn(&MetricName, &Reference) -> Result<f64, NoData>,
    /// What is known of a condition that rests on more than one reading.
    pub statistics: &'c dyn Fn(Leaf<'_>) -> Judgement,
    /// The alerts that fire.
    pub firing: &'c [&'c Alert],
    /// The time of the check.
    pub now: UnixMillis,
    /// The time since the last check. Where a metric has no data, it counts for no `for`.
    pub unseen: Duration,
}

/// A condition that is not made of others, with its canonical text where somebody has it already. What is remembered
/// of a condition is remembered by that text, and a check of many should not have to write them all.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'c> {
    /// The condition.
    pub condition: &'c Condition,
    /// Its canonical text.
    pub known_text: Option<&'c str>,
}

impl<'c> Leaf<'c> {
    /// Its canonical text.
    #[must_use]
    pub fn text(self) -> Cow<'c, str> {
        self.known_text.map_or_else(|| Cow::Owned(self.condition.to_string()), Cow::Borrowed)
    }
}

impl std::fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facts").field("readings", &self.readings).field("now", &self.now).finish_non_exhaustive()
    }
}

impl Facts<'_> {
    /// Judges a condition, whose canonical text is given where it is known. `true_since` remembers between checks
    /// since when each comparison with a `for` has been true; time without data moves that moment along, so that
    /// it neither completes nor breaks what was true before.
    pub fn judge(
        &self,
        condition: &Condition,
        known_text: Option<&str>,
        true_since: &mut BTreeMap<String, UnixMillis>,
    ) -> Judgement {
        let leaf = Leaf { condition, known_text };
        match condition {
            Condition::All(parts) => self.join(parts, true_since, Truth::False, " and "),
            Condition::Any(parts) => self.join(parts, true_since, Truth::True, " or "),
            Condition::Compare(compare) => self.compare(compare, leaf, true_since),
            Condition::Trend(_)
            | Condition::Burn(_)
            | Condition::Regresses(_)
            | Condition::ProvedSafe(_)
            | Condition::Score(_) => (self.statistics)(leaf),
            Condition::Alert(matcher) => {
                let name = |alert: &Alert| alert.labels.get("alertname").unwrap_or(&alert.fingerprint).clone();
                match self.firing.iter().find(|alert| matcher.matches(alert)) {
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
        let judged: Vec<Judgement> = parts.iter().map(|part| self.judge(part, None, true_since)).collect();
        let any = |truth: Truth| judged.iter().any(|part| part.truth == truth);
        let otherwise = if deciding == Truth::True { Truth::False } else { Truth::True };
        let truth = match () {
            () if any(deciding) => deciding,
            () if any(Truth::Unknown) => Truth::Unknown,
            () => otherwise,
        };
        // Say what decided it, not what merely stood beside it.
        let told: Vec<&Judgement> = judged.iter().filter(|part| part.truth == truth).collect();
        let seen: Vec<&str> = told.iter().map(|part| part.seen.as_str()).collect();
        Judgement {
            truth,
            seen: seen.join(word),
            pending: truth != Truth::True && judged.iter().any(|part| part.pending),
            measured: told.iter().flat_map(|part| part.measured.iter().cloned()).collect(),
            missing: judged.iter().flat_map(|part| part.missing.iter().cloned()).collect(),
            parts: judged,
        }
    }

    fn compare(&self, compare: &Compare, leaf: Leaf<'_>, true_since: &mut BTreeMap<String, UnixMillis>) -> Judgement {
        let metric = &compare.metric;
        let (value, samples) = match value(self.readings, metric) {
            Ok(value) => value,
            Err(why) => return self.unknown(compare, leaf, why, true_since),
        };
        let (bound, named) = match self.bound(compare, metric) {
            Ok(bound) => bound,
            Err(why) => return self.unknown(compare, leaf, why, true_since),
        };
        let holds = compare.comparison.holds(value, bound);
        let shown = if holds { compare.comparison } else { compare.comparison.opposite() };
        let quantity = compare.quantity;
        let seen = [metric.as_str(), &quantity.format(value), shown.symbol(), &named].join(" ");
        let measured = vec![Measured { samples, bound: Some(bound), ..Measured::of(metric.clone(), quantity, value) }];
        let Some(lasting) = compare.lasting else {
            return Judgement { measured, ..Judgement::plain(if holds { Truth::True } else { Truth::False }, seen) };
        };
        let key = leaf.text();
        if !holds {
            if !planted::is(Bug::ForIsNotReset) {
                true_since.remove(&*key);
            }
            return Judgement { measured, ..Judgement::plain(Truth::False, seen) };
        }
        // A moment in the future is of a clock that was set back since: it would keep the comparison from
        // coming true until the clock is there again.
        let since = true_since.get(&*key).map_or(self.now, |since| self.now.min(*since));
        true_since.insert(key.into_owned(), since);
        let lasted = self.now.since(since);
        if lasted >= lasting {
            let seen = format!("{seen} for {}", format_duration(lasted));
            return Judgement { measured, ..Judgement::plain(Truth::True, seen) };
        }
        let seen = format!("{seen} for {} of {}", format_duration(lasted), format_duration(lasting));
        Judgement { measured, pending: true, ..Judgement::plain(Truth::False, seen) }
    }

    /// A comparison that cannot be made now: the time until it can be made again counts for no `for`.
    fn unknown(
        &self,
        compare: &Compare,
        leaf: Leaf<'_>,
        why: NoData,
        true_since: &mut BTreeMap<String, UnixMillis>,
    ) -> Judgement {
        if compare.lasting.is_some()
            && !true_since.is_empty()
            && let Some(since) = true_since.get_mut(&*leaf.text())
        {
            *since = since.plus(self.unseen).min(self.now);
        }
        Judgement::missing(&compare.metric, why)
    }

    /// The bound as a number, and as people read it.
    fn bound(&self, compare: &Compare, metric: &MetricName) -> Result<(f64, String), NoData> {
        let quantity: Quantity = compare.quantity;
        match &compare.bound {
            Bound::Fixed(bound) => Ok((*bound, quantity.format(*bound))),
            Bound::Relative { to, by } => {
                let reference = (self.elsewhere)(metric, to)?;
                let bound = by.from(reference);
                match bound.is_finite() {
                    true => Ok((bound, format!("{} ({to} {})", quantity.format(bound), quantity.format(reference)))),
                    false => Err(NoData::NotFinite(format!("{to} is {reference}"))),
                }
            }
        }
    }
}

/// A metric's value and how many samples it rests on.
pub(crate) fn value(
    readings: &BTreeMap<MetricName, Reading>,
    metric: &MetricName,
) -> Result<(f64, Option<u64>), NoData> {
    match readings.get(metric) {
        Some(reading) => reading.value(),
        None => Err(NoData::NoProvider(metric.to_string())),
    }
}

impl Condition {
    /// Calls `visit` with each part that is not made of others.
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

    /// Whether some part that is not made of others is so.
    #[must_use]
    pub fn any_leaf(&self, wanted: &dyn Fn(&Self) -> bool) -> bool {
        let mut found = false;
        self.each_leaf(&mut |leaf| found |= wanted(leaf));
        found
    }
}
