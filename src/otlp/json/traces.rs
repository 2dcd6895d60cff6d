//! `ExportTraceServiceRequest` as JSON: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>.

use super::walk::{double, list, object, signed, text, truth, unsigned};
use crate::json::Reader;
use crate::otlp::attribute::{Attributes, Value};
use crate::otlp::span::{Span, kind};
use crate::otlp::{EVENTS, Malformed};

/// Calls `each` with every span of a request.
///
/// # Errors
/// When it cannot be read to its end. `each` may have been called for a part of it then.
pub(crate) fn spans<'b>(
    body: &'b str,
    mut each: impl FnMut(&Span<'b>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let (mut reader, mut span) = (Reader::new(body), Span::default());
    object(&mut reader, |key, reader| match key {
        "resourceSpans" => list(reader, |reader| {
            object(reader, |key, reader| match key {
                "scopeSpans" => list(reader, |reader| {
                    object(reader, |key, reader| match key {
                        "spans" => list(reader, |reader| {
                            span.clear();
                            read(reader, &mut span)?;
                            each(&span)
                        }),
                        _ => Ok(reader.skip()?),
                    })
                }),
                _ => Ok(reader.skip()?),
            })
        }),
        _ => Ok(reader.skip()?),
    })?;
    Ok(reader.end()?)
}

fn read<'b>(reader: &mut Reader<'b>, span: &mut Span<'b>) -> Result<(), Malformed> {
    object(reader, |key, reader| {
        match key {
            "name" => span.name = text(reader)?,
            "kind" => span.kind = kind(unsigned(reader)?),
            "startTimeUnixNano" => span.start = unsigned(reader)?,
            "endTimeUnixNano" => span.end = unsigned(reader)?,
            "attributes" => attributes(reader, &mut span.attributes)?,
            "events" => list(reader, |reader| event(reader, span))?,
            "status" => object(reader, |key, reader| match key {
                "code" => {
                    span.failed = unsigned(reader)? == 2;
                    Ok(())
                }
                _ => Ok(reader.skip()?),
            })?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn event<'b>(reader: &mut Reader<'b>, span: &mut Span<'b>) -> Result<(), Malformed> {
    let (mut named, mut found) = (false, Attributes::new());
    object(reader, |key, reader| {
        match key {
            "name" => named = EVENTS.contains(&&*text(reader)?),
            "attributes" => attributes(reader, &mut found)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    if named {
        span.take_event(&mut found);
    }
    Ok(())
}

/// Reads a list of `KeyValue`.
pub(super) fn attributes<'b>(reader: &mut Reader<'b>, attributes: &mut Attributes<'b>) -> Result<(), Malformed> {
    list(reader, |reader| {
        let (mut name, mut value) = ("".into(), Value::Other);
        object(reader, |key, reader| {
            match key {
                "key" => name = text(reader)?,
                "value" => value = any_value(reader)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        attributes.push(name, value);
        Ok(())
    })
}

fn any_value<'b>(reader: &mut Reader<'b>) -> Result<Value<'b>, Malformed> {
    let mut value = Value::Other;
    object(reader, |key, reader| {
        match key {
            "stringValue" => value = Value::Text(text(reader)?),
            "boolValue" => value = Value::Bool(truth(reader)?),
            "intValue" => value = Value::Int(signed(reader)?),
            "doubleValue" => value = Value::Double(double(reader)?),
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(value)
}
