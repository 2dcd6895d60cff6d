//! Both groups in counts, from one look to the next.

use super::answer::{Samples, series};
use super::api::Api;
use super::growth::{Before, Growth};
use super::promql::{duration, fill};
use crate::analysis::{Compared, Counted, Counts, Group, NoData, Sampled};
use crate::measure::asking::Asking;
use crate::measure::connections::Connection;
use crate::rollout::{AskPrometheus, Plan, Versus};
use crate::units::{UnixMillis, VariantName};
use std::collections::HashMap;
use std::time::Duration;

/// How far back the last sample before a look is looked for at first: where Prometheus itself takes a series for gone.
const LOOKBACK: Duration = Duration::from_secs(300);

/// How far back it is looked for when a series was not there then.
const LONG_LOOKBACK: Duration = Duration::from_secs(86_400);

/// What is asked for at once; longer looks are asked for in pieces.
const PIECE: Duration = Duration::from_secs(6 * 3_600);

/// The longest look. What is longer is counted in several.
const LONGEST_LOOK: Duration = Duration::from_secs(7 * 86_400);

/// The largest answer with samples.
const MOST_BYTES: usize = 16_000_000;

/// Both groups of a ratio since the last look, up to where all samples have arrived.
///
/// # Errors
/// When one of the counters cannot be read, when the candidate or the control has none, or when more went badly than
/// there was.
pub(in crate::measure) async fn compare(
    connection: &Connection,
    (ask, asking): (&AskPrometheus, &Asking),
    plan: &Plan,
    versus: &Versus,
) -> Result<Compared, NoData> {
    let AskPrometheus::Ratio { bad, total, .. } = ask else {
        return Err(NoData::Refused("its query gives one number and counts nothing".to_owned()));
    };
    let api = Api::new(connection, asking.deadline)?;
    let from = versus.looked;
    let until = asking.now.minus(api.settings.lag).max(from).min(from.plus(LONGEST_LOOK));
    if until == from {
        let (none, of, sampled) = (Group::default(), Counted::Events, Sampled::default());
        return Ok(Compared::Counts(Counts { candidate: none, control: none, of, until, sampled, events: None }));
    }
    let looking = Looking { api, from, until };
    let of = |variant: &VariantName| Asking { variant: variant.clone(), ..asking.clone() };
    let (candidate, control) = (of(&plan.candidate), of(&plan.stable));
    let (bad_of_candidate, all_of_candidate, bad_of_control, all_of_control) = tokio::try_join!(
        looking.samples(fill(bad, &candidate)),
        looking.samples(fill(total, &candidate)),
        looking.samples(fill(bad, &control)),
        looking.samples(fill(total, &control)),
    )?;
    // Where some counter was read before the look, all were looked for.
    let all = [&bad_of_candidate, &all_of_candidate, &bad_of_control, &all_of_control];
    let looked_for = all.iter().any(|found| found.was_there(from));
    let (bad_of_candidate, all_of_candidate, bad_of_control, all_of_control) = tokio::try_join!(
        looking.grown(bad_of_candidate, looked_for),
        looking.grown(all_of_candidate, looked_for),
        looking.grown(bad_of_control, looked_for),
        looking.grown(all_of_control, looked_for),
    )?;
    let exposed = |total: Option<u64>| total.ok_or(NoData::Empty);
    let candidate = group(exposed(all_of_candidate)?, bad_of_candidate)?;
    let control = exposed(all_of_control).and_then(|total| group(total, bad_of_control)).map_err(NoData::in_control)?;
    let (of, sampled) = (Counted::Events, Sampled::default());
    Ok(Compared::Counts(Counts { candidate, control, of, until, sampled, events: None }))
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

/// A look at counters.
#[derive(Debug, Clone, Copy)]
struct Looking<'c> {
    api: Api<'c>,
    from: UnixMillis,
    until: UnixMillis,
}

/// The samples of one selector: those of the look and a little before.
struct Found {
    selector: String,
    pieces: Vec<Vec<Samples>>,
}

impl Found {
    fn was_there(&self, from: UnixMillis) -> bool {
        let mut first = self.pieces.iter().flatten().filter_map(|series| series.points.first());
        first.any(|(at, _)| *at <= from)
    }
}

impl Looking<'_> {
    /// Everything from a little before the look to its end, in pieces.
    async fn samples(&self, selector: String) -> Result<Found, NoData> {
        let mut pieces = Vec::new();
        let mut from = self.from.minus(LOOKBACK);
        while from < self.until {
            let until = from.plus(PIECE).min(self.until);
            let query = format!("{selector}[{}]", duration(until.since(from)));
            let answer = self.api.instant(&query, Some(until), MOST_BYTES).await?;
            pieces.push(series(&answer.body)?);
            from = until;
        }
        Ok(Found { selector, pieces })
    }

    /// By how much the counters grew; `None` when there are none.
    async fn grown(&self, found: Found, looked_for: bool) -> Result<Option<u64>, NoData> {
        let Found { selector, pieces } = found;
        let mut growth = Growth::since(self.from);
        let mut earlier: Option<HashMap<_, f64>> = None;
        let mut any = false;
        for series in pieces.into_iter().flatten() {
            any = any || !series.points.is_empty();
            let before = match growth.needs_past(&series) {
                false => Before::Unknown,
                true => {
                    if earlier.is_none() {
                        earlier = Some(self.earlier(&selector).await?);
                    }
                    match earlier.as_ref().and_then(|earlier| earlier.get(&series.labels)) {
                        Some(value) => Before::Had(*value),
                        None if looked_for => Before::New,
                        None => Before::Unknown,
                    }
                }
            };
            growth.take(series, before);
        }
        Ok(any.then(|| growth.counted()))
    }

    /// What each counter had before, when it was read in the last day.
    async fn earlier(
        &self,
        selector: &str,
    ) -> Result<HashMap<std::collections::BTreeMap<String, String>, f64>, NoData> {
        let query = format!("last_over_time({selector}[{}])", duration(LONG_LOOKBACK));
        let answer = self.api.instant(&query, Some(self.from), MOST_BYTES).await?;
        let last = |series: Samples| Some((series.labels, series.points.last()?.1));
        Ok(series(&answer.body)?.into_iter().filter_map(last).collect())
    }
}
