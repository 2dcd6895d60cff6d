//! Files as trees: what each spelling of a value becomes, and that every value knows its place.

use tidegate::flag::Literal;
use tidegate::source::{Format, Node, Parsed, Value, parse};

fn yaml(text: &str) -> Parsed {
    parse("f.yaml", text.as_bytes(), Format::Yaml).unwrap_or_else(|problems| panic!("{text:?}: {problems:?}"))
}

fn json_of(node: &Node<'_>) -> String {
    Literal::of(node).to_json()
}

#[test]
fn yaml_scalars_are_read_as_the_core_schema_has_them() {
    for (written, json) in [
        ("1", "1"),
        ("0.0", "0.0"),
        ("-0.50", "-0.50"),
        ("1e3", "1e3"),
        ("+1", "1"),
        (".5", "0.5"),
        ("5.", "5"),
        ("007", "7"),
        ("0x1F", "31"),
        ("0o17", "15"),
        ("18446744073709551615", "18446744073709551615"),
        ("true", "true"),
        ("False", "false"),
        ("on", "\"on\""),
        ("yes", "\"yes\""),
        ("NO", "\"NO\""),
        ("~", "null"),
        ("null", "null"),
        ("", "null"),
        ("1.2.3", "\"1.2.3\""),
        ("2026-01-01", "\"2026-01-01\""),
        ("12:30", "\"12:30\""),
        ("1_000", "\"1_000\""),
        ("-", "\"-\""),
        (".", "\".\""),
        ("e5", "\"e5\""),
        ("'1'", "\"1\""),
        ("\"\\u00fc\"", "\"ü\""),
        ("!!str 5", "\"5\""),
        ("|\n  a\n  b", "\"a\\nb\\n\""),
        (">-\n  a\n  b", "\"a b\""),
    ] {
        // A lone dash would begin a list.
        let text = if written == "-" { "x: '-'".to_owned() } else { format!("x: {written}\n") };
        let parsed = yaml(&text);
        assert_eq!(json_of(parsed.documents[0].get("x").expect("x")), json, "{written}");
    }
}

#[test]
fn keys_are_what_is_written_and_aliases_are_copies() {
    let parsed = yaml("10: a\ntrue: b\n~: c\nd: &d { e: [1] }\nf: *d\n");
    assert_eq!(json_of(&parsed.documents[0]), r#"{"10":"a","true":"b","~":"c","d":{"e":[1]},"f":{"e":[1]}}"#);
}

#[test]
fn every_value_knows_its_place() {
    fn check(text: &str, parsed: &Parsed, node: &Node<'_>, seen: &mut usize) {
        *seen += 1;
        match &node.value {
            Value::Number(spelling) => assert_eq!(parsed.text.slice(node.span), spelling, "{text}"),
            Value::String(content) => {
                let quoted = parsed.text.slice(node.span);
                assert!(quoted.contains(&**content), "{quoted:?} holds {content:?}");
            }
            Value::Array(items) => items.iter().for_each(|item| check(text, parsed, item, seen)),
            Value::Object(entries) => entries.iter().for_each(|entry| {
                assert!(parsed.text.slice(entry.key_span).contains(&*entry.key), "{text}");
                check(text, parsed, &entry.value, seen);
            }),
            Value::Null | Value::Bool(_) => {}
        }
    }
    let json = "{\n  \"ключ\": [1, \"zwei\", {\"b\": 3.50}],\n  \"c\": null\n}";
    for (name, text) in [("f.json", json), ("f.yaml", json), ("f.yaml", "ключ:\n- 1\n- zwei\n-  b: 3.50\nc: null\n")]
    {
        let format = Format::of(name).expect("a known ending");
        let parsed = parse(name, text.as_bytes(), format).expect("it is sound");
        let mut seen = 0;
        check(text, &parsed, &parsed.documents[0], &mut seen);
        assert_eq!(seen, 7, "{text}");
        let number = parsed.documents[0].get("ключ").and_then(Node::as_array).expect("a list")[2].get("b").expect("b");
        assert_eq!(parsed.text.line_column(number.span.start).0, if text == json { 2 } else { 4 });
    }
}

#[test]
fn endings_say_the_format() {
    for (name, format) in [
        ("a.json", Some(Format::Json)),
        ("a.b.YML", Some(Format::Yaml)),
        ("dir.json/a.yaml", Some(Format::Yaml)),
        ("a.toml", None),
        ("json", None),
        ("a.json~", None),
    ] {
        assert_eq!(Format::of(name), format, "{name}");
    }
}

#[test]
fn every_problem_of_a_file_is_told_at_once() {
    let text = "{\"a\": 1, \"a\": 2, \"b\": 1e400, \"c\": {\"d\": 0, \"d\": 0}}";
    let problems = parse("f.json", text.as_bytes(), Format::Json).expect_err("it is wrong");
    let columns: Vec<_> = problems.iter().map(|problem| problem.column).collect();
    assert_eq!(columns, [10, 23, 44]);
    assert_eq!(problems[0].to_string(), "f.json:1:10: the key `a` stands here a second time; remove one of the two");
    assert_eq!(problems[0].excerpt, "\"a\"");
}
