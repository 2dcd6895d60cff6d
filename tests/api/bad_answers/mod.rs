//! Everything that can come back instead of a number, from every kind of provider, to rollouts under way: each is held
//! with its reason. None advances, none hangs, and none closes unless its plan says so.

mod cases;
mod http;
mod lanes;
mod others;
mod system;

use cases::Case;
use futures_util::future::join_all;
use lanes::Lanes;
use std::time::Duration;
use system::System;
use tidegate::rollout::State;

/// Longer than anything here takes on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(90);

/// So often each rollout asks again before it is looked whether it stayed where it was.
const MORE_CHECKS: usize = 3;

async fn all(system: &System) -> Vec<Case> {
    let mut cases = http::cases(system).await;
    cases.extend(others::cases(system));
    cases
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_answer_holds_with_its_reason() {
    let system = System::start().await;
    let cases = all(&system).await;
    assert!(cases.len() >= 40, "only {} bad answers", cases.len());
    let lanes = Lanes::open(&cases, &[cases::good(&system), cases::terrible(&system)]).await;
    for case in &cases {
        lanes.begin(&case.name, &case.plan("no_data: hold")).await;
    }
    lanes.begin("good", &cases::good(&system).plan("no_data: hold")).await;
    lanes.begin("terrible", &cases::terrible(&system).plan("no_data: hold")).await;

    let mut wrong = Vec::new();
    for case in &cases {
        if let Err(waits) = lanes.until_held(&case.name, &case.reason, PATIENCE).await {
            wrong.push(format!("{}: wanted `{}`, it waits for {waits}", case.name, case.reason));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // The same controller lets a good value advance and a bad value close: it is the answers that hold the others.
    lanes.until("good", PATIENCE, |view| matches!(&view.state, State::Running(stage) if stage.wave == 1)).await;
    lanes.until("terrible", PATIENCE, |view| matches!(view.state, State::RolledBack { .. })).await;

    join_all(cases.iter().map(|case| lanes.checked_again(&case.name, MORE_CHECKS, PATIENCE))).await;
    for case in &cases {
        let view = lanes.view(&case.name);
        let stays = matches!(&view.state, State::Running(stage) if stage.wave == 0);
        assert!(stays && view.exposure.ppm() == 100_000, "{} moved: {}", case.name, view.reason);
        let shown = format!("{} {:?}", view.reason, view.readings);
        assert!(!shown.contains("hunter2"), "{} shows a secret: {shown}", case.name);
    }
}

/// The same answers where the plan says that having no data closes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_close_where_the_plan_says_so() {
    let system = System::start().await;
    let chosen = ["down", "500", "empty", "NaN", "HTML with 200", "half a body", "null", "exits with 1", "PartialData"];
    let mut cases = all(&system).await;
    cases.retain(|case| chosen.contains(&case.what));
    assert!(cases.len() >= chosen.len(), "{} of them", cases.len());
    let lanes = Lanes::open(&cases, &[]).await;
    for case in &cases {
        lanes.begin(&case.name, &case.plan("no_data: { then: close, after: 1s }")).await;
    }
    for case in &cases {
        lanes.until(&case.name, PATIENCE, |view| matches!(view.state, State::RolledBack { .. })).await;
        assert_eq!(lanes.view(&case.name).exposure.ppm(), 0, "{}", case.name);
    }
}
