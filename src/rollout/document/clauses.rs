//! The conditions of a rollout document: texts in the condition language, one or a list of them, each
//! perhaps in a mapping that says more of it.

use super::fields::Fields;
use super::metrics::Metrics;
use super::reader::Reader;
use super::shape;
use crate::analysis::{Condition, Mention, Place, Subject};
use crate::rollout::{Clause, List, Role};
use crate::source::{Node, Span, Value};
use std::sync::Arc;

/// The most conditions in one list.
const MOST: usize = 100;

/// A condition with its place, so that what only shows when all waves are known can be told there.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) clause: Arc<Clause>,
    pub(super) at: Span,
}

/// Reads the lists of a mapping. What is not there is none.
pub(super) fn clauses(
    fields: &Fields<'_>,
    lists: &[List],
    place: Place,
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) -> Option<Vec<Placed>> {
    let read: Vec<Option<Vec<Placed>>> = lists
        .iter()
        .filter_map(|list| Some((*list, fields.get(list.as_str())?)))
        .map(|(list, node)| one_list(node, list, place, metrics, reader))
        .collect();
    Some(read.into_iter().collect::<Option<Vec<_>>>()?.concat())
}

/// Several lists as one, in the order of severity; within a list the order stays.
pub(super) fn in_order(lists: &[&[Placed]]) -> Vec<Placed> {
    let mut all = lists.concat();
    all.sort_by_key(|placed| placed.clause.list);
    all
}

fn one_list(
    node: &Node<'_>,
    list: List,
    place: Place,
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) -> Option<Vec<Placed>> {
    let Some(items) = node.as_array() else {
        return clause(node, list, place, metrics, reader).map(|clause| vec![clause]);
    };
    if items.len() > MOST {
        reader.problems.add(node.span, format!("{} conditions are more than {MOST}", items.len()));
        return None;
    }
    let read: Vec<Option<Placed>> = items.iter().map(|item| clause(item, list, place, metrics, reader)).collect();
    read.into_iter().collect()
}

fn clause(node: &Node<'_>, list: List, place: Place, metrics: &Metrics, reader: &mut Reader<'_>) -> Option<Placed> {
    if node.as_object().is_none() {
        let when = condition(node, list, place, metrics, reader)?;
        return Some(placed(when, list, false, node.span));
    }
    let fields = Fields::read(node, &shape::CLAUSE, reader)?;
    let observe = match fields.get("observe") {
        Some(node) => reader.flag(node, "observe")?,
        None => false,
    };
    if observe && matches!(list, List::Advance | List::Early) {
        let entry = fields.entry("observe").map_or(node.span, |entry| entry.key_span);
        let message = format!("a condition in `{}` that is only observed would let everything pass", list.as_str());
        reader.complain(entry, message, "move it to `notify_when`, or remove `observe`");
        return None;
    }
    let node = fields.needed("when", "for instance `{ when: error_rate > 5%, observe: true }`", reader)?;
    let when = condition(node, list, place, metrics, reader)?;
    Some(placed(when, list, observe, node.span))
}

pub(super) fn placed(when: Condition, list: List, observe: bool, at: Span) -> Placed {
    let text = Arc::from(when.to_string());
    Placed { clause: Arc::new(Clause { list, when, text, observe }), at }
}

fn condition(
    node: &Node<'_>,
    list: List,
    place: Place,
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) -> Option<Condition> {
    let Value::String(text) = &node.value else {
        let message = format!("a condition is a text, not {}", node.kind());
        reader.complain(node.span, message, "for instance `error_rate > 5%`");
        return None;
    };
    read(node, text, 0, list, place, metrics, reader)
}

/// Reads a condition of which the first `before` bytes do not stand in the document.
pub(super) fn read(
    node: &Node<'_>,
    text: &str,
    before: usize,
    list: List,
    place: Place,
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) -> Option<Condition> {
    let written = text.get(before..).unwrap_or(text);
    let at = |reader: &Reader<'_>, start: usize, end: usize| {
        let part = start.saturating_sub(before)..end.saturating_sub(before);
        reader.part_of(node, written, part).unwrap_or(node.span)
    };
    match metrics.with_vocabulary(place, |vocabulary| Condition::parse_with(text, vocabulary)) {
        Ok((condition, mentions)) => {
            for mention in &mentions {
                let at = at(reader, mention.at.start, mention.at.end);
                check_mention(at, mention, list, metrics, reader);
            }
            Some(condition)
        }
        Err(error) => {
            let broken =
                error.unknown_metric && text.get(error.start..error.end).is_some_and(|n| metrics.is_defined(n));
            // A metric that is defined but broken has its own problem already.
            if !broken {
                let at = at(reader, error.start, error.end);
                match error.hint {
                    Some(hint) => reader.complain(at, error.message, hint),
                    None => reader.problems.add(at, error.message),
                }
            }
            None
        }
    }
}

fn check_mention(at: Span, mention: &Mention, list: List, metrics: &Metrics, reader: &mut Reader<'_>) {
    match (&mention.of, list) {
        (Subject::Alert, List::Advance | List::Early) => reader.complain(
            at,
            "an alert cannot let a wave advance",
            "name alerts that must not fire in `hold_when` or `close_when`",
        ),
        (Subject::Metric(name), List::Close | List::StepBack)
            if metrics.role_of(name.as_str()) == Some(Role::Signal) =>
        {
            let never = if list == List::Close { "close" } else { "step back" };
            reader.complain(
                at,
                format!("`{name}` is a signal, which may hold but never {never}"),
                "move the condition to `hold_when`, or make the metric `role: guardrail`",
            );
        }
        (Subject::Alert, List::Close | List::StepBack | List::Hold | List::Notify)
        | (
            Subject::Metric(_) | Subject::Reference(_) | Subject::Lasting(_) | Subject::Window(_),
            List::Close | List::StepBack | List::Hold | List::Notify | List::Early | List::Advance,
        ) => {}
    }
}
