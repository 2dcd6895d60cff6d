//! What is sent to Datadog: scalar and timeseries queries of its API, version 2.

use crate::analysis::NoData;
use crate::measure::asking::Asking;
use crate::measure::written::{filled, unfit};
use crate::rollout::{Ask, AskDatadog};
use crate::units::{FlagKey, UnixMillis, VariantName};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The path of what gives one number.
pub(super) const SCALAR: &str = "/api/v2/query/scalar";

/// The path of what gives a number for each step.
pub(super) const TIMESERIES: &str = "/api/v2/query/timeseries";

/// The request for one number over a time.
pub(super) fn scalar(
    ask: &AskDatadog,
    asking: &Asking,
    from: UnixMillis,
    until: UnixMillis,
) -> Result<Vec<u8>, NoData> {
    let aggregator = ask.aggregator.as_str();
    let queries = queries(ask, asking, |query| query["aggregator"] = aggregator.into())?;
    let mut formulas = vec![json!({ "formula": &*ask.formula })];
    formulas.extend(ask.samples.iter().map(|samples| json!({ "formula": &**samples })));
    let attributes = json!({ "from": from.get(), "to": until.get(), "queries": queries, "formulas": formulas });
    Ok(json!({ "data": { "type": "scalar_request", "attributes": attributes } }).to_string().into_bytes())
}

/// The request for a number for each step of a time.
pub(super) fn timeseries(
    ask: &AskDatadog,
    asking: &Asking,
    (from, until): (UnixMillis, UnixMillis),
    step: Duration,
) -> Result<Vec<u8>, NoData> {
    let attributes = json!({
        "from": from.get(),
        "to": until.get(),
        "interval": u64::try_from(step.as_millis()).unwrap_or(u64::MAX),
        "queries": queries(ask, asking, |_| ())?,
        "formulas": [{ "formula": &*ask.formula }],
    });
    Ok(json!({ "data": { "type": "timeseries_request", "attributes": attributes } }).to_string().into_bytes())
}

/// What is asked with the names in it, as people write it.
pub(super) fn told(ask: &AskDatadog, asking: &Asking) -> String {
    let text = Ask::Datadog(ask.clone()).text().into_owned();
    filled(&text, asking, tag).unwrap_or(text)
}

fn queries(ask: &AskDatadog, asking: &Asking, more: impl Fn(&mut Value)) -> Result<Vec<Value>, NoData> {
    let one = |(name, query): &(Arc<str>, Arc<str>)| {
        let filled = filled(query, asking, tag)?;
        let mut query = json!({ "data_source": "metrics", "name": &**name, "query": filled });
        more(&mut query);
        Ok(query)
    };
    ask.queries.iter().map(one).collect()
}

/// A name as the value of a tag. Datadog keeps tags in small letters, with an underscore for all but letters, digits,
/// `_`, `-`, `:`, `.` and `/`: that is what is asked for, and nothing else can be written into a query.
fn tag(name: &str, _: &str) -> Result<String, NoData> {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '/');
    let written: String = name.to_lowercase().chars().map(|c| if kept(c) { c } else { '_' }).collect();
    match written.chars().any(char::is_alphanumeric) {
        true => Ok(written),
        false => Err(unfit(name, "has no letter or digit, and Datadog would not tell it from others")),
    }
}

/// Whether Datadog tells two variants apart.
pub(super) fn told_apart(flag: &FlagKey, one: &VariantName, other: &VariantName) -> Result<(), NoData> {
    match tag(one.as_str(), "")? == tag(other.as_str(), "")? {
        true => Err(NoData::NotAsked(format!("Datadog's tags are the same for both variants of `{flag}`: rename one"))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::Aggregator;

    fn ask() -> AskDatadog {
        let query =
            |metric: &str| Arc::from(format!("sum:{metric}{{flag:{{{{flag}}}},variant:{{{{variant}}}}}}.as_count()"));
        AskDatadog {
            queries: vec![(Arc::from("bad"), query("errors")), (Arc::from("all"), query("requests"))],
            formula: Arc::from("bad / all"),
            aggregator: Aggregator::Sum,
            samples: Some(Arc::from("all")),
            min_samples: 0,
        }
    }

    fn asked(variant: &str) -> Result<Value, NoData> {
        let (variant, flag) = (VariantName::new(variant).unwrap(), FlagKey::new("new-cart").unwrap());
        let asking = Asking::for_tests(variant, flag, Duration::ZERO);
        let body = scalar(&ask(), &asking, UnixMillis::new(1_000), UnixMillis::new(2_000));
        body.map(|body| serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn queries_and_formulas_are_asked_for_in_milliseconds() {
        let queries = json!([
            { "data_source": "metrics", "name": "bad", "aggregator": "sum",
              "query": "sum:errors{flag:new-cart,variant:on}.as_count()" },
            { "data_source": "metrics", "name": "all", "aggregator": "sum",
              "query": "sum:requests{flag:new-cart,variant:on}.as_count()" },
        ]);
        let formulas = json!([{ "formula": "bad / all" }, { "formula": "all" }]);
        let attributes = json!({ "from": 1_000, "to": 2_000, "queries": queries, "formulas": formulas });
        assert_eq!(asked("on").unwrap(), json!({ "data": { "type": "scalar_request", "attributes": attributes } }));
    }

    #[test]
    fn a_name_is_written_as_datadog_keeps_it_and_cannot_leave_its_tag() {
        let body = asked("On} by {host},*").unwrap();
        let query = &body["data"]["attributes"]["queries"][0]["query"];
        assert_eq!(query, "sum:errors{flag:new-cart,variant:on__by__host___}.as_count()");
        assert!(asked("*").is_err(), "everything would match");
        let variant = |name: &str| VariantName::new(name).unwrap();
        let flag = FlagKey::new("cart").unwrap();
        assert!(told_apart(&flag, &variant("on"), &variant("off")).is_ok());
        assert!(told_apart(&flag, &variant("On"), &variant("on")).is_err());
    }
}
