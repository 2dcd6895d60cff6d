//! `map`, `filter`, `reduce`, `all`, `none`, `some`, `merge`. A rule about elements sees the element
//! and nothing else, as in JSONLogic.

use super::budget::Exhausted;
use super::coerce::truthy;
use super::datum::{Datum, Object};
use super::evaluate::Evaluation;
use super::rule::Rule;
use super::value::Value;
use std::borrow::Cow;

impl<'v> Evaluation<'v> {
    pub(super) fn map(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let list = self.operand(operands, 0)?;
        let mut mapped = Vec::new();
        for item in list.items().unwrap_or_default() {
            mapped.push(self.owned(self.about(item, operands.get(1))?)?);
        }
        Ok(Value::Built(mapped))
    }

    pub(super) fn filter(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let list = self.operand(operands, 0)?;
        let mut kept = Vec::new();
        for item in list.items().unwrap_or_default() {
            if truthy(&self.about(item, operands.get(1))?) {
                self.budget().copy(item)?;
                kept.push(item.clone());
            }
        }
        Ok(Value::Built(kept))
    }

    /// The rule sees `current` and what it gave last as `accumulator`.
    pub(super) fn reduce(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let list = self.operand(operands, 0)?;
        let initial = self.operand(operands, 2)?;
        let Some(items) = list.items().filter(|items| !items.is_empty()) else { return Ok(initial) };
        let mut accumulator = self.datum(initial)?;
        for item in items {
            self.budget().copy(item)?;
            let entries = vec![(Cow::Borrowed("accumulator"), accumulator), (Cow::Borrowed("current"), item.clone())];
            let both = Datum::Object(Object::new(entries));
            accumulator = self.owned(self.about(&both, operands.get(1))?)?;
        }
        Ok(Value::from(accumulator))
    }

    /// `all`, which no empty list fulfils.
    pub(super) fn all(&self, operands: &'v [Rule]) -> Result<bool, Exhausted> {
        let list = self.operand(operands, 0)?;
        let items = list.items().unwrap_or_default();
        Ok(!items.is_empty() && !self.any(items, operands.get(1), |value| !truthy(value))?)
    }

    pub(super) fn some(&self, operands: &'v [Rule]) -> Result<bool, Exhausted> {
        let list = self.operand(operands, 0)?;
        self.any(list.items().unwrap_or_default(), operands.get(1), truthy)
    }

    fn any(
        &self,
        items: &[Datum<'v>],
        rule: Option<&'v Rule>,
        holds: impl Fn(&Value<'_>) -> bool,
    ) -> Result<bool, Exhausted> {
        for item in items {
            if holds(&self.about(item, rule)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn merge(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let mut merged = Vec::new();
        for operand in operands {
            match self.rule(operand)? {
                Value::List(items) => {
                    items.iter().try_for_each(|item| self.budget().copy(item))?;
                    merged.extend_from_slice(items);
                }
                Value::Built(items) => {
                    self.budget().spend(items.len())?;
                    merged.extend(items);
                }
                single @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_)) => {
                    merged.push(self.datum(single)?);
                }
            }
        }
        Ok(Value::Built(merged))
    }

    /// What a rule gives for an element; no rule gives null.
    fn about<'e>(&self, element: &'e Datum<'e>, rule: Option<&'e Rule>) -> Result<Value<'e>, Exhausted>
    where
        'v: 'e,
    {
        self.budget().spend(1)?;
        let Some(rule) = rule else { return Ok(Value::Null) };
        let inner = self.within(element);
        let value = inner.rule(rule)?;
        self.budget().take_over(inner.budget());
        Ok(value)
    }
}
