//! The conditions of a rollout document: texts in the condition language, one or a list of them.

use super::metrics::Metrics;
use super::reader::Reader;
use crate::analysis::{Condition, Mention, Subject, Vocabulary};
use crate::rollout::Role;
use crate::source::{Node, Value};

/// The most conditions in one list.
const MOST: usize = 100;

/// Which list a condition stands in: not everything may be said in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Advance,
    Hold,
    Close,
}

/// Reads a list of conditions, or a single one; what is not there is none.
pub(super) fn conditions(
    node: Option<&Node<'_>>,
    list: List,
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) -> Option<Vec<Condition>> {
    let Some(node) = node else { return Some(Vec::new()) };
    let Some(items) = node.as_array() else {
        return condition(node, list, metrics, reader).map(|condition| vec![condition]);
    };
    if items.len() > MOST {
        reader.problems.add(node.span, format!("{} conditions are more than {MOST}", items.len()));
        return None;
    }
    let read: Vec<Option<Condition>> = items.iter().map(|item| condition(item, list, metrics, reader)).collect();
    read.into_iter().collect()
}

fn condition(node: &Node<'_>, list: List, metrics: &Metrics, reader: &mut Reader<'_>) -> Option<Condition> {
    let Value::String(text) = &node.value else {
        let message = format!("a condition is a text, not {}", node.kind());
        reader.complain(node.span, message, "for instance `error_rate > 5%`");
        return None;
    };
    let known = |name: &str| metrics.known(name);
    match Condition::parse_with(text, &Vocabulary { metric: &known, names: metrics.names(), waves: None }) {
        Ok((condition, mentions)) => {
            for mention in &mentions {
                check_mention(node, text, mention, list, metrics, reader);
            }
            Some(condition)
        }
        Err(error) => {
            let broken =
                error.unknown_metric && text.get(error.start..error.end).is_some_and(|n| metrics.is_defined(n));
            // A metric that is defined but broken has its own problem already.
            if !broken {
                let at = reader.part_of(node, text, error.start..error.end).unwrap_or(node.span);
                match error.hint {
                    Some(hint) => reader.complain(at, error.message, hint),
                    None => reader.problems.add(at, error.message),
                }
            }
            None
        }
    }
}

fn check_mention(
    node: &Node<'_>,
    text: &str,
    mention: &Mention,
    list: List,
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) {
    let at = reader.part_of(node, text, mention.at.clone()).unwrap_or(node.span);
    match (&mention.of, list) {
        (Subject::Alert, List::Advance) => reader.complain(
            at,
            "an alert cannot let a wave advance",
            "name alerts that must not fire in `hold_when` or `close_when`",
        ),
        (Subject::Metric(name), List::Close) if metrics.role_of(name.as_str()) == Some(Role::Signal) => reader
            .complain(
                at,
                format!("`{name}` is a signal, which may hold but never close"),
                "move the condition to `hold_when`, or make the metric `role: guardrail`",
            ),
        (Subject::Alert, List::Hold | List::Close)
        | (
            Subject::Metric(_) | Subject::Reference(_) | Subject::Lasting(_) | Subject::Window(_),
            List::Advance | List::Hold | List::Close,
        ) => {}
    }
}
