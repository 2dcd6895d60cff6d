//! Walking through JSON.

use crate::json::{Fault, Kind, Reader};
use crate::otlp::Malformed;
use std::borrow::Cow;

impl From<Fault> for Malformed {
    fn from(fault: Fault) -> Self {
        Self::Json { why: fault.kind().to_string(), at: fault.start() }
    }
}

/// Calls `each` with the reader before every item of a list; `null` has none.
pub(super) fn list<'b>(
    reader: &mut Reader<'b>,
    mut each: impl FnMut(&mut Reader<'b>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    if reader.peek()? == Kind::Null {
        return Ok(reader.null()?);
    }
    reader.begin_list()?;
    while reader.next_item()? {
        each(reader)?;
    }
    Ok(())
}

/// Calls `each` with every key of an object and the reader before its value, which it must read or pass over.
pub(super) fn object<'b>(
    reader: &mut Reader<'b>,
    mut each: impl FnMut(&str, &mut Reader<'b>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    if reader.peek()? == Kind::Null {
        return Ok(reader.null()?);
    }
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        each(&key, reader)?;
    }
    Ok(())
}

/// A text; `null` is an empty one.
pub(super) fn text<'b>(reader: &mut Reader<'b>) -> Result<Cow<'b, str>, Malformed> {
    match reader.peek()? {
        Kind::Null => reader.null().map(|()| Cow::Borrowed("")).map_err(Malformed::from),
        Kind::Text | Kind::Number | Kind::Bool | Kind::List | Kind::Object => Ok(reader.text()?),
    }
}

/// A number as it is written, or in quotes as OTLP writes long ones; `null` is zero.
fn digits<'b>(reader: &mut Reader<'b>) -> Result<Cow<'b, str>, Malformed> {
    match reader.peek()? {
        Kind::Null => reader.null().map(|()| Cow::Borrowed("0")).map_err(Malformed::from),
        Kind::Number => Ok(Cow::Borrowed(reader.number()?)),
        Kind::Text | Kind::Bool | Kind::List | Kind::Object => Ok(reader.text()?),
    }
}

fn wrong(reader: &Reader<'_>, why: &str) -> Malformed {
    Malformed::Json { why: why.to_owned(), at: reader.offset() }
}

/// A whole number that is not negative.
pub(super) fn unsigned(reader: &mut Reader<'_>) -> Result<u64, Malformed> {
    digits(reader)?.parse().map_err(|_| wrong(reader, "a whole number is expected before this"))
}

/// A whole number.
pub(super) fn signed(reader: &mut Reader<'_>) -> Result<i64, Malformed> {
    digits(reader)?.parse().map_err(|_| wrong(reader, "a whole number is expected before this"))
}

/// A number; what is not finite is written as a text.
pub(super) fn double(reader: &mut Reader<'_>) -> Result<f64, Malformed> {
    digits(reader)?.parse().map_err(|_| wrong(reader, "a number is expected before this"))
}

/// `true` or `false`; `null` is false.
pub(super) fn truth(reader: &mut Reader<'_>) -> Result<bool, Malformed> {
    match reader.peek()? {
        Kind::Null => reader.null().map(|()| false).map_err(Malformed::from),
        Kind::Bool | Kind::Text | Kind::Number | Kind::List | Kind::Object => Ok(reader.bool()?),
    }
}

/// The text of the value under a key of the object that begins here; the reader stays where it is.
pub(super) fn raw<'b>(reader: &Reader<'b>, body: &'b str, name: &str) -> Result<&'b str, Malformed> {
    let (mut ahead, mut found) = (reader.clone(), "");
    object(&mut ahead, |key, reader| {
        reader.peek()?;
        let start = reader.offset();
        reader.skip()?;
        if key == name {
            found = body.get(start..reader.offset()).unwrap_or("");
        }
        Ok(())
    })?;
    Ok(found)
}
