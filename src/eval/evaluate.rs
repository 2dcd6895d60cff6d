//! Walking a compiled rule.

use super::attribute::Attribute;
use super::bucket::Bucketing;
use super::budget::{Budget, Exhausted, MOST_STEPS};
use super::coerce::{loosely_equal, order, strictly_equal, truthy};
use super::context::Context;
use super::datum::Datum;
use super::flag::Built;
use super::murmur3::Murmur3;
use super::rule::Rule;
use super::value::Value;
use super::version::{Comparison, with_version};
use crate::flag::{Number, Operator};
use std::cmp::Ordering;

/// One rule's walk for one request.
#[derive(Debug)]
pub(super) struct Evaluation<'v> {
    context: &'v Context<'v>,
    flag_key: &'v str,
    /// The hash of the flag's key, to which that of whoever asks is added.
    begun: Murmur3,
    bucketing: Bucketing,
    /// Inside a rule about elements: the element, which is then all that the rule sees.
    element: Option<&'v Datum<'v>>,
    budget: Budget,
}

impl<'v> Evaluation<'v> {
    #[inline]
    pub(super) fn new(context: &'v Context<'v>, flag: &'v Built, bucketing: Bucketing, allowed: usize) -> Self {
        let (flag_key, begun) = (flag.key.as_str(), flag.begun);
        Self { context, flag_key, begun, bucketing, element: None, budget: Budget::new(allowed) }
    }

    /// The walk of a rule that looks at nobody and at no flag.
    pub(super) fn of_constants(context: &'v Context<'v>) -> Self {
        let (begun, bucketing, budget) = (Murmur3::default(), Bucketing::default(), Budget::new(MOST_STEPS));
        Self { context, flag_key: "", begun, bucketing, element: None, budget }
    }

    /// The walk of a rule about an element, with what is left of the budget.
    pub(super) fn within<'e>(&self, element: &'e Datum<'e>) -> Evaluation<'e>
    where
        'v: 'e,
    {
        Evaluation {
            context: self.context,
            flag_key: self.flag_key,
            begun: self.begun,
            bucketing: self.bucketing,
            element: Some(element),
            budget: self.budget.clone(),
        }
    }

    pub(super) const fn context(&self) -> &'v Context<'v> {
        self.context
    }

    pub(super) const fn bucketing(&self) -> Bucketing {
        self.bucketing
    }

    pub(super) const fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) fn attribute(&self, attribute: &Attribute) -> Value<'v> {
        match self.element {
            None => attribute.find(self.context, self.flag_key),
            Some(element) => attribute.find_in(element),
        }
    }

    /// As [`attribute`](Self::attribute), within what an answer may cost: all attributes together are a copy.
    fn found(&self, attribute: &Attribute) -> Result<Value<'v>, Exhausted> {
        if self.element.is_none() && *attribute == Attribute::Whole {
            for (name, value) in self.context.iter() {
                self.budget.read(name)?;
                self.budget.copy(value)?;
            }
        }
        Ok(self.attribute(attribute))
    }

    /// Who asks, whom a rule about elements does not see.
    #[inline]
    pub(super) fn targeting_key(&self) -> Option<&'v str> {
        self.context.targeting_key().filter(|_| self.element.is_none())
    }

    /// The hash of the flag's key and whoever asks, whom a rule about elements does not see.
    #[inline]
    pub(super) fn hash_of_keys(&self) -> Option<u32> {
        self.targeting_key().map(|key| self.bucketing.end_keys(self.begun, key))
    }

    /// The hash of a value. In the second generation null stands for the keys, as flagd has it.
    pub(super) fn hash_of(&self, value: &Value<'_>) -> Option<u32> {
        match (self.bucketing, value.is_null()) {
            (Bucketing::V2, true) => self.hash_of_keys(),
            (Bucketing::V2, false) | (Bucketing::V3, _) => self.bucketing.hash_value(value),
        }
    }

    /// The value of a rule.
    pub(super) fn rule(&self, rule: &'v Rule) -> Result<Value<'v>, Exhausted> {
        self.budget.spend(1)?;
        Ok(match rule {
            Rule::Constant(datum) => Value::of(datum),
            Rule::Attribute(attribute) => self.found(attribute)?,
            Rule::AttributeOr(attribute, fallback) => {
                let found = self.found(attribute)?;
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
                let items: Result<_, _> = items.iter().map(|item| self.datum(self.rule(item)?)).collect();
                Value::Built(items?)
            }
            Rule::Operation(operator, operands) => self.operation(*operator, operands)?,
        })
    }

    fn operation(&self, operator: Operator, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        Ok(match operator {
            Operator::Var => return self.computed_attribute(operands),
            Operator::Missing => {
                let names = self.names(operands)?;
                return self.missing(&names);
            }
            Operator::MissingSome => return self.missing_some(operands),
            Operator::If => return self.condition(operands),
            Operator::Equal => Value::Bool(self.equal(operands)?),
            Operator::NotEqual => Value::Bool(!self.equal(operands)?),
            Operator::Same => Value::Bool(self.same(operands)?),
            Operator::NotSame => Value::Bool(!self.same(operands)?),
            Operator::Not => Value::Bool(!truthy(&self.operand(operands, 0)?)),
            Operator::Truthy => Value::Bool(truthy(&self.operand(operands, 0)?)),
            Operator::And => return self.first(operands, |value| !truthy(value)),
            Operator::Or => return self.first(operands, truthy),
            Operator::Less => Value::Bool(self.ordered(operands, Ordering::is_lt, Reach::Between)?),
            Operator::LessOrEqual => Value::Bool(self.ordered(operands, Ordering::is_le, Reach::Between)?),
            Operator::Greater => Value::Bool(self.ordered(operands, Ordering::is_gt, Reach::Pair)?),
            Operator::GreaterOrEqual => Value::Bool(self.ordered(operands, Ordering::is_ge, Reach::Pair)?),
            Operator::In => Value::Bool(self.contains(operands)?),
            Operator::Cat => return self.cat(operands),
            Operator::Substr => return self.substr(operands),
            Operator::StartsWith => self.texts(operands, |text, part| text.starts_with(part))?,
            Operator::EndsWith => self.texts(operands, |text, part| text.ends_with(part))?,
            Operator::SemVer => return self.versions(operands),
            Operator::Max => return self.extreme(operands, Ordering::Greater),
            Operator::Min => return self.extreme(operands, Ordering::Less),
            Operator::Add => return self.sum(operands),
            Operator::Subtract => return self.difference(operands),
            Operator::Multiply => return self.product(operands),
            Operator::Divide => return self.quotient(operands),
            Operator::Remainder => return self.remainder(operands),
            Operator::Map => return self.map(operands),
            Operator::Filter => return self.filter(operands),
            Operator::Reduce => return self.reduce(operands),
            Operator::All => Value::Bool(self.all(operands)?),
            Operator::None => Value::Bool(!self.some(operands)?),
            Operator::Some => Value::Bool(self.some(operands)?),
            Operator::Merge => return self.merge(operands),
            Operator::Log => return self.operand(operands, 0),
        })
    }

    /// An operand; null when there are not so many.
    pub(super) fn operand(&self, operands: &'v [Rule], position: usize) -> Result<Value<'v>, Exhausted> {
        operands.get(position).map_or(Ok(Value::Null), |operand| self.rule(operand))
    }

    /// `==`: a list or an object is compared as its text, but never equals another.
    fn equal(&self, operands: &'v [Rule]) -> Result<bool, Exhausted> {
        let (a, b) = (self.operand(operands, 0)?, self.operand(operands, 1)?);
        Ok(!(a.is_composite() && b.is_composite()) && loosely_equal(&self.primitive(a)?, &self.primitive(b)?))
    }

    /// `===`; nothing is the same as no second operand, not even null.
    fn same(&self, operands: &'v [Rule]) -> Result<bool, Exhausted> {
        let (a, b) = (self.operand(operands, 0)?, self.operand(operands, 1)?);
        Ok(operands.len() != 1 && strictly_equal(&a, &b))
    }

    /// `and`, `or`: the first operand that ends the walk, or the last.
    fn first(&self, operands: &'v [Rule], ends: impl Fn(&Value<'_>) -> bool) -> Result<Value<'v>, Exhausted> {
        let mut last = Value::Null;
        for operand in operands {
            last = self.rule(operand)?;
            if ends(&last) {
                break;
            }
        }
        Ok(last)
    }

    fn condition(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
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

    fn ordered(&self, operands: &'v [Rule], holds: impl Fn(Ordering) -> bool, reach: Reach) -> Result<bool, Exhausted> {
        let [first, second, rest @ ..] = operands else { return Ok(false) };
        let comparable = |operand: &'v Rule| self.primitive(self.rule(operand)?);
        let ascends = |a: &Value<'_>, b: &Value<'_>| order(a, b).is_some_and(&holds);
        let (first, second) = (comparable(first)?, comparable(second)?);
        let lower = ascends(&first, &second);
        match (reach, rest.first()) {
            (Reach::Between, Some(third)) if lower => Ok(ascends(&second, &comparable(third)?)),
            (Reach::Between | Reach::Pair, _) => Ok(lower),
        }
    }

    /// `starts_with`, `ends_with`: null unless there are exactly two texts.
    fn texts(&self, operands: &'v [Rule], holds: impl FnOnce(&str, &str) -> bool) -> Result<Value<'v>, Exhausted> {
        let [text, part] = operands else { return Ok(Value::Null) };
        let (text, part) = (self.rule(text)?, self.rule(part)?);
        self.budget.read(part.text().unwrap_or_default())?;
        let held = text.text().zip(part.text()).map(|(text, part)| holds(text, part));
        Ok(held.map_or(Value::Null, Value::Bool))
    }

    fn versions(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let [first, comparison, second] = operands else { return Ok(Value::Null) };
        let (first, comparison, second) = (self.rule(first)?, self.rule(comparison)?, self.rule(second)?);
        let Some(comparison) = comparison.text().and_then(Comparison::named) else { return Ok(Value::Null) };
        let held = with_version(&first, |a| with_version(&second, |b| comparison.holds(a, b))).flatten();
        Ok(held.map_or(Value::Null, Value::Bool))
    }

    fn computed_attribute(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let name = self.operand(operands, 0)?;
        let found = self.found(&self.named(name)?)?;
        if found.is_null() { self.operand(operands, 1) } else { Ok(found) }
    }

    /// The attribute that a computed name is of.
    fn named(&self, name: Value<'v>) -> Result<Attribute, Exhausted> {
        if name.is_null() {
            return Ok(Attribute::Whole);
        }
        let is_text = name.text().is_some();
        let name = self.text_of(name)?;
        self.budget.read(&name)?;
        Ok(if name.is_empty() && !is_text { Attribute::Named(Box::default()) } else { Attribute::parse(&name) })
    }

    /// The names that `missing` asks for: its operands, or the list that the first of them is.
    fn names(&self, operands: &'v [Rule]) -> Result<Vec<Datum<'v>>, Exhausted> {
        match self.datum(self.operand(operands, 0)?)? {
            Datum::List(items) => Ok(items),
            Datum::Null | Datum::Bool(_) | Datum::Number(_) | Datum::Text(_) | Datum::Object(_) => {
                operands.iter().map(|operand| self.datum(self.rule(operand)?)).collect()
            }
        }
    }

    /// Those of the names whose attribute is null, `""` or not there.
    fn missing(&self, names: &[Datum<'v>]) -> Result<Value<'v>, Exhausted> {
        let mut missing = Vec::new();
        for name in names {
            self.budget.spend(1)?;
            let absent = match self.found(&self.named(Value::from(name.clone()))?)? {
                Value::Null => true,
                Value::Text(text) => text.is_empty(),
                Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Built(_) | Value::Object(_) => false,
            };
            if absent {
                missing.push(name.clone());
            }
        }
        Ok(Value::Built(missing))
    }

    /// `missing_some`: nothing when enough are there, or when it is given no list of names.
    fn missing_some(&self, operands: &'v [Rule]) -> Result<Value<'v>, Exhausted> {
        let least = self.primitive(self.operand(operands, 0)?)?;
        let Datum::List(names) = self.datum(self.operand(operands, 1)?)? else { return Ok(Value::Built(Vec::new())) };
        let missing = self.missing(&names)?;
        let present = names.len().saturating_sub(missing.items().map_or(0, <[_]>::len));
        let present = Value::Number(Number::Unsigned(u64::try_from(present).unwrap_or(u64::MAX)));
        match order(&present, &least).is_some_and(Ordering::is_ge) {
            true => Ok(Value::Built(Vec::new())),
            false => Ok(missing),
        }
    }

    /// A value as one that a list can hold.
    pub(super) fn datum(&self, value: Value<'v>) -> Result<Datum<'v>, Exhausted> {
        match &value {
            Value::List(items) => items.iter().try_for_each(|item| self.budget.copy(item))?,
            Value::Object(object) => object.iter().try_for_each(|(_, item)| self.budget.copy(item))?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Built(_) => {}
        }
        Ok(value.into_datum())
    }

    /// The same for a value that outlives the element it was made from.
    pub(super) fn owned(&self, value: Value<'_>) -> Result<Datum<'static>, Exhausted> {
        let value = value.into_datum();
        self.budget.copy(&value)?;
        Ok(value.to_static())
    }
}

/// Whether a third operand of an ordering counts.
#[derive(Debug, Clone, Copy)]
enum Reach {
    /// JSONLogic knows between only for `<` and `<=`.
    Between,
    Pair,
}
