//! How telemetry names a flag and what was served of it.
//!
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/feature-flag/>

use super::attribute::Attributes;

/// The attribute with the flag's key.
pub(super) const KEY: &str = "feature_flag.key";

/// The attribute with the variant: as it is called now, and before version 1.32 of the conventions.
const VARIANT: [&str; 2] = ["feature_flag.result.variant", "feature_flag.variant"];

/// The attribute with the targeting key.
const USER: &str = "feature_flag.context.id";

/// The attribute that says how the answer came about.
const REASON: &str = "feature_flag.result.reason";

/// What a request failed of; not there when it went well.
pub(super) const ERROR_TYPE: &str = "error.type";

/// The names of span events that tell of an evaluation: now, and before.
pub(super) const EVENTS: [&str; 2] = ["feature_flag.evaluation", "feature_flag"];

/// What attributes tell of one evaluation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Evaluation<'a> {
    /// The flag's key.
    pub(super) flag: &'a str,
    /// What was served.
    pub(super) variant: Option<&'a str>,
    /// To whom.
    pub(super) user: Option<&'a str>,
    /// The evaluation failed, so that the application went on with a default of its own.
    pub(super) failed: bool,
}

impl<'a> Evaluation<'a> {
    /// Reads attributes; `None` when they name no flag.
    pub(super) fn of(attributes: &'a Attributes<'_>) -> Option<Self> {
        let flag = attributes.text(&[KEY])?;
        let failed = attributes.text(&[REASON]).is_some_and(|reason| reason.eq_ignore_ascii_case("error"));
        Some(Self { flag, variant: attributes.text(&VARIANT), user: attributes.text(&[USER]), failed })
    }
}
