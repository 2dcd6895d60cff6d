//! What closed a rollout, as it is stored.

use crate::rollout::Cause;
use crate::units::{MetricName, NameError, RolloutName};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::store) enum CauseRow {
    Person { name: String, reason: Option<String> },
    Alert { fingerprint: String, name: String, condition: Option<String> },
    Metric { condition: String, readings: Vec<ReadingRow> },
    NoData { metric: String, why: String },
    Train { name: String, because: String, alone: bool },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct ReadingRow {
    metric: String,
    value: String,
}

impl From<&Cause> for CauseRow {
    fn from(cause: &Cause) -> Self {
        match cause.clone() {
            Cause::Person { by, reason } => Self::Person { name: by, reason },
            Cause::Alert { fingerprint, name, condition } => Self::Alert { fingerprint, name, condition },
            Cause::NoData { metric, why } => Self::NoData { metric: metric.to_string(), why },
            Cause::Train { train, because, alone } => Self::Train { name: train.to_string(), because, alone },
            Cause::Metric { condition, readings } => {
                let row = |(metric, value): (MetricName, String)| ReadingRow { metric: metric.to_string(), value };
                Self::Metric { condition, readings: readings.into_iter().map(row).collect() }
            }
        }
    }
}

impl TryFrom<CauseRow> for Cause {
    type Error = NameError;

    fn try_from(row: CauseRow) -> Result<Self, NameError> {
        Ok(match row {
            CauseRow::Person { name, reason } => Self::Person { by: name, reason },
            CauseRow::Alert { fingerprint, name, condition } => Self::Alert { fingerprint, name, condition },
            CauseRow::NoData { metric, why } => Self::NoData { metric: MetricName::new(&metric)?, why },
            CauseRow::Train { name, because, alone } => Self::Train { train: RolloutName::new(&name)?, because, alone },
            CauseRow::Metric { condition, readings } => {
                let reading = |row: ReadingRow| Ok((MetricName::new(&row.metric)?, row.value));
                Self::Metric { condition, readings: readings.into_iter().map(reading).collect::<Result<_, _>>()? }
            }
        })
    }
}
