//! `tidegate rollout explain`.

use super::command::Running;
use serde_json::{Value, json};

#[tokio::test]
async fn a_rollout_is_explained_in_words_that_can_be_pasted() {
    let running = Running::rolling().await;
    let explained = running.run(&["rollout", "explain", "search-v2"]).await;
    assert_eq!((explained.code, explained.err.as_str()), (0, ""));
    let lines: Vec<_> = explained.out.lines().collect();
    assert!(lines[0].starts_with("search-v2 has been in wave some (1 of 1) for "), "{explained:?}");
    assert!(lines[0].ends_with(": 50% have \"on\"."), "{explained:?}");
    assert!(explained.out.contains("advance_when: errors must be under 1%"), "{explained:?}");
    let asks = "\nMetrics, and what each asks:\n  errors (outcomes) ";
    assert!(explained.out.contains(asks), "{explained:?}");
    let query = ": the share that failed of the outcomes posted for flag search with variant on, over 1m\n";
    assert!(explained.out.contains(query), "{explained:?}");
    assert!(explained.out.contains("\"on\": 0 outcomes, 0 failed\n  \"off\": 0 outcomes, 0 failed"), "{explained:?}");

    let args = ["rollout", "explain", "search-v2", "--user", "ann", "--context", r#"{"plan":"pro"}"#];
    let user = running.run(&args).await;
    assert_eq!(user.code, 0, "{user:?}");
    let first = user.out.lines().next().unwrap();
    assert!(first.starts_with("user ann is at ") && first.contains("(bucket "), "{user:?}");
    assert!(user.out.contains("What they get now:\n  the flag has no rule"), "{user:?}");
    let json: Value = serde_json::from_str(&running.run(&[&args[..], &["-o", "json"]].concat()).await.out).unwrap();
    assert_eq!((&json["rollout"]["name"], &json["user"]["attempt"]), (&json!("search-v2"), &json!(1)));

    let wrong = running.run(&["rollout", "explain", "search-v2", "--context", "[1]"]).await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.err.contains("--context: not a JSON object"), "{wrong:?}");
    let unknown = running.run(&["rollout", "explain", "serch-v2"]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("did you mean `search-v2`?"), "{unknown:?}");
}
