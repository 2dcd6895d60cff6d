//! Texts with placeholders.

use crate::units::{FlagKey, VariantName};
use std::time::Duration;

/// Puts something where `{{variant}}`, `{{flag}}` and `{{window}}` stand: what `put` makes of the placeholder and of
/// the text before it. What is put in is not searched again, so a flag may be called `{{variant}}`. Anything else in
/// braces stays as it is.
pub(super) fn fill_with(template: &str, mut put: impl FnMut(Placeholder, &str) -> String) -> String {
    let mut filled = String::with_capacity(template.len().saturating_add(64));
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let named = after.split_once("}}").and_then(|(name, tail)| Some((Placeholder::named(name)?, tail)));
        let stands_at = template.len().saturating_sub(after.len()).saturating_sub(2);
        match named {
            Some((placeholder, tail)) => {
                filled.push_str(&put(placeholder, template.get(..stands_at).unwrap_or("")));
                rest = tail;
            }
            None => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// What may stand between `{{` and `}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholder {
    Variant,
    Flag,
    Window,
}

impl Placeholder {
    fn named(name: &str) -> Option<Self> {
        match name {
            "variant" => Some(Self::Variant),
            "flag" => Some(Self::Flag),
            "window" => Some(Self::Window),
            _ => None,
        }
    }
}

/// What the placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'n> {
    pub(super) variant: &'n VariantName,
    pub(super) flag: &'n FlagKey,
    pub(super) window: Duration,
}

impl Names<'_> {
    /// The name that a placeholder stands for; the window has none.
    pub(super) fn of(&self, placeholder: Placeholder) -> Option<&str> {
        match placeholder {
            Placeholder::Variant => Some(self.variant.as_str()),
            Placeholder::Flag => Some(self.flag.as_str()),
            Placeholder::Window => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> String {
        fill_with(template, |placeholder, before| format!("<{placeholder:?} after {}>", before.len()))
    }

    #[test]
    fn every_placeholder_is_filled_wherever_it_stands() {
        assert_eq!(filled("a{{flag}}b{{variant}}{{window}}"), "a<Flag after 1>b<Variant after 10><Window after 21>");
    }

    #[test]
    fn what_was_put_in_is_not_searched_again() {
        assert_eq!(fill_with("{{flag}}{{variant}}", |_, _| "{{window}}".to_owned()), "{{window}}{{window}}");
    }

    #[test]
    fn other_braces_stay() {
        for text in ["{{other}}", "{{ variant }}", "{{", "a{{b", "{{variant", "}}", "{}", "{{}}", "{a{"] {
            assert_eq!(filled(text), text);
        }
        assert_eq!(filled("{{{{flag}}"), "{{<Flag after 2>");
    }
}
