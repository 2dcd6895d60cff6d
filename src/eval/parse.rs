//! From the bytes of a request to a context, in one pass. Texts are borrowed where they have no escapes.

use super::context::{Context, ContextError};
use super::datum::{Datum, Object};
use super::names::Names;
use crate::flag::Number;
use crate::json::{Fault, Kind, Reader};
use std::borrow::Cow;

/// The deepest nesting of a context; the context itself is the first level.
pub(super) const DEEPEST: usize = 32;

/// Reads a context into an empty one: a context is large, and is written to the place where it stays.
pub(super) fn context<'a>(bytes: &'a [u8], context: &mut Context<'a>) -> Result<(), ContextError> {
    let mut reader = Reader::new(text(bytes)?);
    if reader.peek()? != Kind::Object {
        return Err(not_an_object(reader, "the context must be an object"));
    }
    attributes(&mut reader, context, None)?;
    reader.end()?;
    Ok(())
}

/// Reads the body of an OFREP request into a context, in the place of its attributes. Lists and objects of
/// names that are not wanted are passed over.
pub(super) fn ofrep_body<'a>(
    body: &'a [u8],
    context: &mut Context<'a>,
    wanted: Option<&Names>,
) -> Result<(), ContextError> {
    context.clear();
    let mut reader = Reader::new(text(body)?);
    if body.trim_ascii_start().is_empty() {
        return Ok(());
    }
    if reader.peek()? != Kind::Object {
        return Err(not_an_object(reader, "the body must be an object"));
    }
    reader.begin_object()?;
    // Of two members of one name the later counts, so that a wrong one is no error before the end.
    let mut sound = true;
    while let Some(name) = reader.next_key()? {
        if name == "context" {
            context.clear();
            sound = member(&mut reader, context, wanted)?;
        } else {
            reader.skip()?;
        }
    }
    reader.end()?;
    if sound { Ok(()) } else { Err(ContextError::WrongShape("`context` must be an object")) }
}

/// Reads the member `context` into an empty one; false when it is JSON of the wrong shape.
fn member<'a>(
    reader: &mut Reader<'a>,
    context: &mut Context<'a>,
    wanted: Option<&Names>,
) -> Result<bool, ContextError> {
    match reader.peek()? {
        Kind::Object => attributes(reader, context, wanted).map(|()| true),
        Kind::Null => Ok(reader.null().map(|()| true)?),
        Kind::Bool | Kind::Number | Kind::Text | Kind::List => Ok(reader.skip().map(|()| false)?),
    }
}

fn attributes<'a>(
    reader: &mut Reader<'a>,
    context: &mut Context<'a>,
    wanted: Option<&Names>,
) -> Result<(), ContextError> {
    let mut more = Vec::new();
    let mut keep = |context: &mut Context<'a>, name: Cow<'a, str>, value: Datum<'a>| match context.has_room() {
        true => context.add(name, value),
        false => more.push((name, value)),
    };
    reader.begin_object()?;
    loop {
        while let Some((name, text)) = reader.plain_entry() {
            if !context.add_text(name, text) {
                keep(context, Cow::Borrowed(name), Datum::Text(Cow::Borrowed(text)));
            }
        }
        let Some(name) = reader.next_key()? else { break };
        if matches!(reader.peek()?, Kind::List | Kind::Object) && wanted.is_some_and(|wanted| !wanted.have(&name)) {
            pass(reader, 2)?;
        } else {
            keep(context, name, datum(reader, 2)?);
        }
    }
    if !more.is_empty() {
        context.extend(more);
    }
    Ok(())
}

/// A value at a depth. As deep as that is bounded.
fn datum<'a>(reader: &mut Reader<'a>, depth: usize) -> Result<Datum<'a>, ContextError> {
    Ok(match reader.peek()? {
        Kind::Text => Datum::Text(reader.text()?),
        Kind::Number => Datum::Number(number(reader)?),
        Kind::Bool => Datum::Bool(reader.bool()?),
        Kind::Null => {
            reader.null()?;
            Datum::Null
        }
        Kind::List | Kind::Object if depth > DEEPEST => return Err(ContextError::TooDeep),
        Kind::List => {
            let mut items = Vec::new();
            reader.begin_list()?;
            while reader.next_item()? {
                items.push(datum(reader, depth.saturating_add(1))?);
            }
            Datum::List(items)
        }
        Kind::Object => {
            let mut entries: Vec<(Cow<'a, str>, Datum<'a>)> = Vec::new();
            reader.begin_object()?;
            while let Some(name) = reader.next_key()? {
                entries.push((name, datum(reader, depth.saturating_add(1))?));
            }
            Datum::Object(Object::new(entries))
        }
    })
}

/// Passes over a value, which is refused for what [`datum`] refuses.
fn pass(reader: &mut Reader<'_>, depth: usize) -> Result<(), ContextError> {
    match reader.peek()? {
        Kind::List | Kind::Object if depth > DEEPEST => return Err(ContextError::TooDeep),
        Kind::List => {
            reader.begin_list()?;
            while reader.next_item()? {
                pass(reader, depth.saturating_add(1))?;
            }
        }
        Kind::Object => {
            reader.begin_object()?;
            while reader.next_key()?.is_some() {
                pass(reader, depth.saturating_add(1))?;
            }
        }
        Kind::Number => {
            number(reader)?;
        }
        Kind::Text | Kind::Bool | Kind::Null => reader.skip()?,
    }
    Ok(())
}

fn number(reader: &mut Reader<'_>) -> Result<Number, ContextError> {
    let spelling = reader.number()?;
    Number::parse(spelling).ok_or_else(|| {
        let place = reader.offset().saturating_sub(spelling.len());
        ContextError::NotJson(format!("a number is out of range at byte {place}"))
    })
}

fn text(bytes: &[u8]) -> Result<&str, ContextError> {
    std::str::from_utf8(bytes)
        .map_err(|error| ContextError::NotJson(format!("not UTF-8 at byte {}", error.valid_up_to())))
}

/// Of a text that is JSON, but no object; what is no JSON at all is told first.
fn not_an_object(mut reader: Reader<'_>, what: &'static str) -> ContextError {
    match reader.skip().and_then(|()| reader.end()) {
        Ok(()) => ContextError::WrongShape(what),
        Err(fault) => fault.into(),
    }
}

impl From<Fault> for ContextError {
    fn from(fault: Fault) -> Self {
        Self::NotJson(fault.to_string())
    }
}
