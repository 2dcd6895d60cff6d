//! All files' last good content, merged. Pure: the shell tells what it read.

use super::before::Before;
use super::document::{Ground, Place, lower_after};
use super::{Definition, FlagFile, amend};
use crate::source::{Parsed, Problem, Problems, Text};
use crate::units::FlagKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a flag is served from.
#[derive(Debug, Clone, PartialEq)]
pub enum CatalogEntry {
    /// Its definition, or the last good one of a flag that is wrong now.
    Serving(Arc<Definition>),
    /// Wrong, and never right since the start; in one line why.
    Broken(Arc<str>),
}

/// The flags of all files. A file that cannot be read, or a flag that is wrong, leaves its last good
/// content in place.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    files: BTreeMap<Arc<str>, File>,
    /// Counts the contents that were taken, so that it is known which file had a key first.
    taken: u64,
}

#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) text: Text,
    /// Sorted by key.
    pub(super) flags: Vec<Flag>,
    pub(super) problems: Vec<Problem>,
    pub(super) ground: Option<Ground>,
}

#[derive(Debug, Clone)]
pub(super) struct Flag {
    pub(super) key: FlagKey,
    pub(super) place: Place,
    /// With which content its file came to the key.
    pub(super) since: u64,
    pub(super) entry: CatalogEntry,
}

impl CatalogEntry {
    /// Notes that the flag stands in another line.
    pub(super) fn move_to(&self, line: usize) {
        match self {
            Self::Serving(definition) => definition.move_to(line),
            Self::Broken(_) => {}
        }
    }
}

impl Catalog {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`lower`](super::lower), for a file that may have been read before: flags that are written as they
    /// were are not read again.
    ///
    /// # Errors
    /// As those of [`lower`](super::lower).
    pub fn lower(&self, parsed: &Parsed) -> Result<FlagFile, Vec<Problem>> {
        let before = self.files.get(parsed.text.name()).and_then(File::before);
        lower_after(before, parsed)
    }

    /// Takes a file's new content, or why it cannot be read; then its last good content stays.
    pub fn update(&mut self, file: &str, read: Result<FlagFile, Vec<Problem>>) {
        match read {
            Ok(read) => {
                self.taken = self.taken.saturating_add(1);
                let (name, before) = self
                    .files
                    .remove_entry(file)
                    .map_or_else(|| (Arc::from(file), Vec::new()), |(name, before)| (name, before.flags));
                self.files.insert(name, File::merged(read, before, self.taken));
            }
            Err(problems) => {
                let unread =
                    || File { text: Text::new(file, ""), flags: Vec::new(), problems: Vec::new(), ground: None };
                self.files.entry(Arc::from(file)).or_insert_with(unread).problems = problems;
            }
        }
    }

    /// Takes a file's new content when it is JSON that was and is without a fault, and differs from the last
    /// in some flags that stand together: then only those are read, however many others there are. Otherwise
    /// nothing happens and the answer is false: the content must be parsed and [`update`](Self::update)d.
    pub fn amend(&mut self, file: &str, content: &str) -> bool {
        let Some(known) = self.files.get_mut(file) else { return false };
        self.taken = self.taken.saturating_add(1);
        amend::amend(known, content, self.taken)
    }

    /// Forgets a file: it is gone, and its flags with it.
    pub fn remove(&mut self, file: &str) {
        self.files.remove(file);
    }

    /// Every flag, sorted by key.
    pub fn flags(&self) -> impl Iterator<Item = (&FlagKey, CatalogEntry)> {
        let mut last = None;
        // Of those with one key the first serves.
        let mut is_first = move |key| last.replace(key) != Some(key);
        self.claims()
            .into_iter()
            .filter(move |(_, flag)| is_first(&flag.key))
            .map(|(_, flag)| (&flag.key, flag.entry.clone()))
    }

    /// Everything that is wrong now, file by file.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = self.files.values().flat_map(|file| file.problems.iter().cloned()).collect();
        for claims in self.claims().chunk_by(|(_, one), (_, other)| one.key == other.key) {
            let Some(((first, _), others)) = claims.split_first() else { continue };
            problems.extend(others.iter().flat_map(|(other, flag)| conflict(flag, first.text.name(), other)));
        }
        problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        problems
    }

    /// What each file has under each key: sorted by key, and of one key the file first that had it first.
    fn claims(&self) -> Vec<(&File, &Flag)> {
        let mut claims: Vec<_> =
            self.files.values().flat_map(|file| file.flags.iter().map(move |flag| (file, flag))).collect();
        if self.files.len() > 1 {
            claims.sort_by(|(_, a), (_, b)| (&a.key, a.since).cmp(&(&b.key, b.since)));
        }
        claims
    }
}

fn conflict(flag: &Flag, first: &str, other: &File) -> Vec<Problem> {
    let mut problems = Problems::new(&other.text);
    problems.set_subject(Some(format!("flag `{}`", flag.key)));
    let message = format!("the flag is already defined in {first}, which serves");
    problems.add_with_hint(flag.place.key, message, "remove it from one of the two files");
    problems.into_vec()
}

impl File {
    /// New content over the old: a flag that is wrong now keeps its last good definition, and one that
    /// did not change keeps its place in memory, so that what was built from it can be kept too.
    fn merged(read: FlagFile, previous: Vec<Flag>, now: u64) -> Self {
        let mut previous = previous.into_iter().peekable();
        let flags = read.flags.into_iter().map(|new| {
            while previous.next_if(|old| old.key < new.key).is_some() {}
            let before = previous.next_if(|old| old.key == new.key);
            let since = before.as_ref().map_or(now, |old| old.since);
            let entry = entry_over(before.map(|old| old.entry), new.outcome, new.place.line);
            Flag { key: new.key, place: new.place, since, entry }
        });
        Self { flags: flags.collect(), text: read.text, problems: read.problems, ground: read.ground }
    }

    fn before(&self) -> Option<Before<'_>> {
        self.ground.as_ref().map(|ground| Before::new(&self.text, ground, &self.flags))
    }
}

/// What a flag is served from once its file was read again.
pub(super) fn entry_over(
    before: Option<CatalogEntry>,
    outcome: Result<Arc<Definition>, Arc<str>>,
    line: usize,
) -> CatalogEntry {
    match (outcome, before) {
        (Ok(new), Some(CatalogEntry::Serving(old))) if Arc::ptr_eq(&new, &old) || new == old => {
            old.move_to(line);
            CatalogEntry::Serving(old)
        }
        (Ok(new), _) => CatalogEntry::Serving(new),
        (Err(_), Some(CatalogEntry::Serving(old))) => CatalogEntry::Serving(old),
        (Err(summary), _) => CatalogEntry::Broken(summary),
    }
}
