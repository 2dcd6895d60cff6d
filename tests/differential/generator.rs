//! Random flags and contexts: every operator, sound and unsound operands, values of every kind.

use crate::dice::Dice;
use serde_json::{Map, Value, json};

/// Attributes that contexts have, or could have.
pub(crate) const NAMES: [&str; 14] = [
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
pub(crate) const PATHS: [&str; 8] =
    ["obj.a", "obj.b.c", "list.0", "list.1", "people.0.name", "list.01", "obj.", "$flagd.flagKey"];

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
pub(crate) enum About {
    Context,
    Element,
    Fold,
}

#[derive(Debug)]
pub(crate) struct Generator {
    pub(crate) dice: Dice,
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

    pub(crate) fn text(&mut self) -> &'static str {
        self.dice.of(&TEXTS)
    }

    pub(crate) fn number(&mut self) -> Value {
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
                "list" => json!(self.dice.some(4, scalar)),
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

pub(crate) fn scalar(dice: &mut Dice) -> Value {
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
