//! `tidegate train`.

use super::command::{Ran, Running, ran};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

pub(crate) const FLAGS: &str = "flags:
  search:
    state: ENABLED
    variants: { 'on': true, 'off': false }
    defaultVariant: 'off'
  limit:
    state: ENABLED
    variants: { large: 20, small: 10 }
    defaultVariant: small
";

/// The train stands before its rollouts: one command puts it right.
pub(crate) const PLANS: &str = "kind: Train
name: both
watch: 1s
rollouts:
  - search-v2
  - { rollout: limit-v2, needs: [ search-v2 ] }
---
kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
waves: [ { name: all, exposure: 100%, bake: 1s, every: 1s } ]
after: { watch: 1h, every: 1s }
---
kind: Rollout
name: limit-v2
flag: limit
candidate: large
stable: small
waves: [ { name: all, exposure: 100%, bake: 1s, every: 1s } ]
after: { watch: 1h, every: 1s }
";

async fn applied(plans: &str) -> Running {
    let running = Running::start_with(FLAGS, &[]).await;
    let file = running.write("plans.yaml", plans);
    let applied = running.run(&["train", "apply", &file]).await;
    assert_eq!((applied.code, applied.err.as_str()), (0, ""), "{applied:?}");
    running
}

async fn shown(running: &Running) -> Value {
    let shown = running.run(&["train", "show", "both", "-o", "json"]).await;
    serde_json::from_str(&shown.out).unwrap_or_else(|_| panic!("{shown:?}"))
}

/// The line of a rollout in what was printed, as its words.
fn member<'r>(ran: &'r Ran, rollout: &str) -> Vec<&'r str> {
    let line = ran.out.lines().find(|line| line.starts_with(rollout)).unwrap_or_else(|| panic!("{rollout}: {ran:?}"));
    line.split_whitespace().collect()
}

#[tokio::test]
async fn one_command_applies_a_file_with_rollouts_and_their_train() {
    let running = Running::start_with(FLAGS, &[]).await;
    assert_eq!(running.run(&["train", "list"]).await.out, "no trains\n");
    let file = running.write("plans.yaml", PLANS);
    let applied = running.run(&["rollout", "apply", &file]).await;
    assert_eq!((applied.code, applied.err.as_str()), (0, ""), "{applied:?}");
    let lines: Vec<&str> = applied.out.lines().collect();
    assert!(lines[0].starts_with("created search-v2: pending"), "{applied:?}");
    assert!(lines[1].starts_with("created limit-v2: pending"), "{applied:?}");
    assert_eq!(lines[2], "created train both: pending, 0/2 begun: waits to be started");
    let again = running.run(&["train", "apply", &file]).await;
    assert!(again.out.contains("unchanged search-v2") && again.out.contains("unchanged train both"), "{again:?}");
    running.write("plans.yaml", &PLANS.replace("watch: 1s\nrollouts", "watch: 2s\nrollouts"));
    let updated = running.run(&["train", "apply", &file, "-o", "json"]).await;
    let updated: Value = serde_json::from_str(&updated.out).unwrap();
    assert_eq!((&updated[0]["change"], &updated[0]["rollout"]["name"]), (&json!("unchanged"), &json!("search-v2")));
    assert_eq!((&updated[2]["change"], &updated[2]["train"]["revision"]), (&json!("updated"), &json!(2)));
    let text = running.write("plans.yaml", PLANS);
    let text = running.run(&["train", "apply", &text]).await;
    assert!(text.out.contains("updated train both") && text.out.contains("+watch: 1s"), "{text:?}");

    let list = running.run(&["train", "list"]).await;
    assert!(list.out.contains("both  pending  0/2    waits to be started"), "{list:?}");
    let rollout = running.run(&["rollout", "get", "limit-v2"]).await;
    assert!(rollout.out.contains("train:        both\n"), "{rollout:?}");
}

#[tokio::test]
async fn a_train_is_applied_from_standard_input() {
    let running = Running::start_with(FLAGS, &[]).await;
    let mut child = running.command(&["train", "apply", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(PLANS.as_bytes()).await.unwrap();
    drop(stdin);
    let ran = ran(child).await;
    assert!(ran.code == 0 && ran.out.contains("created train both"), "{ran:?}");
}

#[tokio::test]
async fn a_train_goes_from_start_to_history_and_its_rollouts_are_shown() {
    let running = applied(PLANS).await;
    let started = running.run(&["train", "start", "both"]).await;
    assert!(started.code == 0 && started.out.starts_with("both: running, "), "{started:?}");
    let watched = running.run(&["train", "watch", "both", "--timeout", "60s"]).await;
    assert_eq!(watched.code, 0, "{watched:?}");
    assert!(watched.out.contains("limit-v2 begins after 1s of watching search-v2"), "{watched:?}");
    assert!(watched.out.lines().last().unwrap().starts_with("both: completed, 2/2 begun"), "{watched:?}");
    let shown = running.run(&["train", "get", "both"]).await;
    assert_eq!(member(&shown, "limit-v2")[1..5], ["begun", "watching", "1/1", "all"], "{shown:?}");

    let back = running.run(&["train", "rollback", "both", "--rollout", "limit-v2", "--reason", "slow"]).await;
    assert!(back.code == 0 && back.out.contains("limit-v2 rolled back by ann: slow"), "{back:?}");
    assert_eq!(member(&back, "limit-v2")[1..4], ["closed", "rolled", "back"], "{back:?}");
    assert_eq!(member(&back, "search-v2")[1..3], ["begun", "watching"], "nothing that search-v2 needs is gone");
    let over = running.run(&["train", "watch", "both"]).await;
    assert_eq!(over.code, 3, "{over:?}");
    let again = running.run(&["train", "reenable", "both", "--rollout", "limit-v2"]).await;
    assert!(again.code == 0 && again.out.starts_with("both: running"), "{again:?}");
    let all = running.run(&["train", "rollback", "both"]).await;
    assert_eq!(member(&all, "search-v2")[1..4], ["closed", "rolled", "back"], "{all:?}");
    let retried = running.run(&["train", "retry", "both", "-o", "json"]).await;
    let retried: Value = serde_json::from_str(&retried.out).unwrap();
    assert_eq!((&retried["state"], &retried["run"]), (&json!("running"), &json!(3)));
    let history = running.run(&["train", "history", "both"]).await;
    for part in
        ["train-started", "started by ann: search-v2, limit-v2", "train-completed", "train-stopped", "kept open"]
    {
        assert!(history.out.contains(part), "{part}: {history:?}");
    }
    let of_all = running.run(&["train", "history"]).await;
    assert!(of_all.out.contains("wave-opened") || of_all.out.contains("search-v2"), "{of_all:?}");
}

#[tokio::test]
async fn watching_a_train_tells_each_change_and_ends_with_three_when_it_stops() {
    let running = applied(&PLANS.replace("watch: 1s\nrollouts", "watch: 1h\nrollouts")).await;
    running.run(&["train", "start", "both"]).await;
    let mut child = running.command(&["train", "watch", "both", "--timeout", "60s"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    assert!(first.starts_with("both: running"), "{first}");
    running.run(&["rollout", "rollback", "search-v2", "--reason", "smells"]).await;
    let mut rest = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        rest.push_str(&line);
        rest.push('\n');
    }
    assert!(rest.contains("train-stopped") && rest.contains("search-v2 closed: rolled back by ann: smells"), "{rest}");
    assert_eq!(child.wait().await.unwrap().code(), Some(3));
}

#[tokio::test]
async fn watching_ends_with_six_when_a_person_is_needed_and_with_five_when_time_is_up() {
    let running = applied(&PLANS.replace("watch: 1s\nrollouts", "watch: 1h\nrollouts")).await;
    let needs = running.run(&["train", "watch", "both"]).await;
    assert_eq!(needs.code, 6, "nobody started it: {needs:?}");
    let waits = running.run(&["train", "watch", "both", "--wait-for-approval", "--timeout", "300ms"]).await;
    assert!(waits.code == 5 && waits.err.contains("did not end within 300ms"), "{waits:?}");
    let rides = running.run(&["rollout", "watch", "limit-v2", "--timeout", "300ms"]).await;
    assert_eq!(rides.code, 5, "its train begins it, no person: {rides:?}");
    running.run(&["train", "start", "both"]).await;
    let paused = running.run(&["train", "pause", "both"]).await;
    assert!(paused.out.starts_with("both: paused"), "{paused:?}");
    let watching = running.run(&["train", "watch", "both", "-o", "json"]).await;
    assert_eq!(watching.code, 6, "{watching:?}");
    let last: Value = serde_json::from_str(watching.out.lines().last().unwrap()).unwrap();
    assert_eq!((&last["state"], &last["needsPerson"]), (&json!("paused"), &json!(true)));
    let resumed = running.run(&["train", "resume", "both"]).await;
    assert!(resumed.out.starts_with("both: running"), "{resumed:?}");
}

#[tokio::test]
async fn a_rollout_that_waits_for_its_approval_ends_the_watching_of_its_train_with_six() {
    let wave = "{ name: all, exposure: 100%, bake: 1s, every: 1s }";
    let approved = "{ name: some, exposure: 50%, bake: 1s, every: 1s }, { name: all, exposure: 100%, bake: 1s, every: 1s, approval: cto }";
    let running = applied(&PLANS.replacen(wave, approved, 1)).await;
    running.run(&["train", "start", "both"]).await;
    let watching = running.run(&["train", "watch", "both", "--timeout", "60s"]).await;
    assert_eq!(watching.code, 6, "{watching:?}");
    let shown = running.run(&["train", "show", "both"]).await;
    let row = shown.out.lines().find(|line| line.starts_with("search-v2")).unwrap();
    assert!(row.contains("cto"), "who must agree is said: {shown:?}");
    let promoted = running.run(&["rollout", "promote", "search-v2", "--by", "cto"]).await;
    assert_eq!(promoted.code, 0, "{promoted:?}");
    let watching = running.run(&["train", "watch", "both", "--timeout", "60s"]).await;
    assert_eq!(watching.code, 0, "{watching:?}");
}

#[tokio::test]
async fn what_cannot_be_is_said_with_exit_code_one() {
    let running = applied(PLANS).await;
    for verb in ["show", "start", "rollback", "watch", "history"] {
        let ran = running.run(&["train", verb, "boht"]).await;
        assert!(
            ran.code == 1 && ran.err.contains("no train `boht`") && ran.err.contains("did you mean `both`?"),
            "{ran:?}"
        );
    }
    for (args, part) in [
        (&["train", "retry", "both"][..], "not started"),
        (&["train", "rollback", "both", "--rollout", "serch-v2"][..], "no rollout serch-v2"),
        (&["rollout", "start", "limit-v2"][..], "`train start both`"),
        (&["rollout", "get", "both"][..], "`tidegate train show both`"),
    ] {
        let ran = running.run(args).await;
        assert!(ran.code == 1 && ran.err.contains(part), "{args:?}: {ran:?}");
    }
    for args in
        [&["train", "pause", "both", "--rollout", "search-v2"][..], &["train", "promote", "both"][..], &["train"][..]]
    {
        assert_eq!(running.run(args).await.code, 2, "{args:?}");
    }
    assert_eq!(shown(&running).await["state"], json!("pending"), "nothing was done");
}

#[tokio::test]
async fn a_file_without_trains_or_with_a_bad_one_is_not_sent() {
    let running = Running::start_with(FLAGS, &[]).await;
    let rollouts = running.write("rollouts.yaml", PLANS.split_once("---\n").unwrap().1);
    let none = running.run(&["train", "apply", &rollouts]).await;
    assert!(none.code == 1 && none.err.contains("has no trains") && none.err.contains("`kind: Train`"), "{none:?}");
    let bad = running.write("bad.yaml", &PLANS.replace("needs: [ search-v2 ]", "needs: [ serch-v2 ]"));
    let bad = running.run(&["train", "apply", &bad]).await;
    assert!(bad.code == 1 && bad.err.contains("bad.yaml:6:") && bad.err.contains("nothing was sent"), "{bad:?}");
    assert!(running.run(&["rollout", "list"]).await.out.contains("no rollouts"));
    // What was done before something was refused is told.
    let short = running.write("short.yaml", &PLANS.replace("after: { watch: 1h, every: 1s }\n---", "---"));
    let short = running.run(&["train", "apply", &short]).await;
    assert!(short.code == 1 && short.err.contains("nobody would watch search-v2"), "{short:?}");
    assert!(short.err.contains("before that: created search-v2, created limit-v2"), "{short:?}");
}
