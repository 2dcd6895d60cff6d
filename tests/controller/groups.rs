//! A wave that opens to a list of users: the list is kept with the plan.

use crate::scene::{Place, Scene, name};
use std::collections::BTreeSet;
use std::time::Duration;
use tidegate::controller::{ApplyError, Outcome, Verb};
use tidegate::rollout::Attachments;
use tidegate::source::Format;
use tidegate::store::{Origin, PlanSource};

const PLAN: &str = "kind: Rollout
name: a
flag: search
candidate: 'on'
stable: 'off'
waves:
  - { name: team, group: { users: [ user-1, user-2 ] }, bake: 30d, every: 7d }
  - { name: beta, group: { file: beta.txt }, bake: 30d, every: 7d }
  - { name: tenth, exposure: 10%, bake: 30d, every: 7d }
";

fn source(beta: &str) -> PlanSource {
    let mut attachments = Attachments::none();
    attachments.add("beta.txt", beta);
    attachments.add("of-nobody.txt", "user-9\n");
    PlanSource { text: PLAN.to_owned(), format: Format::Yaml, origin: Origin::Api, attachments }
}

#[tokio::test]
async fn a_rollout_grows_from_a_team_to_a_list_to_a_share_over_restarts() {
    let scene = Scene::new(Place::folder()).await;
    scene.controller.apply(source("user-3\nuser-4\n"), "ada".to_owned()).await.unwrap();
    scene.tell("a", Verb::Start).await.unwrap();
    assert_eq!(scene.served("search"), BTreeSet::from([1, 2]));
    let scene = scene.again(Duration::from_secs(1)).await;
    assert_eq!(scene.served("search"), BTreeSet::from([1, 2]));
    scene.tell("a", Verb::Promote).await.unwrap();
    assert_eq!(scene.served("search"), BTreeSet::from([1, 2, 3, 4]));
    // The file is read from the store: nobody hands it over again.
    let scene = scene.again(Duration::from_secs(1)).await;
    assert_eq!(scene.served("search"), BTreeSet::from([1, 2, 3, 4]));
    scene.tell("a", Verb::Promote).await.unwrap();
    let tenth = scene.served("search");
    assert!(tenth.len() > 20 && BTreeSet::from([1, 2, 3, 4]).is_subset(&tenth), "{tenth:?}");
}

#[tokio::test]
async fn another_list_is_another_plan_and_only_what_is_named_is_kept() {
    let scene = Scene::new(Place::Memory).await;
    let apply =
        async |beta| scene.controller.apply(source(beta), "ada".to_owned()).await.map(|applied| applied.outcome);
    assert_eq!(apply("user-3\n").await.unwrap(), Outcome::Created);
    assert_eq!(apply("user-3\n").await.unwrap(), Outcome::Unchanged);
    assert_eq!(apply("user-3\nuser-5\n").await.unwrap(), Outcome::Updated);
    let kept = scene.store.rollout(&name("a")).await.unwrap().unwrap().plan.attachments;
    let names: Vec<_> = kept.iter().map(|(name, file)| (name, file.text().to_string())).collect();
    assert_eq!(names, [("beta.txt", "user-3\nuser-5\n".to_owned())]);
    // The ledger tells which list it was, not who is in it.
    let detail = scene.ledger("a").await.pop().unwrap().entry.detail;
    assert_eq!(detail["files"]["beta.txt"]["bytes"], 14, "{detail}");
    assert_eq!(detail["files"]["beta.txt"]["sha256"].as_str().map(str::len), Some(64), "{detail}");
    assert!(detail["plan"].as_str().unwrap().contains("beta.txt") && detail["files"]["of-nobody.txt"].is_null());
    let Err(ApplyError::Invalid(problems)) = apply("# nobody\n").await else { panic!("nobody is no group") };
    assert_eq!((problems[0].line, problems[0].column), (8, 34), "{problems:?}");
}
