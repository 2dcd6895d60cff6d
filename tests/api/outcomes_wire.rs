//! What applications may post as outcomes, and what they are told when they post something else.

use tidegate::measure::{Batch, BatchId, MOST_OUTCOMES, OutcomesError, Place, Served, User, Written, parse_outcomes};
use tidegate::units::{UnixMillis, VariantName};

/// Knows the flag `cart`, which gives `on` to everybody but `nobody`.
fn parse(body: &str) -> Result<Batch, OutcomesError> {
    read(body, Written::Json)
}

fn read(body: &str, written: Written) -> Result<Batch, OutcomesError> {
    parse_outcomes(body.as_bytes(), written, |flag, key, at| match (flag.as_str(), key) {
        (_, "nobody") => Served::NotByKey,
        ("cart", _) if at == Some(UnixMillis::new(1_795_341_600_007)) => Served::Forgotten,
        ("cart", _) => Served::Variant(VariantName::new("on").unwrap()),
        (_, _) => Served::NotByKey,
    })
}

fn error(body: &str) -> String {
    match parse(body) {
        Ok(batch) => panic!("taken as {batch:?}: {body}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn both_spellings_and_every_field_are_read() {
    let list = r#"[{"flag":"cart","targetingKey":"alice","ok":true,"latency":12.5},
                   {"flag":"cart","variant":"off","ok":false,"latency":null,"value":-3,"targetingKey":null}]"#;
    for body in [list.to_owned(), format!("\n {{\"outcomes\": {list}}}")] {
        let outcomes = parse(&body).expect("sound").outcomes;
        let seen: Vec<_> = outcomes
            .iter()
            .map(|one| (one.flag.as_str(), one.variant.as_str(), one.ok, one.latency_ms, one.value))
            .collect();
        let expected = [("cart", "on", true, Some(12.5), None), ("cart", "off", false, None, Some(-3.0))];
        assert_eq!(seen, expected);
    }
    assert_eq!(parse("[]").map(|batch| batch.outcomes.len()), Ok(0));
    assert_eq!(
        parse(r#"[{"fl\u0061g":"c\u0061rt","variant":"on","ok":true}]"#).map(|batch| batch.outcomes.len()),
        Ok(1)
    );
}

#[test]
fn a_key_beside_a_variant_says_who_it_was_and_an_empty_one_is_nobody() {
    let both = parse(
        r#"[{"flag":"cart","variant":"off","targetingKey":"alice","ok":true},
                         {"flag":"cart","targetingKey":"alice","ok":true},
                         {"flag":"cart","variant":"off","targetingKey":"nobody","ok":true},
                         {"flag":"cart","variant":"off","targetingKey":"","ok":true},
                         {"flag":"cart","variant":"off","ok":true}]"#,
    )
    .expect("sound");
    let seen: Vec<_> = both.outcomes.iter().map(|one| (one.variant.as_str(), one.user)).collect();
    let (alice, nobody) = (Some(User::of("alice")), Some(User::of("nobody")));
    assert_eq!(seen, [("off", alice), ("on", alice), ("off", nobody), ("off", None), ("off", None)]);
    assert!(!format!("{both:?}").contains("alice"), "what is recorded does not say who it was");
}

#[test]
fn one_bad_item_refuses_all_of_them_and_every_bad_one_is_named() {
    let body = r#"[{"flag":"cart","variant":"on","ok":true},
                   {"flag":"cart","variant":"on","ok":"yes"},
                   {"flag":"","variant":"on","ok":true}]"#;
    assert_eq!(
        error(body),
        "nothing was recorded: item 1, `ok`: must be true or false\nitem 2, `flag`: the flag key is empty"
    );
}

#[test]
fn each_fault_of_an_item_is_told_with_its_mend() {
    for (item, expected) in [
        ("7", "item 0: an outcome must be an object; such as"),
        ("[]", "item 0: an outcome must be an object"),
        (r#"{"variant":"on","ok":true}"#, "item 0, `flag`: is missing"),
        (r#"{"flag":"cart","variant":"on"}"#, "item 0, `ok`: is missing"),
        (
            r#"{"flag":"cart","ok":true}"#,
            "item 0: says nothing of who or what it was; send `targetingKey` or `variant`",
        ),
        (r#"{"flag":5,"variant":"on","ok":true}"#, "item 0, `flag`: must be a text"),
        (r#"{"flag":"cart","variant":["on"],"ok":true}"#, "item 0, `variant`: must be a text"),
        (r#"{"flag":"cart","targetingKey":17,"ok":true}"#, "item 0, `targetingKey`: must be a text"),
        (r#"{"flag":"cart","targetingKey":"\ud800","ok":true}"#, "item 0, `targetingKey`: must be a text"),
        (r#"{"flag":"cart","variant":"on","ok":1}"#, "item 0, `ok`: must be true or false"),
        (r#"{"flag":"cart","variant":"on","ok":true,"ok":false}"#, "item 0, `ok`: is there twice"),
        (r#"{"flag":"cart","variant":"on","ok":true,"latency":-1}"#, "item 0, `latency`: must be a number of millis"),
        (r#"{"flag":"cart","variant":"on","ok":true,"latency":86400001}"#, "item 0, `latency`: must be"),
        (r#"{"flag":"cart","variant":"on","ok":true,"latency":"12"}"#, "item 0, `latency`: must be"),
        (r#"{"flag":"cart","variant":"on","ok":true,"latency":1e999}"#, "item 0, `latency`: must be"),
        (r#"{"flag":"cart","variant":"on","ok":true,"value":-1e999}"#, "item 0, `value`: must be a finite number"),
        (
            r#"{"flag":"cart","variant":"on","ok":true,"latncy":1}"#,
            "item 0: unknown field `latncy`; did you mean `latency`?",
        ),
        (
            r#"{"flag":"cart","variant":"on","ok":true,"user":1}"#,
            "unknown field `user`; an outcome may have `flag`, `targ",
        ),
        (r#"{"flag":"cart","targetingKey":"nobody","ok":true}"#, "item 0, `targetingKey`: does not tell the variant"),
        (r#"{"flag":"cort","targetingKey":"alice","ok":true}"#, "check `flag`, or send the `variant` that was served"),
        (r#"{"flag":"ca\u0000rt","variant":"on","ok":true}"#, "item 0, `flag`: the flag key has a control character"),
    ] {
        let error = error(&format!("[{item}]"));
        assert!(error.contains(expected), "{item}: {error}");
    }
}

#[test]
fn a_body_that_is_no_list_of_outcomes_is_told_so() {
    for (body, expected) in [
        ("", "the body is empty"),
        (" \n", "the body is empty"),
        ("hello", "the body is not JSON: a character that cannot be there at line 1"),
        ("flag=cart&ok=true", "the body is not JSON"),
        (r#"[{"flag":"cart","var"#, "the body is not JSON: it stops in the middle at line 1, column 20"),
        ("[", "it stops in the middle"),
        ("[] []", "the body is not JSON: a character that cannot be there at line 1, column 4"),
        (r#"[{"flag":}]"#, "line 1, column 10"),
        ("null", "must be a list of outcomes"),
        ("17", "must be a list of outcomes"),
        (r#""cart""#, "must be a list of outcomes"),
        ("{}", "must be a list of outcomes"),
        (r#"{"outcomes":{}}"#, "must be a list of outcomes"),
        (r#"{"outcomes":[],"outcomes":[]}"#, "must be a list of outcomes"),
        (
            r#"{"flag":"cart","variant":"on","ok":true}"#,
            "unknown field `flag` beside `outcomes`; a single outcome is sent in a list too",
        ),
        (r#"{"outcomes":[],"more":1}"#, "unknown field `more` beside `outcomes`"),
        ("{\"flag\":\"cart\"}\r\n{\"flag\":\"cart\"}\n", "send it with the content type application/x-ndjson"),
        ("{\"outcomes\":\n[1}", "not JSON: a character that cannot be there at line 2, column 3"),
    ] {
        let error = error(body);
        assert!(error.contains(expected), "{body}: {error}");
    }
    let not_utf8 = parse_outcomes(b"[\"\xff\"]", Written::Json, |_, _, _| Served::NotByKey).expect_err("no JSON text");
    assert!(matches!(not_utf8, OutcomesError::NotJson { .. } | OutcomesError::Items { .. }), "{not_utf8}");
}

#[test]
fn neither_users_nor_values_are_repeated_in_an_error() {
    for body in [
        r#"[{"flag":"cart","targetingKey":"s3cret","ok":"s3cret"}]"#,
        r#"[{"flag":"cort","targetingKey":"s3cret","ok":true}]"#,
        r#"[{"flag":"cart","variant":{"s3cret":1},"ok":true}]"#,
        r#"[{"flag":"cart","variant":"on","ok":true,"value":"s3cret"}]"#,
        r#"["s3cret"]"#,
        r#"{"outcomes":"s3cret"}"#,
        r#"["s3cret"#,
        r#"s3cret"#,
        r#"[{"flag":"cart","variant":"on","ok":true,"s3cret@example.org":1}]"#,
    ] {
        let error = error(body);
        assert!(!error.contains("s3cret"), "{body}: {error}");
    }
}

#[test]
fn the_bounds_are_kept() {
    let item = r#"{"flag":"cart","variant":"on","ok":true}"#;
    let list = |count: usize| format!("[{}]", vec![item; count].join(","));
    assert_eq!(parse(&list(MOST_OUTCOMES)).map(|batch| batch.outcomes.len()), Ok(MOST_OUTCOMES));
    assert_eq!(parse(&list(MOST_OUTCOMES + 1)), Err(OutcomesError::TooMany { count: MOST_OUTCOMES + 1 }));

    let bad = format!("[{}]", vec!["7"; 500].join(","));
    let Err(OutcomesError::Items { problems, more }) = parse(&bad) else { panic!("500 numbers are no outcomes") };
    assert_eq!((problems.len(), more), (20, 480), "a long list of faults is cut, and counted");
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    assert!(error(&deep).contains("item 0: an outcome must be an object"));
    let deep_field = format!(r#"[{{"flag":"cart","variant":"on","ok":true,"value":{deep}}}]"#);
    assert!(error(&deep_field).contains("item 0, `value`: must be a finite number"));
}

#[test]
fn a_time_is_rfc_3339_or_milliseconds() {
    let at = |time: &str| {
        let body = format!(r#"[{{"flag":"cart","variant":"on","ok":true,"time":{time}}}]"#);
        parse(&body).map(|batch| batch.outcomes[0].at.map(UnixMillis::get)).map_err(|error| error.to_string())
    };
    let ten = 1_795_341_600_000;
    for time in [
        r#""2026-11-22T10:00:00Z""#,
        r#""2026-11-22t10:00:00.000z""#,
        r#""2026-11-22T11:00:00+01:00""#,
        r#""2026-11-22T04:30:00-05:30""#,
        "1795341600000",
    ] {
        assert_eq!(at(time), Ok(Some(ten)), "{time}");
    }
    assert_eq!(at("null"), Ok(None));
    assert_eq!(at("-5"), Ok(Some(-5)), "told as too late, and not as wrong");
    for wrong in [
        r#""2026-11-22T10:00:00""#,
        r#""2026-11-22""#,
        r#""2026-13-22T10:00:00Z""#,
        r#""now""#,
        r#""""#,
        "1795341600000.5",
        "1e13",
        "99999999999999999999",
        "[1]",
        "true",
    ] {
        assert!(at(wrong).is_err_and(|error| error.contains("`time`: must be an RFC 3339 text")), "{wrong}");
    }
    assert!(at("1795341600").is_err_and(|error| error.contains("looks like seconds")));
}

#[test]
fn of_whom_nothing_is_known_at_that_time_is_counted_apart() {
    let body = r#"[{"flag":"cart","targetingKey":"ann","ok":true,"time":1795341600007},
                   {"flag":"cart","variant":"off","targetingKey":"ann","ok":true,"time":1795341600007},
                   {"flag":"cart","targetingKey":"ann","ok":true}]"#;
    let batch = parse(body).expect("sound");
    let variants: Vec<_> = batch.outcomes.iter().map(|one| one.variant.as_str()).collect();
    assert_eq!((variants, batch.unattributed), (vec!["off", "on"], 1));
    assert_eq!(batch.places, [Place::Item(1), Place::Item(2)]);
}

#[test]
fn lines_are_read_one_by_one_and_errors_name_the_line() {
    let good = r#"{"flag":"cart","variant":"on","ok":true}"#;
    let body = format!("{good}\r\n\n  {good}\n\t\n{good}");
    let batch = read(&body, Written::Lines).expect("sound");
    assert_eq!(batch.places, [Place::Line(1), Place::Line(3), Place::Line(5)]);
    for (line, expected) in [
        (r#"{"flag":"cart","variant":"on"}"#, "line 3, `ok`: is missing"),
        (r#"{"flag":"cart","variant":"on","ok":true,"latncy":1}"#, "line 3: unknown field `latncy`"),
        (r#"[1]"#, "line 3: an outcome must be an object"),
        (r#"{"flag":"cart","#, "not JSON: it stops in the middle at line 3, column 15"),
        (r#"{"flag":"cart"} {"flag":"cart"}"#, "a character that cannot be there at line 3, column 17"),
        ("nonsense", "a character that cannot be there at line 3, column 2"),
        ("\u{1}", "at line 3"),
    ] {
        let error = read(&format!("{good}\n\n{line}\n{good}"), Written::Lines).expect_err(line).to_string();
        assert!(error.contains(expected), "{line}: {error}");
    }
    for empty in ["", "\n \n\t\r\n"] {
        assert_eq!(read(empty, Written::Lines), Err(OutcomesError::NoBody));
    }
    let many = format!("{good}\n").repeat(MOST_OUTCOMES);
    assert_eq!(read(&many, Written::Lines).map(|batch| batch.outcomes.len()), Ok(MOST_OUTCOMES));
    let too_many = format!("{many}\n{good}\n{good}");
    assert_eq!(read(&too_many, Written::Lines), Err(OutcomesError::TooMany { count: MOST_OUTCOMES + 2 }));
    for list in [format!("[{good}]"), format!("\n [\n{good},\n{good}\n]")] {
        assert_eq!(read(&list, Written::Lines), Err(OutcomesError::List), "{list}");
    }
}

#[test]
fn a_batch_may_have_a_name() {
    let parsed = parse(r#"{"batch":"b-1","outcomes":[]}"#).expect("sound");
    assert_eq!(parsed.id, BatchId::new("b-1").ok());
    assert_eq!(parse(r#"{"outcomes":[]}"#).expect("sound").id, None);
    for (body, expected) in [
        (r#"{"batch":7,"outcomes":[]}"#, "`batch` must be a text"),
        (r#"{"batch":"","outcomes":[]}"#, "`batch` must be 1 to 200 visible ASCII characters"),
        (r#"{"batch":"a b","outcomes":[]}"#, "`batch` must be 1 to 200"),
        (r#"{"batch":"a","batch":"a","outcomes":[]}"#, "`batch` is there twice"),
        (r#"{"batch":"a"}"#, "must be a list of outcomes"),
    ] {
        let error = error(body);
        assert!(error.contains(expected), "{body}: {error}");
    }
}
