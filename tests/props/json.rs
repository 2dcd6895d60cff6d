//! Our reader of JSON accepts what `serde_json` accepts, and reads the same in it.

use proptest::prelude::*;
use serde_json::{Map, Number, Value};
use tidegate::json::{Fault, Kind, Reader};

/// A flag document with everything that JSON has, as a start for mutations.
const DOCUMENT: &str = r#"{"$schema": "https://flagd.dev/schema/v0/flags.json", "flags": {
    "new-\u00fc\ud83d\ude00": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": null,
        "metadata": {"text": "a \"quoted\" word\\\/\b\f\n\r\t", "numbers": [0, -1, 2.50, -0.0, 1e3, 1E-3, 12.5e+10]},
        "targeting": {"if": [{"sem_ver": [{"var": "version"}, ">=", "2.1.0"]}, "on",
            {"fractional": [["on", 25], ["off", 75]]}]}},
    "пустой": {}, "": [[], [[]], {}]
}}"#;

/// What mutations put in: all that means something in JSON, and what almost does.
const PIECES: [&str; 40] = [
    "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "\n", "\t", "\u{1}", "\u{7f}", "\u{a0}", "ü", "😀", "-", "+", ".",
    "0", "1", "e", "E", "null", "true", "false", "nul", "\\u", "\\ud83d", "\\udc00", "\\u0000", "\\x", "/", "//",
    "/**/", "'", "01", "1.", "NaN", "\u{feff}",
];

#[derive(Debug)]
enum Refused {
    NotJson(Fault),
    /// JSON has no bounds; a `Value` has.
    OutOfRange,
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::NotJson(fault)
    }
}

fn read(text: &str) -> Result<Value, Refused> {
    let mut reader = Reader::new(text);
    let value = value(&mut reader)?;
    reader.end()?;
    Ok(value)
}

fn value(reader: &mut Reader<'_>) -> Result<Value, Refused> {
    Ok(match reader.peek()? {
        Kind::Null => {
            reader.null()?;
            Value::Null
        }
        Kind::Bool => Value::Bool(reader.bool()?),
        Kind::Number => {
            let number: Number = reader.number()?.parse().map_err(|_| Refused::OutOfRange)?;
            Value::Number(number)
        }
        Kind::Text => Value::String(reader.text()?.into_owned()),
        Kind::List => {
            reader.begin_list()?;
            let mut items = Vec::new();
            while reader.next_item()? {
                items.push(value(reader)?);
            }
            Value::Array(items)
        }
        Kind::Object => {
            reader.begin_object()?;
            let mut entries = Map::new();
            while let Some(key) = reader.next_key()? {
                let key = key.into_owned();
                entries.insert(key, value(reader)?);
            }
            Value::Object(entries)
        }
    })
}

fn skipped(text: &str) -> Result<(), Fault> {
    let mut reader = Reader::new(text);
    reader.skip()?;
    reader.end()
}

/// Both readers say the same of a text, and so does passing over it.
fn check(text: &str) {
    let ours = read(text);
    match (&ours, serde_json::from_str::<Value>(text)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(*ours, theirs, "{text:?}"),
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{text:?}: we say {ours:?}, they say {theirs:?}"),
    }
    match (skipped(text), &ours) {
        (Ok(()), Ok(_) | Err(Refused::OutOfRange)) => {}
        (Err(skipped), Err(Refused::NotJson(read))) => assert_eq!(skipped, *read, "{text:?}"),
        // A number out of range comes first, and behind it stands what is no JSON.
        (Err(_), Err(Refused::OutOfRange)) => {}
        (skipped, read) => panic!("{text:?}: passing over it {skipped:?}, reading it {read:?}"),
    }
    if let Err(Refused::NotJson(fault)) = ours {
        assert!(fault.start() <= fault.end() && fault.end() <= text.len(), "{text:?}: {fault:?}");
        assert!(text.is_char_boundary(fault.start()) && text.is_char_boundary(fault.end()), "{text:?}: {fault:?}");
    }
}

fn json() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-z]{0,20}", "\\PC{0,20}", "[\"\\\\\u{0}-\u{1f}\u{7f}üß😀/]{0,9}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        text.clone().prop_map(Into::into),
    ];
    leaf.prop_recursive(8, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

#[test]
fn the_document_that_mutations_start_from_is_read() {
    assert!(read(DOCUMENT).is_ok());
    check(DOCUMENT);
}

#[test]
fn texts_of_every_length_end_where_they_end() {
    for length in 0..40 {
        for last in ["", "\\n", "ü", "\u{1}", "\\", "\\ud800", "\\ud83d\\ude00", "\\u12"] {
            let inside = format!("{}{last}", "x".repeat(length));
            check(&format!("\"{inside}\""));
            check(&format!("[\"{inside}\",\"\",1]"));
            check(&format!("\"{inside}"));
        }
    }
}

#[test]
fn depth_costs_no_stack() {
    const DEEP: usize = 1_000_000;
    let deep = format!("{}{}", "[{\"a\":".repeat(DEEP), "1".to_owned() + &"}]".repeat(DEEP));
    assert_eq!(skipped(&deep), Ok(()));
    let open = skipped(&"[".repeat(DEEP)).unwrap_err();
    assert_eq!((open.start(), open.end()), (DEEP - 1, DEEP), "the innermost is the one to close first");
}

#[test]
fn what_is_wrong_is_told_where_it_is() {
    for (text, start, told) in [
        ("", 0, "there is no value"),
        ("{\"a\": {\"b\": 1}, \"c\": [", 21, "unterminated array"),
        ("{\"a\": [1], ", 0, "unterminated object"),
        ("{\"a\": \"b]}", 6, "unterminated string literal"),
        ("[1, 2,]", 5, "trailing commas are not allowed"),
        ("[1 2]", 3, "a comma or the closing bracket is expected here"),
        ("[1}", 2, "this bracket closes nothing"),
        ("1]", 1, "this bracket closes nothing"),
        ("{a: 1}", 1, "a key in double quotes is expected here"),
        ("{'a': 1}", 1, "a text stands in double quotes, not in single ones"),
        ("{\"a\" 1}", 5, "a colon is expected after the key"),
        ("{\"a\": yes}", 6, "unexpected word, a text stands in double quotes"),
        ("[truely]", 1, "unexpected word, a text stands in double quotes"),
        ("[1] // one", 4, "comments are not allowed"),
        ("{} {}", 3, "text cannot contain more than one JSON value"),
        ("[01]", 1, "a number does not begin with a zero before other digits"),
        ("[-]", 2, "a digit is expected in the number"),
        ("[\"a\tb\"]", 3, "a control character in a text, it must be escaped"),
        ("[\"\\q\"]", 2, "invalid escape in a text"),
        ("[\"\\ud800x\"]", 2, "half of a pair of `\\u` escapes stands for no character"),
    ] {
        let fault = skipped(text).unwrap_err();
        assert_eq!((fault.start(), fault.kind().to_string().as_str()), (start, told), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_serde_json_writes_is_read_as_it_was(value in json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        check(&text.unwrap());
    }

    #[test]
    fn a_document_with_faults_is_refused_or_read_as_serde_json_does(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4, prop::sample::select(&PIECES[..])), 1..4)
    ) {
        let mut characters: Vec<char> = DOCUMENT.chars().collect();
        for (at, removed, piece) in edits {
            let at = at.index(characters.len() + 1);
            let end = (at + removed).min(characters.len());
            characters.splice(at..end, piece.chars());
        }
        check(&characters.into_iter().collect::<String>());
    }

    #[test]
    fn any_text_is_refused_or_read_as_serde_json_does(text in "\\PC{0,40}", pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12)) {
        check(&text);
        check(&pieces.concat());
        check(&format!("[{}]", pieces.concat()));
        check(&format!("\"{}\"", pieces.concat()));
    }
}
