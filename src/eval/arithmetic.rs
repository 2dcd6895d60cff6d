//! `+`, `-`, `*`, `/`, `%`, `max`, `min`: in doubles. What has no finite result is null.

use super::budget::Exhausted;
use super::coerce;
use super::evaluate::Evaluation;
use super::numeral;
use super::rule::Rule;
use super::value::Value;
use crate::flag::Number;
use std::cmp::Ordering;

impl<'v> Evaluation<'v> {
    pub(super) fn sum(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let mut sum = 0.0;
        for operand in operands {
            sum += self.addend(operand)?;
        }
        Ok(finite(sum))
    }

    pub(super) fn product(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let mut product = 1.0;
        for operand in operands {
            product *= self.addend(operand)?;
        }
        Ok(finite(product))
    }

    pub(super) fn difference(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        match operands {
            [] => Ok(Value::Null),
            [only] => Ok(finite(-self.double(only)?)),
            [from, what, ..] => Ok(finite(self.double(from)? - self.double(what)?)),
        }
    }

    pub(super) fn quotient(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let [dividend, divisor, ..] = operands else { return Ok(Value::Null) };
        Ok(finite(self.double(dividend)? / self.double(divisor)?))
    }

    pub(super) fn remainder(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let [dividend, divisor, ..] = operands else { return Ok(Value::Null) };
        Ok(finite(self.double(dividend)? % self.double(divisor)?))
    }

    /// `max`, `min`: the operand that is in this order to all others.
    pub(super) fn extreme(&self, operands: &'v [Rule], wanted: Ordering) -> Result<Value<'v>, Exhausted> {
        let mut best: Option<Number> = None;
        let mut all_numbers = true;
        for operand in operands {
            let operand = self.rule(operand)?;
            match coerce::number(&self.primitive(operand)?) {
                None => all_numbers = false,
                Some(number) if best.is_none_or(|best| number.partial_cmp(&best) == Some(wanted)) => {
                    best = Some(number);
                }
                Some(_) => {}
            }
        }
        let best = best.filter(|best| all_numbers && best.as_f64().is_finite());
        Ok(best.map_or(Value::Null, Value::Number))
    }

    /// An operand of `+` and `*`: a text counts as the number that it begins with.
    fn addend(&self, operand: &'v Rule) -> Result<f64, Exhausted> {
        let value = self.rule(operand)?;
        let number = match self.primitive(value)? {
            Value::Number(number) => Some(number),
            Value::Text(text) => numeral::beginning(&text),
            Value::Null | Value::Bool(_) | Value::List(_) | Value::Built(_) | Value::Object(_) => None,
        };
        Ok(number.map_or(f64::NAN, Number::as_f64))
    }

    fn double(&self, operand: &'v Rule) -> Result<f64, Exhausted> {
        let value = self.rule(operand)?;
        Ok(coerce::number(&self.primitive(value)?).map_or(f64::NAN, Number::as_f64))
    }
}

fn finite<'v>(result: f64) -> Value<'v> {
    if result.is_finite() { Value::Number(Number::Float(result)) } else { Value::Null }
}
