//! A metric that Graphite is asked for.

use super::fields::Fields;
use super::query::{PLACEHOLDERS, template};
use super::reader::Reader;
use super::sourced::{Sourced, query, unit};
use crate::rollout::{Ask, AskGraphite, Better, MetricSource};

/// Reads what the provider `graphite` has of its own.
pub(super) fn graphite(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Sourced> {
    let unit = unit(fields, reader);
    let node = fields.needed("query", "write the target that gives one series", reader);
    let target = node.and_then(|node| template(node, "query", PLACEHOLDERS, reader));
    let query = query(fields, target.map(|target| Ask::Graphite(AskGraphite { target })), reader);
    Some((unit?, Better::Lower, MetricSource::Query(query?)))
}
