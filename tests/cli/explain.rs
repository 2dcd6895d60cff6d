//! `tidegate flag explain`, and flags asked from files.

use super::command::{Running, run};
use serde_json::{Value, json};

const TAX: &str = r#"flags:
  tax:
    state: ENABLED
    variants: { 'on': true, 'off': false }
    defaultVariant: 'off'
    targeting: { if: [ { in: [ { var: country }, [ DE, FR ] ] }, 'on', null ] }
  split:
    state: ENABLED
    variants: { a: 1, b: 2 }
    targeting: { fractional: [ [ a, 50 ], [ b, 50 ] ] }
  broken: { state: 'ON' }
"#;

#[tokio::test]
async fn a_running_rollout_is_part_of_the_explanation() {
    let running = Running::rolling().await;
    let explained = running.run(&["flag", "explain", "search", "--targeting-key", "ann"]).await;
    assert_eq!(explained.code, 0, "{explained:?}");
    let lines: Vec<_> = explained.out.lines().collect();
    assert_eq!(lines[1], "rollout search-v2, attempt 1, wave 1: \"on\" for 50%, \"off\" for the others");
    assert!(lines[2].ends_with("side 50% (targetingKey is \"ann\")"), "{explained:?}");
    assert_eq!(lines[3], "rollout search-v2 is running, wave 1 of 1, \"some\"");

    let args = ["flag", "explain", "search", "--targeting-key", "ann", "-o", "json"];
    let explained: Value = serde_json::from_str(&running.run(&args).await.out).unwrap();
    assert_eq!(explained["rollout"]["wave"]["name"], json!("some"));
    let unknown = running.run(&["flag", "explain", "serch"]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("did you mean `search`?"), "{unknown:?}");
}

#[tokio::test]
async fn files_are_asked_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let flags = path("flags.yaml");
    std::fs::write(&flags, TAX).unwrap();
    std::fs::write(path("ann.json"), r#"{"country": "DE"}"#).unwrap();
    let context = format!("@{}", path("ann.json"));

    let explained = run(&["flag", "explain", "tax", "--file", &flags, "--context", &context]).await;
    assert_eq!(explained.code, 0, "{explained:?}");
    let expected = "country in [\"DE\",\"FR\"]: true (country is \"DE\")\nthe rule gives \"on\"\n\
                    answer: \"on\" = true, TARGETING_MATCH\n";
    assert_eq!(explained.out, expected);

    let evaluated = run(&["flag", "evaluate", "tax", "--file", &flags, "-o", "json"]).await;
    assert_eq!(evaluated.code, 0, "{evaluated:?}");
    assert_eq!(serde_json::from_str::<Value>(&evaluated.out).unwrap()["reason"], json!("DEFAULT"));

    let broken = run(&["flag", "explain", "broken", "--file", &flags]).await;
    assert_eq!(broken.code, 1, "{broken:?}");
    assert!(broken.out.contains("PARSE_ERROR"), "{broken:?}");
    let unknown = run(&["flag", "explain", "taxx", "--file", &flags]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("no flag `taxx`") && unknown.err.contains("did you mean `tax`?"), "{unknown:?}");
    let nowhere = run(&["flag", "explain", "tax", "--file", &path("nowhere.yaml")]).await;
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.err.contains("nowhere.yaml"), "{nowhere:?}");
}

/// The two generations put most users into other buckets.
#[tokio::test]
async fn files_are_asked_with_the_bucketing_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let flags = folder.path().join("flags.yaml").to_string_lossy().into_owned();
    std::fs::write(&flags, TAX).unwrap();
    let mut said = Vec::new();
    for bucketing in [&[][..], &["--bucketing", "v3"], &["--bucketing", "v2"]] {
        let explain = ["flag", "explain", "split", "--file", &flags, "--targeting-key", "ann"];
        let explained = run(&[&explain[..], bucketing].concat()).await;
        assert_eq!(explained.code, 0, "{explained:?}");
        said.push(explained.out);
    }
    assert!(said[0] == said[1] && said[0] != said[2], "{said:?}");
    let useless = run(&["flag", "explain", "split", "--bucketing", "v2"]).await;
    assert_eq!(useless.code, 2, "a server has its own: {useless:?}");
}

#[tokio::test]
async fn a_context_that_cannot_be_read_is_wrong_usage() {
    for (context, why) in [("[]", "not a JSON object"), ("{", "not JSON"), ("@/nowhere/ann.json", "/nowhere/ann.json")]
    {
        let refused = run(&["flag", "explain", "tax", "--context", context]).await;
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains("--context") && refused.err.contains(why), "{refused:?}");
    }
}
