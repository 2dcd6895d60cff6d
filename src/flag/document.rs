//! A flag document: from a parsed file to definitions, each right or wrong by itself.

use super::before::Before;
use super::evaluators::Evaluators;
use super::set::Set;
use super::{CatalogEntry, Definition, fields, metadata};
use crate::json::Fault;
use crate::source::{Node, Parsed, Problem, Problems, Span, Text, Unread, Value, suggest};
use crate::units::FlagKey;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

const DOCUMENT_FIELDS: [&str; 4] = ["$schema", "$evaluators", "flags", "metadata"];
pub(super) const FLAG_FIELDS: [&str; 7] =
    ["$schema", "description", "state", "variants", "defaultVariant", "targeting", "metadata"];
const LISTED_FLAG_FIELDS: [&str; 8] =
    ["$schema", "description", "state", "variants", "defaultVariant", "targeting", "metadata", "key"];

/// One flag of a file.
#[derive(Debug, Clone)]
pub struct FlagEntry {
    pub(super) key: FlagKey,
    /// Where it stands.
    pub(super) place: Place,
    /// Its definition, or in one line what is wrong with it.
    pub outcome: Result<Arc<Definition>, Arc<str>>,
}

/// Where a flag stands in its file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) key: Span,
    /// The line of its key.
    pub(super) line: usize,
    /// Its text, when that alone says what the flag is and there is nothing to tell about it.
    pub(super) text: Option<Span>,
}

/// A file's flags with everything that is wrong in them.
#[derive(Debug, Clone)]
pub struct FlagFile {
    pub(super) text: Text,
    /// Sorted by key.
    pub(super) flags: Vec<FlagEntry>,
    pub(super) problems: Vec<Problem>,
    pub(super) ground: Option<Ground>,
}

/// What flags of a JSON file stand on, so that one of them can be read again without the others.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    /// The document without its flags.
    pub(super) document: Arc<Node<'static>>,
    /// How that is written which flags refer to or take over.
    pub(super) shared: Arc<[Option<Box<str>>; 2]>,
    /// The flags' mapping, brackets included.
    pub(super) flags: Span,
}

impl FlagEntry {
    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &FlagKey {
        &self.key
    }
}

impl FlagFile {
    /// The flags, sorted by key.
    #[must_use]
    pub fn flags(&self) -> &[FlagEntry] {
        &self.flags
    }

    /// Everything that is wrong, in the order of the file.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

/// Reads the flag documents of a file: those without a `kind`, and those with `flags` all the same, for a
/// word too many must not take flags away. A flag that is wrong fails alone.
///
/// # Errors
/// When the file has no flags to speak of: nothing in it, or `flags` missing or of the wrong shape.
pub fn lower(parsed: &Parsed) -> Result<FlagFile, Vec<Problem>> {
    lower_after(None, parsed)
}

/// As [`lower`]; flags that are written as before are taken over.
pub(super) fn lower_after(before: Option<Before<'_>>, parsed: &Parsed) -> Result<FlagFile, Vec<Problem>> {
    let mut flags = Vec::new();
    let (problems, ground) = read(before, parsed, &mut |flag| flags.push(flag))?;
    flags.sort_by(|a, b| a.key.cmp(&b.key));
    flags.shrink_to_fit();
    Ok(FlagFile { text: parsed.text.clone(), flags, problems, ground })
}

/// As [`lower`], for whoever needs no definition for long: `each` gets one flag after the other, in the order of
/// the file, and the answer is what is wrong.
///
/// # Errors
/// As those of [`lower`]; `each` may have got flags by then.
pub fn lower_each(parsed: &Parsed, mut each: impl FnMut(&FlagKey, CatalogEntry)) -> Result<Vec<Problem>, Vec<Problem>> {
    let mut one = |flag: FlagEntry| {
        each(&flag.key, flag.outcome.map_or_else(CatalogEntry::Broken, CatalogEntry::Serving));
    };
    read(None, parsed, &mut one).map(|(problems, _)| problems)
}

fn read<'p>(
    before: Option<Before<'p>>,
    parsed: &'p Parsed,
    each: &'p mut dyn FnMut(FlagEntry),
) -> Result<(Vec<Problem>, Option<Ground>), Vec<Problem>> {
    // Nothing between two `---` is no document that anybody meant.
    let meant = |document: &&Node<'_>| parsed.documents.len() == 1 || document.value != Value::Null;
    let ours = |document: &&Node<'_>| document.get("kind").is_none() || document.get("flags").is_some();
    let documents: Vec<_> = parsed.documents.iter().filter(meant).filter(ours).collect();
    let mut lowering = Lowering::new(parsed, before, documents.len(), each);
    let mut unusable = Vec::new();
    for document in documents {
        if let Err(problems) = lowering.document(document) {
            unusable.extend(problems);
        }
    }
    let Lowering { mut problems, ground, .. } = lowering;
    problems.sort_by_key(|problem| (problem.line, problem.column));
    match unusable.is_empty() {
        true => Ok((problems, ground)),
        false => Err(unusable),
    }
}

/// Reads the flags of a file.
struct Lowering<'p> {
    parsed: &'p Parsed,
    before: Option<Before<'p>>,
    /// Takes what is read.
    each: &'p mut dyn FnMut(FlagEntry),
    /// The places of the flags by key, where two could have the same: the keys of one mapping are distinct.
    places: Option<HashMap<FlagKey, Span>>,
    /// A place whose line is known, from which the next is counted.
    counted: (usize, usize),
    problems: Vec<Problem>,
    ground: Option<Ground>,
}

impl<'p> Lowering<'p> {
    fn new(
        parsed: &'p Parsed,
        before: Option<Before<'p>>,
        documents: usize,
        each: &'p mut dyn FnMut(FlagEntry),
    ) -> Self {
        let places = (documents > 1).then(HashMap::new);
        Self { parsed, before, each, places, counted: (0, 1), problems: Vec::new(), ground: None }
    }

    fn document(&mut self, document: &'p Node<'p>) -> Result<(), Vec<Problem>> {
        let mut problems = Problems::new(&self.parsed.text);
        let Some(flags) = flags_of(document, &mut problems) else { return Err(problems.into_vec()) };
        fields::check(document.as_object().unwrap_or_default(), &DOCUMENT_FIELDS, &mut problems);
        let is_json = self.parsed.unread(flags).is_some();
        let mut set = set(document, is_json, &mut problems);
        if self.before.as_ref().is_some_and(|before| !before.stands_on(&self.parsed.text, document)) {
            self.before = None;
        }
        let read = match &flags.value {
            Value::Object(_) => self.mapping(&mut set, document, flags),
            Value::Array(_) => self.list(&mut set, flags, &mut problems),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        };
        if let Err(fault) = read {
            problems.add(Span { start: fault.start(), end: fault.end() }, format!("not JSON: {}", fault.kind()));
            return Err(problems.into_vec());
        }
        self.problems.extend(problems.into_vec());
        Ok(())
    }

    fn mapping(&mut self, set: &mut Set<'p>, document: &Node<'_>, flags: &Node<'_>) -> Result<(), Fault> {
        let Some(mut unread) = self.parsed.unread(flags) else {
            for entry in flags.as_object().unwrap_or_default() {
                self.add(set, &entry.key, entry.key_span, &entry.value, &FLAG_FIELDS);
            }
            return Ok(());
        };
        let shared = Arc::new(shared(&self.parsed.text, document).map(|written| written.map(Box::from)));
        self.ground = Some(Ground { document: Arc::new(document.clone().into_owned()), shared, flags: flags.span });
        unread.begin_mapping()?;
        while let Some((key, place)) = unread.next_key()? {
            if !self.take_over(&key, place, &mut unread) {
                let flag = unread.value()?;
                self.add(set, &key, place, &flag, &FLAG_FIELDS);
                unread.take_back(flag);
            }
        }
        Ok(())
    }

    fn list(&mut self, set: &mut Set<'p>, flags: &Node<'_>, problems: &mut Problems<'_>) -> Result<(), Fault> {
        self.places.get_or_insert_default();
        let Some(mut unread) = self.parsed.unread(flags) else {
            flags.as_array().unwrap_or_default().iter().for_each(|item| self.item(set, item, problems));
            return Ok(());
        };
        unread.begin_list()?;
        while unread.next_item()? {
            let item = unread.value()?;
            self.item(set, &item, problems);
            unread.take_back(item);
        }
        Ok(())
    }

    fn item(&mut self, set: &mut Set<'p>, item: &Node<'_>, problems: &mut Problems<'_>) {
        match item.get("key").map(|key| (key, key.as_str())) {
            Some((node, Some(key))) => self.add(set, key, node.span, item, &LISTED_FLAG_FIELDS),
            Some((node, None)) => problems.add(node.span, format!("`key` is {}, it must be a text", node.kind())),
            None => problems.add(item.span, "a flag in a list needs a `key`"),
        }
    }

    /// Takes a flag that is written as before.
    fn take_over(&mut self, key: &str, place: Span, unread: &mut Unread<'_>) -> bool {
        let Some((text, key, definition)) = self.before.as_mut().and_then(|before| before.flag(key)) else {
            return false;
        };
        let Some(text) = unread.pass_over(text) else { return false };
        let (key, outcome) = (key.clone(), Ok(Arc::clone(definition)));
        let place = Place { key: place, line: self.line(place), text: Some(text) };
        (self.each)(FlagEntry { key, place, outcome });
        true
    }

    fn add(&mut self, set: &mut Set<'p>, key: &str, place: Span, flag: &Node<'_>, known: &[&str]) {
        let mut problems = Problems::new(&self.parsed.text);
        let Some(name) = self.name(key, place, &mut problems) else { return self.tell(key, problems) };
        let line = self.line(place);
        let mut definition = set.definition(name.clone(), line, flag, known, &mut problems);
        if definition.is_some() {
            let before = problems.count();
            self.parsed.refuse_too_deep(flag.span, &mut problems);
            definition = definition.filter(|_| problems.count() == before);
        }
        let text = (self.ground.is_some() && problems.count() == 0).then_some(flag.span);
        let outcome = definition.map(Arc::new).ok_or_else(|| summary(&problems));
        (self.each)(FlagEntry { key: name, place: Place { key: place, line, text }, outcome });
        self.tell(key, problems);
    }

    /// The key, unless it is none or another flag's.
    fn name(&mut self, key: &str, place: Span, problems: &mut Problems<'_>) -> Option<FlagKey> {
        let name = FlagKey::new(key).map_err(|error| problems.add(place, error.to_string())).ok()?;
        let Some(places) = &mut self.places else { return Some(name) };
        match places.entry(name.clone()) {
            Entry::Vacant(free) => {
                free.insert(place);
                Some(name)
            }
            Entry::Occupied(taken) => {
                let line = self.parsed.text.line(taken.get().start);
                let message = format!("the flag is defined a second time; the one in line {line} serves");
                problems.add_with_hint(place, message, "remove one of the two");
                None
            }
        }
    }

    fn tell(&mut self, key: &str, problems: Problems<'_>) {
        let subject = |problem| Problem { subject: Some(format!("flag `{}`", key.escape_debug())), ..problem };
        self.problems.extend(problems.into_vec().into_iter().map(subject));
    }

    /// The line of a place that comes after the one that was asked for last.
    fn line(&mut self, place: Span) -> usize {
        let (from, line) = self.counted;
        let line = match from <= place.start {
            true => line.saturating_add(self.parsed.text.breaks(Span { start: from, end: place.start })),
            // What an alias of YAML stands for was written before.
            false => self.parsed.text.line(place.start),
        };
        self.counted = (place.start, line);
        self.counted.1
    }
}

/// How that is written which the flags of a document refer to or take over.
pub(super) fn shared<'t>(text: &'t Text, document: &Node<'_>) -> [Option<&'t str>; 2] {
    ["$evaluators", "metadata"].map(|name| document.get(name).map(|node| text.slice(node.span)))
}

/// What the flags of a document share.
pub(super) fn set<'d>(document: &'d Node<'d>, is_json: bool, problems: &mut Problems<'d>) -> Set<'d> {
    let evaluators = Evaluators::lower(document.get("$evaluators"), problems);
    let metadata = metadata::lower(document.get("metadata"), problems).unwrap_or_default();
    Set::new(problems.text(), is_json, evaluators, metadata)
}

/// The flags of a document; `None` with the reason when it is no flag document at all.
fn flags_of<'d>(document: &'d Node<'d>, problems: &mut Problems<'_>) -> Option<&'d Node<'d>> {
    const HINT: &str = "write `{\"flags\": {}}` for no flags";
    let Some(entries) = document.as_object() else {
        let message = format!("the document is {}, it must be a mapping with `flags`", document.kind());
        problems.add_with_hint(document.span, message, HINT);
        return None;
    };
    let Some(flags) = document.get("flags") else {
        let typo = entries.iter().find_map(|entry| Some((entry, suggest(&entry.key, ["flags"])?)));
        match typo {
            Some((entry, hint)) => {
                problems.add_with_hint(entry.key_span, format!("unknown field `{}`", entry.key), hint);
            }
            None => problems.add_with_hint(document.span, "the document has no `flags`", HINT),
        }
        return None;
    };
    match flags.value {
        Value::Object(_) | Value::Array(_) => Some(flags),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let message = format!("`flags` is {}, it must be a mapping or a list", flags.kind());
            problems.add_with_hint(flags.span, message, HINT);
            None
        }
    }
}

/// What a broken flag answers: the first problem and how many more there are.
fn summary(problems: &Problems<'_>) -> Arc<str> {
    let Some(first) = problems.foremost() else { return Arc::from("the definition is wrong") };
    let more = match problems.count().saturating_sub(1) {
        0 => String::new(),
        1 => " (and 1 more problem)".to_owned(),
        more => format!(" (and {more} more problems)"),
    };
    Arc::from(format!("{}:{}:{}: {}{more}", first.file, first.line, first.column, first.message))
}
