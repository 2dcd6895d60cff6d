//! Values as text: `cat`, `substr`, `in`, and the coercion of lists and objects.

use super::budget::{Exhausted, LONGEST_TEXT};
use super::coerce;
use super::evaluate::Evaluation;
use super::rule::Rule;
use super::value::Value;
use crate::flag::Number;
use std::borrow::Cow;

/// So many elements are looked at in the time of a step.
const ELEMENTS_PER_STEP: usize = 8;

impl<'v> Evaluation<'v> {
    pub(super) fn cat(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let mut text = String::new();
        self.join(operands, &mut |part| text.push_str(part))?;
        Ok(Value::Text(Cow::Owned(text)))
    }

    /// The operands' texts one after the other, within what an answer may cost.
    pub(super) fn join(&self, operands: &'v [Rule], sink: &mut dyn FnMut(&str)) -> Result<(), Exhausted> {
        for operand in operands {
            self.write(&self.rule(operand)?, sink)?;
        }
        Ok(())
    }

    /// A value as part of a text, where null is nothing.
    pub(super) fn write(&self, value: &Value<'_>, sink: &mut dyn FnMut(&str)) -> Result<(), Exhausted> {
        let mut put = |text: &str| {
            self.budget().produce(text.len())?;
            sink(text);
            Ok(())
        })
    }

    /// A list or an object as its text, anything else as it is: what comparisons and arithmetic see.
    pub(super) fn primitive(&self, value: Value<'v>) -> Result<Value<'v>, Exhausted> {
        match &value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value),
            Value::Text(text) => {
                self.budget().read(text)?;
                Ok(value)
            }
            Value::List(_) | Value::Built(_) | Value::Object(_) => {
                let mut text = String::new();
                self.write(&value, &mut |part| text.push_str(part))?;
                Ok(Value::Text(Cow::Owned(text)))
            }
        }
    }

    /// Any value as text, where null is `null`.
    pub(super) fn text_of(&self, value: Value<'v>) -> Result<Cow<'v, str>, Exhausted> {
        Ok(match self.primitive(value)? {
            Value::Text(text) => text,
            Value::Bool(true) => Cow::Borrowed("true"),
            Value::Bool(false) => Cow::Borrowed("false"),
            Value::Number(number) => Cow::Owned(String::from(&*number.text())),
            Value::Null | Value::List(_) | Value::Built(_) | Value::Object(_) => Cow::Borrowed("null"),
        })
    }

    /// `in`.
    pub(super) fn is_in(&self, operands: &'v [Rule]) -> Result<bool, Exhausted> {
        let (needle, haystack) = (self.operand(operands, 0)?, self.operand(operands, 1)?);
        match haystack.text() {
            Some(text) => {
                self.budget().read(text)?;
                Ok(contains(&haystack, &self.primitive(needle)?))
            }
            None => {
                self.budget().spend(haystack.items().map_or(0, <[_]>::len) / ELEMENTS_PER_STEP)?;
                Ok(contains(&haystack, &needle))
            }
        }
    }

    /// `substr`, counted in characters. A negative start counts from the end; a negative length leaves
    /// so many out at the end.
    pub(super) fn substr(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let text = self.operand(operands, 0)?;
        let text = self.text_of(text)?;
        self.budget().read(&text)?;
        let start = self.position(operands, 1)?.unwrap_or(0.0);
        let length = self.position(operands, 2)?;
        let count = small(text.chars().count());
        let start = if start < 0.0 { (count + start).max(0.0) } else { start.min(count) };
        let rest = count - start;
        let length = match length {
            None => rest,
            Some(length) if length < 0.0 => (rest + length).max(0.0),
            Some(length) => length.min(rest),
        };
        let from = offset(&text, start);
        let to = offset(&text, start + length.trunc());
        Ok(Value::Text(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(from..to).unwrap_or("")),
            Cow::Owned(text) => Cow::Owned(text.get(from..to).unwrap_or("").to_owned()),
        }))
    }

    /// A position or length without its fraction, which for a length is cut off later, from the sum.
    fn position(&self, operands: &'v [Rule], at: usize) -> Result<Option<f64>, Exhausted> {
        let Some(operand) = operands.get(at) else { return Ok(None) };
        let value = self.rule(operand)?;
        let number = coerce::number(&self.primitive(value)?).map_or(0.0, Number::as_f64);
        Ok(Some(if at == 1 { number.trunc() } else { number }))
    }
}

/// `in`: an element of a list, or part of a text, in which everything is looked for as text.
pub(super) fn contains(haystack: &Value<'_>, needle: &Value<'_>) -> bool {
    let Some(text) = haystack.text() else {
        return haystack.items().unwrap_or_default().iter().any(|item| coerce::is_element(item, needle));
    };
    // Nothing is part of no text, not even no text.
    !text.is_empty()
        && match needle {
            Value::Null => text.contains("null"),
            Value::Bool(true) => text.contains("true"),
            Value::Bool(false) => text.contains("false"),
            Value::Number(number) => text.contains(&*number.text()),
            Value::Text(needle) => text.contains(&**needle),
            Value::List(_) | Value::Built(_) | Value::Object(_) => {
                joined(needle).is_some_and(|needle| text.contains(&needle))
            }
        }
}

/// The text of a list or an object; `None` when it is longer than what an answer may cost.
pub(super) fn joined(value: &Value<'_>) -> Option<String> {
    let mut text = String::new();
    let walked = pieces(value, &mut |piece| {
        text.push_str(piece);
        if text.len() <= LONGEST_TEXT { Ok(()) } else { Err(Exhausted::Text) }
    });
    walked.ok().map(|()| text)
}

/// A value's text piece by piece, where null is nothing. Every element is a piece or follows one.
fn pieces<E>(value: &Value<'_>, put: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    match value {
        Value::Null => Ok(()),
        Value::Bool(true) => put("true"),
        Value::Bool(false) => put("false"),
        Value::Number(number) => put(&number.text()),
        Value::Text(text) => put(text),
        Value::Object(_) => put("[object Object]"),
        Value::List(_) | Value::Built(_) => {
            for (position, item) in value.items().unwrap_or_default().iter().enumerate() {
                if position > 0 {
                    put(",")?;
                }
                pieces(&Value::of(item), put)?;
            }
            Ok(())
        }
    }
}

/// A count as a double: texts are shorter than what a double cannot count.
#[expect(clippy::cast_precision_loss, reason = "no text has 2^53 characters")]
const fn small(count: usize) -> f64 {
    count as f64
}

/// Where in the text's bytes a character begins.
fn offset(text: &str, position: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the text's length")]
    let position = position as usize;
    text.char_indices().nth(position).map_or(text.len(), |(offset, _)| offset)
}
