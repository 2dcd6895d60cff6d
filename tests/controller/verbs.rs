//! Every command in every state: what it does, or why it does nothing.

use crate::scene::{Place, Scene, eventually, plan, slow_plan};
use tidegate::controller::{CommandError, Verb};
use tidegate::rollout::State;

/// Brings a rollout `a` into the state of that name.
async fn stand(state: &str) -> Scene {
    let scene = Scene::new(Place::Memory).await;
    let after = "after: { watch: 30d, every: 1m }\n";
    let text = match state {
        "watching" => plan("a") + after,
        "completed" => plan("a"),
        _ => slow_plan("a"),
    };
    scene.apply(&text).await.unwrap();
    let verbs: &[Verb] = match state {
        "pending" => &[],
        "paused" => &[Verb::Start, Verb::Pause],
        "rolled-back" => &[Verb::Start, Verb::Rollback],
        _ => &[Verb::Start],
    };
    for verb in verbs {
        scene.tell("a", *verb).await.unwrap();
    }
    eventually(state, async || word(&scene.view("a").state) == state).await;
    scene
}

fn word(state: &State) -> &'static str {
    match state {
        State::Pending { .. } => "pending",
        State::Running(_) => "running",
        State::Paused { .. } => "paused",
        State::Watching(_) => "watching",
        State::Completed { .. } => "completed",
        State::RolledBack { .. } => "rolled-back",
    }
}

/// What comes of it: the next state, or a part of the refusal.
#[derive(Debug, Clone, Copy)]
enum Comes {
    To(&'static str, &'static [&'static str]),
    No(&'static str),
}
use Comes::{No, To};

#[rustfmt::skip]
const TABLE: [(&str, [(Verb, Comes); 6]); 6] = [
    ("pending", [
        (Verb::Start, To("running", &["started"])), (Verb::Pause, No("there is no wave to pause")),
        (Verb::Resume, No("not paused")), (Verb::Promote, No("use `start`")),
        (Verb::Rollback, No("nothing to roll back")), (Verb::Retry, No("use `start`")),
    ]),
    ("running", [
        (Verb::Start, No("was started already: it is in wave tenth")), (Verb::Pause, To("paused", &["paused"])),
        (Verb::Resume, To("running", &[])), (Verb::Promote, To("running", &["wave-opened"])),
        (Verb::Rollback, To("rolled-back", &["closed"])), (Verb::Retry, No("only what was rolled back")),
    ]),
    ("paused", [
        (Verb::Start, No("paused in wave tenth")), (Verb::Pause, To("paused", &[])),
        (Verb::Resume, To("running", &["resumed"])), (Verb::Promote, No("use `resume` first")),
        (Verb::Rollback, To("rolled-back", &["closed"])), (Verb::Retry, No("only what was rolled back")),
    ]),
    ("watching", [
        (Verb::Start, No("watched after its last wave")), (Verb::Pause, No("there is no wave to pause")),
        (Verb::Resume, No("not paused")), (Verb::Promote, No("the watch ends by itself")),
        (Verb::Rollback, To("rolled-back", &["closed"])), (Verb::Retry, No("only what was rolled back")),
    ]),
    ("completed", [
        (Verb::Start, No("it is completed")), (Verb::Pause, No("there is no wave to pause")),
        (Verb::Resume, No("not paused")), (Verb::Promote, No("completed")),
        (Verb::Rollback, To("rolled-back", &["closed"])), (Verb::Retry, No("only what was rolled back")),
    ]),
    ("rolled-back", [
        (Verb::Start, No("use `retry`")), (Verb::Pause, No("there is no wave to pause")),
        (Verb::Resume, No("not paused")), (Verb::Promote, No("use `retry`")),
        (Verb::Rollback, To("rolled-back", &[])), (Verb::Retry, To("running", &["started"])),
    ]),
];

#[tokio::test]
async fn each_verb_in_each_state() {
    for (state, row) in TABLE {
        for (verb, comes) in row {
            let case = format!("{} when {state}", verb.as_str());
            let scene = stand(state).await;
            let (before, version) = (scene.kinds("a").await, scene.view("a").version);
            let told = scene.tell("a", verb).await;
            let after = scene.kinds("a").await;
            let new: Vec<_> = after.iter().skip(before.len()).map(String::as_str).collect();
            match comes {
                To(next, rows) => {
                    let view = told.unwrap_or_else(|why| panic!("{case}: {why}"));
                    assert_eq!((word(&view.state), new.as_slice()), (next, rows), "{case}");
                    assert_eq!(word(&scene.stored("a").await), next, "{case}: what is answered is stored");
                    let open = !matches!(next, "rolled-back" | "pending");
                    assert_eq!(scene.is_open("search"), open, "{case}");
                }
                No(part) => {
                    let Err(CommandError::Refused(why)) = &told else { panic!("{case}: {told:?}") };
                    assert!(why.contains(part), "{case}: {why}");
                    assert_eq!((word(&scene.view("a").state), new.len()), (state, 0), "{case}");
                    let quiet = matches!(state, "pending" | "completed" | "rolled-back");
                    assert!(!quiet || scene.view("a").version == version, "{case}: nothing was written");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_rollout_that_is_not_there_is_unknown_to_every_verb() {
    let scene = Scene::new(Place::Memory).await;
    for verb in Verb::ALL {
        assert!(matches!(scene.tell("nothing", verb).await, Err(CommandError::Unknown(_))), "{}", verb.as_str());
    }
}
