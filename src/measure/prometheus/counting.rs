//! Both groups in counts, from one look to the next.

use super::answer::{Samples, moment_of, series};
use super::api::Api;
use super::growth::{Before, Growth, Labels};
use super::promql::{duration, fill};
use super::reading::MOST_BYTES as MOST_BYTES_OF_A_NUMBER;
use super::stride::{LONGEST_PIECE, Stride};
use crate::analysis::{Compared, Counted, Counts, Group, NoData, Sampled};
use crate::measure::asking::Asking;
use crate::measure::connections::Connection;
use crate::rollout::{AskPrometheus, Plan, Versus};
use crate::units::{UnixMillis, VariantName};
use futures_util::future::try_join_all;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// How far back the last sample before a look is looked for at first: where Prometheus itself takes a series for gone.
const LOOKBACK: Duration = Duration::from_secs(300);

/// How far back it is looked for when a series was not there then.
const LONG_LOOKBACK: Duration = Duration::from_secs(86_400);

/// How many pieces are asked for in one look. What is left is for the next one.
const MOST_PIECES: u32 = 64;

/// The largest answer with samples.
const MOST_BYTES: usize = 16_000_000;

/// Both groups of a ratio since the last look, up to where all samples have arrived, or as far as is got in the time
/// that there is: a look that covers much is asked for in pieces, and what is left is for the next one.
///
/// # Errors
/// When one of the counters cannot be read, when the candidate or the control has none, or when more went badly than
/// there was.
pub(in crate::measure) async fn compare(
    connection: &Connection,
    (ask, asking): (&AskPrometheus, &Asking),
    plan: &Plan,
    versus: &Versus,
    stride: &mut Stride,
) -> Result<Compared, NoData> {
    let AskPrometheus::Ratio { bad, total, .. } = ask else {
        return Err(NoData::NotAsked("its query gives one number and counts nothing".to_owned()));
    };
    let api = Api::new(connection, asking.deadline)?;
    let from = versus.looked;
    if from > asking.now {
        return Ok(nothing(after_set_back(&api, from).await?));
    }
    let mut end = asking.now.minus(api.settings.lag);
    if asking.now.since(from) > LOOKBACK {
        // Either nobody looked for long, or the clock was set ahead: then the time that it says is yet to come.
        end = end.min(present(&api).await?.minus(api.settings.lag));
    }
    if end <= from {
        return Ok(nothing(from));
    }
    let of = |variant: &VariantName| Asking { variant: variant.clone(), ..asking.clone() };
    let (candidate, control) = (of(&plan.candidate), of(&plan.stable));
    let selectors = [fill(bad, &candidate), fill(total, &candidate), fill(bad, &control), fill(total, &control)];
    let mut look = Look::since(api, from, selectors);
    let until = look.reach(end, stride).await?;
    let behind = end.since(until);
    let [bad_of_candidate, all_of_candidate, bad_of_control, all_of_control] = look.counted();
    // A group without counters has the time taken in by the next look, unless that would never end. What the other
    // group did then is not compared with anything, so where only one is away it is waited for a day.
    let both_away = all_of_candidate.is_none() && all_of_control.is_none();
    let limit = if both_away { LONGEST_PIECE } else { LONG_LOOKBACK };
    let passed_by = behind > Duration::ZERO || until.since(from) >= limit;
    let exposed = |total: Option<u64>| total.or(passed_by.then_some(0)).ok_or(NoData::Empty);
    let candidate = group(exposed(all_of_candidate)?, bad_of_candidate)?;
    let control = exposed(all_of_control).and_then(|total| group(total, bad_of_control)).map_err(NoData::in_control)?;
    let (of, sampled) = (Counted::Events, Sampled::default());
    Ok(Compared::Counts(Counts { candidate, control, of, until, behind, sampled, events: None }))
}

/// A look in which nothing was counted.
fn nothing(until: UnixMillis) -> Compared {
    let (none, of, sampled) = (Group::default(), Counted::Events, Sampled::default());
    let behind = Duration::ZERO;
    Compared::Counts(Counts { candidate: none, control: none, of, until, behind, sampled, events: None })
}

/// Where looks go on when the last one ended in the future, so that the clock was set back since. Prometheus has a
/// clock of its own. When that end is in its past, ours is behind: looks wait until it has caught up, or what was
/// counted would be counted again. When it is in its future too, ours was ahead when that look was made: all that
/// was there by then was counted, and looks begin anew at the present of Prometheus, which is not before it.
async fn after_set_back(api: &Api<'_>, looked: UnixMillis) -> Result<UnixMillis, NoData> {
    Ok(present(api).await?.min(looked))
}

/// The time of Prometheus.
async fn present(api: &Api<'_>) -> Result<UnixMillis, NoData> {
    let answer = api.instant("time()", None, MOST_BYTES_OF_A_NUMBER).await?;
    moment_of(&answer.body)
}

fn group(exposed: u64, bad: Option<u64>) -> Result<Group, NoData> {
    // A counter of failures that nobody has counted up yet is not there.
    let bad = bad.unwrap_or(0);
    if bad > exposed {
        let what = format!("`bad` grew by {bad} and `total` by {exposed}: `bad` must be a part of `total`");
        return Err(NoData::Malformed(what));
    }
    Ok(Group { exposed, bad })
}

/// A look at the counters of several selectors.
struct Look<'c, const N: usize> {
    api: Api<'c>,
    from: UnixMillis,
    counting: [Counting; N],
    /// Where some counter was read before the look, all were looked for. Known after the first piece.
    looked_for: bool,
}

/// What is counted of one selector.
struct Counting {
    selector: String,
    growth: Growth,
    /// Whether it has any series.
    any: bool,
    /// What each series had before the look, once somebody wanted to know.
    earlier: Option<HashMap<Labels, f64>>,
}

impl<'c, const N: usize> Look<'c, N> {
    fn since(api: Api<'c>, from: UnixMillis, selectors: [String; N]) -> Self {
        let counting = |selector| Counting { selector, growth: Growth::since(from), any: false, earlier: None };
        Self { api, from, counting: selectors.map(counting), looked_for: false }
    }

    /// Counts piece after piece up to the end, or until half of the time is over: what has been counted by then must
    /// not be lost with what has not. Says up to when it came.
    ///
    /// # Errors
    /// When not even the first piece could be counted. The next look tries a shorter one.
    async fn reach(&mut self, end: UnixMillis, stride: &mut Stride) -> Result<UnixMillis, NoData> {
        let begun = Instant::now();
        let half = self.api.deadline.saturating_duration_since(begun).checked_div(2).unwrap_or_default();
        let mut reached = self.from;
        for _ in 0..MOST_PIECES {
            let until = reached.plus(stride.span()).min(end);
            match self.piece(reached, until).await {
                Ok(()) => reached = until,
                Err(why) => {
                    stride.failed(&why);
                    return if reached > self.from { Ok(reached) } else { Err(why) };
                }
            }
            if reached >= end || begun.elapsed() >= half {
                break;
            }
        }
        stride.went_well();
        Ok(reached)
    }

    /// Counts all of a piece or nothing of it. The first one begins a little before the look.
    async fn piece(&mut self, from: UnixMillis, until: UnixMillis) -> Result<(), NoData> {
        let first = from == self.from;
        let from = if first { from.minus(LOOKBACK) } else { from };
        let api = self.api;
        let asked = self.counting.iter().map(|one| async move {
            let query = format!("{}[{}]", one.selector, duration(until.since(from)));
            series(&api.instant(&query, Some(until), MOST_BYTES).await?.body)
        });
        let found = try_join_all(asked).await?;
        if first {
            let was_there = |series: &Samples| series.points.first().is_some_and(|(at, _)| *at <= self.from);
            self.looked_for = found.iter().flatten().any(was_there);
        }
        let wanted = self.counting.iter_mut().zip(&found).map(|(one, found)| one.look_back(&api, self.from, found));
        try_join_all(wanted).await?;
        for (one, found) in self.counting.iter_mut().zip(found) {
            one.take(found, self.looked_for);
        }
        Ok(())
    }

    /// By how much the counters of each selector grew; `None` when there are none.
    fn counted(&self) -> [Option<u64>; N] {
        self.counting.each_ref().map(|one| one.any.then(|| one.growth.counted()))
    }
}

impl Counting {
    /// Asks what each counter had before the look, when it was read in the last day, where some series needs that.
    async fn look_back(&mut self, api: &Api<'_>, from: UnixMillis, found: &[Samples]) -> Result<(), NoData> {
        if self.earlier.is_some() || !found.iter().any(|series| self.growth.needs_past(series)) {
            return Ok(());
        }
        let query = format!("last_over_time({}[{}])", self.selector, duration(LONG_LOOKBACK));
        let answer = api.instant(&query, Some(from), MOST_BYTES).await?;
        let last = |series: Samples| Some((series.labels, series.points.last()?.1));
        self.earlier = Some(series(&answer.body)?.into_iter().filter_map(last).collect());
        Ok(())
    }

    fn take(&mut self, found: Vec<Samples>, looked_for: bool) {
        for series in found {
            self.any = self.any || !series.points.is_empty();
            let had = self.earlier.as_ref().and_then(|earlier| earlier.get(&series.labels));
            let before = match had {
                Some(value) => Before::Had(*value),
                None if looked_for => Before::New,
                None => Before::Unknown,
            };
            let before = if self.growth.needs_past(&series) { before } else { Before::Unknown };
            self.growth.take(series, before);
        }
    }
}
