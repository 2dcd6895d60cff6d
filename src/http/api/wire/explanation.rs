//! An answer with how it came about.

use super::rollout::{State, Wave};
use serde::{Deserialize, Serialize};
use std::fmt;

/// `POST /api/v1/flags/{key}/explain`: an answer and how it came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// OFREP's object, as the evaluation listener answers it.
    pub answer: serde_json::Value,
    /// What was looked at on the way, in its order.
    pub steps: Vec<serde_json::Value>,
    /// The same in words, one short sentence per step.
    pub sentences: Vec<String>,
    /// The rollout that lies over the flag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Standing>,
}

impl Explanation {
    /// An explanation with where the rollout stands that lies over its flag.
    #[must_use]
    pub fn new(explained: &crate::eval::Explanation<'_>, rollout: Option<Standing>) -> Self {
        let mut answer = Vec::new();
        explained.resolution().write_ofrep(&mut answer);
        let steps = explained.steps();
        let mut sentences: Vec<_> = steps.iter().map(ToString::to_string).collect();
        if let Some(standing) = &rollout {
            // Before the answer, which comes last.
            sentences.insert(sentences.len().saturating_sub(1), standing.to_string());
        }
        Self {
            // Both are JSON by construction.
            answer: serde_json::from_slice(&answer).unwrap_or_default(),
            steps: steps.iter().map(|step| serde_json::to_value(step).unwrap_or_default()).collect(),
            sentences,
            rollout,
        }
    }
}

/// Where a rollout stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// Its state, if it is known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// The wave it is in, or was in when it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<Wave>,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rollout {}", self.name)?;
        if let Some(state) = self.state {
            write!(f, " is {state}")?;
        }
        match &self.wave {
            Some(wave) => write!(f, ", wave {} of {}, \"{}\"", wave.index, wave.count, wave.name),
            None => Ok(()),
        }
    }
}
