//! Walking a compiled rule.

use super::attribute::Attribute;
use super::bucket::Bucketing;
use super::coerce::{is_element, loosely_equal, order, strictly_equal, truthy};
use super::context::Context;
use super::datum::Datum;
use super::rule::Rule;
use super::value::Value;
use super::version::{Comparison, with_version};
use crate::flag::Operator;
use crate::units::FlagKey;
use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;

/// The most bytes of text that `cat` may produce for one answer.
const LONGEST_OUTPUT: usize = 65_536;

/// A rule produced more text than an answer may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overlong;

/// One rule's walk for one request.
#[derive(Debug)]
pub(super) struct Evaluation<'v> {
    context: &'v Context<'v>,
    flag_key: &'v FlagKey,
    bucketing: Bucketing,
    produced: Cell<usize>,
}

impl<'v> Evaluation<'v> {
    #[inline]
    pub(super) const fn new(context: &'v Context<'v>, flag_key: &'v FlagKey, bucketing: Bucketing) -> Self {
        Self { context, flag_key, bucketing, produced: Cell::new(0) }
    }

    pub(super) const fn context(&self) -> &'v Context<'v> {
        self.context
    }

    pub(super) const fn bucketing(&self) -> Bucketing {
        self.bucketing
    }

    pub(super) fn attribute(&self, attribute: &Attribute) -> Value<'v> {
        attribute.find(self.context, self.flag_key.as_str())
    }

    /// Who asks.
    #[inline]
    pub(super) fn targeting_key(&self) -> Option<&'v str> {
        self.context.targeting_key()
    }

    /// The hash of the flag's key and whoever asks.
    pub(super) fn hash_of_keys(&self) -> Option<u32> {
        let begun = self.bucketing.begin_keys(self.flag_key.as_str());
        self.targeting_key().map(|key| self.bucketing.end_keys(begun, key))
    }

    /// The hash of a value. In the second generation null stands for the keys, as flagd has it.
    pub(super) fn hash_of(&self, value: &Value<'_>) -> Option<u32> {
        match (self.bucketing, value.is_null()) {
            (Bucketing::V2, true) => self.hash_of_keys(),
            (Bucketing::V2, false) | (Bucketing::V3, _) => self.bucketing.hash_value(value),
        }
    }

    /// The value of a rule.
    pub(super) fn rule(&self, rule: &'v Rule) -> Result<Value<'v>, Overlong> {
        Ok(match rule {
            Rule::Constant(datum) => Value::of(datum),
            Rule::Attribute(attribute) => self.attribute(attribute),
            Rule::AttributeOr(attribute, fallback) => {
                let found = self.attribute(attribute);
                if found.is_null() { self.rule(fallback)? } else { found }
            }
            Rule::OneOf(needle, texts) => {
                let needle = self.rule(needle)?;
                let found =
                    needle.text().is_some_and(|text| texts.binary_search_by(|known| (**known).cmp(text)).is_ok());
                Value::Bool(found)
            }
            Rule::Version(value, comparison, against) => {
                let value = self.rule(value)?;
                with_version(&value, |version| comparison.holds(version, against)).map_or(Value::Null, Value::Bool)
            }
            Rule::Fractional(split) => split.evaluate(self)?,
            Rule::List(items) => {
                let items: Result<_, _> = items.iter().map(|item| Ok(self.rule(item)?.into_datum())).collect();
                Value::Built(items?)
            }
            Rule::Operation(operator, operands) => self.operation(*operator, operands)?,
        })
    }

    fn operation(&self, operator: Operator, operands: &'v [Rule]) -> Result<Value<'v>, Overlong> {
        Ok(match operator {
            Operator::Var => return self.computed_attribute(operands),
            Operator::Missing => {
                let names = self.names(operands)?;
                self.missing(&names)
            }
            Operator::MissingSome => return self.missing_some(operands),
            Operator::If => return self.condition(operands),
            Operator::Equal => Value::Bool(self.pair(operands, loosely_equal)?),
            Operator::NotEqual => Value::Bool(!self.pair(operands, loosely_equal)?),
            Operator::Same => Value::Bool(self.pair(operands, strictly_equal)?),
            Operator::NotSame => Value::Bool(!self.pair(operands, strictly_equal)?),
            Operator::Not => Value::Bool(!truthy(&self.operand(operands, 0)?)),
            Operator::Truthy => Value::Bool(truthy(&self.operand(operands, 0)?)),
            Operator::And => return self.first(operands, |value| !truthy(value)),
            Operator::Or => return self.first(operands, truthy),
            Operator::Less => Value::Bool(self.ordered(operands, Ordering::is_lt, Reach::Between)?),
            Operator::LessOrEqual => Value::Bool(self.ordered(operands, Ordering::is_le, Reach::Between)?),
            Operator::Greater => Value::Bool(self.ordered(operands, Ordering::is_gt, Reach::Pair)?),
            Operator::GreaterOrEqual => Value::Bool(self.ordered(operands, Ordering::is_ge, Reach::Pair)?),
            Operator::In => Value::Bool(contains(&self.operand(operands, 1)?, &self.operand(operands, 0)?)),
            Operator::Cat => {
                let mut text = String::new();
                self.join(operands, &mut |part| text.push_str(part))?;
                Value::Text(Cow::Owned(text))
            }
            Operator::StartsWith => self.texts(operands, |text, part| text.starts_with(part))?,
            Operator::EndsWith => self.texts(operands, |text, part| text.ends_with(part))?,
            Operator::SemVer => return self.versions(operands),
        })
    }

    /// An operand; null when there are not so many.
    fn operand(&self, operands: &'v [Rule], position: usize) -> Result<Value<'v>, Overlong> {
        operands.get(position).map_or(Ok(Value::Null), |operand| self.rule(operand))
    }

    fn pair(&self, operands: &'v [Rule], holds: impl FnOnce(&Value<'_>, &Value<'_>) -> bool) -> Result<bool, Overlong> {
        Ok(holds(&self.operand(operands, 0)?, &self.operand(operands, 1)?))
    }

    /// `and`, `or`: the first operand that ends the walk, or the last.
    fn first(&self, operands: &'v [Rule], ends: impl Fn(&Value<'_>) -> bool) -> Result<Value<'v>, Overlong> {
        let mut last = Value::Null;
        for operand in operands {
            last = self.rule(operand)?;
            if ends(&last) {
                break;
            }
        }
        Ok(last)
    }

    fn condition(&self, operands: &'v [Rule]) -> Result<Value<'v>, Overlong> {
        for branch in operands.chunks(2) {
            match branch {
                [condition, result] => {
                    if truthy(&self.rule(condition)?) {
                        return self.rule(result);
                    }
                }
                [otherwise] => return self.rule(otherwise),
                _ => break,
            }
        }
        Ok(Value::Null)
    }

    fn ordered(&self, operands: &'v [Rule], holds: impl Fn(Ordering) -> bool, reach: Reach) -> Result<bool, Overlong> {
        let [first, second, rest @ ..] = operands else { return Ok(false) };
        let second = self.rule(second)?;
        let ascends = |a: &Value<'_>, b: &Value<'_>| order(a, b).is_some_and(&holds);
        let lower = ascends(&self.rule(first)?, &second);
        match (reach, rest.first()) {
            (Reach::Between, Some(third)) if lower => Ok(ascends(&second, &self.rule(third)?)),
            (Reach::Between | Reach::Pair, _) => Ok(lower),
        }
    }

    /// `starts_with`, `ends_with`: null unless there are exactly two texts.
    fn texts(&self, operands: &'v [Rule], holds: impl FnOnce(&str, &str) -> bool) -> Result<Value<'v>, Overlong> {
        let [text, part] = operands else { return Ok(Value::Null) };
        let (text, part) = (self.rule(text)?, self.rule(part)?);
        let held = text.text().zip(part.text()).map(|(text, part)| holds(text, part));
        Ok(held.map_or(Value::Null, Value::Bool))
    }

    fn versions(&self, operands: &'v [Rule]) -> Result<Value<'v>, Overlong> {
        let [first, comparison, second] = operands else { return Ok(Value::Null) };
        let (first, comparison, second) = (self.rule(first)?, self.rule(comparison)?, self.rule(second)?);
        let Some(comparison) = comparison.text().and_then(Comparison::named) else { return Ok(Value::Null) };
        let held = with_version(&first, |a| with_version(&second, |b| comparison.holds(a, b))).flatten();
        Ok(held.map_or(Value::Null, Value::Bool))
    }

    fn computed_attribute(&self, operands: &'v [Rule]) -> Result<Value<'v>, Overlong> {
        let name = self.operand(operands, 0)?;
        let found = self.attribute(&Attribute::of_value(&name));
        if found.is_null() { self.operand(operands, 1) } else { Ok(found) }
    }

    /// The names that `missing` asks for: its operands, or the list that the first of them is.
    fn names(&self, operands: &'v [Rule]) -> Result<Vec<Datum<'v>>, Overlong> {
        let first = self.operand(operands, 0)?;
        match first.items() {
            Some(items) => Ok(items.to_vec()),
            None => operands.iter().map(|operand| Ok(self.rule(operand)?.into_datum())).collect(),
        }
    }

    /// Those of the names whose attribute is null, `""` or not there.
    fn missing(&self, names: &[Datum<'v>]) -> Value<'v> {
        let absent = |name: &&Datum<'v>| {
            let value = Value::of(name);
            match self.attribute(&Attribute::of_value(&value)) {
                Value::Null => true,
                Value::Text(text) => text.is_empty(),
                Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Built(_) | Value::Object(_) => false,
            }
        };
        Value::Built(names.iter().filter(absent).cloned().collect())
    }

    fn missing_some(&self, operands: &'v [Rule]) -> Result<Value<'v>, Overlong> {
        let least = self.operand(operands, 0)?;
        let names = self.operand(operands, 1)?;
        let names = names.items().unwrap_or_default();
        let missing = self.missing(names);
        let count = |items: Option<&[Datum<'_>]>| items.map_or(0, <[_]>::len);
        let present = names.len().saturating_sub(count(missing.items()));
        let present = Value::Number(crate::flag::Number::Unsigned(u64::try_from(present).unwrap_or(u64::MAX)));
        match order(&present, &least).is_some_and(Ordering::is_ge) {
            true => Ok(Value::Built(Vec::new())),
            false => Ok(missing),
        }
    }

    /// The operands' texts one after the other, within what an answer may cost.
    pub(super) fn join(&self, operands: &'v [Rule], sink: &mut dyn FnMut(&str)) -> Result<(), Overlong> {
        for operand in operands {
            self.write(&self.rule(operand)?, sink)?;
        }
        Ok(())
    }

    pub(super) fn write(&self, value: &Value<'_>, sink: &mut dyn FnMut(&str)) -> Result<(), Overlong> {
        let mut put = |text: &str| {
            let produced = self.produced.get().saturating_add(text.len());
            self.produced.set(produced);
            match produced <= LONGEST_OUTPUT {
                true => {
                    sink(text);
                    Ok(())
                }
                false => Err(Overlong),
            }
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
                    if position > 0 {
                        self.write(&Value::Text(Cow::Borrowed(",")), sink)?;
                    }
                    self.write(&Value::of(item), sink)?;
                }
                Ok(())
            }
        }
    }
}

/// Whether a third operand of an ordering counts.
#[derive(Debug, Clone, Copy)]
enum Reach {
    /// JSONLogic knows between only for `<` and `<=`.
    Between,
    Pair,
}

/// `in`: an element of a list, or part of a text.
pub(super) fn contains(haystack: &Value<'_>, needle: &Value<'_>) -> bool {
    match (haystack, needle) {
        (Value::Text(haystack), Value::Text(needle)) => haystack.contains(&**needle),
        (Value::Text(haystack), Value::Number(needle)) => haystack.contains(&*needle.text()),
        (haystack, needle) => haystack.items().unwrap_or_default().iter().any(|item| is_element(item, needle)),
    }
}
