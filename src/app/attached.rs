//! The files that plans name: read from the plan's own folder, and from nowhere else.

use crate::rollout::{Attachments, LONGEST_ATTACHMENT, named_files};
use crate::source::Parsed;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// What reading the files that a file's plans name gave, by their names: of the text a digest, or why there is none.
pub(super) type Seen = BTreeMap<String, Result<u128, String>>;

/// The files that the plans of a file name.
pub(super) fn of(parsed: &Parsed, path: &Path) -> (Attachments, Seen) {
    let (mut attachments, mut seen) = (Attachments::none(), Seen::new());
    for name in parsed.documents.iter().flat_map(named_files) {
        let read = text(path, name);
        seen.insert(name.to_owned(), digest(&read));
        match read {
            Ok(text) => attachments.add(name, text),
            Err(why) => attachments.add_fault(name, &why),
        }
    }
    (attachments, seen)
}

/// Whether the files are as they were when they were read.
pub(super) fn are_the_same(path: &Path, seen: &Seen) -> bool {
    seen.iter().all(|(name, before)| digest(&text(path, name)) == *before)
}

fn digest(read: &Result<String, String>) -> Result<u128, String> {
    read.as_ref().map(|text| xxh3_128(text.as_bytes())).map_err(Clone::clone)
}

/// A file that a plan names, beside or below its own. Links are followed as long as they stay there: a folder that
/// Kubernetes fills from a ConfigMap is full of them.
fn text(plan: &Path, name: &str) -> Result<String, String> {
    let cannot = |error: io::Error| match error.kind() == io::ErrorKind::NotFound {
        true => "is not there".to_owned(),
        false => format!("cannot be read: {error}"),
    };
    let folder = plan.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).map_err(cannot)?;
    let place = fs::canonicalize(folder.join(name)).map_err(cannot)?;
    if !place.starts_with(&folder) {
        return Err("is a link to a place outside of the plan's folder".to_owned());
    }
    // Opening anything else, such as a pipe, might wait for ever.
    if !fs::metadata(&place).map_err(cannot)?.is_file() {
        return Err("is no file".to_owned());
    }
    let file = fs::File::open(&place).map_err(cannot)?;
    let most = u64::try_from(LONGEST_ATTACHMENT).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() > LONGEST_ATTACHMENT {
        return Err(format!("is larger than {} MiB", LONGEST_ATTACHMENT >> 20));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_outside_of_the_plans_folder_is_read() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("flags");
        fs::create_dir_all(folder.join("groups")).unwrap();
        fs::write(place.path().join("secret.txt"), "hunter2").unwrap();
        fs::write(folder.join("groups/beta.txt"), "ann").unwrap();
        symlink(place.path().join("secret.txt"), folder.join("link.txt")).unwrap();
        symlink("groups/beta.txt", folder.join("inside.txt")).unwrap();
        symlink(place.path(), folder.join("up")).unwrap();
        let plan = folder.join("plan.yaml");
        assert_eq!(text(&plan, "groups/beta.txt").as_deref(), Ok("ann"));
        assert_eq!(text(&plan, "inside.txt").as_deref(), Ok("ann"));
        for name in ["link.txt", "up/secret.txt", "../secret.txt"] {
            let told = text(&plan, name).unwrap_err();
            assert_eq!(told, "is a link to a place outside of the plan's folder", "{name}");
        }
        assert_eq!(text(&plan, "groups").unwrap_err(), "is no file");
        assert_eq!(text(&plan, "nowhere.txt").unwrap_err(), "is not there");
    }

    #[test]
    fn only_so_many_bytes_of_text_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (plan, list) = (folder.path().join("plan.yaml"), folder.path().join("list.txt"));
        let file = fs::File::create(&list).unwrap();
        file.set_len(4 << 20).unwrap();
        assert_eq!(text(&plan, "list.txt").map(|text| text.len()), Ok(4 << 20));
        file.set_len((4 << 20) + 1).unwrap();
        assert_eq!(text(&plan, "list.txt").unwrap_err(), "is larger than 4 MiB");
        fs::write(&list, b"\xff\xfea\0").unwrap();
        assert_eq!(text(&plan, "list.txt").unwrap_err(), "is not UTF-8");
    }
}
