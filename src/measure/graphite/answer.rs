//! Graphite's answer, read with suspicion.

use crate::analysis::NoData;
use crate::measure::judge::{finite, json, moment};
use crate::units::UnixMillis;
use serde::Deserialize;

#[derive(Deserialize)]
struct Series {
    /// A value, or none, and its time in seconds.
    datapoints: Vec<(Option<f64>, f64)>,
}

/// The values of the only series that there are, with their times.
fn values(body: &[u8]) -> Result<Vec<(UnixMillis, f64)>, NoData> {
    let wrong = |_| NoData::Malformed("it is not an answer of Graphite's render API".to_owned());
    let series: Vec<Series> = serde_json::from_value(json(body)?).map_err(wrong)?;
    let only = match series.as_slice() {
        [] => return Err(NoData::Empty),
        [only] => only,
        several => return Err(NoData::SeveralSeries(several.len())),
    };
    let there = only.datapoints.iter().filter_map(|(value, at)| Some(((*value)?, *at)));
    there.map(|(value, at)| Ok((moment(at)?, finite(value)?))).collect()
}

/// The newest value.
pub(super) fn newest(body: &[u8]) -> Result<(UnixMillis, f64), NoData> {
    values(body)?.into_iter().max_by_key(|(at, _)| *at).ok_or(NoData::Empty)
}

/// The mean of all values, and the time of the newest.
pub(super) fn mean(body: &[u8]) -> Result<(UnixMillis, f64), NoData> {
    let values = values(body)?;
    let newest = values.iter().map(|(at, _)| *at).max().ok_or(NoData::Empty)?;
    let count = f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX));
    Ok((newest, finite(values.iter().map(|(_, value)| value).sum::<f64>() / count)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_value_that_is_there_counts() {
        let body = br#"[{"target":"a","tags":{},"datapoints":[[1.0,1700000000],[0.5,1700000060],[null,1700000120]]}]"#;
        assert_eq!(newest(body), Ok((UnixMillis::new(1_700_000_060_000), 0.5)));
        assert_eq!(mean(body), Ok((UnixMillis::new(1_700_000_060_000), 0.75)));
    }

    #[test]
    fn what_is_no_value_is_no_data() {
        for (body, expected) in [
            ("[]", "there are no values"),
            (r#"[{"datapoints":[]}]"#, "there are no values"),
            (r#"[{"datapoints":[[null,1]]}]"#, "there are no values"),
            (r#"[{"datapoints":[[1,1]]},{"datapoints":[[1,1]]}]"#, "2 series match the query"),
            (r#"[{"datapoints":[["1",1]]}]"#, "it is not an answer of Graphite's render API"),
            (r#"[{"datapoints":[[NaN,1]]}]"#, "not JSON at line 1"),
            (r#"[{"datapoints":[[1e999,1]]}]"#, "not JSON at line 1"),
            (r#"[{"datapoints":[[1,1e300]]}]"#, "its time is none"),
            (r#"[{"datapoints":[[1]]}]"#, "it is not an answer of Graphite's render API"),
            ("{}", "it is not an answer of Graphite's render API"),
            ("null", "it is not an answer of Graphite's render API"),
            ("", "the JSON stops in the middle"),
        ] {
            let why = newest(body.as_bytes()).unwrap_err().to_string();
            assert!(why.contains(expected), "{body}: {why}");
        }
    }
}
