//! The context of a request: who asks.

use super::datum::{Datum, Object};
use super::parse;
use super::same::same;
use arrayvec::ArrayVec;
use std::borrow::Cow;

/// The attribute that says who asks.
pub(super) const TARGETING_KEY: &str = "targetingKey";

/// So many attributes are kept without an allocation.
const FEW: usize = 8;

/// Attributes of whoever a flag is evaluated for, read once per request, and the time at which they ask.
///
/// ```
/// use tidegate::eval::Context;
///
/// let context = Context::of("ann").with("email", "ann@company.example").with("age", 42_u64).at(1_780_000_000);
/// assert_eq!(context.targeting_key(), Some("ann"));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context<'a> {
    attributes: Attributes<'a>,
    /// The place of the targeting key among them.
    who: Option<usize>,
    time: Option<i64>,
}

type Pair<'a> = (Cow<'a, str>, Datum<'a>);

/// Names and values; of two of one name the later counts.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few attributes are the rule, and are kept without an allocation")]
enum Attributes<'a> {
    /// As they came.
    Few(ArrayVec<Pair<'a>, FEW>),
    /// Sorted by name.
    Many(Vec<Pair<'a>>),
}

/// Why a request has no usable context.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// The bytes are no JSON; the parser's words, which hold no values of the request.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// JSON, but of the wrong shape.
    #[error("{0}")]
    WrongShape(&'static str),
    /// Nested too deeply.
    #[error("the context is nested deeper than {} levels", parse::DEEPEST)]
    TooDeep,
}

impl<'a> Context<'a> {
    /// No attributes, no time.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Of whoever has this targeting key.
    #[must_use]
    pub fn of(targeting_key: impl Into<Cow<'a, str>>) -> Self {
        Self::empty().with(TARGETING_KEY, Datum::Text(targeting_key.into()))
    }

    /// Reads a context: one JSON object.
    ///
    /// # Errors
    /// When the bytes are not JSON, not an object, or nested deeper than 32 levels.
    pub fn from_json(bytes: &'a [u8]) -> Result<Self, ContextError> {
        let mut context = Self::empty();
        parse::context(bytes, &mut context)?;
        Ok(context)
    }

    /// Reads the body of an OFREP request, `{"context": {...}}`, in one pass. Nothing, white space, no
    /// `context` and `"context": null` are a context without attributes; other members are passed over.
    ///
    /// # Errors
    /// When the body is not JSON or no object, or the context is no object or nested too deeply.
    pub fn from_ofrep_body(body: &'a [u8]) -> Result<Self, ContextError> {
        let mut context = Self::empty();
        context.read_ofrep_body(body)?;
        Ok(context)
    }

    /// Reads the body of an OFREP request as [`from_ofrep_body`](Self::from_ofrep_body) does, into this context,
    /// whose attributes are forgotten first. It spares a copy: a context is large, and to hand it on takes as
    /// long as to read an attribute.
    ///
    /// # Errors
    /// As there. Which attributes the context has then is not said.
    #[inline]
    pub fn read_ofrep_body(&mut self, body: &'a [u8]) -> Result<(), ContextError> {
        parse::ofrep_body(body, self, None)
    }

    /// The context with one more attribute, or with that attribute replaced.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Datum<'a>>) -> Self {
        self.add(name.into(), value.into());
        self
    }

    /// The context at a time, in seconds since 1970: what rules see as `$flagd.timestamp`.
    #[must_use]
    pub const fn at(mut self, unix_seconds: i64) -> Self {
        self.time = Some(unix_seconds);
        self
    }

    /// Who asks; `None` when that is missing, empty or no text.
    #[must_use]
    #[inline]
    pub fn targeting_key(&self) -> Option<&str> {
        match self.who()? {
            Datum::Text(key) if !key.is_empty() => Some(key),
            Datum::Text(_) | Datum::Null | Datum::Bool(_) | Datum::Number(_) | Datum::List(_) | Datum::Object(_) => {
                None
            }
        }
    }

    /// The value of an attribute.
    #[must_use]
    #[inline]
    pub fn get(&self, name: &str) -> Option<&Datum<'a>> {
        match &self.attributes {
            Attributes::Few(pairs) => pairs.iter().find(|(known, _)| same(known, name)).map(|(_, value)| value),
            Attributes::Many(pairs) => {
                let position = pairs.binary_search_by(|(known, _)| known.as_ref().cmp(name)).ok()?;
                pairs.get(position).map(|(_, value)| value)
            }
        }
    }

    /// All attributes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Datum<'a>)> {
        self.pairs().iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// The targeting key as it was given, of whatever type.
    #[inline]
    pub(super) fn who(&self) -> Option<&Datum<'a>> {
        self.who.and_then(|at| self.pairs().get(at)).map(|(_, value)| value)
    }

    pub(super) const fn time(&self) -> Option<i64> {
        self.time
    }

    /// All attributes as one value.
    pub(super) fn to_object(&self) -> Object<'a> {
        Object::new(self.pairs().to_vec())
    }

    /// Adds a text, when there is room and none of its name yet; false when not. What most attributes are
    /// goes straight to its place: a value that is handed on is written twice.
    #[inline(always)]
    pub(super) fn add_text(&mut self, name: &'a str, text: &'a str) -> bool {
        let Attributes::Few(pairs) = &mut self.attributes else { return false };
        if pairs.is_full() || pairs.iter().any(|(known, _)| same(known, name)) {
            return false;
        }
        if same(name, TARGETING_KEY) {
            self.who = Some(pairs.len());
        }
        pairs.push((Cow::Borrowed(name), Datum::Text(Cow::Borrowed(text))));
        true
    }

    /// Adds an attribute, in the place of one of its name.
    #[inline]
    pub(super) fn add(&mut self, name: Cow<'a, str>, value: Datum<'a>) {
        match &mut self.attributes {
            Attributes::Few(pairs) if !pairs.is_full() && pairs.iter().all(|(known, _)| !same(known, &name)) => {
                if same(&name, TARGETING_KEY) {
                    self.who = Some(pairs.len());
                }
                pairs.push((name, value));
            }
            Attributes::Few(_) | Attributes::Many(_) => self.add_elsewhere(name, value),
        }
    }

    #[cold]
    fn add_elsewhere(&mut self, name: Cow<'a, str>, value: Datum<'a>) {
        match &mut self.attributes {
            Attributes::Few(pairs) => match pairs.iter_mut().find(|(known, _)| *known == name) {
                Some(pair) => pair.1 = value,
                None => self.extend(vec![(name, value)]),
            },
            Attributes::Many(pairs) => {
                match pairs.binary_search_by(|(known, _)| known.cmp(&name)) {
                    Ok(at) => {
                        if let Some(pair) = pairs.get_mut(at) {
                            pair.1 = value;
                        }
                    }
                    Err(at) => pairs.insert(at, (name, value)),
                }
                self.find_who();
            }
        }
    }

    /// Forgets all attributes.
    pub(super) fn clear(&mut self) {
        if self.pairs().is_empty() {
            return;
        }
        (self.attributes, self.who) = (Attributes::default(), None);
    }

    /// Whether one more attribute is kept without an allocation.
    pub(super) fn has_room(&self) -> bool {
        match &self.attributes {
            Attributes::Few(pairs) => !pairs.is_full(),
            Attributes::Many(_) => false,
        }
    }

    /// Adds many attributes at once; of two of one name the later stays.
    pub(super) fn extend(&mut self, more: Vec<Pair<'a>>) {
        let mut pairs = self.pairs().to_vec();
        pairs.extend(more);
        self.attributes = Attributes::Many(Object::new(pairs).into_entries());
        self.find_who();
    }

    fn find_who(&mut self) {
        self.who = self.pairs().iter().position(|(name, _)| name == TARGETING_KEY);
    }

    fn pairs(&self) -> &[Pair<'a>] {
        match &self.attributes {
            Attributes::Few(pairs) => pairs,
            Attributes::Many(pairs) => pairs,
        }
    }
}

impl Default for Attributes<'_> {
    fn default() -> Self {
        Self::Few(ArrayVec::new_const())
    }
}
