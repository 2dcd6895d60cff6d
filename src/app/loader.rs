//! Keeps what is served in step with the files: reads what changed, publishes definitions, collects
//! plans, and remembers what is wrong until it is mended.

use super::sources;
use crate::flag::Catalog;
use crate::rollout::Plan;
use crate::source::Problem;
use crate::store::PlanSource;
use crate::units::RolloutName;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files' content as last read.
#[derive(Debug)]
pub struct Loader {
    paths: Vec<PathBuf>,
    catalog: Catalog,
    files: BTreeMap<PathBuf, File>,
    path_problems: Vec<Problem>,
}

/// One file as last read.
#[derive(Debug, Default)]
struct File {
    /// What reading it gave, `None` before the first time: it is taken up anew only when that differs.
    read: Option<Result<Vec<u8>, Vec<Problem>>>,
    /// Its valid rollouts, or the last ones when it cannot be read any more.
    plans: Vec<(Arc<Plan>, PlanSource)>,
    problems: Vec<Problem>,
    /// It was not there at the last look. It counts as gone at the second one: editors and deployment
    /// tools replace files by taking them away for a moment.
    missing: bool,
}

/// What a look at the files found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    /// Flags may be other than before.
    pub changed: bool,
    /// A file is missing that was there: look again soon.
    pub look_again: bool,
}

impl Loader {
    /// Nothing read yet.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths, catalog: Catalog::new(), files: BTreeMap::new(), path_problems: Vec::new() }
    }

    /// Looks at all files and takes up what changed since the last look.
    pub fn look(&mut self) -> Looked {
        let found = sources::find(&self.paths);
        let mut looked = Looked { changed: false, look_again: false };
        let present: BTreeSet<&PathBuf> = found.files.iter().collect();
        let unseen = |path: &PathBuf| found.unseen.iter().any(|unseen| path.starts_with(unseen));
        let absent = self.files.keys().filter(|path| !present.contains(path) && !unseen(path));
        for path in absent.cloned().collect::<Vec<_>>() {
            self.gone(&path, &mut looked);
        }
        for path in &found.files {
            looked.changed |= self.take(path);
        }
        looked.changed |= found.problems != self.path_problems;
        self.path_problems = found.problems;
        looked
    }

    /// The flags.
    #[must_use]
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The rollouts, the first of each name.
    #[must_use]
    pub fn plans(&self) -> Vec<(Arc<Plan>, PlanSource)> {
        let mut seen = BTreeSet::new();
        let all = self.files.values().flat_map(|file| &file.plans);
        all.filter(|(plan, _)| seen.insert(plan.name.clone())).cloned().collect()
    }

    /// Everything that is wrong in the files now.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = self.path_problems.clone();
        problems.extend(self.catalog.problems());
        problems.extend(self.files.values().flat_map(|file| file.problems.iter().cloned()));
        problems.extend(self.repeated_names());
        problems
    }

    fn gone(&mut self, path: &Path, looked: &mut Looked) {
        let Some(file) = self.files.get_mut(path) else { return };
        if !file.missing {
            file.missing = true;
            looked.look_again = true;
            return;
        }
        tracing::info!(file = %path.display(), "the file is gone");
        self.files.remove(path);
        self.catalog.remove(&path.to_string_lossy());
        looked.changed = true;
    }

    fn take(&mut self, path: &Path) -> bool {
        let read = sources::bytes(path);
        let file = self.files.entry(path.to_path_buf()).or_default();
        file.missing = false;
        if file.read.as_ref() == Some(&read) {
            return false;
        }
        let content = match file.read.insert(read) {
            Ok(bytes) => sources::content(path, bytes),
            Err(problems) => sources::unreadable(problems.clone()),
        };
        let name = path.to_string_lossy();
        match content.flags {
            Ok(Some(flags)) => self.catalog.update(&name, Ok(flags)),
            Ok(None) => self.catalog.remove(&name),
            Err(problems) => {
                // Not readable as a document at all: its rollouts stay as they were, like its flags.
                self.catalog.update(&name, Err(problems));
                return true;
            }
        }
        file.plans = content.plans;
        file.problems = content.plan_problems;
        true
    }

    fn repeated_names(&self) -> Vec<Problem> {
        let mut first: BTreeMap<&RolloutName, &PathBuf> = BTreeMap::new();
        let mut problems = Vec::new();
        for (path, file) in &self.files {
            for (plan, _) in &file.plans {
                if let Some(other) = first.get(&plan.name) {
                    problems.push(Problem {
                        file: Arc::from(path.to_string_lossy()),
                        line: 1,
                        column: 1,
                        subject: Some(format!("rollout `{}`", plan.name)),
                        message: format!("{} has a rollout of this name already, and that one counts", other.display()),
                        excerpt: String::new(),
                        hint: Some("give one of the two another name".to_owned()),
                    });
                    continue;
                }
                first.insert(&plan.name, path);
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const FLAG: &str = "flags: { f: { state: ENABLED, variants: { a: 1 }, defaultVariant: a } }\n";

    fn flags_after_looking_twice(loader: &mut Loader) -> usize {
        loader.look();
        loader.look();
        loader.catalog().flags().count()
    }

    /// A process out of descriptors cannot list a folder: that must not take all its flags away.
    #[test]
    fn a_folder_that_cannot_be_looked_at_keeps_its_flags_and_one_that_is_gone_does_not() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("flags");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("f.yaml"), FLAG).unwrap();
        let mut loader = Loader::new(vec![folder.clone()]);
        assert_eq!(flags_after_looking_twice(&mut loader), 1);

        // A link to itself: the one error that a test can cause whoever runs it.
        fs::remove_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(&folder, &folder).unwrap();
        assert_eq!(flags_after_looking_twice(&mut loader), 1);
        assert_eq!(loader.problems().len(), 1);

        fs::remove_file(&folder).unwrap();
        assert_eq!(flags_after_looking_twice(&mut loader), 0);
    }

    /// One file without its permission would have all flags compiled and all plans applied every 3 s.
    #[test]
    fn a_file_that_cannot_be_read_is_new_once() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("f.yaml");
        fs::write(&path, FLAG).unwrap();
        let mut loader = Loader::new(vec![path.clone()]);
        assert!(loader.look().changed);

        // Too large is the one reason that a test can cause whoever runs it.
        fs::File::create(&path).unwrap().set_len(sources::LARGEST + 1).unwrap();
        assert!(loader.look().changed, "there is a problem now");
        assert!(!loader.look().changed, "it is the same problem");
        assert_eq!((loader.problems().len(), loader.catalog().flags().count()), (1, 1));

        fs::write(&path, FLAG).unwrap();
        assert!(loader.look().changed, "it is mended, though it is as it was before");
        assert_eq!(loader.problems(), []);
    }
}
