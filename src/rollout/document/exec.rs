//! A metric that a command of the server's own machine is asked for.

use super::fields::Fields;
use super::jsonpath::path;
use super::query::{PLACEHOLDERS, template};
use super::reader::Reader;
use super::sourced::{Sourced, optional, query, unit};
use super::web::counted_least;
use crate::rollout::{Ask, AskExec, Better, MetricSource};
use crate::source::{Entry, Node};
use crate::units::MetricName;
use std::sync::Arc;

/// The most arguments that a plan may give.
const MOST: usize = 20;

/// The longest argument, in bytes.
const LONGEST: usize = 200;

/// Reads what the provider `exec` has of its own. Which commands there are only the server knows.
pub(super) fn exec(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Sourced> {
    let unit = unit(fields, reader);
    let command = fields.needed("command", "the name under which the server's settings allow it", reader);
    let command = command.and_then(|node| command_name(node, reader));
    let arguments = optional(fields.get("arguments"), Vec::new(), |node| arguments(node, reader));
    let value = optional(fields.get("value"), None, |node| path(node, "value", reader).map(Some));
    let samples = optional(fields.get("samples"), None, |node| path(node, "samples", reader).map(Some));
    if let (None, Some(entry)) = (fields.entry("value"), fields.entry("samples")) {
        let hint = "add `value` with the JSONPath of the value";
        reader.complain(entry.key_span, "`samples` is picked out of JSON, and without `value` a number is read", hint);
    }
    let least = counted_least(fields, reader);
    let ask = command.zip(arguments).zip(value).zip(samples).zip(least);
    let ask = ask.map(|((((command, arguments), value), samples), min_samples)| {
        Ask::Exec(AskExec { command, arguments, value, samples, min_samples })
    });
    let query = query(fields, ask, reader);
    Some((unit?, Better::Lower, MetricSource::Query(query?)))
}

fn command_name(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, "command")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.len() > LONGEST || !text.chars().all(plain) {
        let message = "`command` is the name of a command, not the command itself";
        let hint = "the server's settings say which commands there are and what each of them runs";
        reader.complain(node.span, message, hint);
        return None;
    }
    Some(Arc::from(text))
}

fn arguments(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Vec<(Arc<str>, Arc<str>)>> {
    let Some(entries) = node.as_object() else {
        let message = format!("`arguments` is {} where names with values are expected", node.kind());
        reader.complain(node.span, message, "for instance `{ variant: \"{{variant}}\" }`");
        return None;
    };
    if entries.len() > MOST {
        reader.problems.add(node.span, format!("{} arguments are more than {MOST}", entries.len()));
        return None;
    }
    let arguments: Vec<_> = entries.iter().map(|entry| argument(entry, reader)).collect();
    arguments.into_iter().collect()
}

fn argument(entry: &Entry<'_>, reader: &mut Reader<'_>) -> Option<(Arc<str>, Arc<str>)> {
    if let Err(error) = MetricName::new(&entry.key) {
        reader.problems.add(entry.key_span, error.to_string());
        return None;
    }
    let value = template(&entry.value, &entry.key, PLACEHOLDERS, reader)?;
    // Of what stands in braces more was said already.
    let fixed: String = value.split("{{").map(|part| part.split_once("}}").map_or(part, |(_, rest)| rest)).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/@=+%,".contains(c);
    if value.len() > LONGEST || value.starts_with('-') || !fixed.chars().all(plain) {
        let message = format!("the argument `{}` has a value that no command is given", entry.key);
        let hint = "use up to 200 letters, digits and `_-.:/@=+%,`, with no `-` first";
        reader.complain(entry.value.span, message, hint);
        return None;
    }
    Some((Arc::from(&*entry.key), value))
}
