//! What outlives every process: the virtual database, with the semantics of the real one. A change is
//! taken whole or not at all, only at the expected version, and its rows are chained as documented.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tidegate::rollout::train::TrainState;
use tidegate::store::{Change, CommitError, LedgerRow, OutboxRow, Record, Stored};
use tidegate::units::RolloutName;

#[derive(Debug, Default)]
pub struct Database {
    pub records: BTreeMap<RolloutName, Record>,
    pub trains: BTreeMap<RolloutName, Record<TrainState>>,
    pub ledger: Vec<LedgerRow>,
    pub outbox: Vec<OutboxRow>,
    head: [u8; 32],
    /// A state that did not come back from its encoding as it was.
    pub lost: Option<String>,
}

impl Database {
    pub fn version(&self, name: &RolloutName) -> Option<u64> {
        self.records.get(name).map(|record| record.version)
    }

    pub fn commit(&mut self, change: &Change) -> Result<u64, CommitError> {
        let current = self.version(&change.rollout);
        let record = self.taken(change, current)?;
        self.records.insert(change.rollout.clone(), record);
        Ok(self.chain(change, current))
    }

    pub fn commit_train(&mut self, change: &Change<TrainState>) -> Result<u64, CommitError> {
        let current = self.trains.get(&change.rollout).map(|record| record.version);
        let record = self.taken(change, current)?;
        self.trains.insert(change.rollout.clone(), record);
        Ok(self.chain(change, current))
    }

    /// The record as it will be; refused at another version than the expected one.
    fn taken<S: Stored + Clone + PartialEq + std::fmt::Debug>(
        &mut self,
        change: &Change<S>,
        current: Option<u64>,
    ) -> Result<Record<S>, CommitError> {
        if current != change.expected {
            return Err(CommitError::Conflict { current });
        }
        let version = current.unwrap_or(0) + 1;
        let state = self.kept(&change.state);
        Ok(Record { name: change.rollout.clone(), plan: change.plan.clone(), version, state, updated: change.at })
    }

    /// Writes the rows of a change.
    fn chain<S>(&mut self, change: &Change<S>, current: Option<u64>) -> u64 {
        let version = current.unwrap_or(0) + 1;
        for entry in &change.entries {
            let mut row = LedgerRow {
                sequence: self.ledger.len() as u64 + 1,
                at: change.at,
                rollout: change.rollout.clone(),
                version,
                entry: entry.clone(),
                hash: [0; 32],
            };
            row.hash = chained(&self.head, &row);
            self.head = row.hash;
            self.ledger.push(row);
        }
        for message in &change.messages {
            let sequence = self.outbox.len() as u64 + 1;
            let (at, rollout, message) = (change.at, change.rollout.clone(), message.clone());
            self.outbox.push(OutboxRow { sequence, at, rollout, message });
        }
        version
    }

    /// A state as the real store gives it back: it keeps its encoding and nothing else.
    fn kept<S: Stored + Clone + PartialEq + std::fmt::Debug>(&mut self, state: &S) -> S {
        let decoded = state
            .encode()
            .map_err(|error| error.to_string())
            .and_then(|text| S::decode(&text).map_err(|error| format!("{error}: {text}")));
        match decoded {
            Ok(decoded) => {
                if decoded != *state {
                    self.lost = Some(format!("{decoded:?} came back for {state:?}"));
                }
                decoded
            }
            Err(why) => {
                self.lost = Some(why);
                state.clone()
            }
        }
    }

    /// The ledger as bytes: two runs of one seed must not differ in a single one.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for row in &self.ledger {
            bytes.extend_from_slice(format!("{row:?}\n").as_bytes());
        }
        bytes
    }

    /// The first row whose hash is not that of what it says and what stands before it.
    pub fn broken_row(&self) -> Option<u64> {
        let mut head = [0; 32];
        for row in &self.ledger {
            head = chained(&head, row);
            if head != row.hash {
                return Some(row.sequence);
            }
        }
        None
    }
}

/// A row's hash, as the ledger documents it.
fn chained(head: &[u8; 32], row: &LedgerRow) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"tidegate ledger 1\0");
    digest.update(head);
    digest.update(row.sequence.to_be_bytes());
    digest.update(row.at.get().to_be_bytes());
    digest.update(row.version.to_be_bytes());
    let detail = row.entry.detail.to_string();
    for text in [row.rollout.as_str(), &row.entry.kind, &row.entry.actor, &row.entry.sentence, &detail] {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    digest.finalize().into()
}
