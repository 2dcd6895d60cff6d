//! Rules of any operators and any operands, wrong ones among them.

use crate::generator::{About, Generator, NAMES, PATHS, scalar};
use serde_json::{Value, json};

impl Generator {
    pub(crate) fn rule(&mut self, about: About) -> Value {
        if about == About::Context && self.dice.percent(65) {
            return self.sensible();
        }
        let depth = 1 + self.dice.below(4);
        self.operation(depth, about)
    }

    pub(crate) fn operation(&mut self, depth: usize, about: About) -> Value {
        if depth == 0 {
            return self.leaf(about);
        }
        let depth = depth - 1;
        if self.dice.percent(12) {
            let operators = [
                "==",
                "!=",
                "===",
                "!==",
                "!",
                "!!",
                "and",
                "or",
                "<",
                "<=",
                ">",
                ">=",
                "in",
                "cat",
                "substr",
                "+",
                "-",
                "*",
                "/",
                "%",
                "max",
                "min",
                "merge",
                "if",
                "?:",
                "log",
                "missing_some",
                "starts_with",
                "ends_with",
                "sem_ver",
                "map",
                "filter",
                "all",
                "none",
                "some",
                "reduce",
            ];
            let operator = self.dice.of(&operators);
            return json!({ operator: self.operands(about) });
        }
        let of = |this: &mut Self| this.operation(depth, about);
        match self.dice.below(29) {
            0 => self.leaf(about),
            1 | 2 => json!({ self.dice.of(&["==", "!=", "===", "!=="]): [of(self), of(self)] }),
            3 | 4 => json!({ self.dice.of(&["<", "<=", ">", ">="]): [of(self), of(self)] }),
            5 => json!({ self.dice.of(&["<", "<="]): [of(self), of(self), of(self)] }),
            6 => json!({ self.dice.of(&["!", "!!", "log"]): [of(self)] }),
            7 | 8 => json!({ self.dice.of(&["and", "or"]): [of(self), of(self), of(self)] }),
            9 => json!({ "if": [of(self), of(self), of(self)] }),
            10 => json!({ "in": [of(self), self.list_rule(depth, about)] }),
            11 => json!({ "in": [self.text(), of(self)] }),
            12 => json!({ "cat": [of(self), of(self)] }),
            13 => json!({ "substr": [of(self), self.number()] }),
            14 => json!({ "substr": [of(self), self.number(), self.number()] }),
            15 | 16 => json!({ self.dice.of(&["+", "*", "max", "min"]): [of(self), of(self), of(self)] }),
            17 | 18 => json!({ self.dice.of(&["-", "/", "%"]): [of(self), of(self)] }),
            19 => json!({ "merge": [of(self), self.list_rule(depth, about)] }),
            20 => {
                json!({ self.dice.of(&["map", "filter"]): [self.list_rule(depth, about), self.operation(depth, About::Element)] })
            }
            21 => {
                let operator = self.dice.of(&["all", "none", "some"]);
                json!({ operator: [self.list_rule(depth, about), self.operation(depth, About::Element)] })
            }
            22 => {
                let body = self.fold(depth);
                json!({ "reduce": [self.list_rule(depth, about), body, of(self)] })
            }
            23 => json!({ self.dice.of(&["starts_with", "ends_with"]): [of(self), self.text()] }),
            24 => self.version_rule(depth, about),
            25 => json!({ "missing": self.names() }),
            26 => json!({ "missing_some": [self.dice.below(4), self.names()] }),
            27 => json!({ "var": [self.name(about), of(self)] }),
            _ if about == About::Context => json!({ "$ref": self.dice.of(&["e0", "e1"]) }),
            _ => self.leaf(about),
        }
    }

    pub(crate) fn fold(&mut self, depth: usize) -> Value {
        let (current, accumulator) = (json!({ "var": "current" }), json!({ "var": "accumulator" }));
        match self.dice.below(6) {
            0 => json!({ "+": [current, accumulator] }),
            1 => json!({ "cat": [accumulator, current] }),
            2 => json!({ "merge": [accumulator, current] }),
            3 => json!({ "max": [accumulator, { "var": "current.age" }] }),
            _ => self.operation(depth, About::Fold),
        }
    }

    /// A rule that mostly gives a list.
    pub(crate) fn list_rule(&mut self, depth: usize, about: About) -> Value {
        match self.dice.below(6) {
            0 => json!(self.dice.some(4, scalar)),
            1 if depth > 0 => json!({ "merge": [self.operation(depth - 1, about), [1, "a"]] }),
            2 if depth > 0 => json!([self.operation(depth - 1, about), self.leaf(about)]),
            3 => self.leaf(about),
            _ => json!({ "var": self.dice.of(&["list", "people", "x", "y"]) }),
        }
    }

    pub(crate) fn version_rule(&mut self, depth: usize, about: About) -> Value {
        let comparison = self.dice.of(&["=", "!=", "<", "<=", ">", ">=", "^", "~", "=="]);
        let versions = ["1.2.3", "v1.2", "2.0.0-rc.1", "1", "2.0.0", "1.2.3-rc.2", "0.0.1", "x"];
        let other = match self.dice.below(3) {
            0 => self.operation(depth, about),
            _ => json!(self.dice.of(&versions)),
        };
        json!({ "sem_ver": [{ "var": "version" }, comparison, other] })
    }

    /// What an operator may be given by somebody who does not know it.
    pub(crate) fn operands(&mut self, about: About) -> Value {
        match self.dice.percent(20) {
            true => self.leaf(about),
            false => {
                let count = self.dice.below(5);
                (0..count).map(|_| self.leaf(about)).collect()
            }
        }
    }

    pub(crate) fn names(&mut self) -> Vec<&'static str> {
        self.dice.some(4, |dice| if dice.percent(70) { dice.of(&NAMES) } else { dice.of(&PATHS) })
    }

    pub(crate) fn name(&mut self, about: About) -> Value {
        match about {
            About::Context if self.dice.percent(70) => json!(self.dice.of(&NAMES)),
            About::Context => json!(self.dice.of(&PATHS)),
            About::Element => {
                let names = ["", "name", "age", "x", "0", "1", "a.b", "$flagd.flagKey", "targetingKey"];
                json!(self.dice.of(&names))
            }
            About::Fold => {
                json!(self.dice.of(&["current", "accumulator", "current.age", "current.name", "x", "accumulator.0"]))
            }
        }
    }

    pub(crate) fn leaf(&mut self, about: About) -> Value {
        match self.dice.below(10) {
            0..=4 => json!({ "var": self.name(about) }),
            5 if about == About::Context && self.dice.percent(20) => {
                json!({ ">": [{ "var": "$flagd.timestamp" }, 1_600_000_000] })
            }
            5 => json!(self.dice.some(3, scalar)),
            _ => scalar(&mut self.dice),
        }
    }
}
