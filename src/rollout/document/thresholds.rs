//! The thresholds that a metric has of itself: what is wanted, what warns, what closes.

use super::clauses::{Placed, placed, read};
use super::fields::Fields;
use super::metrics::Metrics;
use super::reader::Reader;
use super::shape;
use crate::analysis::{Bound, Comparison, Condition};
use crate::rollout::{List, Role};
use crate::source::{Entry, Node};

/// Reads `target`, `warning` and `critical` of a metric: `"< 2%"`, `"> 10% for 5m"`.
pub(super) fn thresholds(entry: &Entry<'_>, metrics: &Metrics, reader: &mut Reader<'_>) -> Option<Vec<Placed>> {
    let Some(metric) = metrics.get(&entry.key) else { return Some(Vec::new()) };
    let fields = Fields::known(&entry.value)?;
    let on_warning = match fields.get("on_warning") {
        Some(node) => reader.word(node, "effect of a warning", shape::ON_WARNING, &[])?,
        None => List::Hold,
    };
    if let Some(entry) = fields.entry("on_warning").filter(|_| fields.entry("warning").is_none()) {
        reader.complain(entry.key_span, "`on_warning` without a `warning`", "write `warning` too, or remove this");
    }
    let name = &entry.key;
    if let Some(entry) = fields.entry("critical").filter(|_| metric.role == Role::Signal) {
        let message = format!("`{name}` is a signal, which may hold but never close");
        reader.complain(entry.key_span, message, "write `warning`, or make the metric `role: guardrail`");
        return None;
    }
    let lists = [("target", List::Advance), ("warning", on_warning), ("critical", List::Close)];
    let mut read = Vec::new();
    for (field, list) in lists {
        let Some(node) = fields.get(field) else { continue };
        read.push((field, threshold(&entry.key, field, node, list, metrics, reader)?));
    }
    agree(&read, reader);
    Some(read.into_iter().map(|(_, placed)| placed).collect())
}

fn threshold(
    metric: &str,
    field: &str,
    node: &Node<'_>,
    list: List,
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) -> Option<Placed> {
    let text = reader.text(node, field)?;
    if text.split_whitespace().next() == Some(metric) {
        let message = format!("`{field}` begins with the metric's own name");
        reader.complain(node.span, message, "write only what follows it, such as `> 600ms`");
        return None;
    }
    let whole = format!("{metric} {text}");
    let before = metric.len().saturating_add(1);
    let when = read_one(node, &whole, before, list, metrics, reader)?;
    Some(placed(when, list, false, node.span))
}

/// A threshold speaks of its own metric alone.
fn read_one(
    node: &Node<'_>,
    whole: &str,
    before: usize,
    list: List,
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) -> Option<Condition> {
    let when = read(node, whole, before, list, metrics.everywhere(), metrics, reader)?;
    if let Condition::All(_) | Condition::Any(_) = when {
        let message = "a threshold is one comparison";
        reader.complain(node.span, message, "write what joins several under `always` or in a wave");
        return None;
    }
    Some(when)
}

/// What is critical must lie beyond what warns, and that beyond what is wanted.
fn agree(read: &[(&str, Placed)], reader: &mut Reader<'_>) {
    let bound = |placed: &Placed| match &placed.clause.when {
        Condition::Compare(compare) => match (&compare.bound, compare.comparison) {
            (Bound::Fixed(bound), Comparison::Greater | Comparison::AtLeast) => Some((true, *bound)),
            (Bound::Fixed(bound), Comparison::Less | Comparison::AtMost) => Some((false, *bound)),
            (Bound::Fixed(_), Comparison::Equal | Comparison::NotEqual) | (Bound::Relative { .. }, _) => None,
        },
        Condition::All(_)
        | Condition::Any(_)
        | Condition::Trend(_)
        | Condition::Burn(_)
        | Condition::Regresses(_)
        | Condition::ProvedSafe(_)
        | Condition::Score(_)
        | Condition::Alert(_) => None,
    };
    for pair in read.windows(2) {
        let [(milder, first), (harder, second)] = pair else { continue };
        let (Some((first_above, first_bound)), Some((above, bound))) = (bound(first), bound(second)) else { continue };
        // What is wanted lies on the other side of its bound than what warns.
        let wanted = first.clause.list == List::Advance;
        let turned = if wanted { first_above == above } else { first_above != above };
        let reached_first = if above { bound < first_bound } else { bound > first_bound };
        // What is wanted and closes is told where all that lets go on and closes is compared.
        if turned || (reached_first && !(wanted && second.clause.list == List::Close)) {
            let message = format!("`{harder}` ({}) contradicts `{milder}` ({})", second.clause.text, first.clause.text);
            reader.complain(
                second.at,
                message,
                "write `target`, then `warning`, then `critical`, each worse than before",
            );
            return;
        }
    }
}
