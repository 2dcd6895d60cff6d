//! Keeps what is served in step with the files: reads what changed, publishes definitions, collects
//! plans, and remembers what is wrong until it is mended.

use super::attached;
use super::sources::{self, NamedPlan, Planned};
use crate::flag::Catalog;
use crate::rollout::Plan;
use crate::rollout::train::Train;
use crate::source::Problem;
use crate::store::PlanSource;
use crate::units::RolloutName;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// The files' content as last read.
#[derive(Debug)]
pub struct Loader {
    paths: Vec<PathBuf>,
    catalog: Catalog,
    files: BTreeMap<PathBuf, File>,
    /// The files that name a rollout or a train, in the order in which they came to: the first one's counts.
    claims: BTreeMap<RolloutName, Vec<PathBuf>>,
    path_problems: Vec<Problem>,
}

/// One file as last read.
#[derive(Debug, Default)]
struct File {
    /// What reading it gave, of its bytes a digest; `None` before the first time. The file is taken up anew only
    /// when that differs. The bytes themselves would be in memory twice: the flags' text has them.
    read: Option<Result<u128, Vec<Problem>>>,
    /// Its rollouts and trains, or the last ones when it cannot be read any more: each with its plan, or its last
    /// good one when it is wrong now. One that was never right has none.
    plans: BTreeMap<RolloutName, Option<(Planned, PlanSource)>>,
    problems: Vec<Problem>,
    /// The files that its rollouts name, as they were read: a list of users that changed is a plan that changed.
    attached: attached::Seen,
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
        Self {
            paths,
            catalog: Catalog::new(),
            files: BTreeMap::new(),
            claims: BTreeMap::new(),
            path_problems: Vec::new(),
        }
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

    /// The rollouts. Of one that several files name, the file that had the name first has the say.
    #[must_use]
    pub fn plans(&self) -> Vec<(Arc<Plan>, PlanSource)> {
        let rollout =
            |(planned, source): &(Planned, PlanSource)| Some((Arc::clone(planned.rollout()?), source.clone()));
        self.in_force().filter_map(rollout).collect()
    }

    /// The trains, as the rollouts.
    #[must_use]
    pub fn trains(&self) -> Vec<(Arc<Train>, PlanSource)> {
        let train = |(planned, source): &(Planned, PlanSource)| Some((Arc::clone(planned.train()?), source.clone()));
        self.in_force().filter_map(train).collect()
    }

    fn in_force(&self) -> impl Iterator<Item = &(Planned, PlanSource)> {
        self.claims.iter().filter_map(|(name, files)| self.files.get(files.first()?)?.plans.get(name)?.as_ref())
    }

    /// Everything that is wrong in the files now.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = self.path_problems.clone();
        problems.extend(self.catalog.problems());
        problems.extend(self.files.values().flat_map(|file| file.problems.iter().cloned()));
        for (name, files) in &self.claims {
            let Some((first, others)) = files.split_first() else { continue };
            problems.extend(others.iter().map(|other| repeated(name, first, other)));
        }
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
        let names = self.files.remove(path).map(|file| file.plans).unwrap_or_default();
        names.keys().for_each(|name| self.disclaim(path, name));
        self.catalog.remove(&path.to_string_lossy());
        looked.changed = true;
    }

    fn take(&mut self, path: &Path) -> bool {
        let seen = sources::digest(path);
        let file = self.files.entry(path.to_path_buf()).or_default();
        file.missing = false;
        if file.read.as_ref() == Some(&seen) && attached::are_the_same(path, &file.attached) {
            return false;
        }
        let read = sources::bytes(path);
        // It may have changed once more since.
        file.read = Some(read.as_ref().map(|bytes| xxh3_128(bytes)).map_err(Clone::clone));
        let name = path.to_string_lossy();
        let has_only_flags = file.plans.is_empty() && file.problems.is_empty();
        let content = match read {
            Ok(bytes) if has_only_flags && amended(&mut self.catalog, &name, &bytes) => return true,
            Ok(bytes) => sources::content(path, &bytes, &self.catalog),
            Err(problems) => sources::unreadable(problems),
        };
        file.problems = content.plan_problems;
        file.attached = content.attached;
        match content.flags {
            Ok(Some(flags)) => self.catalog.update(&name, Ok(flags)),
            Ok(None) => self.catalog.remove(&name),
            Err(problems) => {
                // Not readable as a document at all: its rollouts stay as they were, like its flags.
                self.catalog.update(&name, Err(problems));
                return true;
            }
        }
        self.take_plans(path, content.plans);
        true
    }

    fn take_plans(&mut self, path: &Path, plans: Vec<NamedPlan>) {
        let Some(file) = self.files.get_mut(path) else { return };
        let mut before = mem::take(&mut file.plans);
        for NamedPlan { name, plan } in plans {
            if file.plans.contains_key(&name) {
                file.problems.push(repeated(&name, path, path));
                continue;
            }
            let last_good = before.remove(&name);
            if last_good.is_none() {
                self.claims.entry(name.clone()).or_default().push(path.to_path_buf());
            }
            file.plans.insert(name, plan.or(last_good.flatten()));
        }
        before.keys().for_each(|name| self.disclaim(path, name));
    }

    /// A file no longer names a rollout or a train: the next that does has the say.
    fn disclaim(&mut self, path: &Path, name: &RolloutName) {
        if let Some(files) = self.claims.get_mut(name) {
            files.retain(|other| other != path);
            if files.is_empty() {
                self.claims.remove(name);
            }
        }
    }
}

/// Whether a file's new content was taken by looking only at the flags that changed.
fn amended(catalog: &mut Catalog, name: &str, bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|content| catalog.amend(name, content))
}

fn repeated(name: &RolloutName, first: &Path, other: &Path) -> Problem {
    Problem {
        file: Arc::from(other.to_string_lossy()),
        line: 1,
        column: 1,
        subject: Some(format!("`{name}`")),
        message: format!("{} has a plan of this name already, and that one counts", first.display()),
        excerpt: String::new(),
        hint: Some("give one of the two another name".to_owned()),
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

    fn rollout(name: &str, flag: &str) -> String {
        let waves = "[{ name: w, exposure: 5%, bake: 1m }]";
        format!("kind: Rollout\nname: {name}\nflag: {flag}\ncandidate: x\nstable: y\nwaves: {waves}\n")
    }

    fn flags_of_plans(loader: &mut Loader) -> Vec<String> {
        loader.look();
        loader.look();
        loader.plans().iter().map(|(plan, _)| plan.flag.to_string()).collect()
    }

    /// A slip of the pen in one file must not put another team's plan in its place.
    #[test]
    fn the_file_that_had_a_rollouts_name_first_keeps_it_until_it_names_it_no_more() {
        let place = tempfile::tempdir().unwrap();
        let [early, first] = ["a.yaml", "b.yaml"].map(|name| place.path().join(name));
        let good = rollout("same", "of-first");
        let wrong = good.replace("5%", "500%");
        fs::write(&first, &good).unwrap();
        let mut loader = Loader::new(vec![place.path().to_path_buf()]);
        assert_eq!(flags_of_plans(&mut loader), ["of-first"]);
        fs::write(&early, rollout("same", "of-early")).unwrap();
        assert_eq!(flags_of_plans(&mut loader), ["of-first"]);
        for (written, problems) in [(wrong.as_str(), 2), ("kind: [", 2), (&good, 1)] {
            fs::write(&first, written).unwrap();
            assert_eq!(flags_of_plans(&mut loader), ["of-first"], "{written}");
            assert_eq!(loader.problems().len(), problems, "{written}: {:?}", loader.problems());
        }

        fs::write(&first, rollout("other", "of-first")).unwrap();
        assert_eq!(flags_of_plans(&mut loader), ["of-first", "of-early"]);
        assert_eq!(loader.problems(), []);
        fs::write(&first, &good).unwrap();
        assert_eq!(flags_of_plans(&mut loader), ["of-early"], "now the other one had it first");
        fs::remove_file(&early).unwrap();
        assert_eq!(flags_of_plans(&mut loader), ["of-first"]);
    }

    #[test]
    fn a_rollout_that_was_never_right_keeps_its_name_too() {
        let place = tempfile::tempdir().unwrap();
        let wrong = rollout("same", "f").replace("5%", "500%");
        fs::write(place.path().join("a.yaml"), format!("{wrong}---\n{}", rollout("same", "in-the-same-file"))).unwrap();
        fs::write(place.path().join("b.yaml"), rollout("same", "in-another")).unwrap();
        let mut loader = Loader::new(vec![place.path().to_path_buf()]);
        assert_eq!(flags_of_plans(&mut loader), [""; 0]);
        let problems: Vec<_> = loader.problems().iter().map(ToString::to_string).collect();
        assert_eq!(problems.iter().filter(|problem| problem.contains("of this name already")).count(), 2);
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
