//! Rules as somebody writes them who knows the operators: their operands are of the right kind.

use crate::generator::{About, Generator};
use serde_json::{Value, json};

impl Generator {
    /// A rule as somebody writes it who knows the operators.
    pub(crate) fn sensible(&mut self) -> Value {
        match self.dice.below(8) {
            0 => json!({ "cat": ["salt", self.word(2, About::Context)] }),
            1 => json!({ "$ref": self.dice.of(&["e0", "e1"]) }),
            _ => self.truth(3, About::Context),
        }
    }

    /// A rule that gives part of a text.
    pub(crate) fn part(&mut self) -> Value {
        match self.dice.below(4) {
            0 => self.rule(About::Context),
            1 => self.sum(3, About::Context),
            _ => self.word(3, About::Context),
        }
    }

    /// A rule that is true or false.
    pub(crate) fn truth(&mut self, depth: usize, about: About) -> Value {
        let deeper = depth.saturating_sub(1);
        let truth = |this: &mut Self| this.truth(deeper, about);
        match self.dice.below(if depth == 0 { 8 } else { 15 }) {
            0 | 1 => {
                json!({ self.dice.of(&["<", "<=", ">", ">="]): [self.sum(deeper, about), self.sum(deeper, about)] })
            }
            2 => {
                json!({ self.dice.of(&["==", "!=", "===", "!=="]): [self.sum(deeper, about), self.sum(deeper, about)] })
            }
            3 => {
                json!({ self.dice.of(&["==", "!=", "===", "!=="]): [self.word(deeper, about), self.word(deeper, about)] })
            }
            4 => json!({ self.dice.of(&["starts_with", "ends_with"]): [self.word(deeper, about), self.text()] }),
            5 => json!({ "in": [self.word(deeper, about), ["a", "b", "1", "me@example.org", "1.2.3"]] }),
            6 => json!({ "in": [self.text(), self.word(deeper, about)] }),
            7 => {
                let versions = ["1.2.3", "v1.2", "2.0.0-rc.1", "1", "2.0.0", "1.2.3-rc.2", "0.0.1"];
                let comparison = self.dice.of(&["=", "!=", "<", "<=", ">", ">=", "^", "~"]);
                json!({ "sem_ver": [{ "var": "version" }, comparison, self.dice.of(&versions)] })
            }
            8 => json!({ "and": [truth(self), truth(self)] }),
            9 => json!({ "or": [truth(self), truth(self), truth(self)] }),
            10 => json!({ self.dice.of(&["!", "!!"]): [truth(self)] }),
            11 => json!({ "if": [truth(self), truth(self), truth(self)] }),
            12 if about == About::Context => {
                let operator = self.dice.of(&["all", "none", "some"]);
                json!({ operator: [{ "var": "people" }, self.truth(deeper, About::Element)] })
            }
            13 if about == About::Context => {
                json!({ "<=": [self.sum(deeper, about), { "reduce": [
                    { "map": [{ "filter": [{ "var": "people" }, self.truth(deeper, About::Element)] }, self.sum(deeper, About::Element)] },
                    { self.dice.of(&["+", "max", "-", "*"]): [{ "var": "current" }, { "var": "accumulator" }] },
                    self.number()
                ] }] })
            }
            _ => {
                json!({ "in": [self.word(deeper, about), { "merge": [[self.text(), "a"], self.word(deeper, about)] }] })
            }
        }
    }

    /// A rule that gives a number.
    pub(crate) fn sum(&mut self, depth: usize, about: About) -> Value {
        let deeper = depth.saturating_sub(1);
        let attribute = if about == About::Context { "n" } else { "age" };
        match self.dice.below(if depth == 0 { 3 } else { 8 }) {
            0 => self.number(),
            1 | 2 => json!({ "var": [attribute, 7] }),
            3 | 4 => {
                json!({ self.dice.of(&["+", "*", "max", "min"]): [self.sum(deeper, about), self.sum(deeper, about), 2] })
            }
            5 | 6 => json!({ self.dice.of(&["-", "/", "%"]): [self.sum(deeper, about), self.sum(deeper, about)] }),
            _ => json!({ "if": [self.truth(deeper, about), 1, self.sum(deeper, about)] }),
        }
    }

    /// A rule that gives a text.
    pub(crate) fn word(&mut self, depth: usize, about: About) -> Value {
        let deeper = depth.saturating_sub(1);
        let attribute = if about == About::Context { self.dice.of(&["text", "email", "version"]) } else { "name" };
        match self.dice.below(if depth == 0 { 3 } else { 7 }) {
            0 => json!(self.text()),
            1 | 2 => json!({ "var": [attribute, "x"] }),
            3 => json!({ "cat": [self.word(deeper, about), self.word(deeper, about)] }),
            4 => json!({ "substr": [self.word(deeper, about), self.dice.below(4)] }),
            5 => json!({ "substr": [self.word(deeper, about), self.dice.below(4), self.dice.below(4)] }),
            _ => json!({ "if": [self.truth(deeper, about), self.word(deeper, about), self.text()] }),
        }
    }
}
