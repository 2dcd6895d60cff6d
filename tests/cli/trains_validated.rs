//! `tidegate validate` with trains: what a server would refuse is found without one.

use super::command::{Ran, run};
use super::trains::{FLAGS, PLANS};

async fn validate(plans: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("flags.yaml"), FLAGS).unwrap();
    std::fs::write(folder.path().join("plans.yaml"), plans).unwrap();
    run(&["validate", &folder.path().to_string_lossy()]).await
}

#[tokio::test]
async fn trains_are_counted() {
    let good = validate(PLANS).await;
    assert_eq!((good.code, good.out.trim()), (0, "2 flags, 2 rollouts and 1 train in 2 files: valid"), "{good:?}");
}

#[tokio::test]
async fn trains_that_do_not_agree_with_their_rollouts_are_problems() {
    let second = "---\nkind: Train\nname: other\nrollouts: [ limit-v2, search-v2 ]\n";
    for (plans, part) in [
        (
            PLANS.replace("  - search-v2", "  - serch-v2").replace("needs: [ search-v2 ]", "needs: [ serch-v2 ]"),
            "plans.yaml:4:1: train `both`: there is no rollout serch-v2 in these files; did you mean `search-v2`?",
        ),
        (PLANS.replace("watch: 1s\nrollouts", "watch: 2h\nrollouts"), "the train watches search-v2 for 2h"),
        (PLANS.replace("name: both", "name: both\nenvironment: staging"), "belongs to the environment default"),
        (PLANS.replace("name: both", "name: both\ncohorts: disjoint"), "can have users in common"),
        (PLANS.replace("name: both", "name: both\ncohorts: same"), "do not have the same cohorts"),
        (PLANS.replace("name: both", "name: search-v2"), "give one of the two another name"),
        (format!("{PLANS}{second}"), "limit-v2 rides in the train both already"),
        (PLANS.replace("needs: [ search-v2 ]", "needs: [ limit-v2 ]"), "a circle"),
        (PLANS.replace("kind: Train", "kind: Trian"), "did you mean `Train`?"),
    ] {
        let ran = validate(&plans).await;
        assert!(ran.code == 1 && ran.out.contains(part), "{part}: {ran:?}");
    }
}

/// One mistake is told once: a rollout that is wrong is not missing besides.
#[tokio::test]
async fn a_train_says_nothing_of_a_rollout_that_is_wrong_itself() {
    let ran = validate(&PLANS.replace("stable: small", "stabel: small")).await;
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("did you mean `stable`?") && !ran.out.contains("train `both`"), "{ran:?}");
}
