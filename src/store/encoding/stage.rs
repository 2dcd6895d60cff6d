//! A wave under way, as it is stored. Times are Unix milliseconds.

use super::memory::MemoryRow;
use crate::analysis::Alert;
use crate::rollout::{Check, Heard, Stage, Standing};
use crate::units::{NameError, UnixMillis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StageRow {
    attempt: u32,
    wave: usize,
    entered: i64,
    /// Milliseconds.
    baked: u64,
    checked: Option<CheckRow>,
    true_since: BTreeMap<String, i64>,
    firing: BTreeMap<String, AlertRow>,
    /// Left out by versions in which each wave had one exposure: then it is the wave's index.
    step: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    returned: bool,
    #[serde(default)]
    memory: MemoryRow,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckRow {
    at: i64,
    standing: StandingRow,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StandingRow {
    Clear,
    Held,
    Blind,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AlertRow {
    fingerprint: String,
    labels: BTreeMap<String, String>,
    /// When it was last heard of; not there in states of versions that did not note that.
    #[serde(default)]
    at: Option<i64>,
}

impl From<&Stage> for StageRow {
    fn from(stage: &Stage) -> Self {
        let Stage { attempt, wave, step, returned, entered, baked, checked, true_since, firing, memory } = stage;
        Self {
            attempt: *attempt,
            wave: *wave,
            entered: entered.get(),
            baked: u64::try_from(baked.as_millis()).unwrap_or(u64::MAX),
            checked: checked.as_ref().map(|check| CheckRow { at: check.at.get(), standing: check.standing.into() }),
            true_since: true_since.iter().map(|(text, since)| (text.clone(), since.get())).collect(),
            firing: firing.iter().map(|(key, heard)| (key.clone(), heard.into())).collect(),
            step: Some(*step),
            returned: *returned,
            memory: memory.into(),
        }
    }
}

impl TryFrom<StageRow> for Stage {
    type Error = NameError;

    fn try_from(row: StageRow) -> Result<Self, NameError> {
        let StageRow { attempt, wave, step, returned, entered, baked, checked, true_since, firing, memory } = row;
        let entered = UnixMillis::new(entered);
        let checked = checked.map(|row| Check { at: UnixMillis::new(row.at), standing: row.standing.into() });
        // Whoever takes a stored state up lets that time begin anew: nobody listened meanwhile.
        let last = checked.as_ref().map_or(entered, |check| check.at);
        Ok(Self {
            attempt,
            wave,
            step: step.unwrap_or_else(|| u32::try_from(wave).unwrap_or(u32::MAX)),
            returned,
            entered,
            baked: Duration::from_millis(baked),
            checked,
            true_since: true_since.into_iter().map(|(text, since)| (text, UnixMillis::new(since))).collect(),
            firing: firing.into_iter().map(|(key, row)| (key, row.heard(last))).collect(),
            memory: memory.try_into()?,
        })
    }
}

impl From<Standing> for StandingRow {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Clear => Self::Clear,
            Standing::Held => Self::Held,
            Standing::Blind => Self::Blind,
        }
    }
}

impl From<StandingRow> for Standing {
    fn from(row: StandingRow) -> Self {
        match row {
            StandingRow::Clear => Self::Clear,
            StandingRow::Held => Self::Held,
            StandingRow::Blind => Self::Blind,
        }
    }
}

impl From<&Heard> for AlertRow {
    fn from(heard: &Heard) -> Self {
        let Heard { alert, at } = heard;
        Self { fingerprint: alert.fingerprint.clone(), labels: alert.labels.clone(), at: Some(at.get()) }
    }
}

impl AlertRow {
    fn heard(self, otherwise: UnixMillis) -> Heard {
        let alert = Alert { fingerprint: self.fingerprint, labels: self.labels };
        Heard { alert, at: self.at.map_or(otherwise, UnixMillis::new) }
    }
}
