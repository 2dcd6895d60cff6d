//! Ten thousand live rollouts with five metrics each: what a decision takes, what a check of all of them
//! takes on one core, and how much memory they need.
//!
//! The metrics are answered and the state is kept by this bench itself, at once and from memory, so that
//! what is measured is the controller alone.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a bench that cannot set up its rollouts has nothing to measure"
)]

mod memory;
mod plan;
mod store;

use plan::{Answers, evidence, flags, plan_text, started};
use std::sync::Arc;
use std::time::Duration;
use store::Kept;
use tidegate::clock::Clock;
use tidegate::controller::{Controller, Verb, World};
use tidegate::eval::{Bucketing, Snapshot};
use tidegate::live::Live;
use tidegate::publish::Publisher;
use tidegate::rollout::{Attachments, Event, decide};
use tidegate::source::Format;
use tidegate::store::{Origin, PlanSource};
use tidegate::telemetry::Metrics;
use tidegate::units::{RolloutName, UnixMillis};
use tokio_util::sync::CancellationToken;

/// When the bench begins, by its own clock.
const BEGIN: UnixMillis = UnixMillis::new(1_800_000_000_000);

fn main() {
    // `cargo bench -- --test` only shows that it runs.
    let count = if std::env::args().any(|argument| argument == "--test") { 20 } else { 10_000 };
    decisions(count);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(checks(count));
}

/// The pure decision, once for each of many states.
fn decisions(count: usize) {
    let plan = started("rollout-0").0;
    let mut states: Vec<_> = (0..count).map(|_| started("rollout-0").1).collect();
    let mut took = Vec::new();
    for round in 1..=20_u32 {
        let now = BEGIN.plus(Duration::from_secs(60) * round);
        let events: Vec<_> = (0..count).map(|_| Event::Checked(evidence(now))).collect();
        let began = memory::cpu_time();
        for (state, event) in states.iter_mut().zip(&events) {
            *state = decide(&plan, state, event, now).expect("a check is never refused").next;
        }
        let cpu = memory::cpu_time().saturating_sub(began);
        took.push(cpu / u32::try_from(count).expect("a count"));
    }
    took.sort_unstable();
    println!("one decision: {:?} of CPU (median of {} rounds over {count} states)", took[took.len() / 2], took.len());
}

/// All rollouts in their lanes, each checked once a minute.
async fn checks(count: usize) {
    let before = memory::resident();
    let live = Arc::new(Live::new(Snapshot::empty(Bucketing::V3)));
    let publisher = Arc::new(Publisher::new(Arc::clone(&live), Bucketing::V3));
    publisher.definitions(&flags(count));
    let with_flags = memory::resident();
    let (store, answers) = (Arc::new(Kept::default()), Arc::new(Answers::default()));
    let world = World {
        store: Arc::clone(&store) as _,
        journal: None,
        publisher,
        readings: Arc::clone(&answers) as _,
        metrics: Metrics::new(live).expect("metrics"),
        clock: Clock::compressed(BEGIN, 1),
    };
    let stop = CancellationToken::new();
    let (controller, _) = Controller::recover(world, stop.clone()).await.expect("a controller");
    for number in 0..count {
        let name = format!("rollout-{number}");
        let source = PlanSource {
            text: plan_text(&name),
            format: Format::Yaml,
            origin: Origin::Api,
            attachments: Attachments::none(),
            revision: 1,
        };
        controller.apply(source, "bench".to_owned()).await.expect("applied");
        let name = RolloutName::new(&name).expect("a name");
        controller.command(&name, Verb::Start, "bench".to_owned(), None).await.expect("started");
    }
    // The first checks come before what is measured, so that all memory is there.
    tokio::time::sleep(Duration::from_secs(150)).await;
    let resident = memory::resident();
    let mut rounds = Vec::new();
    for _ in 0..10 {
        let (asked, cpu) = (answers.asked(), memory::cpu_time());
        tokio::time::sleep(Duration::from_secs(60)).await;
        rounds.push(memory::cpu_time().saturating_sub(cpu));
        assert!(answers.asked() - asked >= count * 5, "every rollout asked for its five metrics");
    }
    rounds.sort_unstable();
    let each = rounds[rounds.len() / 2] / u32::try_from(count).expect("a count");
    println!(
        "a check of all {count}: {:?} of CPU (median of {}), {each:?} each",
        rounds[rounds.len() / 2],
        rounds.len()
    );
    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    println!(
        "memory: {:.0} MiB for {count} rollouts beside {:.0} MiB for their flags; {} commits kept",
        mib(resident.saturating_sub(with_flags)),
        mib(with_flags.saturating_sub(before)),
        store.commits()
    );
    stop.cancel();
    controller.stopped().await;
}
