//! What a source of alerts may close: which environments, which flags, and flags with which metadata.

use crate::flag::{Definition, Literal};
use crate::rollout::Plan;
use std::fmt;
use std::sync::Arc;

/// A name, or how names begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    begins: Arc<str>,
    /// It is the whole name.
    whole: bool,
}

impl Pattern {
    /// A name as it is, or with a `*` at its end all that begin so. There is no other wildcard, and none in the
    /// names that are compared with it.
    ///
    /// # Errors
    /// When a `*` stands elsewhere, or nothing is there.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let (begins, whole) = text.strip_suffix('*').map_or((text, true), |begins| (begins, false));
        match () {
            () if text.is_empty() => Err("it is empty"),
            () if begins.contains('*') => Err("a `*` may stand only at the end"),
            () => Ok(Self { begins: Arc::from(begins), whole }),
        }
    }

    fn matches(&self, name: &str) -> bool {
        if self.whole { *self.begins == *name } else { name.starts_with(&*self.begins) }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.begins)?;
        if self.whole { Ok(()) } else { f.write_str("*") }
    }
}

/// The rollouts that a source may close, hold and keep from beginning. What it does not name does not restrict it:
/// nothing named is everything, for a closing that is kept out does harm that a closing too many does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MayClose {
    /// Only rollouts of these environments. A plan that names none is of the environment `default`.
    pub environments: Vec<Pattern>,
    /// Only rollouts of these flags.
    pub flags: Vec<Pattern>,
    /// Only rollouts of flags whose metadata say all of this.
    pub labels: Vec<(String, String)>,
}

impl MayClose {
    /// Whether nothing restricts it.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.environments.is_empty() && self.flags.is_empty() && self.labels.is_empty()
    }

    /// Whether it has the rollout of a plan. `definition` is the one of the plan's flag, as it is served: the
    /// metadata are those of whoever owns the flag, and no alert can say others.
    #[must_use]
    pub fn has(&self, plan: &Plan, definition: impl FnOnce() -> Option<Arc<Definition>>) -> bool {
        let among = |patterns: &[Pattern], name: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(name))
        };
        if !among(&self.environments, &plan.environment) || !among(&self.flags, plan.flag.as_str()) {
            return false;
        }
        if self.labels.is_empty() {
            return true;
        }
        let Some(definition) = definition() else { return false };
        self.labels.iter().all(|(name, wanted)| definition.fact(name).is_some_and(|found| says(found, wanted)))
    }
}

fn says(found: &Literal, wanted: &str) -> bool {
    match found {
        Literal::Text(text) => **text == *wanted,
        other => other.to_json() == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_a_wildcard_at_the_end_of_a_pattern_and_nowhere_else() {
        let matches = |pattern: &str, name: &str| Pattern::new(pattern).unwrap().matches(name);
        assert!(matches("checkout-*", "checkout-v2") && matches("checkout-*", "checkout-") && matches("*", "any"));
        assert!(!matches("checkout-*", "checkout") && !matches("search", "search-v2"));
        assert!(!matches("search", "*") && !matches("search", "searc*"), "what a sender writes is only a name");
        for wrong in ["", "*a", "a*b", "**"] {
            Pattern::new(wrong).unwrap_err();
        }
        assert_eq!(Pattern::new("a-*").unwrap().to_string(), "a-*");
    }
}
