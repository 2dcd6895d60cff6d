//! Flags as they are served, and what rollouts lay over them.

use super::failure::Problem;
use super::left_out::is_zero;
use super::rollout::Layer;
use serde::{Deserialize, Serialize};

/// `GET /api/v1/flags`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flags {
    /// All of them, by key.
    pub flags: Vec<Flag>,
    /// What is wrong in the files now; the first of them where there are very many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    #[serde(default, rename = "moreProblems", skip_serializing_if = "is_zero")]
    pub more_problems: u64,
}

/// A flag as it is served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Flag {
    /// Its key.
    pub key: String,
    /// `enabled`, `disabled` or `broken`.
    pub state: String,
    /// Its variants' names.
    pub variants: Vec<String>,
    /// The variant served where no rule decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_variant: Option<String>,
    /// The file it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line there, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The share that a rollout gives the candidate, or `closed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<String>,
    /// The rollout that lies over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<String>,
    /// Why it cannot be served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// `GET /api/v1/flags/{key}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlagDetail {
    /// What the list shows too.
    #[serde(flatten)]
    pub flag: Flag,
    /// The variants' values, in the order of the definition.
    pub values: Vec<VariantValue>,
    /// What a rollout lays over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<Overlay>,
}

/// A variant and what it stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantValue {
    /// Its name.
    pub variant: String,
    /// Its value.
    pub value: serde_json::Value,
}

/// What a rollout lays over a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overlay {
    /// Whose it is.
    pub rollout: String,
    /// The variant being rolled out.
    pub candidate: String,
    /// The variant everybody else gets.
    pub stable: String,
    /// Whether the candidate is served to nobody.
    pub closed: bool,
    /// The share that the newest wave opened to, when it is not closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<String>,
    /// The context attribute that is hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_by: Option<String>,
    /// What is hashed before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The slice of a layer whose users alone may be in the share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<Layer>,
    /// Whether only audiences may be in the share.
    pub audience: bool,
    /// Who gets the candidate: whoever is in at least one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<SharePart>,
}

/// A part of the users that get the candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharePart {
    /// The wave that opened to it, from 1.
    pub wave: u32,
    /// How many of the audience.
    pub exposure: String,
    /// Whether only an audience may be in it.
    pub audience: bool,
}
