//! Values as text: `cat`, `substr`, `in`, and the coercion of lists and objects.

use super::budget::Exhausted;
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
        let mut put = |part: &str| text.push_str(part);
        match operands {
            // A text alone is there already.
            [only] => match self.rule(only)? {
                Value::Text(alone) => {
                    self.budget().produce(alone.len())?;
                    return Ok(Value::Text(alone));
                }
                other @ (Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::List(_)
                | Value::Built(_)
                | Value::Object(_)) => self.write(&other, &mut put)?,
            },
            _ => self.join(operands, &mut put)?,
        }
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
        };
        match value {
            Value::Null => Ok(()),
            Value::Bool(true) => put("true"),
            Value::Bool(false) => put("false"),
            Value::Number(number) => put(&number.text()),
            Value::Text(text) => put(text),
            Value::Object(_) => put("[object Object]"),
            Value::List(_) | Value::Built(_) => {
                for (position, item) in value.items().unwrap_or_default().iter().enumerate() {
                    self.budget().spend(1)?;
                    if position > 0 {
                        self.write(&Value::Text(Cow::Borrowed(",")), sink)?;
                    }
                    self.write(&Value::of(item), sink)?;
                }
                Ok(())
            }
        }
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

    /// `in`: an element of a list, or part of a text.
    pub(super) fn contains(&self, operands: &'v [Rule]) -> Result<bool, Exhausted> {
        let needle = self.operand(operands, 0)?;
        let haystack = self.operand(operands, 1)?;
        if let Some(text) = haystack.text() {
            self.budget().read(text)?;
            return Ok(!text.is_empty() && text.contains(&*self.text_of(needle)?));
        }
        let items = haystack.items().unwrap_or_default();
        self.budget().spend(items.len() / ELEMENTS_PER_STEP)?;
        Ok(items.iter().any(|item| coerce::is_element(item, &needle)))
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
