//! A JSON object as it was written: every member, also one that comes twice.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// How many members are kept: more than any object has that is right.
const MOST: usize = 16;

/// Names and unread values, in their order.
pub(super) struct Fields<'d>(pub(super) Vec<(Cow<'d, str>, &'d RawValue)>);

impl<'d> Deserialize<'d> for Fields<'d> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'d> Visitor<'d> for FieldsVisitor {
    type Value = Fields<'d>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::with_capacity(map.size_hint().unwrap_or(5));
        while let Some((Name(name), value)) = map.next_entry()? {
            // One of them is unknown or there twice by now; millions of them would take many times their own room.
            if fields.len() < MOST {
                fields.push((name, value));
            }
        }
        Ok(Fields(fields))
    }
}

/// A member's name, borrowed where it has no escapes.
struct Name<'d>(Cow<'d, str>);

impl<'d> Deserialize<'d> for Name<'d> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(NameVisitor).map(Name)
    }
}

struct NameVisitor;

impl<'d> Visitor<'d> for NameVisitor {
    type Value = Cow<'d, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'d str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_object_with_too_many_members_only_the_first_are_kept() {
        let many: Vec<String> = (0..10_000).map(|number| format!("\"{number}\":0")).collect();
        let many = format!("{{{}}}", many.join(","));
        let fields: Result<Fields<'_>, _> = serde_json::from_str(&many);
        assert_eq!(fields.map(|fields| fields.0.len()).ok(), Some(MOST));
    }
}
