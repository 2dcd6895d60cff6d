//! What a request may say about whoever asks.

use tidegate::eval::{Context, ContextError, Datum};
use tidegate::flag::Number;

fn nested(levels: usize) -> String {
    format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels))
}

#[test]
fn a_context_is_nested_32_levels_at_most() {
    assert!(Context::from_json(nested(32).as_bytes()).is_ok());
    for levels in [33, 100, 127, 129, 100_000] {
        assert_eq!(Context::from_json(nested(levels).as_bytes()), Err(ContextError::TooDeep), "{levels}");
        let lists = format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert_eq!(Context::from_json(lists.as_bytes()), Err(ContextError::TooDeep), "{levels}");
        let body = format!(r#"{{"context":{}}}"#, nested(levels));
        assert_eq!(Context::from_ofrep_body(body.as_bytes()), Err(ContextError::TooDeep), "{levels}");
    }
    let body = format!(r#"{{"context":{}}}"#, nested(32));
    assert!(Context::from_ofrep_body(body.as_bytes()).is_ok());
}

#[test]
fn bodies_as_real_clients_send_them() {
    for body in ["", "  \n", "{}", r#"{"context":null}"#, r#"{"context":{}}"#, r#"{"other":[{}],"context":{}}"#] {
        assert_eq!(Context::from_ofrep_body(body.as_bytes()), Ok(Context::empty()), "{body}");
    }
    let context = Context::from_ofrep_body(br#"{"context":{"targetingKey":"\u00fc","n":-5}}"#).expect("a context");
    assert_eq!(context.targeting_key(), Some("ü"));
    assert_eq!(context.get("n"), Some(&Datum::Number(Number::Negative(-5))));
}

/// Few attributes are kept as they come, many are sorted: nobody may tell.
#[test]
fn of_attributes_of_one_name_the_last_counts_however_many_there_are() {
    for others in [0, 1, 6, 7, 8, 9, 30] {
        let some: String = (0..others).map(|number| format!(r#""n{number}":"{number}","#)).collect();
        for (body, who, plan) in [
            (format!(r#"{{"context":{{{some}"targetingKey":"ann","plan":"pro"}}}}"#), "ann", "pro"),
            (format!(r#"{{"context":{{"plan":"free",{some}"targeting\u004bey":"ann","plan":"pro"}}}}"#), "ann", "pro"),
            (
                format!(r#"{{"context":{{"targetingKey":"bob","plan":"pro",{some}"targetingKey":"ann"}}}}"#),
                "ann",
                "pro",
            ),
            (format!(r#"{{"context":{{"targetingKey":5,{some}"targetingKey":"ann","plan":"pro"}}}}"#), "ann", "pro"),
            (
                format!(
                    r#"{{"context":{{{some}"targetingKey":"bob","x":1}},"context":{{"plan":"pro","targetingKey":"ann"}}}}"#
                ),
                "ann",
                "pro",
            ),
        ] {
            let context = Context::from_ofrep_body(body.as_bytes()).expect("a context");
            assert_eq!(context.targeting_key(), Some(who), "{body}");
            assert_eq!(context.get("plan"), Some(&Datum::Text(plan.into())), "{body}");
            let twice = body.matches(r#""context""#).count() > 1;
            let kept = (0..others).filter(|number| context.get(&format!("n{number}")).is_some()).count();
            assert_eq!(kept, if twice { 0 } else { others }, "{body}");
            assert_eq!(context.iter().len(), kept + 2, "{body}");
        }
    }
}

#[test]
fn a_context_that_is_read_again_has_nothing_of_before() {
    let first = format!(
        r#"{{"context":{{"targetingKey":"ann",{}"z":1}}}}"#,
        r#""a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"#
    );
    let mut context = Context::empty();
    for body in [first.as_bytes(), br#"{"context":{"b":3}}"#, b"", br#"{"context":{"targetingKey":"bob"}}"#] {
        context.read_ofrep_body(body).expect("a context");
        assert_eq!(Ok(&context), Context::from_ofrep_body(body).as_ref());
    }
}

#[test]
fn what_is_no_context_is_refused_with_a_reason_that_holds_no_value() {
    for body in ["[]", "5", "\"x\"", "null", "true"] {
        let error = Context::from_ofrep_body(body.as_bytes()).expect_err(body);
        assert_eq!(error.to_string(), "the body must be an object", "{body}");
    }
    for body in [r#"{"context":[]}"#, r#"{"context":"secret"}"#, r#"{"context":1}"#, r#"{"context":false}"#] {
        let error = Context::from_ofrep_body(body.as_bytes()).expect_err(body);
        assert_eq!(error.to_string(), "`context` must be an object", "{body}");
    }
    for body in [
        "{",
        r#"{"context":{"a":"secret"#,
        "{}}",
        "{'a':1}",
        r#"{"a":1,}"#,
        "\u{FEFF}{}",
        r#"{"context":{"a":1e999}}"#,
        "nul",
    ] {
        let error = Context::from_ofrep_body(body.as_bytes()).expect_err(body);
        assert!(matches!(error, ContextError::NotJson(_)), "{body}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert!(matches!(Context::from_json(b"{\"a\":\"\xFF\"}"), Err(ContextError::NotJson(_))));
    assert!(matches!(Context::from_json(b"[]"), Err(ContextError::WrongShape(_))));
    assert!(matches!(Context::from_json(b""), Err(ContextError::NotJson(_))));
}

#[test]
fn of_two_values_for_one_key_the_last_wins() {
    let many = (0..100).map(|n| format!(r#""k{}":{n},"#, n % 50)).collect::<String>();
    for text in [r#"{"a":1,"b":0,"a":2,"a":3}"#.to_owned(), format!(r#"{{"a":1,{many}"a":3}}"#)] {
        let context = Context::from_json(text.as_bytes()).expect("a context");
        assert_eq!(context.get("a"), Some(&Datum::from(3_u64)), "{text}");
        assert_eq!(context.get("z"), None);
    }
    let text = format!(r#"{{{many}"z":0}}"#);
    let context = Context::from_json(text.as_bytes()).expect("a context");
    assert_eq!(context.get("k7"), Some(&Datum::from(57_u64)));
    assert_eq!(context.iter().len(), 51);
}

#[test]
fn only_a_text_says_who_asks() {
    for (value, key) in [("\"u\"", Some("u")), ("\"\"", None), ("null", None), ("5", None), ("[\"u\"]", None)] {
        let text = format!(r#"{{"targetingKey":{value}}}"#);
        assert_eq!(Context::from_json(text.as_bytes()).expect("a context").targeting_key(), key, "{value}");
    }
    let built = Context::empty().with("targetingKey", "a").with("x", true).with("targetingKey", String::from("b"));
    assert_eq!(built.targeting_key(), Some("b"));
}
