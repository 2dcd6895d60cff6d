//! An answer and how it came about.

use super::brief::brief;
use super::context::Context;
use super::explain::Explaining;
use super::flag::{Body, Flag};
use super::resolution::Resolution;
use super::resolve;
use super::snapshot::Snapshot;
use super::step::Step;
use std::fmt;

/// An answer, and the steps that led to it, in their order. The plain evaluation gives the same answer:
/// it is the same code that somebody watches. It says values of the context, so it is for whoever gave
/// them, never for a log.
///
/// ```
/// use tidegate::eval::{Context, Snapshot};
///
/// let flags: Snapshot = r#"{"flags": {"tax": {
///     "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
///     "targeting": {"if": [{"in": [{"var": "country"}, ["DE", "FR"]]}, "on", null]}}}}"#.parse()?;
/// let explained = flags.evaluate_explained("tax", &Context::of("ann").with("country", "DE"));
/// assert_eq!(explained.to_string(), "\
/// country in [\"DE\",\"FR\"]: true (country is \"DE\")
/// the rule gives \"on\"
/// answer: \"on\" = true, TARGETING_MATCH");
/// # Ok::<(), tidegate::eval::LoadError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Explanation<'s> {
    resolution: Resolution<'s>,
    steps: Vec<Step>,
}

impl<'s> Explanation<'s> {
    pub(super) fn of(flag: Flag<'s>, context: &Context<'_>) -> Self {
        let Snapshot { bucketing, pool, .. } = flag.snapshot;
        let mut walk = Explaining::new(pool, flag.slot);
        match &flag.slot.built.body {
            Body::Broken(why) => walk.note(Step::Broken { why: brief(why) }),
            Body::Disabled => walk.note(Step::Disabled),
            Body::Untargeted => walk.note(Step::Untargeted),
            Body::Targeted(_) => {}
        }
        let outcome = resolve::outcome(flag.slot, context, *bucketing, &mut walk);
        let resolution = Resolution::of(flag, outcome);
        let mut steps = walk.into_steps(outcome);
        steps.push(end(&resolution));
        Self { resolution, steps }
    }

    /// There is no such flag.
    pub(super) fn unknown() -> Self {
        let resolution = Resolution::unknown();
        Self { resolution, steps: vec![Step::Unknown, end(&resolution)] }
    }

    /// The answer.
    #[must_use]
    pub const fn resolution(&self) -> Resolution<'s> {
        self.resolution
    }

    /// How it came about; the last step is the answer.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

fn end(resolution: &Resolution<'_>) -> Step {
    match (resolution.error(), resolution.reason()) {
        (Some((code, why)), _) => Step::Failed { code, why: brief(&why) },
        (None, reason) => Step::Answer {
            variant: resolution.variant().map(str::to_owned),
            value: resolution.value_json().map(|value| brief(&value)),
            reason: reason.unwrap_or(super::reason::Reason::Unknown),
        },
    }
}

/// One sentence per line.
impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            write!(f, "{}{step}", if position == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}
