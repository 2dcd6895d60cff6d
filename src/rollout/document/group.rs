//! A wave's group: users by their names, by a rule, or by a file of names.

use super::fields::Fields;
use super::reader::Reader;
use super::shape;
use super::waves::{audience, exposure};
use crate::flag::{Expression, Literal, Operator, Part};
use crate::rollout::attachments::{Attachment, LONGEST_ATTACHMENT, MOST_ATTACHED, no_name};
use crate::source::{Node, Span, Value};
use crate::units::Exposure;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most users of one group.
const MOST_USERS: usize = 100_000;

/// The longest name of a user, in bytes. What is longer is no list of users.
const LONGEST_USER: usize = 1_000;

/// The files of groups that were read so far: each once, however many waves name it.
#[derive(Debug, Default)]
pub(super) struct Files {
    read: BTreeMap<String, Option<Arc<Expression>>>,
    bytes: usize,
}

/// The files that a document names for its groups, as far as they can be files of it.
#[must_use]
pub fn named_files<'n>(document: &'n Node<'_>) -> Vec<&'n str> {
    let waves = document.get("waves").and_then(Node::as_array).unwrap_or_default();
    let file = |wave: &'n Node<'_>| wave.get("group")?.get("file")?.as_str();
    let mut names: Vec<_> = waves.iter().filter_map(file).filter(|name| no_name(name).is_none()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Reads `group`: whom a wave opens to, and to how many of them.
pub(super) fn group(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Part> {
    let fields = Fields::read(node, &shape::GROUP, reader)?;
    let share = fields.get("exposure").map_or(Some(Exposure::ALL), |node| exposure(node, reader));
    let given: Vec<_> = shape::WHO.into_iter().filter_map(|name| Some((name, fields.entry(name)?))).collect();
    let members = match given.as_slice() {
        [] => {
            let hint = "write `users: [ ... ]`, `rule: { ... }` or `file: beta-users.txt`";
            reader.complain(node.span, "the group does not say who is in it", hint);
            None
        }
        [("users", entry)] => users(&entry.value, reader),
        [("rule", entry)] => audience(&entry.value, "rule", reader),
        [(_, entry)] => file(&entry.value, reader),
        [(first, _), (second, entry), ..] => {
            let message = format!("the group has both `{first}` and `{second}`");
            reader.complain(entry.key_span, message, "keep one of them; a wave of its own can open to the others");
            None
        }
    };
    Some(Part { step: 0, exposure: share?, audience: Some(members?) })
}

/// Users by their names.
fn users(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Arc<Expression>> {
    let Some(items) = node.as_array() else {
        if node.value != Value::Null {
            let message = format!("`users` is {} where a list of users is expected", node.kind());
            reader.complain(node.span, message, "for instance `users: [ ann, bob ]`");
        }
        return None;
    };
    let faults = reader.problems.count();
    let names: Vec<&str> = items.iter().filter_map(|item| user(item, reader)).collect();
    if items.is_empty() {
        reader.complain(node.span, "the group has no users", "name at least one, or remove the wave");
    } else if items.len() > MOST_USERS {
        let message = format!("the group has {} users, more than {MOST_USERS}", items.len());
        reader.complain(node.span, message, "tell them by a `rule`, for instance by an attribute that they have");
    }
    (reader.problems.count() == faults).then(|| members(names, reader))
}

fn user<'n>(node: &'n Node<'_>, reader: &mut Reader<'_>) -> Option<&'n str> {
    let name = match &node.value {
        Value::String(name) if name.trim().is_empty() => {
            reader.complain(node.span, "a user without a name", "remove it");
            return None;
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            reader.text(node, "users")?
        }
    };
    if let Some(why) = no_user(name) {
        reader.problems.add(node.span, format!("a user's name {why}"));
        return None;
    }
    Some(name)
}

/// Users by a file that was handed over with the plan.
fn file(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Arc<Expression>> {
    if node.value == Value::Null {
        return None;
    }
    let name = reader.text(node, "file")?;
    if let Some(why) = no_name(name) {
        let hint = "put it beside the plan, and write for instance `file: beta-users.txt`";
        reader.complain(node.span, format!("the file `{name}` {why}"), hint);
        return None;
    }
    if let Some(read) = reader.files.read.get(name) {
        return read.clone();
    }
    let attachments = reader.attachments;
    let read = match attachments.get(name) {
        Some(Ok(found)) => of_text(name, found, node.span, reader),
        Some(Err(why)) => {
            reader.problems.add(node.span, format!("the file `{name}` {why}"));
            None
        }
        None => {
            let hint = "send it along: `tidegate rollout apply` does so by itself";
            reader.complain(node.span, format!("the file `{name}` is not there"), hint);
            None
        }
    };
    reader.files.read.insert(name.to_owned(), read.clone());
    read
}

/// The users of a file: one a line. Lines that begin with `#` and empty ones say nothing.
fn of_text(name: &str, found: &Attachment, at: Span, reader: &mut Reader<'_>) -> Option<Arc<Expression>> {
    let text = found.text();
    reader.files.bytes = reader.files.bytes.saturating_add(text.len());
    if text.len() > LONGEST_ATTACHMENT {
        reader.problems.add(at, format!("the file `{name}` is larger than {} MiB", LONGEST_ATTACHMENT >> 20));
        return None;
    }
    if reader.files.bytes > MOST_ATTACHED {
        let most = MOST_ATTACHED >> 20;
        reader.problems.add(at, format!("the files of the plan are larger than {most} MiB together"));
        return None;
    }
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().map(str::trim);
    let users = || lines.clone().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    if let Some((line, why)) = users().find_map(|(line, user)| Some((line, no_user(user)?))) {
        let message = format!("line {} of the file `{name}` {why}", line.saturating_add(1));
        reader.complain(at, message, "write one user a line");
        return None;
    }
    match users().count() {
        0 => {
            let hint = "write one user a line; what begins with `#` is a comment";
            reader.complain(at, format!("the file `{name}` names no users"), hint);
            None
        }
        1..=MOST_USERS => Some(members(users().map(|(_, user)| user).collect(), reader)),
        count => {
            let message = format!("the file `{name}` names {count} users, more than {MOST_USERS}");
            reader.complain(at, message, "tell them by a `rule`, for instance by an attribute that they have");
            None
        }
    }
}

fn no_user(name: &str) -> Option<&'static str> {
    let odd = name.len() > LONGEST_USER || name.chars().any(char::is_control);
    odd.then_some("is longer than 1000 bytes or has a control character")
}

/// The rule that somebody is one of these: what is hashed of them is one of the names.
fn members(mut names: Vec<&str>, reader: &Reader<'_>) -> Arc<Expression> {
    // Sorted, they are compiled in no time at each opening.
    names.sort_unstable();
    names.dedup();
    let text = |name: &str| Expression::Constant(Literal::Text(name.into()));
    let who = Expression::Operation(Operator::Var, vec![text(&reader.bucket_by)]);
    // What is no text, such as a number, is hashed by its text too.
    let who = match &*reader.bucket_by {
        "targetingKey" => who,
        _ => Expression::Operation(Operator::Cat, vec![who]),
    };
    let names = names.into_iter().map(|name| Literal::Text(name.into())).collect();
    Arc::new(Expression::Operation(Operator::In, vec![who, Expression::Constant(Literal::List(names))]))
}
