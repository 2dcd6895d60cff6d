//! Names put into questions, written so that each stays what it is in the language that it stands in.

use super::asking::Asking;
use super::prometheus::duration;
use super::template::{Placeholder, fill_with};
use crate::analysis::NoData;

/// Fills a template. `write` gets a name and the template up to its placeholder, and gives the name as it must be
/// written there. The window is a number and a unit, which needs no writing.
pub(super) fn filled(
    template: &str,
    asking: &Asking,
    write: impl Fn(&str, &str) -> Result<String, NoData>,
) -> Result<String, NoData> {
    let mut unfit = None;
    let filled = fill_with(template, |placeholder, before| {
        let name = match placeholder {
            Placeholder::Variant => asking.variant.as_str(),
            Placeholder::Flag => asking.flag.as_str(),
            Placeholder::Window => return duration(asking.looks_back()),
        };
        write(name, before).unwrap_or_else(|why| {
            unfit.get_or_insert(why);
            String::new()
        })
    });
    unfit.map_or(Ok(filled), Err)
}

/// The name itself, where nothing can be broken out of.
pub(super) fn as_it_is(name: &str, _: &str) -> Result<String, NoData> {
    Ok(name.to_owned())
}

/// The inside of a JSON string.
pub(super) fn in_json(name: &str, _: &str) -> Result<String, NoData> {
    let quoted = serde_json::Value::from(name).to_string();
    Ok(quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned())
}

/// A part of an address or of a form: all but letters, digits, `-`, `.`, `_` and `~` as the hexadecimal of its bytes.
pub(super) fn in_address(name: &str, _: &str) -> Result<String, NoData> {
    // A dot alone, or two, would be a step through the path.
    if matches!(name, "." | "..") {
        return Err(unfit(name, "is a step through a path"));
    }
    let mut written = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => written.push(char::from(byte)),
            other => written.push_str(&format!("%{other:02X}")),
        }
    }
    Ok(written)
}

/// The value of a header: visible ASCII characters and blanks.
pub(super) fn in_header(name: &str, _: &str) -> Result<String, NoData> {
    match name.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        true => Ok(name.to_owned()),
        false => Err(unfit(name, "cannot stand in a header: only visible ASCII characters can")),
    }
}

/// A name of plain letters, digits and a few signs, which mean nothing in any of the languages; no other can be asked
/// for. For languages whose ways of quoting are not known well enough.
pub(super) fn plain(name: &str, also: &str) -> Result<String, NoData> {
    match name.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c)) {
        true => Ok(name.to_owned()),
        false => Err(unfit(name, &format!("has other characters than letters, digits and `{also}`"))),
    }
}

/// A name that a question cannot carry.
pub(super) fn unfit(name: &str, why: &str) -> NoData {
    let shown: String = name.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    NoData::NotAsked(format!("the query was not sent: the name `{shown}` {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FlagKey, VariantName};
    use std::time::Duration;

    fn filled(
        template: &str,
        variant: &str,
        write: fn(&str, &str) -> Result<String, NoData>,
    ) -> Result<String, NoData> {
        let (variant, flag) = (VariantName::new(variant).unwrap(), FlagKey::new("{{variant}}").unwrap());
        super::filled(template, &Asking::for_tests(variant, flag, Duration::from_secs(300)), write)
    }

    #[test]
    fn every_placeholder_is_filled_once_wherever_it_stands() {
        let all = "{{variant}}-{{flag}}-{{window}}-{{other}}-{{";
        assert_eq!(filled(all, "on", as_it_is).unwrap(), "on-{{variant}}-5m-{{other}}-{{");
    }

    #[test]
    fn a_name_stays_inside_of_what_it_stands_in() {
        let hostile = "a\"},{\"x/../?q=1&#é";
        let json = filled(r#"{"v":"{{variant}}"}"#, hostile, in_json).unwrap();
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read, serde_json::json!({ "v": hostile }));
        let address = filled("/x/{{variant}}?a=1", hostile, in_address).unwrap();
        assert_eq!(address, "/x/a%22%7D%2C%7B%22x%2F..%2F%3Fq%3D1%26%23%C3%A9?a=1");
        for (name, write) in [
            ("..", in_address as fn(&str, &str) -> Result<String, NoData>),
            ("é", in_header),
            ("a b", |name, _| plain(name, "_")),
        ] {
            let why = filled("x{{variant}}", name, write).unwrap_err().to_string();
            assert!(why.contains("was not sent") && !why.contains('\n'), "{why}");
        }
    }
}
