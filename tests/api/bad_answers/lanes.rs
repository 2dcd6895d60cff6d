//! A controller with a rollout for each bad answer, as the server has them.

use super::cases::Case;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tidegate::clock::Clock;
use tidegate::controller::{Controller, Verb, View, World};
use tidegate::eval::{Bucketing, Snapshot};
use tidegate::flag::{Catalog, lower};
use tidegate::live::Live;
use tidegate::measure::{Connections, Outcomes, Providers};
use tidegate::publish::Publisher;
use tidegate::rollout::Attachments;
use tidegate::source::{Format, parse};
use tidegate::store::{Origin, PlanSource, sqlite};
use tidegate::telemetry::Metrics;
use tidegate::units::RolloutName;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Ends with its rollouts when it is dropped.
pub(super) struct Lanes {
    controller: Controller,
    shutdown: CancellationToken,
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Lanes {
    /// With a flag and a connection for each case.
    pub(super) async fn open(cases: &[Case], more: &[Case]) -> Self {
        let live = Arc::new(Live::new(Snapshot::empty(Bucketing::V3)));
        let publisher = Arc::new(Publisher::new(Arc::clone(&live), Bucketing::V3));
        publisher.definitions(&flags(cases.iter().chain(more)));
        let connections = cases.iter().chain(more).map(Case::connection).collect();
        let providers = Providers::new(Arc::new(Outcomes::new()), Connections::new(connections, Vec::new()));
        let world = World {
            store: Arc::new(sqlite::ephemeral().await.unwrap()),
            journal: None,
            publisher,
            readings: Arc::new(providers),
            metrics: Metrics::new(live).unwrap(),
            clock: Clock::system(),
        };
        let shutdown = CancellationToken::new();
        let (controller, _) = Controller::recover(world, shutdown.clone()).await.unwrap();
        Self { controller, shutdown }
    }

    /// Applies a plan and starts it.
    pub(super) async fn begin(&self, name: &str, plan: &str) {
        let (format, origin, attachments) = (Format::Yaml, Origin::Api, Attachments::none());
        let source = PlanSource { text: plan.to_owned(), format, origin, attachments, revision: 1 };
        let applied = self.controller.apply(source, "ada".to_owned()).await;
        applied.unwrap_or_else(|error| panic!("{name}: {error:?}\n{plan}"));
        let name = RolloutName::new(name).unwrap();
        self.controller.command(&name, Verb::Start, "ada".to_owned(), None).await.unwrap();
    }

    pub(super) fn view(&self, name: &str) -> View {
        self.controller.get(name).unwrap_or_else(|| panic!("there is no rollout {name}"))
    }

    /// Waits until a rollout waits for that reason; what it waits for otherwise.
    pub(super) async fn until_held(&self, name: &str, reason: &str, patience: Duration) -> Result<(), String> {
        let deadline = Instant::now() + patience;
        loop {
            let waits = waits(&self.view(name));
            if waits.contains("[no-data]") && waits.contains(reason) {
                return Ok(());
            }
            // What is held for another reason will not change its mind.
            let other = waits.contains("[no-data]") && deadline.duration_since(Instant::now()) < patience * 9 / 10;
            if other || Instant::now() > deadline {
                return Err(waits);
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) async fn until(&self, name: &str, patience: Duration, seen: impl Fn(&View) -> bool) {
        let deadline = Instant::now() + patience;
        while !seen(&self.view(name)) {
            assert!(Instant::now() < deadline, "waited in vain for {name}: {}", self.view(name).reason);
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a rollout was looked at so often again: no answer keeps it from the next check.
    pub(super) async fn checked_again(&self, name: &str, times: usize, patience: Duration) {
        let (mut seen, mut last) = (0, self.view(name).next_check);
        let deadline = Instant::now() + patience;
        while seen < times {
            assert!(Instant::now() < deadline, "{name} is not looked at any more");
            sleep(Duration::from_millis(5)).await;
            let next = self.view(name).next_check;
            seen += usize::from(next.is_some() && next != last);
            last = next.or(last);
        }
    }
}

fn waits(view: &View) -> String {
    view.waits.iter().map(|wait| format!("[{}] {wait} ", wait.kind())).collect()
}

fn flags<'c>(cases: impl Iterator<Item = &'c Case>) -> Catalog {
    let mut text = String::from("flags:\n");
    for case in cases {
        let flag = "{ state: ENABLED, variants: { \"on\": true, \"off\": false }, defaultVariant: \"off\" }";
        writeln!(text, "  {}: {flag}", case.name).unwrap();
    }
    let mut catalog = Catalog::new();
    catalog.update("flags.yaml", parse("flags.yaml", text.as_bytes(), Format::Yaml).and_then(|parsed| lower(&parsed)));
    assert_eq!(catalog.problems(), [], "the test's flags are sound");
    catalog
}
