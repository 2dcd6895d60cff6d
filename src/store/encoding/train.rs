//! Where a train stands, as it is stored.

use super::{DecodeError, Stored};
use crate::rollout::train::{Ride, Run, TrainState};
use crate::units::{NameError, RolloutName, UnixMillis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
enum TrainRow {
    Pending,
    Running { run: RunRow },
    Paused { run: RunRow, since: i64 },
    Completed { run: RunRow, at: i64 },
    Stopped { run: RunRow, at: i64, because: String, culprits: Vec<String> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunRow {
    number: u32,
    rides: BTreeMap<String, RideRow>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RideRow {
    Waiting,
    Begun(u32),
    Closed(u32),
    Left,
}

impl Stored for TrainState {
    const KIND: &'static str = "train";

    fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&TrainRow::from(self))
    }

    fn decode(text: &str) -> Result<Self, DecodeError> {
        let row: TrainRow = serde_json::from_str(text)?;
        Ok(Self::try_from(row)?)
    }
}

impl From<&TrainState> for TrainRow {
    fn from(state: &TrainState) -> Self {
        match state {
            TrainState::Pending => Self::Pending,
            TrainState::Running(run) => Self::Running { run: run.into() },
            TrainState::Paused { run, since } => Self::Paused { run: run.into(), since: since.get() },
            TrainState::Completed { run, at } => Self::Completed { run: run.into(), at: at.get() },
            TrainState::Stopped { run, at, because, culprits } => Self::Stopped {
                run: run.into(),
                at: at.get(),
                because: because.clone(),
                culprits: culprits.iter().map(ToString::to_string).collect(),
            },
        }
    }
}

impl TryFrom<TrainRow> for TrainState {
    type Error = NameError;

    fn try_from(row: TrainRow) -> Result<Self, NameError> {
        Ok(match row {
            TrainRow::Pending => Self::Pending,
            TrainRow::Running { run } => Self::Running(run.try_into()?),
            TrainRow::Paused { run, since } => Self::Paused { run: run.try_into()?, since: UnixMillis::new(since) },
            TrainRow::Completed { run, at } => Self::Completed { run: run.try_into()?, at: UnixMillis::new(at) },
            TrainRow::Stopped { run, at, because, culprits } => Self::Stopped {
                run: run.try_into()?,
                at: UnixMillis::new(at),
                because,
                culprits: culprits.iter().map(|name| RolloutName::new(name)).collect::<Result<_, _>>()?,
            },
        })
    }
}

impl From<&Run> for RunRow {
    fn from(run: &Run) -> Self {
        let row = |(name, ride): (&RolloutName, &Ride)| {
            let ride = match ride {
                Ride::Waiting => RideRow::Waiting,
                Ride::Begun(attempt) => RideRow::Begun(*attempt),
                Ride::Closed(attempt) => RideRow::Closed(*attempt),
                Ride::Left => RideRow::Left,
            };
            (name.to_string(), ride)
        };
        Self { number: run.number, rides: run.rides.iter().map(row).collect() }
    }
}

impl TryFrom<RunRow> for Run {
    type Error = NameError;

    fn try_from(row: RunRow) -> Result<Self, NameError> {
        let ride = |(name, ride): (String, RideRow)| {
            let ride = match ride {
                RideRow::Waiting => Ride::Waiting,
                RideRow::Begun(attempt) => Ride::Begun(attempt),
                RideRow::Closed(attempt) => Ride::Closed(attempt),
                RideRow::Left => Ride::Left,
            };
            Ok((RolloutName::new(&name)?, ride))
        };
        Ok(Self { number: row.number, rides: row.rides.into_iter().map(ride).collect::<Result<_, _>>()? })
    }
}
