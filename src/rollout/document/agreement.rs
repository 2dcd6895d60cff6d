//! Whether a plan agrees with itself: what only shows when all of it is known.

use super::clauses::Placed;
use super::courses::{longest_trends, lost_in_a_longer_course, too_short_for_its_checks};
use super::metrics::Metrics;
use super::outcomes::LONGEST_WINDOW_OF_OUTCOMES;
use super::reader::Reader;
use super::waves::WaveRead;
use crate::analysis::{Bound, Compare, Comparison, Condition, Reference};
use crate::rollout::{After, Budget, List, MetricSource};
use crate::source::Span;
use crate::units::{Exposure, WaveName, format_duration};
use std::time::Duration;

/// What conditions need beside readings, as far as the plan gives it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    pub(super) baseline: Option<Duration>,
    pub(super) holdback: Exposure,
    /// Whoever is outside of the slice of a layer has the stable variant, whatever the waves open to.
    pub(super) outsiders: bool,
}

impl Given {
    /// Whether everybody has the candidate by a share of everybody in reach.
    fn is_full(self, exposure: Exposure) -> bool {
        !self.outsiders && exposure.min(self.holdback.rest()) == Exposure::ALL
    }
}

/// Looks at the waves and the watch together. Each fault is told once, at its condition.
pub(super) fn check(
    waves: &[WaveRead],
    after: Option<&(After, Vec<Placed>)>,
    budget: Option<(&Budget, Span)>,
    given: Given,
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) {
    let mut looking = Looking { given, metrics, reader, told: Vec::new() };
    for read in waves {
        looking.at_wave(read, budget);
    }
    let all = || waves.iter().flat_map(|read| &read.clauses).chain(after.iter().flat_map(|(_, clauses)| clauses));
    for placed in all() {
        looking.at_spans(placed);
    }
    if let Some((after, clauses)) = after {
        looking.at_watch(after, clauses, waves.last());
    }
    let longest = longest_trends(all().map(|placed| &placed.clause.when));
    for placed in all() {
        if let Some(message) = lost_in_a_longer_course(&placed.clause.when, &longest) {
            let hint = "write trends of one metric over times of which the longest is at most ten times the shortest";
            looking.complain(placed.at, message, hint);
        }
    }
}

/// What is known while looking, and what was told already.
struct Looking<'l, 'r> {
    given: Given,
    metrics: &'l Metrics,
    reader: &'l mut Reader<'r>,
    told: Vec<Span>,
}

impl Looking<'_, '_> {
    fn complain(&mut self, at: Span, message: String, hint: &str) {
        if !self.told.contains(&at) {
            self.told.push(at);
            self.reader.complain(at, message, hint);
        }
    }

    fn at_wave(&mut self, read: &WaveRead, budget: Option<(&Budget, Span)>) {
        let wave = &read.wave;
        let full = wave.audience.is_none() && self.given.is_full(wave.exposure);
        if let Some((_, at)) = budget.filter(|_| full) {
            self.complain(at, no_control(&wave.name), "write `holdback: 1%` under `after`, or leave out the budget");
        }
        for placed in &read.clauses {
            if full && needs_control(&placed.clause.when) {
                self.complain(placed.at, no_control(&wave.name), HOLD_SOMEBODY_BACK);
            }
            if let Some(lasting) = longest_for(&placed.clause.when).filter(|lasting| *lasting > wave.bake) {
                let (what, hint) = match read.step {
                    true => ("the step", "write a shorter `for`, a longer `over` for the ramp, or fewer steps"),
                    false => ("the bake of wave", "write a shorter `for`, or a longer `bake`"),
                };
                let (lasting, bake) = (format_duration(lasting), format_duration(wave.bake));
                let message = format!("`for {lasting}` is longer than {what} {}, {bake}", wave.name);
                self.complain(placed.at, message, hint);
            }
            if let Some(message) = too_short_for_its_checks(&placed.clause.when, wave.every) {
                self.complain(placed.at, message, LONGER_OVER);
            }
        }
        for (one, other) in contradictions(&read.clauses) {
            let (one_list, other_list) = (one.clause.list.as_str(), other.clause.list.as_str());
            let (one_text, other_text) = (&one.clause.text, &other.clause.text);
            let message = format!("`{one_text}` in `{one_list}` contradicts `{other_text}` in `{other_list}`");
            self.complain(one.at, message, "what lets a wave go on must lie well within what closes it");
        }
    }

    /// The times over which something is asked for.
    fn at_spans(&mut self, placed: &Placed) {
        let baseline = self.given.baseline;
        if baseline.is_none() && needs_baseline(&placed.clause.when) {
            let message = "the condition compares with the baseline, and the plan takes none".to_owned();
            let hint = "write `baseline: 1h`: over how long before the first wave it is taken";
            self.complain(placed.at, message, hint);
        }
        if let Some(message) = longer_than_outcomes_are_kept(&placed.clause.when, baseline, self.metrics) {
            self.complain(placed.at, message, "write a shorter time, or take the metric from Prometheus");
        }
    }

    fn at_watch(&mut self, after: &After, clauses: &[Placed], last: Option<&WaveRead>) {
        for placed in clauses {
            // What is always looked at has its time in the waves.
            let own = last.is_none_or(|read| read.clauses.iter().all(|other| other.at != placed.at));
            let lasting = longest_for(&placed.clause.when).filter(|lasting| own && *lasting > after.watch);
            if let Some(lasting) = lasting {
                let (lasting, watch) = (format_duration(lasting), format_duration(after.watch));
                let message = format!("`for {lasting}` is longer than the watch, {watch}");
                self.complain(placed.at, message, "write a shorter `for`, or a longer `watch`");
            }
            if let Some(message) = too_short_for_its_checks(&placed.clause.when, after.every) {
                self.complain(placed.at, message, LONGER_OVER);
            }
            let full = last.is_some_and(|read| self.given.is_full(read.wave.exposure));
            if full && needs_control(&placed.clause.when) {
                let message = "in the watch everybody has the candidate: there is nobody to compare with".to_owned();
                self.complain(placed.at, message, HOLD_SOMEBODY_BACK);
            }
        }
    }
}

const LONGER_OVER: &str = "write a longer `over`, or a shorter `every`";

const HOLD_SOMEBODY_BACK: &str =
    "write `holdback: 1%` under `after`, or put the condition only into the waves before this one";

fn no_control(wave: &WaveName) -> String {
    format!("in wave {wave} everybody has the candidate: there is nobody to compare with")
}

/// Outcomes are kept for three days: what asks for more could never be answered.
fn longer_than_outcomes_are_kept(
    condition: &Condition,
    baseline: Option<Duration>,
    metrics: &Metrics,
) -> Option<String> {
    let mut found = None;
    condition.each_leaf(&mut |leaf| {
        let (metric, span) = match leaf {
            Condition::Burn(burn) => (&burn.metric, burn.long),
            Condition::Compare(Compare { metric, bound: Bound::Relative { to: Reference::Baseline, .. }, .. }) => {
                (metric, baseline.unwrap_or_default())
            }
            Condition::All(_)
            | Condition::Any(_)
            | Condition::Compare(_)
            | Condition::Trend(_)
            | Condition::Regresses(_)
            | Condition::ProvedSafe(_)
            | Condition::Score(_)
            | Condition::Alert(_) => return,
        };
        let posted = metrics.get(metric.as_str()).is_some_and(|metric| match metric.source {
            MetricSource::Outcomes { .. } => true,
            MetricSource::Events { .. } | MetricSource::Query(_) => false,
        });
        if posted && span > LONGEST_WINDOW_OF_OUTCOMES {
            let (span, kept) = (format_duration(span), format_duration(LONGEST_WINDOW_OF_OUTCOMES));
            found = Some(format!("`{metric}` is asked for over {span}, and outcomes are kept for {kept}"));
        }
    });
    found
}

fn needs_control(condition: &Condition) -> bool {
    condition.any_leaf(&|leaf| match leaf {
        Condition::Compare(compare) => matches!(compare.bound, Bound::Relative { to: Reference::Control, .. }),
        Condition::Regresses(_) | Condition::ProvedSafe(_) | Condition::Score(_) => true,
        Condition::All(_) | Condition::Any(_) | Condition::Trend(_) | Condition::Burn(_) | Condition::Alert(_) => false,
    })
}

fn needs_baseline(condition: &Condition) -> bool {
    condition.any_leaf(&|leaf| {
        matches!(leaf, Condition::Compare(Compare { bound: Bound::Relative { to: Reference::Baseline, .. }, .. }))
    })
}

fn longest_for(condition: &Condition) -> Option<Duration> {
    let mut longest = None;
    condition.each_leaf(&mut |leaf| {
        if let Condition::Compare(compare) = leaf {
            longest = longest.max(compare.lasting);
        }
    });
    longest
}

/// Pairs of which one lets the wave go on for values that make the other close it. Only plain comparisons
/// with numbers are looked at: of others nobody knows before they are measured.
fn contradictions(clauses: &[Placed]) -> Vec<(&Placed, &Placed)> {
    let of = |list: List| clauses.iter().filter(move |placed| placed.clause.list == list && !placed.clause.observe);
    let mut found = Vec::new();
    for advance in of(List::Advance) {
        for close in of(List::Close) {
            if let (Some(goes_on), Some(closes)) = (plain(&advance.clause.when), plain(&close.clause.when))
                && goes_on.0.metric == closes.0.metric
                && contradict(goes_on, closes)
            {
                found.push((advance, close));
            }
        }
    }
    found
}

fn plain(condition: &Condition) -> Option<(&Compare, f64)> {
    match condition {
        Condition::Compare(compare) => match compare.bound {
            Bound::Fixed(bound) => Some((compare, bound)),
            Bound::Relative { .. } => None,
        },
        Condition::All(_)
        | Condition::Any(_)
        | Condition::Trend(_)
        | Condition::Burn(_)
        | Condition::Regresses(_)
        | Condition::ProvedSafe(_)
        | Condition::Score(_)
        | Condition::Alert(_) => None,
    }
}

/// `p95 < 400ms` goes on where `p95 > 300ms` closes; `n > 100` only ever goes on where `n > 50` closes.
fn contradict((goes_on, at_most): (&Compare, f64), (closes, from): (&Compare, f64)) -> bool {
    let above = |comparison: Comparison| match comparison {
        Comparison::Greater | Comparison::AtLeast => Some(true),
        Comparison::Less | Comparison::AtMost => Some(false),
        Comparison::Equal | Comparison::NotEqual => None,
    };
    match (above(goes_on.comparison), above(closes.comparison)) {
        (Some(false), Some(true)) => from < at_most,
        (Some(true), Some(false)) => from > at_most,
        (Some(true), Some(true)) => from <= at_most,
        (Some(false), Some(false)) => from >= at_most,
        (None, _) | (_, None) => false,
    }
}
