//! YAML to a tree with places. Built from the parser's events with a stack of our own, so that
//! nesting costs no stack of the machine's and aliases cannot grow without bound.

use super::parse::{DEEPEST, MOST_COPIED};
use super::problem::{Problem, Problems};
use super::text::{Span, Text};
use super::tree::{Entry, Node, Value};
use granit_parser::{Event, Options, Parser, ScalarStyle};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The most levels that the parser follows.
const MOST_OPEN: usize = 200_000;

/// The documents, and what is nested too deeply in them.
pub(super) fn parse(text: &Text) -> Result<(Vec<Node<'static>>, Vec<Span>), Vec<Problem>> {
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str_with_options(text.content(), options()) {
        let stopped = match event {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                builder.take(event, Span { start: range.start, end: range.end }).is_err()
            }
            Err(error) => {
                let start = error.marker().byte_offset().unwrap_or(0);
                builder.problems.add(Span { start, end: start }, format!("not YAML: {}", error.info()));
                true
            }
        };
        if stopped {
            break;
        }
    }
    match builder.problems.count() {
        0 => Ok((builder.documents, builder.too_deep)),
        _ => Err(builder.problems.into_vec()),
    }
}

/// The parser keeps its own stack on the heap, so its depth may be far over what the tree keeps: what is
/// too deep is then cut off instead of costing the whole file.
fn options() -> Options {
    let mut options = Options::default();
    options.flow_nesting_limit = MOST_OPEN;
    options.block_nesting_limit = MOST_OPEN;
    options
}

/// Reading cannot go on; the reason is among the problems.
struct Stop;

enum Open {
    Array { items: Vec<Node<'static>>, start: usize, anchor: usize },
    Object { entries: Vec<Entry<'static>>, key: Option<(String, Span)>, start: usize, anchor: usize },
}

/// A value that aliases refer to.
struct Anchored {
    node: Node<'static>,
    /// How many values it has, itself included and long texts counted as several.
    size: usize,
    /// How many levels of lists and mappings it has.
    depth: usize,
}

struct Builder<'t> {
    text: &'t Text,
    problems: Problems<'t>,
    stack: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    /// How many values anchors and aliases have added.
    copied: usize,
    documents: Vec<Node<'static>>,
    /// Where a value began that is nested too deeply, and how many levels of it are open.
    skipping: Option<(usize, usize)>,
    too_deep: Vec<Span>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t Text) -> Self {
        Self {
            text,
            problems: Problems::new(text),
            stack: Vec::new(),
            anchors: HashMap::new(),
            copied: 0,
            documents: Vec::new(),
            skipping: None,
            too_deep: Vec::new(),
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        if let Some((start, open)) = self.skipping {
            return self.skip(&event, start, open, span);
        }
        match event {
            Event::Scalar(content, style, anchor, tag) => {
                let node = Node { span, value: self.scalar(&content, style, tag.as_deref(), span) };
                self.place(node, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(Open::Array { items: Vec::new(), start: span.start, anchor }, span)
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(Open::Object { entries: Vec::new(), key: None, start: span.start, anchor }, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::UnresolvedAlias(_)
            | Event::Comment(..)
            | _ => Ok(()),
        }
    }

    fn open(&mut self, open: Open, span: Span) -> Result<(), Stop> {
        match self.stack.len() < DEEPEST {
            true => self.stack.push(open),
            false => self.skipping = Some((span.start, 1)),
        }
        Ok(())
    }

    /// Passes over what is nested too deeply; a null takes its place.
    fn skip(&mut self, event: &Event<'_>, start: usize, open: usize, span: Span) -> Result<(), Stop> {
        let opens = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
        let closes = matches!(event, Event::SequenceEnd | Event::MappingEnd);
        let open = open.saturating_add(usize::from(opens)).saturating_sub(usize::from(closes));
        if open > 0 {
            self.skipping = Some((start, open));
            return Ok(());
        }
        self.skipping = None;
        let span = Span { start, end: span.end.max(start) };
        self.too_deep.push(span);
        self.place(Node { span, value: Value::Null }, 0)
    }

    fn close(&mut self, end: Span) -> Result<(), Stop> {
        let closed = self.stack.pop();
        match closed {
            Some(Open::Array { items, start, anchor }) => {
                self.place(Node { span: Span { start, end: end.end.max(start) }, value: Value::Array(items) }, anchor)
            }
            Some(Open::Object { entries, start, anchor, .. }) => {
                refuse_duplicates(&entries, &mut self.problems);
                let span = Span { start, end: end.end.max(start) };
                self.place(Node { span, value: Value::Object(entries) }, anchor)
            }
            None => Ok(()),
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            self.problems.add_with_hint(span, "an alias to a value that contains it", "write the value out");
            return Err(Stop);
        };
        let (size, depth) = (anchored.size, anchored.depth);
        if self.stack.len().saturating_add(depth) > DEEPEST {
            self.problems.add(span, format!("with this alias the document is nested deeper than {DEEPEST} levels"));
            return Err(Stop);
        }
        self.copy_allowed(size, span)?;
        // Copied only now that its size is known to be bearable.
        let value = self.anchors.get(&anchor).map_or(Value::Null, |anchored| anchored.node.value.clone());
        self.place(Node { span, value }, 0)
    }

    fn copy_allowed(&mut self, size: usize, span: Span) -> Result<(), Stop> {
        self.copied = self.copied.saturating_add(size);
        if self.copied > MOST_COPIED {
            self.problems.add(span, format!("anchors and aliases add more than {MOST_COPIED} values"));
            return Err(Stop);
        }
        Ok(())
    }

    fn place(&mut self, node: Node<'static>, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            let (size, depth) = measure(&node);
            self.copy_allowed(size, node.span)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, depth });
        }
        match self.stack.last_mut() {
            None => self.documents.push(node),
            Some(Open::Array { items, .. }) => items.push(node),
            Some(Open::Object { entries, key, .. }) => match key.take() {
                Some((key, key_span)) => entries.push(Entry { key: Cow::Owned(key), key_span, value: node }),
                None => {
                    let text = match node.value {
                        Value::String(text) => text.into_owned(),
                        // `10: x` and `true: x`: the key is what is written.
                        Value::Number(_) | Value::Bool(_) | Value::Null => self.text.slice(node.span).to_owned(),
                        Value::Array(_) | Value::Object(_) => {
                            self.problems.add(node.span, "a key must be a text");
                            String::new()
                        }
                    };
                    *key = Some((text, node.span));
                }
            },
        }
        Ok(())
    }

    /// YAML 1.2's core schema; a tag `!!str` keeps a text a text.
    fn scalar(
        &mut self,
        content: &str,
        style: ScalarStyle,
        tag: Option<&granit_parser::Tag>,
        span: Span,
    ) -> Value<'static> {
        let tagged = tag.and_then(granit_parser::Tag::core_suffix);
        if tag.is_some() && tagged.is_none() && tag.is_some_and(granit_parser::Tag::is_custom) {
            self.problems.add_with_hint(span, "a tag of YAML that means nothing here", "remove the `!tag`");
        }
        if style != ScalarStyle::Plain || tagged == Some("str") {
            return Value::String(Cow::Owned(content.to_owned()));
        }
        match content {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            _ => match number(content) {
                Some(Ok(number)) => Value::Number(Cow::Owned(number)),
                Some(Err(())) => {
                    self.problems.add_with_hint(
                        span,
                        format!("`{content}` is not a finite number"),
                        "quote it if it is a text",
                    );
                    Value::Null
                }
                None => Value::String(Cow::Owned(content.to_owned())),
            },
        }
    }
}

/// Two entries of one name: whoever wrote them meant one of the two, and nobody can know which.
fn refuse_duplicates(entries: &[Entry<'_>], problems: &mut Problems<'_>) {
    let mut seen = HashSet::with_capacity(entries.len());
    for entry in entries.iter().filter(|entry| !seen.insert(&*entry.key)) {
        let message = format!("the key `{}` stands here a second time", entry.key);
        problems.add_with_hint(entry.key_span, message, "remove one of the two");
    }
}

/// A plain scalar as a number in JSON's spelling: `Some(Err)` when it is an infinity or no number.
fn number(content: &str) -> Option<Result<String, ()>> {
    let finite =
        |text: &str| text.parse::<serde_json::Number>().ok().and_then(|n| n.as_f64()).is_some_and(f64::is_finite);
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).map(|n| n.to_string()).map_err(|_| ());
    if let Some(digits) = content.strip_prefix("0x") {
        return digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| radix(digits, 16));
    }
    if let Some(digits) = content.strip_prefix("0o") {
        return digits.bytes().all(|b| b.is_ascii_digit()).then(|| radix(digits, 8));
    }
    let unsigned = content.strip_prefix(['+', '-']).unwrap_or(content);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(content, ".nan" | ".NaN" | ".NAN") {
        return Some(Err(()));
    }
    let shaped = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().any(|b| b.is_ascii_digit())
        && unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !shaped {
        return None;
    }
    if finite(content) {
        return Some(Ok(content.to_owned()));
    }
    // `+1`, `.5`, `5.` and `007` are numbers in YAML but not in JSON: written anew.
    let float: f64 = content.parse().ok()?;
    match float.is_finite() {
        true => {
            serde_json::Number::from_f64(float).map(|number| Ok(number.to_string().trim_end_matches(".0").to_owned()))
        }
        false => Some(Err(())),
    }
}

/// Bytes of text that weigh as much as a value.
const BYTES_OF_A_VALUE: usize = 64;

/// What a text weighs beside the value that it is or belongs to.
const fn weight(text: &str) -> usize {
    text.len() / BYTES_OF_A_VALUE
}

/// How many values a node holds, itself included and long texts counted as several, and how many levels
/// of lists and mappings.
fn measure(node: &Node<'_>) -> (usize, usize) {
    let (mut size, mut deepest) = (0_usize, 0_usize);
    let mut rest = vec![(node, 0_usize)];
    while let Some((node, depth)) = rest.pop() {
        size = size.saturating_add(1);
        let inside = depth.saturating_add(1);
        match &node.value {
            Value::Array(items) => {
                deepest = deepest.max(inside);
                rest.extend(items.iter().map(|item| (item, inside)));
            }
            Value::Object(entries) => {
                deepest = deepest.max(inside);
                size = entries.iter().fold(size, |size, entry| size.saturating_add(weight(&entry.key)));
                rest.extend(entries.iter().map(|entry| (&entry.value, inside)));
            }
            Value::Number(text) | Value::String(text) => size = size.saturating_add(weight(text)),
            Value::Null | Value::Bool(_) => {}
        }
    }
    (size, deepest)
}
