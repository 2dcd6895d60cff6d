//! Files as a server and `validate` read them: found under the paths that were named, read within
//! bounds, split into flags, rollouts and trains. One reader for both, so that what is validated is what loads.

use super::attached;
use crate::flag::{Catalog, FlagFile};
use crate::rollout::train::Train;
use crate::rollout::{self, Attachments, Plan};
use crate::source::{self, Format, Node, Parsed, Problem, Problems, Span, Text, Value, suggest};
use crate::store::{Origin, PlanSource};
use crate::units::RolloutName;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use xxhash_rust::xxh3::Xxh3;

/// The most files that are read.
const MOST_FILES: usize = 10_000;

/// The deepest that folders are walked.
const DEEPEST: usize = 32;

/// The largest file that is read, in bytes.
pub(super) const LARGEST: u64 = 64 << 20;

/// The bytes that are read at once.
const PART: usize = 16 << 10;

/// From so many bytes on a YAML file's tree is worth memory of its own.
const LARGE: usize = 32 << 10;

/// The value of `kind` in a rollout's document.
const ROLLOUT: &str = "Rollout";

/// The value of `kind` in a train's document.
const TRAIN: &str = "Train";

/// The files under the paths, and what is wrong with the paths themselves.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order of their names, each once.
    pub files: Vec<PathBuf>,
    /// Paths that are not there, or not readable, or too much.
    pub problems: Vec<Problem>,
    /// Files and folders of which nobody knows what they hold now: they are there, or may be, and could
    /// not be looked at. No descriptor is left, the disk does not answer, the permission is missing.
    pub unseen: Vec<PathBuf>,
}

/// What stands in a file.
#[derive(Debug)]
pub struct Content {
    /// Its flags; `Ok(None)` when it has only plans, `Err` when they cannot be read as flags at all.
    pub flags: Result<Option<FlagFile>, Vec<Problem>>,
    /// Its rollouts and trains that have a name, in their order.
    pub plans: Vec<NamedPlan>,
    /// What is wrong with them.
    pub plan_problems: Vec<Problem>,
    /// The files that its rollouts name, as they were read.
    pub(super) attached: attached::Seen,
}

/// A rollout or a train in a file. They share one space of names.
#[derive(Debug)]
pub struct NamedPlan {
    /// Its name.
    pub name: RolloutName,
    /// Its plan and the text of that, `None` when something is wrong with it.
    pub plan: Option<(Planned, PlanSource)>,
}

/// What a document plans.
#[derive(Debug, Clone, PartialEq)]
pub enum Planned {
    /// A rollout.
    Rollout(Arc<Plan>),
    /// A train.
    Train(Arc<Train>),
}

impl Planned {
    /// The rollout, if it is one.
    #[must_use]
    pub const fn rollout(&self) -> Option<&Arc<Plan>> {
        match self {
            Self::Rollout(plan) => Some(plan),
            Self::Train(_) => None,
        }
    }

    /// The train, if it is one.
    #[must_use]
    pub const fn train(&self) -> Option<&Arc<Train>> {
        match self {
            Self::Train(train) => Some(train),
            Self::Rollout(_) => None,
        }
    }
}

impl Content {
    /// Everything that is wrong in it.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let flags = match &self.flags {
            Ok(file) => file.as_ref().map_or_else(Vec::new, |file| file.problems().to_vec()),
            Err(problems) => problems.clone(),
        };
        flags.into_iter().chain(self.plan_problems.iter().cloned()).collect()
    }

    /// The plans of its valid rollouts.
    pub fn rollouts(&self) -> impl Iterator<Item = (&Arc<Plan>, &PlanSource)> {
        self.valid().filter_map(|(planned, source)| Some((planned.rollout()?, source)))
    }

    /// The plans of its valid trains.
    pub fn trains(&self) -> impl Iterator<Item = (&Arc<Train>, &PlanSource)> {
        self.valid().filter_map(|(planned, source)| Some((planned.train()?, source)))
    }

    fn valid(&self) -> impl Iterator<Item = &(Planned, PlanSource)> {
        self.plans.iter().filter_map(|plan| plan.plan.as_ref())
    }
}

/// Finds the files: those named, and in the folders named everything that ends in `.json`, `.yaml` or
/// `.yml` and is not hidden. Links are followed.
#[must_use]
pub fn find(paths: &[PathBuf]) -> Found {
    let mut walk = Walk::default();
    for path in paths {
        walk.named(path);
    }
    let Walk { mut files, problems, unseen, .. } = walk;
    files.sort();
    Found { files, problems, unseen }
}

#[derive(Default)]
struct Walk {
    files: Vec<PathBuf>,
    problems: Vec<Problem>,
    unseen: Vec<PathBuf>,
    /// Real places of files and folders seen: a link to a folder above must not be walked for ever.
    seen: BTreeSet<PathBuf>,
    /// Whether it was said that there are too many files.
    full: bool,
}

impl Walk {
    fn named(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => self.folder(path, 0),
            Ok(_) if format_of(path).is_some() => self.file(path),
            Ok(_) => {
                let hint = "rename it so that its ending says what it is".to_owned();
                self.problem(path, "the file ends neither in .json nor in .yaml or .yml".to_owned(), Some(hint));
            }
            Err(error) => self.unreadable(path, "cannot be read", &error),
        }
    }

    fn folder(&mut self, path: &Path, depth: usize) {
        if depth > DEEPEST {
            return self.problem(path, format!("folders are nested deeper than {DEEPEST} levels"), None);
        }
        if !self.first_visit(path) {
            return;
        }
        let entries = match fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(path, "the folder cannot be read", &error),
        };
        let mut inside: Vec<_> = entries.iter().map(fs::DirEntry::path).collect();
        inside.sort();
        for path in inside.into_iter().filter(|path| !is_hidden(path)) {
            match fs::metadata(&path) {
                Ok(found) if found.is_dir() => self.folder(&path, depth.saturating_add(1)),
                Ok(_) if format_of(&path).is_some() => self.file(&path),
                Ok(_) => {}
                // It was there a moment ago: a file being replaced, or a link to nowhere.
                Err(error) if format_of(&path).is_some() => self.unreadable(&path, "cannot be read", &error),
                Err(error) => self.note_unseen(&path, &error),
            }
        }
    }

    fn file(&mut self, path: &Path) {
        if !self.first_visit(path) {
            return;
        }
        match self.files.len() < MOST_FILES {
            true => self.files.push(path.to_path_buf()),
            false if self.full => {}
            false => {
                self.full = true;
                self.problem(path, format!("more than {MOST_FILES} files; this and the following are left out"), None);
            }
        }
    }

    fn first_visit(&mut self, path: &Path) -> bool {
        self.seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()))
    }

    fn unreadable(&mut self, path: &Path, what: &str, error: &io::Error) {
        self.note_unseen(path, error);
        self.problem(path, format!("{what}: {error}"), None);
    }

    /// Only what is known not to be there is gone.
    fn note_unseen(&mut self, path: &Path, error: &io::Error) {
        if error.kind() != io::ErrorKind::NotFound {
            self.unseen.push(path.to_path_buf());
        }
    }

    fn problem(&mut self, path: &Path, message: String, hint: Option<String>) {
        self.problems.push(whole_file(path, message, hint));
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn format_of(path: &Path) -> Option<Format> {
    Format::of(&path.file_name()?.to_string_lossy())
}

fn whole_file(path: &Path, message: String, hint: Option<String>) -> Problem {
    let file = Arc::from(path.to_string_lossy());
    Problem { file, line: 1, column: 1, subject: None, message, excerpt: String::new(), hint }
}

/// A file's bytes, at most 64 MiB.
///
/// # Errors
/// When it cannot be read or is larger.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Vec<Problem>> {
    let mut bytes = Vec::new();
    each_part(path, |part| bytes.extend_from_slice(part))?;
    Ok(bytes)
}

/// What tells a file's bytes from others, without room for them: a file is looked at far more often than it changes.
///
/// # Errors
/// As those of [`bytes`].
pub(super) fn digest(path: &Path) -> Result<u128, Vec<Problem>> {
    let mut digest = Xxh3::new();
    each_part(path, |part| digest.update(part))?;
    Ok(digest.digest128())
}

fn each_part(path: &Path, mut take: impl FnMut(&[u8])) -> Result<(), Vec<Problem>> {
    let cannot = |error: io::Error| vec![whole_file(path, format!("cannot be read: {error}"), None)];
    let mut file = fs::File::open(path).map_err(cannot)?;
    let (mut buffer, mut size) = ([0; PART], 0_u64);
    loop {
        let part = match file.read(&mut buffer) {
            Ok(count) => buffer.get(..count).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(cannot(error)),
        };
        if part.is_empty() {
            return Ok(());
        }
        // The size that the file system tells may have changed since; what counts is what is read.
        size = size.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
        if size > LARGEST {
            return Err(vec![whole_file(path, format!("the file is larger than {} MiB", LARGEST >> 20), None)]);
        }
        take(part);
    }
}

/// Reads a file: its bytes, then what stands in it.
#[must_use]
pub fn read(path: &Path) -> Content {
    match bytes(path) {
        Ok(bytes) => content(path, &bytes, &Catalog::new()),
        Err(problems) => unreadable(problems),
    }
}

/// What stands in a file whose bytes are known. The format is told by the path's ending. Flags that are
/// written as in the catalog's last content of the file are taken from there.
#[must_use]
pub fn content(path: &Path, bytes: &[u8], known: &Catalog) -> Content {
    let format = format_of(path).unwrap_or(Format::Yaml);
    let name = path.to_string_lossy();
    let large = format == Format::Yaml && bytes.len() >= LARGE;
    let parse = || source::parse(&name, bytes, format);
    let parsed = if large { apart(parse).unwrap_or_else(parse) } else { parse() };
    match parsed {
        Ok(mut parsed) => {
            // A `---` at the end, or a part that is only comments, is no document of anybody's.
            if parsed.documents.iter().any(|document| document.value != Value::Null) {
                parsed.documents.retain(|document| document.value != Value::Null);
            }
            let content = split(&parsed, format, path, known);
            if large {
                apart(|| drop(parsed));
            }
            content
        }
        Err(problems) => unreadable(problems),
    }
}

/// Works in a thread of its own. The tree of a large YAML file is many times its size and lives for a moment, in
/// which the flags that stay are made. An allocator gives threads memory of their own, so what another thread built
/// and took down can be returned to the system; among the flags its place would be held for as long as they are.
/// `None` when no other thread can be had.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let working = thread::Builder::new().name("parse".to_owned()).spawn_scoped(scope, work).ok()?;
        Some(working.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// What stands in a file that cannot be read, as far as anybody knows.
pub(super) const fn unreadable(problems: Vec<Problem>) -> Content {
    Content { flags: Err(problems), plans: Vec::new(), plan_problems: Vec::new(), attached: attached::Seen::new() }
}

fn split(parsed: &Parsed, format: Format, path: &Path, known: &Catalog) -> Content {
    let (mut plans, mut plan_problems) = (Vec::new(), Vec::new());
    let origin = Origin::File(path.to_string_lossy().into_owned());
    let foreign = |document: &Node<'_>| document.get("kind").is_some() && document.get("flags").is_none();
    let is_plan = |document: &Node<'_>| {
        document.get("kind").and_then(Node::as_str).is_some_and(|kind| [ROLLOUT, TRAIN].contains(&kind))
    };
    let (files, seen) = attached::of(parsed, path);
    for document in parsed.documents.iter().filter(|document| foreign(document) || is_plan(document)) {
        let plan = plan(document, &parsed.text, &files).map(|plan| {
            let text = document_text(&parsed.text, document.span);
            let mut attachments = files.clone();
            attachments.keep(&rollout::named_files(document));
            (plan, PlanSource { text, format, origin: origin.clone(), attachments, revision: 1 })
        });
        let plan = plan.map_err(|problems| plan_problems.extend(problems)).ok();
        let name = document.get("name").and_then(Node::as_str).and_then(|name| RolloutName::new(name).ok());
        plans.extend(name.filter(|_| is_plan(document)).map(|name| NamedPlan { name, plan }));
    }
    // A file of plans alone is no flag file; an empty one is, and says so.
    let flags = match parsed.documents.iter().all(foreign) {
        true => Ok(None),
        false => known.lower(parsed).map(Some),
    };
    Content { flags, plans, plan_problems, attached: seen }
}

fn plan(document: &Node<'_>, text: &Text, files: &Attachments) -> Result<Planned, Vec<Problem>> {
    let Some(kind) = document.get("kind") else { return Err(Vec::new()) };
    match kind.as_str() {
        Some(ROLLOUT) => return rollout::lower(document, text, files).map(Arc::new).map(Planned::Rollout),
        Some(TRAIN) => return rollout::lower_train(document, text).map(Arc::new).map(Planned::Train),
        Some(_) | None => {}
    }
    let mut problems = Problems::new(text);
    let hint = kind.as_str().and_then(|word| suggest(word, [ROLLOUT, TRAIN])).unwrap_or_else(|| {
        format!("write `kind: {ROLLOUT}` or `kind: {TRAIN}`, or no `kind` in a document with flags")
    });
    problems.add_with_hint(kind.span, "a document of an unknown kind", hint);
    Err(problems.into_vec())
}

/// One document's own text, so that it can be kept and read again by itself. A document that is
/// indented as a whole keeps its first line's indentation.
fn document_text(text: &Text, span: Span) -> String {
    let before = text.slice(Span { start: 0, end: span.start });
    let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let indentation = before.get(line_start..).unwrap_or_default();
    let start = if indentation.trim().is_empty() { line_start } else { span.start };
    let slice = text.slice(Span { start, end: span.end });
    format!("{}\n", slice.trim_end())
}

/// The line and column of an entry of a rollout in the file that it came from; of the file's beginning
/// when the file has changed since.
#[must_use]
pub fn place_in_file(plan: &PlanSource, key: &str) -> (usize, usize) {
    let place = || {
        let Origin::File(path) = &plan.origin else { return None };
        let read = String::from_utf8(bytes(Path::new(path)).ok()?).ok()?;
        let document_start = read.find(plan.text.trim_end())?;
        let parsed = source::parse(path, plan.text.as_bytes(), plan.format).ok()?;
        let entries = parsed.documents.first()?.as_object()?;
        let entry = entries.iter().find(|entry| entry.key == key)?;
        Some(Text::new(path, read.as_str()).line_column(document_start.saturating_add(entry.key_span.start)))
    };
    place().unwrap_or((1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str =
        "kind: Rollout\nname: a\nflag: f\ncandidate: x\nstable: y\nwaves:\n- { name: w, exposure: 5%, bake: 1m }\n";

    /// A document's own text is stored and read again at each start: cut wrongly, the rollout is lost.
    #[test]
    fn each_rollout_of_a_file_can_be_read_again_from_its_own_text() {
        let indented: String = PLAN.lines().map(|line| format!("  {line}\n")).collect();
        let flow =
            "{kind: Rollout, name: b, flag: f, candidate: x, stable: y, waves: [{name: w, exposure: 5%, bake: 1m}]}";
        let file = format!("# first\n---\n{indented}# second\n--- {flow}\n---\nflags: {{}}\n---\n");
        let read = content(Path::new("all.yaml"), file.as_bytes(), &Catalog::new());
        assert_eq!(read.problems(), []);
        assert_eq!(read.rollouts().count(), 2);
        assert!(matches!(&read.flags, Ok(Some(_))));
        for (plan, source) in read.rollouts() {
            let again = content(Path::new("again.yaml"), source.text.as_bytes(), &Catalog::new());
            assert_eq!(again.rollouts().next().map(|(plan, _)| plan), Some(plan), "{}", source.text);
        }
    }

    /// It is parsed in a thread of its own: what that finds, and what is wrong, must come back all the same.
    #[test]
    fn a_large_file_is_read_like_a_small_one() {
        let flags: String = (0..1_000)
            .map(|number| {
                format!("  f-{number}: {{ state: ENABLED, variants: {{ a: {number} }}, defaultVariant: a }}\n")
            })
            .collect();
        let file = format!("flags:\n{flags}  wrong: {{ state: ENABLED }}\n");
        assert!(file.len() > LARGE);
        let read = content(Path::new("f.yaml"), file.as_bytes(), &Catalog::new());
        assert_eq!(read.flags.as_ref().ok().and_then(Option::as_ref).map(|file| file.flags().len()), Some(1_001));
        let places: Vec<_> = read.problems().iter().map(|problem| problem.line).collect();
        assert_eq!(places, [1_002]);
        let torn = content(Path::new("f.yaml"), format!("{file}  [").as_bytes(), &Catalog::new());
        assert_eq!(torn.flags.map(|_| ()).unwrap_err().len(), 1);
    }

    /// Without this, one word too many in a good file would take all its flags away.
    #[test]
    fn flags_with_a_kind_of_their_own_stay_flags_and_the_kind_is_a_problem() {
        let file = "kind: Flags\nflags: { f: { state: ENABLED, variants: { a: 1 } } }\n";
        let read = content(Path::new("f.yaml"), file.as_bytes(), &Catalog::new());
        assert_eq!(read.flags.as_ref().ok().and_then(Option::as_ref).map(|file| file.flags().len()), Some(1));
        let problems: Vec<_> = read.problems().iter().map(|problem| problem.message.clone()).collect();
        assert_eq!(problems, ["unknown field `kind`"]);
    }

    #[test]
    fn a_plan_knows_where_it_stands_in_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("all.yaml");
        fs::write(&path, format!("flags: {{}}\n---\n{PLAN}")).unwrap();
        let read = read(&path);
        let (_, source) = read.rollouts().next().unwrap();
        assert_eq!(place_in_file(source, "flag"), (5, 1));
        fs::write(&path, "flags: {}\n").unwrap();
        assert_eq!(place_in_file(source, "flag"), (1, 1), "the file has changed since");
    }

    #[test]
    fn a_file_of_the_most_bytes_is_read_and_a_larger_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.json");
        let file = fs::File::create(&path).unwrap();
        file.set_len(LARGEST).unwrap();
        assert_eq!(bytes(&path).unwrap().len(), 64 << 20);
        file.set_len(LARGEST + 1).unwrap();
        let problems: Vec<_> = read(&path).problems().iter().map(ToString::to_string).collect();
        assert_eq!(problems, [format!("{}:1:1: the file is larger than 64 MiB", path.display())]);
    }

    /// One path too high, the root of a disk say, must end with a word instead of with the memory.
    #[test]
    fn so_many_files_are_read_and_the_first_one_too_many_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..10_000 {
            fs::File::create(folder.path().join(format!("{number:05}.json"))).unwrap();
        }
        let paths = [folder.path().to_path_buf()];
        let found = find(&paths);
        assert_eq!((found.files.len(), found.problems), (10_000, Vec::new()));
        for number in 10_000..10_002 {
            fs::File::create(folder.path().join(format!("{number:05}.json"))).unwrap();
        }
        let found = find(&paths);
        let problems: Vec<_> = found.problems.iter().map(ToString::to_string).collect();
        let first = folder.path().join("10000.json");
        let told = format!("{}:1:1: more than 10000 files; this and the following are left out", first.display());
        assert_eq!((found.files.len(), problems), (10_000, vec![told]));
    }
}
