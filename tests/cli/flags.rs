//! `tidegate flag`.

use super::command::Running;
use serde_json::{Value, json};

#[tokio::test]
async fn flags_are_listed_shown_and_evaluated() {
    let running = Running::start(&[]).await;
    let list = running.run(&["flag", "list"]).await;
    assert_eq!(list.code, 0, "{list:?}");
    let row = list.out.lines().nth(1).unwrap();
    assert!(row.starts_with("search") && row.contains("on, off") && row.contains("flags.yaml:2"), "{row}");

    let shown = running.run(&["flag", "get", "search", "-o", "json"]).await;
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown["values"][1], json!({ "variant": "off", "value": false }));

    let context = ["--targeting-key", "ann", "--context", r#"{"plan":"pro"}"#];
    let evaluated = running.run(&[&["flag", "evaluate", "search"], &context[..]].concat()).await;
    assert_eq!(evaluated.code, 0, "{evaluated:?}");
    assert!(evaluated.out.contains("variant:  off") && evaluated.out.contains("reason:   STATIC"), "{evaluated:?}");

    let unknown = running.run(&["flag", "get", "serch"]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("there is no flag `serch`") && unknown.err.contains("did you mean `search`?"));
}

#[tokio::test]
async fn a_flag_that_fails_is_shown_and_ends_with_one() {
    let running = Running::start(&[]).await;
    running.write(
        "flags.yaml",
        "flags:\n  search: { state: ENABLED, variants: { a: 1 }, defaultVariant: a }\n  worse: { state: ON }\n",
    );
    for _ in 0..200 {
        let evaluated = running.run(&["flag", "evaluate", "worse"]).await;
        if evaluated.out.contains("PARSE_ERROR") {
            assert_eq!(evaluated.code, 1, "{evaluated:?}");
            return;
        }
    }
    panic!("the file was not read again");
}
