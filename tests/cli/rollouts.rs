//! `tidegate rollout`, except `watch`.

use super::command::{ROLLOUT, Running, ran};
use serde_json::Value;
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;

#[tokio::test]
async fn a_rollout_goes_from_file_to_history() {
    let running = Running::start(&[]).await;
    let file = running.write("search.yaml", ROLLOUT);
    let applied = running.run(&["rollout", "apply", &file]).await;
    assert_eq!((applied.code, applied.err.as_str()), (0, ""));
    assert!(applied.out.starts_with("created search-v2: pending"), "{applied:?}");
    assert!(running.run(&["rollout", "apply", &file]).await.out.starts_with("unchanged search-v2"));

    let started = running.run(&["rollout", "start", "search-v2"]).await;
    assert!(started.out.contains("running, wave 1/1 some, 50% exposed"), "{started:?}");
    let refused = running.run(&["rollout", "start", "search-v2"]).await;
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("started already"), "the reason is said: {refused:?}");

    let list = running.run(&["rollout", "list"]).await;
    assert!(
        list.out.contains("search-v2") && list.out.contains("running") && list.out.contains("1/1 some"),
        "{list:?}"
    );
    let shown = running.run(&["rollout", "get", "search-v2", "-o", "yaml"]).await;
    assert!(shown.out.contains("state: running"), "{shown:?}");

    let closed = running.run(&["rollout", "rollback", "search-v2", "--reason", "smells", "--by", "ben"]).await;
    assert_eq!(closed.code, 0, "{closed:?}");
    assert!(closed.out.contains("rolled back") && closed.out.contains("ben: smells"), "{closed:?}");
    let history = running.run(&["rollout", "history", "search-v2", "-o", "json"]).await;
    let history: Value = serde_json::from_str(&history.out).unwrap();
    let actors: Vec<_> =
        history["entries"].as_array().unwrap().iter().map(|entry| entry["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["ann", "ann", "ben"], "who did it is the user unless said");
}

#[tokio::test]
async fn a_plan_takes_the_file_that_it_names_along() {
    let running = Running::start(&[]).await;
    let plan = ROLLOUT.replace("exposure: 50%", "group: { file: groups/beta.txt }");
    let file = running.write("search.yaml", &plan);
    let missing = running.run(&["rollout", "apply", &file]).await;
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("search.yaml:9:34:") && missing.err.contains("is not there"), "{missing:?}");

    std::fs::create_dir(running.folder.path().join("groups")).unwrap();
    // Longer than a body may be that has no files.
    let list = (0..60_000).map(|number| format!("somebody-{number:010}\n")).collect::<String>();
    running.write("groups/beta.txt", &list);
    let applied = running.run(&["rollout", "apply", &file]).await;
    assert!(applied.out.starts_with("created search-v2"), "{applied:?}");
    assert!(running.run(&["rollout", "apply", &file]).await.out.starts_with("unchanged search-v2"));
    running.write("groups/beta.txt", &format!("{list}ann\n"));
    assert!(running.run(&["rollout", "apply", &file]).await.out.starts_with("updated search-v2"));
    running.run(&["rollout", "start", "search-v2"]).await;
    for (user, variant) in [("ann", "on"), ("somebody-0000059999", "on"), ("bob", "off")] {
        let asked = running.run(&["flag", "evaluate", "search", "--targeting-key", user]).await;
        assert!(asked.out.contains(&format!("variant:  {variant}\n")), "{user}: {asked:?}");
    }
}

#[tokio::test]
async fn a_slice_of_a_layer_is_shown() {
    let running = Running::start(&[]).await;
    let sliced = ROLLOUT.replacen("flag:", "layer: { name: checkout, from: 0%, to: 50% }\nflag:", 1);
    let file = running.write("search.yaml", &sliced);
    running.run(&["rollout", "apply", &file]).await;
    running.run(&["rollout", "start", "search-v2"]).await;
    let shown = running.run(&["rollout", "get", "search-v2"]).await;
    assert!(shown.out.contains("0% to 50% of the layer checkout"), "{shown:?}");
    let flag = running.run(&["flag", "get", "search"]).await;
    assert!(flag.out.contains("0% to 50% of the layer checkout"), "{flag:?}");
}

#[tokio::test]
async fn an_unknown_rollout_is_answered_with_the_likely_one() {
    let running = Running::rolling().await;
    for verb in ["get", "promote", "rollback", "watch", "history"] {
        let ran = running.run(&["rollout", verb, "serch-v2"]).await;
        assert_eq!(ran.code, 1, "{verb}: {ran:?}");
        assert!(
            ran.err.contains("no rollout `serch-v2`") && ran.err.contains("did you mean `search-v2`?"),
            "{verb}: {ran:?}"
        );
    }
}

#[tokio::test]
async fn a_bad_file_is_not_sent_and_its_problems_have_its_name() {
    let running = Running::start(&[]).await;
    let file = running.write("bad.yaml", &ROLLOUT.replace("50%", "150%").replace("candidate", "candidat"));
    let applied = running.run(&["rollout", "apply", &file]).await;
    assert_eq!(applied.code, 1);
    assert!(applied.err.contains("bad.yaml:4:1:") && applied.err.contains("bad.yaml:9:"), "{applied:?}");
    assert!(applied.err.contains("did you mean `candidate`?"), "{applied:?}");
    assert!(running.run(&["rollout", "list"]).await.out.contains("no rollouts"));
    let flags = running.write("only-flags.yaml", super::command::FLAGS);
    assert!(running.run(&["rollout", "apply", &flags]).await.err.contains("has no rollouts"));
    assert_eq!(running.run(&["rollout", "apply", "/nowhere.yaml"]).await.code, 1);
}

#[tokio::test]
async fn several_rollouts_are_applied_from_standard_input() {
    let running = Running::start(&[]).await;
    let mut child = running.command(&["rollout", "apply", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let both = format!("# two\n---\n{ROLLOUT}---\n{}---\n", ROLLOUT.replace("search-v2", "search-v3"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(both.as_bytes()).await.unwrap();
    drop(stdin);
    let ran = ran(child).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("created search-v2") && ran.out.contains("created search-v3"), "{ran:?}");
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_error() {
    let running = Running::rolling().await;
    let mut child = running.command(&["rollout", "watch", "search-v2"]).spawn().unwrap();
    drop(child.stdout.take());
    let rolled = running.run(&["rollout", "rollback", "search-v2"]).await;
    assert_eq!(rolled.code, 0);
    let ran = ran(child).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[tokio::test]
async fn an_event_is_counted_once_and_closes() {
    let running = Running::start(&[]).await;
    let counting = ROLLOUT
        .replace("metrics:", "metrics:\n  escalations: { provider: events, event: escalation }")
        .replace("bake: 1h,", "bake: 1h, close_when: [ escalations > 1 ],");
    let file = running.write("search.yaml", &counting);
    assert_eq!(running.run(&["rollout", "apply", &file]).await.code, 0);
    let event = |kind: &'static str, id: &'static str| {
        let running = &running;
        async move { running.run(&["rollout", "event", "search-v2", kind, "--id", id]).await }
    };
    let early = event("escalation", "1").await;
    assert_eq!(
        (early.code, early.out.as_str()),
        (0, "not counted: rollout `search-v2` is not under way\n"),
        "{early:?}"
    );
    running.run(&["rollout", "start", "search-v2"]).await;
    assert_eq!(event("escalation", "1").await.out, "counted by search-v2\n");
    assert_eq!(event("escalation", "1").await.out, "known already to search-v2\n");
    let misspelt = event("escalatoin", "2").await;
    assert!(misspelt.out.contains("counts no event `escalatoin`; did you mean `escalation`?"), "{misspelt:?}");
    let shown = running.run(&["rollout", "get", "search-v2"]).await;
    assert!(shown.out.contains("escalations: 1"), "{shown:?}");
    assert_eq!(event("escalation", "2").await.out, "closed search-v2\n");
    assert_eq!(event("escalation", "3").await.out, "closed before: search-v2\n");

    let without = running.run(&["rollout", "event", "search-v2", "escalation"]).await;
    assert_eq!(without.code, 2);
    assert!(without.err.contains("--id"), "{without:?}");
    let many = running.run(&["rollout", "event", "search-v2", "escalation", "--id", "4", "--count", "0"]).await;
    assert_eq!(many.code, 1);
    assert!(many.err.contains("`count` must be a whole number from 1"), "{many:?}");
    let unknown = running.run(&["rollout", "event", "serch-v2", "escalation", "--id", "4"]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("did you mean `search-v2`?"), "{unknown:?}");
}
