//! Random flags and contexts: every operator, sound and unsound operands, values of every kind.

use crate::dice::Dice;
use serde_json::{Map, Value, json};

/// Attributes that contexts have, or could have.
const NAMES: [&str; 14] = [
    "x",
    "y",
    "n",
    "text",
    "list",
    "people",
    "obj",
    "version",
    "email",
    "flag",
    "größe",
    "targetingKey",
    "w",
    "nothing",
];

/// Paths into them, and some that lead nowhere.
const PATHS: [&str; 8] = ["obj.a", "obj.b.c", "list.0", "list.1", "people.0.name", "list.01", "obj.", "$flagd.flagKey"];

const TEXTS: [&str; 34] = [
    "",
    "a",
    "b",
    "ab",
    "abc",
    "A",
    "0",
    "1",
    "10",
    "9",
    "-1",
    "2.5",
    " 5 ",
    "5px",
    "0x10",
    "1e3",
    "Infinity",
    "NaN",
    "true",
    "null",
    "1,2",
    "ü",
    "grün",
    "日本語",
    "😀",
    "a😀b",
    "1.2.3",
    "v1.2",
    "2.0.0-rc.1",
    "1.2.3+b",
    "2.0.0.0",
    "x@example.org",
    "@example.org",
    "people",
];

const NUMBERS: [&str; 22] = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "10",
    "0.5",
    "-0.5",
    "1.0",
    "2.5",
    "-0.0",
    "100",
    "4294967296",
    "9007199254740991",
    "1e21",
    "1e300",
    "-1e300",
    "5e-324",
    "1e-7",
    "0.1",
    "2147483647",
    "123456789.125",
];

/// The variants that rules of texts can name: `v` before what `cat` makes of a value.
const SHOWN: [&str; 16] = [
    "v",
    "vtrue",
    "vfalse",
    "v0",
    "v1",
    "v2",
    "v3",
    "v-1",
    "va",
    "vab",
    "v1,2",
    "v[object Object]",
    "v0.5",
    "vb",
    "v10",
    "vü",
];

/// What the data is that a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Context,
    Element,
    Fold,
}

#[derive(Debug)]
pub(crate) struct Generator {
    dice: Dice,
    /// Whether values other than texts can be hashed.
    hashes_values: bool,
}

impl Generator {
    pub(crate) const fn new(seed: u64, hashes_values: bool) -> Self {
        Self { dice: Dice::new(seed), hashes_values }
    }

    /// A document of so many flags, `f0` and on.
    pub(crate) fn document(&mut self, flags: usize) -> String {
        // The first may refer to the second; the other way round it would be a circle.
        let evaluators = json!({ "e0": { "!": [{ "$ref": "e1" }] }, "e1": self.truth(2, About::Context) });
        let flags: Map<_, _> = (0..flags).map(|number| (format!("f{number:03}"), self.flag())).collect();
        json!({ "$evaluators": ascii(evaluators), "flags": flags }).to_string()
    }

    fn flag(&mut self) -> Value {
        let mut flag = json!({ "state": if self.dice.percent(2) { "DISABLED" } else { "ENABLED" } });
        let (targeting, variants) = match self.dice.below(20) {
            0..=6 => (self.condition(), self.two_variants()),
            7..=10 => (json!({ "cat": ["v", self.part()] }), shown()),
            11..=15 => self.split(),
            16 => (self.rule_of_names(3), self.two_variants()),
            17 => (json!({ "if": [{ "regex": self.operands(About::Context) }, "a", "b"] }), self.two_variants()),
            _ => (self.dice.of(&[&json!({}), &Value::Null]).clone(), self.two_variants()),
        };
        let names: Vec<_> = variants.as_object().expect("variants").keys().cloned().collect();
        flag["variants"] = variants;
        flag["targeting"] = targeting;
        match self.dice.below(4) {
            0 => flag["defaultVariant"] = Value::Null,
            1 => flag["defaultVariant"] = "".into(),
            _ => flag["defaultVariant"] = names[self.dice.below(names.len())].clone().into(),
        }
        if flag["targeting"].is_null() {
            flag.as_object_mut().expect("a flag").remove("targeting");
        }
        flag
    }

    fn two_variants(&mut self) -> Value {
        self.dice
            .of(&[
                &json!({ "a": "first", "b": "zweite ü" }),
                &json!({ "a": true, "b": false, "true": true, "false": false }),
                &json!({ "a": 1, "b": 20 }),
                &json!({ "a": { "k": [1, "x"] }, "b": {} }),
            ])
            .clone()
    }

    fn condition(&mut self) -> Value {
        json!({ "if": [self.rule(About::Context), "a", "b"] })
    }

    /// A rule as somebody writes it who knows the operators.
    fn sensible(&mut self) -> Value {
        match self.dice.below(8) {
            0 => json!({ "cat": ["salt", self.word(2, About::Context)] }),
            1 => json!({ "$ref": self.dice.of(&["e0", "e1"]) }),
            _ => self.truth(3, About::Context),
        }
    }

    /// A rule that gives part of a text.
    fn part(&mut self) -> Value {
        match self.dice.below(4) {
            0 => self.rule(About::Context),
            1 => self.sum(3, About::Context),
            _ => self.word(3, About::Context),
        }
    }

    /// A rule that is true or false.
    fn truth(&mut self, depth: usize, about: About) -> Value {
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
    fn sum(&mut self, depth: usize, about: About) -> Value {
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
    fn word(&mut self, depth: usize, about: About) -> Value {
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

    /// A rule whose result is mostly a variant's name.
    fn rule_of_names(&mut self, depth: usize) -> Value {
        if depth == 0 {
            return self.dice.of(&[&json!("a"), &json!("b"), &Value::Null, &json!({ "var": "x" })]).clone();
        }
        let operands = |this: &mut Self| vec![this.rule_of_names(depth - 1), this.rule_of_names(depth - 1)];
        match self.dice.below(4) {
            0 => json!({ "or": operands(self) }),
            1 => json!({ "and": operands(self) }),
            2 => json!({ "log": self.rule_of_names(depth - 1) }),
            _ => {
                let mut branches = operands(self);
                branches.insert(0, self.rule(About::Context));
                json!({ "if": branches })
            }
        }
    }

    /// A split into many buckets, so that any other value or text that is hashed is noticed.
    fn split(&mut self) -> (Value, Value) {
        let buckets = 1 + self.dice.below(64);
        let names: Vec<_> = (0..buckets).map(|bucket| format!("b{bucket}")).collect();
        let mut entries: Vec<_> = names.iter().map(|name| self.entry(name)).collect();
        match self.dice.below(4) {
            0 => {}
            1 if self.hashes_values => {
                let by =
                    if self.dice.percent(50) { self.sum(3, About::Context) } else { self.operation(3, About::Context) };
                // A list that is written there would be an entry.
                entries.insert(0, if by.is_array() { json!({ "merge": by }) } else { by });
            }
            2 => entries.insert(0, json!({ "var": self.dice.of(&["text", "email", "x", "version"]) })),
            _ => entries.insert(0, json!({ "cat": ["salt", self.part()] })),
        }
        let variants: Map<_, _> = names.iter().map(|name| (name.clone(), json!(name))).collect();
        (json!({ "fractional": entries }), Value::Object(variants))
    }

    fn entry(&mut self, name: &str) -> Value {
        match self.dice.below(30) {
            0 => json!([name]),
            1 => json!([{ "if": [self.rule(About::Context), name, null] }, 1]),
            2 => json!([name, { "if": [self.rule(About::Context), 3, self.number()] }]),
            3 => json!([name, { "-": [{ "var": "w" }, 2] }]),
            _ => json!([name, 1 + self.dice.below(9)]),
        }
    }

    fn rule(&mut self, about: About) -> Value {
        if about == About::Context && self.dice.percent(65) {
            return self.sensible();
        }
        let depth = 1 + self.dice.below(4);
        self.operation(depth, about)
    }

    fn operation(&mut self, depth: usize, about: About) -> Value {
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

    fn fold(&mut self, depth: usize) -> Value {
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
    fn list_rule(&mut self, depth: usize, about: About) -> Value {
        match self.dice.below(6) {
            0 => json!(self.dice.some(4, |dice| scalar(dice))),
            1 if depth > 0 => json!({ "merge": [self.operation(depth - 1, about), [1, "a"]] }),
            2 if depth > 0 => json!([self.operation(depth - 1, about), self.leaf(about)]),
            3 => self.leaf(about),
            _ => json!({ "var": self.dice.of(&["list", "people", "x", "y"]) }),
        }
    }

    fn version_rule(&mut self, depth: usize, about: About) -> Value {
        let comparison = self.dice.of(&["=", "!=", "<", "<=", ">", ">=", "^", "~", "=="]);
        let versions = ["1.2.3", "v1.2", "2.0.0-rc.1", "1", "2.0.0", "1.2.3-rc.2", "0.0.1", "x"];
        let other = match self.dice.below(3) {
            0 => self.operation(depth, about),
            _ => json!(self.dice.of(&versions)),
        };
        json!({ "sem_ver": [{ "var": "version" }, comparison, other] })
    }

    /// What an operator may be given by somebody who does not know it.
    fn operands(&mut self, about: About) -> Value {
        match self.dice.percent(20) {
            true => self.leaf(about),
            false => {
                let count = self.dice.below(5);
                (0..count).map(|_| self.leaf(about)).collect()
            }
        }
    }

    fn names(&mut self) -> Vec<&'static str> {
        self.dice.some(4, |dice| if dice.percent(70) { dice.of(&NAMES) } else { dice.of(&PATHS) })
    }

    fn name(&mut self, about: About) -> Value {
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

    fn leaf(&mut self, about: About) -> Value {
        match self.dice.below(10) {
            0..=4 => json!({ "var": self.name(about) }),
            5 if about == About::Context && self.dice.percent(20) => {
                json!({ ">": [{ "var": "$flagd.timestamp" }, 1_600_000_000] })
            }
            5 => json!(self.dice.some(3, |dice| scalar(dice))),
            _ => scalar(&mut self.dice),
        }
    }

    fn text(&mut self) -> &'static str {
        self.dice.of(&TEXTS)
    }

    fn number(&mut self) -> Value {
        number(&mut self.dice)
    }

    /// A context as JSON text.
    pub(crate) fn context(&mut self) -> String {
        let mut attributes = Map::new();
        for name in NAMES {
            if name == "nothing" || self.dice.percent(25) {
                continue;
            }
            let value = match name {
                _ if self.dice.percent(12) => any(&mut self.dice, 3),
                "text" | "flag" => json!(self.text()),
                "n" | "w" => self.number(),
                "email" => json!(self.dice.of(&["me@example.org", "you@example.org", "me@elsewhere.net"])),
                "version" => {
                    json!(self.dice.of(&["1.2.3", "v1.2.3", "1.10.0", "2.0.0-rc.1", "2", "1.2", "latest", "1.2.3+b.1"]))
                }
                "targetingKey" => json!(self.dice.of(&["ann", "bob", "ünal", "user-4711", "😀", ""])),
                "list" => json!(self.dice.some(4, |dice| scalar(dice))),
                "people" => {
                    let person = |dice: &mut Dice| json!({ "name": dice.of(&TEXTS), "age": number(dice) });
                    json!(self.dice.some(4, person))
                }
                "obj" => json!({ "a": scalar(&mut self.dice), "b": { "c": scalar(&mut self.dice) } }),
                _ => any(&mut self.dice, 2),
            };
            attributes.insert(name.to_owned(), value);
        }
        Value::Object(attributes).to_string()
    }
}

fn shown() -> Value {
    Value::Object(SHOWN.iter().map(|name| ((*name).to_owned(), json!(name))).collect())
}

fn number(dice: &mut Dice) -> Value {
    serde_json::from_str(dice.of(&NUMBERS)).expect("a number")
}

fn scalar(dice: &mut Dice) -> Value {
    match dice.below(8) {
        0 => Value::Null,
        1 => json!(dice.percent(50)),
        2..=4 => number(dice),
        _ => json!(dice.of(&TEXTS)),
    }
}

fn any(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 3 } else { 5 }) {
        0..=2 => scalar(dice),
        3 => json!(dice.some(3, |dice| any(dice, depth - 1))),
        _ => {
            let keys = ["a", "b", "name", "x", "ß", "0"];
            let entries = dice.some(3, |dice| (dice.of(&keys).to_owned(), any(dice, depth - 1)));
            Value::Object(entries.into_iter().collect())
        }
    }
}

/// The Python evaluator replaces references by regular expression and stumbles over escapes.
fn ascii(value: Value) -> Value {
    let text: String = value.to_string().chars().map(|c| if c.is_ascii() { c } else { 'u' }).collect();
    serde_json::from_str(&text).expect("JSON")
}
