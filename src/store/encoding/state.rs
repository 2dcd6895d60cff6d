//! Where a rollout stands, as it is stored.

use super::Stored;
use super::cause::CauseRow;
use super::stage::StageRow;
use crate::rollout::State;
use crate::units::{NameError, UnixMillis};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
enum StateRow {
    Pending {
        attempts: u32,
    },
    Running {
        stage: StageRow,
    },
    Paused {
        stage: StageRow,
        since: i64,
    },
    Watching {
        stage: StageRow,
    },
    Completed {
        attempt: u32,
        at: i64,
        #[serde(default)]
        step: u32,
    },
    RolledBack {
        attempt: u32,
        at: i64,
        wave: usize,
        cause: CauseRow,
    },
}

/// Why a stored state cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It is not of the stored shape.
    #[error("its state is not in the stored form ({0})")]
    Shape(#[from] serde_json::Error),
    /// A name in it is none.
    #[error("its state has an invalid name ({0})")]
    Name(#[from] NameError),
}

impl Stored for State {
    const KIND: &'static str = "rollout";

    fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&StateRow::from(self))
    }

    fn decode(text: &str) -> Result<Self, DecodeError> {
        let row: StateRow = serde_json::from_str(text)?;
        Ok(Self::try_from(row)?)
    }
}

impl From<&State> for StateRow {
    fn from(state: &State) -> Self {
        match state {
            State::Pending { attempts } => Self::Pending { attempts: *attempts },
            State::Running(stage) => Self::Running { stage: stage.into() },
            State::Paused { stage, since } => Self::Paused { stage: stage.into(), since: since.get() },
            State::Watching(stage) => Self::Watching { stage: stage.into() },
            State::Completed { attempt, at, step } => Self::Completed { attempt: *attempt, at: at.get(), step: *step },
            State::RolledBack { attempt, at, wave, cause } => {
                Self::RolledBack { attempt: *attempt, at: at.get(), wave: *wave, cause: cause.into() }
            }
        }
    }
}

impl TryFrom<StateRow> for State {
    type Error = NameError;

    fn try_from(row: StateRow) -> Result<Self, NameError> {
        Ok(match row {
            StateRow::Pending { attempts } => Self::Pending { attempts },
            StateRow::Running { stage } => Self::Running(stage.try_into()?),
            StateRow::Paused { stage, since } => {
                Self::Paused { stage: stage.try_into()?, since: UnixMillis::new(since) }
            }
            StateRow::Watching { stage } => Self::Watching(stage.try_into()?),
            StateRow::Completed { attempt, at, step } => Self::Completed { attempt, at: UnixMillis::new(at), step },
            StateRow::RolledBack { attempt, at, wave, cause } => {
                Self::RolledBack { attempt, at: UnixMillis::new(at), wave, cause: cause.try_into()? }
            }
        })
    }
}
