//! Attributes of spans and points, borrowed from the body.

use std::borrow::Cow;

/// How many attributes of one span, point or event are kept. OpenTelemetry's SDKs keep 128.
const MOST: usize = 256;

/// What an attribute is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'b> {
    /// A text.
    Text(Cow<'b, str>),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// A list, a mapping or bytes: nothing that an outcome is read from.
    Other,
}

impl Value<'_> {
    /// The number, when it is one and finite; also one that is written as a text.
    #[must_use]
    pub(super) fn number(&self) -> Option<f64> {
        let number = match self {
            #[expect(clippy::cast_precision_loss, reason = "an outcome's value is a float")]
            Self::Int(number) => *number as f64,
            Self::Double(number) => *number,
            Self::Text(text) => text.trim().parse().ok()?,
            Self::Bool(_) | Self::Other => return None,
        };
        number.is_finite().then_some(number)
    }

    /// As a text: numbers and truths as they are written.
    #[must_use]
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Self::Int(number) => Some(Cow::Owned(number.to_string())),
            Self::Double(number) => Some(Cow::Owned(number.to_string())),
            Self::Other => None,
        }
    }
}

/// The attributes of one span, point or event. Printing them shows their names: their values are users' data.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Attributes<'b>(Vec<(Cow<'b, str>, Value<'b>)>);

impl<'b> Attributes<'b> {
    /// None.
    #[must_use]
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one; what is over the bound is passed over.
    pub(super) fn push(&mut self, name: Cow<'b, str>, value: Value<'b>) {
        if self.0.len() < MOST {
            self.0.push((name, value));
        }
    }

    /// The value of the first attribute of that name.
    #[must_use]
    pub(super) fn get(&self, name: &str) -> Option<&Value<'b>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The first text that is there and not empty.
    #[must_use]
    pub(super) fn text(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| match self.get(name) {
            Some(Value::Text(text)) if !text.is_empty() => Some(&**text),
            Some(_) | None => None,
        })
    }

    /// None again, with the room kept.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl std::fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
