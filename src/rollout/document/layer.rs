//! The slice of a layer that a rollout keeps to.

use super::fields::Fields;
use super::reader::Reader;
use super::shape;
use crate::rollout::Layer;
use crate::source::{Node, Value};
use crate::units::{Exposure, LayerName};

/// Reads `layer`. Of the salt there is what it is and where it is written, if it is.
pub(super) fn layer(node: &Node<'_>, salt: Option<(&str, &Node<'_>)>, reader: &mut Reader<'_>) -> Option<Layer> {
    let fields = Fields::read(node, &shape::LAYER, reader)?;
    let name = fields
        .needed(
            "name",
            "what the rollouts that must not share users have in common, for instance `name: checkout`",
            reader,
        )
        .and_then(|node| reader.name(node, "name", LayerName::new));
    let from = fields.needed("from", "where the slice begins, for instance `from: 0%`", reader);
    let to = fields.needed("to", "where the slice ends, for instance `to: 50%`", reader);
    let begins = from.and_then(|node| bound(node, "from", reader));
    let ends = to.and_then(|node| bound(node, "to", reader));
    let (name, begins, ends) = (name?, begins?, ends?);
    let Some(layer) = Layer::new(name, begins, ends) else {
        let message = match begins == ends {
            true => format!("the slice from {begins} to {ends} is empty: nobody is in it"),
            false => format!("the slice ends at {ends}, before its beginning, {begins}"),
        };
        reader.complain(to?.span, message, "`from` is where it begins, `to` where it ends: `{ from: 0%, to: 50% }`");
        return None;
    };
    if let Some((salt, at)) = salt
        && salt == layer.salt()
    {
        let message = format!("the salt `{salt}` is what the layer is hashed with");
        reader.complain(at.span, message, "write another: with it the waves would be drawn by the slice's own buckets");
        return None;
    }
    Some(layer)
}

/// An end of the slice: a percentage, from nobody to everybody.
fn bound(node: &Node<'_>, what: &str, reader: &mut Reader<'_>) -> Option<Exposure> {
    if let Value::Number(number) = &node.value {
        let message = format!("`{what}` is the number {number} where a percentage is expected");
        reader.complain(node.span, message, format!("write `{number}%` if that is meant"));
        return None;
    }
    let text = reader.text(node, what)?;
    Exposure::parse(text).map_err(|error| reader.problems.add(node.span, error.to_string())).ok()
}
