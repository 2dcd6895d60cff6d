//! One number, now.

use super::answer::reading;
use super::api::Api;
use super::promql::{duration, fill, value};
use crate::analysis::{NoData, Reading};
use crate::measure::asking::Asking;
use crate::measure::connections::Connection;
use crate::rollout::AskPrometheus;

/// The largest answer with one number in it.
pub(super) const MOST_BYTES: usize = 1_000_000;

/// What is said of a ratio of which nothing is known to have failed.
const NO_BAD_SERIES: &str = "no series matches `bad`, which counts as no failures: right while nothing has failed, \
                             wrong if a name or a label in it is mistyped";

/// Asks now, and says what should be known of the value beside it. Prometheus evaluates at its own present; the time of the asking is only compared with that of the answer.
pub(in crate::measure) async fn read(
    connection: &Connection,
    ask: &AskPrometheus,
    asking: &Asking,
) -> (Reading, Option<&'static str>) {
    let read = async {
        let api = Api::new(connection, asking.deadline)?;
        match ask {
            AskPrometheus::Value(query) => Ok((number(&api, &value(query, asking), asking).await, None)),
            AskPrometheus::Ratio { bad, total, min_samples } => ratio(&api, (bad, total, *min_samples), asking).await,
        }
    };
    read.await.unwrap_or_else(|why| (Reading::NoData(why), None))
}

/// What is asked, with all names filled in: for people.
pub(in crate::measure) fn question(ask: &AskPrometheus, asking: &Asking) -> String {
    match ask {
        AskPrometheus::Value(query) => value(query, asking),
        AskPrometheus::Ratio { bad, total, .. } => format!("{} / {}", grown(bad, asking), grown(total, asking)),
    }
}

async fn number(api: &Api<'_>, query: &str, asking: &Asking) -> Reading {
    match api.instant(query, None, MOST_BYTES).await {
        Ok(answer) => reading(&answer.body, asking.now, api.settings.max_age),
        Err(why) => Reading::NoData(why),
    }
}

/// How much the counters of a selector grew over the time that is looked back.
pub(super) fn grown(selector: &str, asking: &Asking) -> String {
    format!("sum(increase({}[{}]))", fill(selector, asking), duration(asking.looks_back()))
}

async fn ratio(
    api: &Api<'_>,
    (bad, total, need): (&str, &str, u64),
    asking: &Asking,
) -> Result<(Reading, Option<&'static str>), NoData> {
    let (bad, total) = (grown(bad, asking), grown(total, asking));
    let (bad, total) = tokio::join!(number(api, &bad, asking), number(api, &total, asking));
    let (all, at) = of(total)?;
    let (bad, remark) = match of(bad) {
        Ok((bad, _)) => (bad, None),
        // A counter of failures that nobody has counted up yet is not there. Nor is one that is called otherwise.
        Err(NoData::Empty) => (0.0, Some(NO_BAD_SERIES)),
        Err(why) => return Err(why),
    };
    let samples = all.max(0.0).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float is cut to what fits")]
    let have = samples as u64;
    if have < need || all <= 0.0 {
        return Err(NoData::TooFew { have, need: need.max(1) });
    }
    let value = (bad / all).clamp(0.0, f64::MAX);
    Ok((Reading::Value { value, samples: Some(have), at }, remark))
}

fn of(reading: Reading) -> Result<(f64, crate::units::UnixMillis), NoData> {
    match reading {
        Reading::Value { value, at, .. } => Ok((value, at)),
        Reading::NoData(why) => Err(why),
    }
}
