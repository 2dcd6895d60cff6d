//! Files with keys that more people may read than should.

use crate::source::{Node, Text, Value};
use std::path::Path;

/// What is said of each file with a key or secret that a settings file names and that every user of the machine may
/// read or write, with the place where it is named. It is no fault: an orchestrator may lay files down like that where
/// nobody else is.
pub(super) fn remarks(node: &Node<'_>, text: &Text, folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    gather(node, text, folder, &mut found);
    found
}

fn gather(node: &Node<'_>, text: &Text, folder: &Path, found: &mut Vec<String>) {
    match &node.value {
        Value::Object(entries) => {
            for entry in entries {
                let named = entry.value.as_str().filter(|_| entry.key.ends_with("_file") && entry.key != "ca_file");
                if let Some(path) = named.map(|path| folder.join(path)).filter(|path| is_open(path)) {
                    let (line, column) = text.line_column(entry.value.span.start);
                    let (file, path) = (text.name(), path.display());
                    found.push(format!(
                        "{file}:{line}:{column}: `{}`: every user of this machine may read {path}; `chmod 600 {path}`",
                        entry.key
                    ));
                }
                gather(&entry.value, text, folder, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, text, folder, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o006 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}
