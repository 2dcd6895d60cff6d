//! Which flags a client asks for: the header `Flagd-Selector`.

use super::flag::Flag;
use crate::flag::Literal;

/// The key of the metadata that names a flag's set.
const FLAG_SET: &str = "flagSetId";

/// The key for the file that a flag was read from.
const SOURCE: &str = "source";

/// A choice of flags; by default all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// Empty means the flags that belong to no set.
    flag_set: Option<Box<str>>,
    source: Option<Box<str>>,
}

impl Selector {
    /// Reads `flagSetId=X`, `source=X`, or both with a comma between them; then both must hold. A text
    /// without `=` is a source, and nothing at all is every flag.
    ///
    /// # Errors
    /// When a key is unknown or comes twice, in a sentence for whoever asked.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut selector = Self::default();
        let text = text.trim();
        if !text.contains('=') {
            selector.source = (!text.is_empty()).then(|| text.into());
            return Ok(selector);
        }
        for part in text.split(',') {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let place = match key.trim() {
                FLAG_SET => &mut selector.flag_set,
                SOURCE => &mut selector.source,
                unknown => {
                    let unknown = unknown.escape_debug();
                    return Err(format!(
                        "the selector's key `{unknown}` is unknown; the keys are `{FLAG_SET}` and `{SOURCE}`"
                    ));
                }
            };
            if place.replace(value.trim().into()).is_some() {
                return Err(format!("the selector names `{}` twice", key.trim()));
            }
        }
        Ok(selector)
    }

    /// Whether it chooses a flag. Of a broken flag neither set nor source is known.
    #[must_use]
    pub fn admits(&self, flag: Flag<'_>) -> bool {
        if *self == Self::default() {
            return true;
        }
        let Some(definition) = flag.definition() else { return false };
        let in_set = self.flag_set.as_ref().is_none_or(|wanted| match definition.fact(FLAG_SET) {
            Some(Literal::Text(set)) => set == wanted,
            Some(Literal::Number(numeral)) => numeral.spelling == *wanted,
            Some(Literal::Null | Literal::Bool(_) | Literal::List(_) | Literal::Object(_)) => false,
            None => wanted.is_empty(),
        });
        in_set && self.source.as_ref().is_none_or(|wanted| **wanted == *definition.file)
    }
}
