//! A metric that the rollout counts itself, from what is posted as having happened.

use super::fields::Fields;
use super::reader::Reader;
use super::sourced::{LONGEST_WINDOW_OF_QUERY, Sourced, optional};
use crate::rollout::{Better, MetricSource, Since, Unit};
use crate::units::MetricName;
use std::sync::Arc;
use std::time::Duration;

/// Reads what the provider `events` has of its own. Events are counted under the metric's own name unless the plan names another.
pub(super) fn events(name: &str, fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Sourced> {
    if let Some(entry) = fields.entry("unit") {
        reader.complain(entry.key_span, "events are counted: they have no unit", "remove `unit`");
    }
    let event = match fields.get("event") {
        Some(node) => reader.name(node, "event", MetricName::new)?.to_string(),
        None => name.to_owned(),
    };
    let since = optional(fields.get("since"), Since::Wave, |node| match node.as_str() {
        Some("wave") => Some(Since::Wave),
        Some("start") => Some(Since::Start),
        Some(_) | None => {
            let bounds = Duration::from_secs(1)..=LONGEST_WINDOW_OF_QUERY;
            reader.duration(node, "since", bounds).map(Since::Within)
        }
    })?;
    Some((Unit::Count, Better::Lower, MetricSource::Events { event: Arc::from(event), since }))
}
