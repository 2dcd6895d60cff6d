//! `ExportTraceServiceRequest`. Field numbers:
//! <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto>.

use super::cursor::{Fields, Wire};
use crate::otlp::attribute::{Attributes, Value};
use crate::otlp::span::{Span, kind};
use crate::otlp::{EVENTS, Malformed};
use std::borrow::Cow;

/// Calls `each` with every span of a request.
///
/// # Errors
/// When it cannot be read to its end. `each` may have been called for a part of it then.
pub(crate) fn spans<'b>(
    body: &'b [u8],
    mut each: impl FnMut(&Span<'b>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let (mut span, mut event) = (Span::default(), Attributes::new());
    for resource in Fields::of(body).messages(1) {
        for scope in Fields::of(resource?).messages(2) {
            for message in Fields::of(scope?).messages(2) {
                span.clear();
                read(message?, &mut span, &mut event)?;
                each(&span)?;
            }
        }
    }
    Ok(())
}

fn read<'b>(message: &'b [u8], span: &mut Span<'b>, event: &mut Attributes<'b>) -> Result<(), Malformed> {
    for field in Fields::of(message) {
        match field? {
            (5, wire) => span.name = Cow::Borrowed(wire.text()?),
            (6, wire) => span.kind = kind(wire.varint()?),
            (7, wire) => span.start = wire.fixed64()?,
            (8, wire) => span.end = wire.fixed64()?,
            (9, wire) => attribute(wire.bytes()?, &mut span.attributes)?,
            (11, wire) => {
                event.clear();
                if is_evaluation(wire.bytes()?, event)? {
                    span.take_event(event);
                }
            }
            (15, wire) => span.failed = is_error(wire.bytes()?)?,
            _ => {}
        }
    }
    Ok(())
}

/// Reads an event's attributes if its name says that it tells of an evaluation.
fn is_evaluation<'b>(message: &'b [u8], attributes: &mut Attributes<'b>) -> Result<bool, Malformed> {
    let mut named = false;
    for field in Fields::of(message) {
        match field? {
            (2, wire) => named = EVENTS.contains(&wire.text()?),
            (3, wire) => attribute(wire.bytes()?, attributes)?,
            _ => {}
        }
    }
    Ok(named)
}

/// Whether a status says error.
fn is_error(message: &[u8]) -> Result<bool, Malformed> {
    let mut code = 0;
    for field in Fields::of(message) {
        if let (3, wire) = field? {
            code = wire.varint()?;
        }
    }
    Ok(code == 2)
}

/// Reads one `KeyValue`.
pub(super) fn attribute<'b>(message: &'b [u8], attributes: &mut Attributes<'b>) -> Result<(), Malformed> {
    let (mut name, mut value) = ("", Value::Other);
    for field in Fields::of(message) {
        match field? {
            (1, wire) => name = wire.text()?,
            (2, wire) => value = any_value(wire.bytes()?)?,
            _ => {}
        }
    }
    attributes.push(Cow::Borrowed(name), value);
    Ok(())
}

fn any_value(message: &[u8]) -> Result<Value<'_>, Malformed> {
    let mut value = Value::Other;
    for field in Fields::of(message) {
        value = match field? {
            (1, wire) => Value::Text(Cow::Borrowed(wire.text()?)),
            (2, wire) => Value::Bool(wire.varint()? != 0),
            (3, Wire::Varint(number)) => Value::Int(number.cast_signed()),
            (4, Wire::Fixed64(bits)) => Value::Double(f64::from_bits(bits)),
            _ => Value::Other,
        };
    }
    Ok(value)
}
