//! All files' last good content, merged. Pure: the shell tells what it read.

use super::{Definition, FlagFile};
use crate::source::{Problem, Problems, Span, Text};
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
    /// The files that define a key, in the order in which they came to: the first serves.
    claims: BTreeMap<FlagKey, Vec<Arc<str>>>,
}

#[derive(Debug, Clone)]
struct File {
    text: Text,
    flags: BTreeMap<FlagKey, Flag>,
    problems: Vec<Problem>,
}

#[derive(Debug, Clone)]
struct Flag {
    place: Span,
    entry: CatalogEntry,
}

impl Catalog {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a file's new content, or why it cannot be read; then its last good content stays.
    pub fn update(&mut self, file: &str, read: Result<FlagFile, Vec<Problem>>) {
        match read {
            Ok(read) => self.replace(file, read),
            Err(problems) => {
                let unread = || File { text: Text::new(file, ""), flags: BTreeMap::new(), problems: Vec::new() };
                self.files.entry(Arc::from(file)).or_insert_with(unread).problems = problems;
            }
        }
    }

    /// Forgets a file: it is gone, and its flags with it.
    pub fn remove(&mut self, file: &str) {
        if let Some((name, gone)) = self.files.remove_entry(file) {
            gone.flags.keys().for_each(|key| self.disclaim(&name, key));
        }
    }

    fn replace(&mut self, file: &str, read: FlagFile) {
        let (name, before) = self
            .files
            .remove_entry(file)
            .map_or_else(|| (Arc::from(file), BTreeMap::new()), |(name, before)| (name, before.flags));
        for key in before.keys().filter(|key| !read.flags.contains_key(*key)) {
            self.disclaim(&name, key);
        }
        for key in read.flags.keys().filter(|key| !before.contains_key(*key)) {
            self.claims.entry(key.clone()).or_default().push(Arc::clone(&name));
        }
        self.files.insert(name, File::merged(read, before));
    }

    /// A file no longer defines a key: the next that does serves.
    fn disclaim(&mut self, file: &Arc<str>, key: &FlagKey) {
        if let Some(files) = self.claims.get_mut(key) {
            files.retain(|other| other != file);
            if files.is_empty() {
                self.claims.remove(key);
            }
        }
    }

    /// Every flag, by key.
    pub fn flags(&self) -> impl Iterator<Item = (&FlagKey, CatalogEntry)> {
        self.claims.iter().filter_map(|(key, files)| Some((key, self.flag(files.first()?, key)?.entry.clone())))
    }

    /// Everything that is wrong now, file by file.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = self.files.values().flat_map(|file| file.problems.iter().cloned()).collect();
        for (key, files) in &self.claims {
            let Some((first, others)) = files.split_first() else { continue };
            for other in others {
                problems.extend(self.conflict(key, first, other));
            }
        }
        problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        problems
    }

    fn flag(&self, file: &Arc<str>, key: &FlagKey) -> Option<&Flag> {
        self.files.get(file)?.flags.get(key)
    }

    fn conflict(&self, key: &FlagKey, first: &str, other: &Arc<str>) -> Vec<Problem> {
        let (Some(file), Some(flag)) = (self.files.get(other), self.flag(other, key)) else { return Vec::new() };
        let mut problems = Problems::new(&file.text);
        problems.set_subject(Some(format!("flag `{key}`")));
        let message = format!("the flag is already defined in {first}, which serves");
        problems.add_with_hint(flag.place, message, "remove it from one of the two files");
        problems.into_vec()
    }
}

impl File {
    /// New content over the old: a flag that is wrong now keeps its last good definition, and one that
    /// did not change keeps its place in memory, so that what was built from it can be kept too.
    fn merged(read: FlagFile, mut previous: BTreeMap<FlagKey, Flag>) -> Self {
        let flags = read.flags.into_iter().map(|(key, entry)| {
            let before = previous.remove(&key).map(|flag| flag.entry);
            let entry_now = match (entry.outcome, before) {
                (Ok(new), Some(CatalogEntry::Serving(old))) if new == old => CatalogEntry::Serving(old),
                (Ok(new), _) => CatalogEntry::Serving(new),
                (Err(_), Some(CatalogEntry::Serving(old))) => CatalogEntry::Serving(old),
                (Err(summary), _) => CatalogEntry::Broken(summary),
            };
            (key, Flag { place: entry.place, entry: entry_now })
        });
        Self { flags: flags.collect(), text: read.text, problems: read.problems }
    }
}
