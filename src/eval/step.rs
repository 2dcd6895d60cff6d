//! The steps of an explanation: what was looked at on the way to an answer, and what it said.

use super::reason::{ErrorCode, Reason};
use serde::{Serialize, Serializer};
use std::fmt;

/// One step on the way to an answer. Rules are in plain words, values as JSON; what is long is cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Step {
    /// There is no such flag.
    Unknown,
    /// The flag's definition is wrong.
    Broken {
        /// Why.
        why: String,
    },
    /// The flag is disabled.
    Disabled,
    /// The flag has no rule.
    Untargeted,
    /// A condition was looked at.
    Condition {
        /// The condition; where it says `!=` in the document, this is `==`.
        condition: String,
        /// Whether it held.
        held: bool,
        /// What it gave, when that is neither true nor false.
        #[serde(skip_serializing_if = "Option::is_none")]
        gave: Option<String>,
        /// What it looked at.
        looked_at: Vec<Fact>,
    },
    /// More conditions were looked at than are listed.
    MoreConditions {
        /// How many more.
        count: usize,
    },
    /// The result was computed.
    Computed {
        /// The rule for it.
        rule: String,
        /// What it gave.
        gave: String,
        /// What it looked at.
        looked_at: Vec<Fact>,
    },
    /// The rule splits users by hash.
    Split {
        /// What is hashed.
        by: String,
        /// What was found there.
        looked_at: Vec<Fact>,
        /// The hash, 32 bits; `None` when there is nothing to hash.
        hash: Option<u32>,
        /// Its bucket, from 0.
        bucket: Option<u32>,
        /// How many buckets there are.
        buckets: u32,
        /// The part that has the bucket.
        owner: Option<Part>,
        /// Who owns which buckets, from 0 on; the first of them where there are many.
        parts: Vec<Part>,
    },
    /// The rule is at its end.
    Said {
        /// The variant that it names; `None` leaves it to the default.
        variant: Option<String>,
        /// It named something that is no variant.
        wrong: bool,
    },
    /// The default is left to a rollout that is open.
    Rollout {
        /// Its name.
        rollout: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// Which wave, from 1.
        wave: u32,
        /// The share that the wave opened to.
        exposure: String,
        /// How many parts the share has: with more than one, users of other waves get the candidate too.
        parts: usize,
        /// The variant for the share.
        candidate: String,
        /// The variant for the others.
        stable: String,
    },
    /// The rollout keeps to a slice of a layer.
    Slice {
        /// The layer.
        layer: String,
        /// Where the slice begins.
        from: String,
        /// Where it ends.
        to: String,
        /// The attribute that is hashed.
        bucket_by: Fact,
        /// The hash, 32 bits; `None` when there is nothing to hash.
        hash: Option<u32>,
        /// Its bucket, from 0.
        bucket: Option<u32>,
        /// How many buckets there are.
        buckets: u32,
        /// Whether the bucket is inside.
        inside: bool,
    },
    /// The rollout is for some only.
    Audience {
        /// The wave that brought them, from 1, where several waves say who.
        #[serde(skip_serializing_if = "Option::is_none")]
        wave: Option<u32>,
        /// Who they are.
        audience: String,
        /// Whether this is one of them.
        inside: bool,
        /// What was looked at.
        looked_at: Vec<Fact>,
    },
    /// The rollout's share was looked at, or a part of it.
    Share {
        /// The wave that brought the part, from 1, where there are several.
        #[serde(skip_serializing_if = "Option::is_none")]
        wave: Option<u32>,
        /// The attribute that is hashed.
        bucket_by: Fact,
        /// What is hashed before it.
        salt: String,
        /// The hash, 32 bits; `None` when there is nothing to hash.
        hash: Option<u32>,
        /// Its bucket, from 0.
        bucket: Option<u32>,
        /// How many buckets there are.
        buckets: u32,
        /// The first bucket outside of the share.
        end: u32,
        /// The share.
        exposure: String,
        /// Whether the bucket is inside.
        inside: bool,
    },
    /// An open rollout has no say, because the rule named a variant.
    Overruled {
        /// The rollout.
        rollout: String,
    },
    /// A rollout is closed.
    Closed {
        /// The rollout.
        rollout: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// The variant that it takes from everybody.
        candidate: String,
        /// Whether this answer would have been that variant.
        replaced: bool,
        /// What is served in its place; `None` is the caller's own default, or that nothing was replaced.
        #[serde(skip_serializing_if = "Option::is_none")]
        instead: Option<String>,
    },
    /// The answer; the last step.
    Answer {
        /// The variant; `None` is the caller's own default.
        variant: Option<String>,
        /// Its value.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// OFREP's reason.
        #[serde(serialize_with = "reason_word")]
        reason: Reason,
    },
    /// There is no answer; the last step.
    Failed {
        /// OFREP's code.
        #[serde(serialize_with = "code_word")]
        code: ErrorCode,
        /// Why.
        why: String,
    },
}

/// An attribute and what the context has under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// As rules name it.
    pub attribute: String,
    /// `None` when it is not given, or null.
    pub value: Option<String>,
}

/// Buckets of a split that lie together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The variant that they get; `None` leaves it to the default.
    pub variant: Option<String>,
    /// The first of them.
    pub first: u32,
    /// The first behind them.
    pub end: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn reason_word<S: Serializer>(reason: &Reason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(reason.as_str())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn code_word<S: Serializer>(code: &ErrorCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

/// In one short sentence.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such flag"),
            Self::Broken { why } => write!(f, "the flag's definition is wrong: {why}"),
            Self::Disabled => f.write_str("the flag is disabled"),
            Self::Untargeted => f.write_str("the flag has no rule"),
            Self::Condition { condition, held, gave: None, looked_at } => {
                write!(f, "{condition}: {held}{}", Facts(looked_at))
            }
            Self::Condition { condition, held, gave: Some(gave), looked_at } => {
                write!(f, "{condition}: {gave}, which counts as {held}{}", Facts(looked_at))
            }
            Self::MoreConditions { count } => write!(f, "and {count} more conditions"),
            Self::Computed { rule, gave, looked_at } => write!(f, "{rule}: {gave}{}", Facts(looked_at)),
            Self::Split { by, looked_at, bucket, buckets, owner, .. } => match (bucket, owner) {
                (Some(bucket), Some(owner)) => {
                    let (bucket, buckets) = (Grouped(*bucket), Grouped(*buckets));
                    write!(f, "split by {by}: bucket {bucket} of {buckets} {owner}{}", Facts(looked_at))
                }
                (Some(_), None) | (None, _) => {
                    write!(f, "split by {by}: nothing is there to split by{}", Facts(looked_at))
                }
            },
            Self::Said { wrong: true, .. } => f.write_str("the rule gives something that is no variant of the flag"),
            Self::Said { variant: Some(variant), .. } => write!(f, "the rule gives \"{variant}\""),
            Self::Said { variant: None, .. } => f.write_str("the rule leaves it to the default"),
            Self::Rollout { rollout, attempt, wave, exposure, parts, candidate, stable } => {
                let earlier = if *parts > 1 { " and those of earlier waves" } else { "" };
                write!(
                    f,
                    "rollout {rollout}, attempt {attempt}, wave {wave}: \"{candidate}\" for {exposure}{earlier}, \
                     \"{stable}\" for the others"
                )
            }
            Self::Slice { layer, from, to, bucket: Some(bucket), buckets, inside, bucket_by, .. } => {
                let inside = if *inside { "inside" } else { "outside" };
                let (bucket, buckets) = (Grouped(*bucket), Grouped(*buckets));
                write!(f, "layer {layer}: bucket {bucket} of {buckets} is {inside} {from} to {to} ({bucket_by})")
            }
            Self::Slice { layer, from, to, bucket: None, bucket_by, .. } => {
                write!(f, "layer {layer}: nothing to tell users apart by, so outside {from} to {to} ({bucket_by})")
            }
            Self::Audience { wave, audience, inside, looked_at } => {
                let inside = if *inside { "inside" } else { "outside" };
                write!(f, "{}{inside} the audience, {audience}{}", OfWave(*wave), Facts(looked_at))
            }
            Self::Share { wave, bucket: Some(bucket), buckets, exposure, inside, bucket_by, .. } => {
                let inside = if *inside { "inside" } else { "outside" };
                let (bucket, buckets) = (Grouped(*bucket), Grouped(*buckets));
                write!(f, "{}bucket {bucket} of {buckets} is {inside} {exposure} ({bucket_by})", OfWave(*wave))
            }
            Self::Share { wave, bucket: None, exposure, bucket_by, .. } => {
                write!(f, "{}nothing to tell users apart by, so outside {exposure} ({bucket_by})", OfWave(*wave))
            }
            Self::Overruled { rollout } => {
                write!(f, "rollout {rollout} has no say, for it decides only what the rule leaves to the default")
            }
            Self::Closed { rollout, candidate, replaced, instead, .. } => {
                write!(f, "rollout {rollout} is closed: nobody gets \"{candidate}\"")?;
                match (replaced, instead) {
                    (true, Some(instead)) => write!(f, ", here \"{instead}\" is in its place"),
                    (true, None) => f.write_str(", here the caller's own default is in its place"),
                    (false, _) => Ok(()),
                }
            }
            Self::Answer { variant: Some(variant), value, reason } => {
                write!(f, "answer: \"{variant}\" = {}, {}", value.as_deref().unwrap_or("null"), reason.as_str())
            }
            Self::Answer { variant: None, reason, .. } => {
                write!(f, "answer: the caller's own default, {}", reason.as_str())
            }
            Self::Failed { code, why } => write!(f, "no answer: {why}, {}", code.as_str()),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} is {value}", self.attribute),
            None => write!(f, "{} is not given", self.attribute),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (Grouped(self.first), Grouped(self.end.saturating_sub(1)));
        match &self.variant {
            Some(variant) => write!(f, "belongs to \"{variant}\" ({first} to {last})"),
            None => write!(f, "is left to the default ({first} to {last})"),
        }
    }
}

/// Facts in brackets after a sentence.
struct Facts<'f>(&'f [Fact]);

impl fmt::Display for Facts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, fact) in self.0.iter().enumerate() {
            write!(f, "{}{fact}", if position == 0 { " (" } else { ", " })?;
        }
        f.write_str(if self.0.is_empty() { "" } else { ")" })
    }
}

/// The wave before what is said of it.
struct OfWave(Option<u32>);

impl fmt::Display for OfWave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |wave| write!(f, "wave {wave}: "))
    }
}

/// A number with commas between its thousands.
struct Grouped(u32);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            small @ 0..1_000 => write!(f, "{small}"),
            large => write!(f, "{},{:03}", Self(large / 1_000), large % 1_000),
        }
    }
}
