//! A controller with everything around it, on a store that can be told to fail.

use crate::refusing::{Mood, MoodSwitch, Refusing};
use crate::script::Script;
use std::collections::BTreeSet;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tidegate::analysis::Alert;
use tidegate::clock::Clock;
use tidegate::controller::{
    Applied, ApplyError, CommandError, Controller, TrainApplied, TrainVerb, TrainView, Verb, View, World,
};
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Catalog, lower};
use tidegate::live::Live;
use tidegate::publish::Publisher;
use tidegate::rollout::train::TrainState;
use tidegate::rollout::{Attachments, State};
use tidegate::source::{Format, parse};
use tidegate::store::journal::{Closings, FILE_NAME, Journal};
use tidegate::store::{Change, LedgerCheck, LedgerRow, Origin, PlanSource, Store, sqlite};
use tidegate::telemetry::Metrics;
use tidegate::units::{RolloutName, UnixMillis};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// An hour of a plan takes six seconds: a check interval of a minute is a tenth of a second.
pub const SPEED: u32 = 600;

/// How long something may take that should take no time. Far over what a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many users are asked for what they get.
const USERS: usize = 2_000;

const ORIGIN: i64 = 1_780_000_000_000;

/// When scenes begin unless they say otherwise.
pub const ORIGIN_CLOCK: UnixMillis = UnixMillis::new(ORIGIN);

const FLAGS: &str = r#"flags:
  search: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off" }
  other: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off" }
  third: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off" }
"#;

/// Where the data goes.
#[derive(Debug)]
pub enum Place {
    Memory,
    Folder(TempDir),
}

impl Place {
    pub fn folder() -> Self {
        Self::Folder(tempfile::tempdir().unwrap())
    }

    /// Both kinds.
    pub fn both() -> [Self; 2] {
        [Self::Memory, Self::folder()]
    }
}

pub struct Scene {
    pub controller: Controller,
    /// Stored rollouts that could not be taken up.
    pub unreadable: Vec<String>,
    pub live: Arc<Live>,
    pub publisher: Arc<Publisher>,
    pub readings: Arc<Script>,
    pub mood: MoodSwitch,
    pub store: Arc<dyn Store>,
    pub journal: Option<Arc<Journal>>,
    pub metrics: Metrics,
    pub clock: Clock,
    shutdown: CancellationToken,
    place: Place,
}

impl Scene {
    pub async fn new(place: Place) -> Self {
        Self::with_clock(place, Clock::compressed(ORIGIN_CLOCK, SPEED)).await
    }

    pub async fn with_clock(place: Place, clock: Clock) -> Self {
        Self::prepared(place, clock, |_| {}).await
    }

    /// A scene whose metrics and store were told what to do before the controller begins.
    pub async fn prepared(place: Place, clock: Clock, prepare: impl FnOnce(&MoodSwitch)) -> Self {
        let (inner, journal) = match &place {
            Place::Memory => (sqlite::ephemeral().await.unwrap(), None),
            Place::Folder(folder) => {
                let journal = Journal::open(&folder.path().join(FILE_NAME)).unwrap();
                (sqlite::open(folder.path()).await.unwrap(), Some(Arc::new(journal)))
            }
        };
        let (store, mood) = Refusing::around(inner);
        let store: Arc<dyn Store> = Arc::new(store);
        let live = Arc::new(Live::new(Snapshot::empty(Bucketing::V3)));
        let publisher = Arc::new(Publisher::new(Arc::clone(&live), Bucketing::V3));
        publisher.definitions(&catalog(FLAGS));
        let metrics = Metrics::new(Arc::clone(&live)).unwrap();
        let readings = Arc::new(Script::new());
        prepare(&mood);
        let world = World {
            store: Arc::clone(&store),
            journal: journal.clone().map(|journal| journal as _),
            publisher: Arc::clone(&publisher),
            readings: Arc::clone(&readings) as _,
            metrics: metrics.clone(),
            clock,
        };
        let shutdown = CancellationToken::new();
        let (controller, unreadable) = Controller::recover(world, shutdown.clone()).await.unwrap();
        let unreadable = unreadable.into_iter().map(|rollout| rollout.rollout.to_string()).collect();
        Self {
            controller,
            unreadable,
            live,
            publisher,
            readings,
            mood,
            store,
            journal,
            metrics,
            clock,
            shutdown,
            place,
        }
    }

    /// Ends the process in this scene, as far as it can be seen from outside, and keeps the data.
    pub async fn end(self) -> Place {
        self.shutdown.cancel();
        self.controller.stopped().await;
        self.place
    }

    /// The same data under a new process, `after` that time.
    pub async fn again(self, after: Duration) -> Self {
        let now = self.clock.now();
        let place = self.end().await;
        Self::with_clock(place, Clock::compressed(now.plus(after), SPEED)).await
    }

    /// Another process over the same store, with a record of closings of its own, and what it serves.
    pub async fn beside(&self, journal: Option<Arc<dyn Closings>>) -> (Controller, Arc<Live>) {
        let live = Arc::new(Live::new(Snapshot::empty(Bucketing::V3)));
        let publisher = Arc::new(Publisher::new(Arc::clone(&live), Bucketing::V3));
        publisher.definitions(&catalog(FLAGS));
        let world = World {
            store: Arc::clone(&self.store),
            journal,
            publisher,
            readings: Arc::clone(&self.readings) as _,
            metrics: Metrics::new(Arc::clone(&live)).unwrap(),
            clock: self.clock,
        };
        let (controller, _) = Controller::recover(world, self.shutdown.clone()).await.unwrap();
        (controller, live)
    }

    pub fn data(&self) -> &Path {
        match &self.place {
            Place::Folder(folder) => folder.path(),
            Place::Memory => panic!("a scene in memory has no folder"),
        }
    }

    pub fn define(&self, flags: &str) {
        self.publisher.definitions(&catalog(flags));
    }

    pub async fn apply(&self, plan: &str) -> Result<Applied, ApplyError> {
        self.apply_from(plan, Origin::Api).await
    }

    pub async fn apply_from(&self, plan: &str, origin: Origin) -> Result<Applied, ApplyError> {
        let source = PlanSource {
            text: plan.to_owned(),
            format: Format::Yaml,
            origin,
            attachments: Attachments::none(),
            revision: 1,
        };
        self.controller.apply(source, "ada".to_owned()).await
    }

    pub async fn apply_train(&self, plan: &str) -> Result<TrainApplied, ApplyError> {
        let source = PlanSource {
            text: plan.to_owned(),
            format: Format::Yaml,
            origin: Origin::Api,
            attachments: Attachments::none(),
            revision: 1,
        };
        self.controller.apply_train_text(source, "ada".to_owned()).await
    }

    pub async fn tell_train(&self, verb: TrainVerb, rollouts: &[&str]) -> Result<TrainView, CommandError> {
        let rollouts = rollouts.iter().map(|rollout| name(rollout)).collect();
        self.controller.command_train(&name("train"), verb, "ada".to_owned(), None, rollouts).await
    }

    /// Applies a plan and starts it.
    pub async fn start(&self, plan: &str) -> View {
        let name = self.apply(plan).await.unwrap().view.plan.name.to_string();
        self.tell(&name, Verb::Start).await.unwrap()
    }

    pub async fn tell(&self, rollout: &str, verb: Verb) -> Result<View, CommandError> {
        self.controller.command(&name(rollout), verb, "ada".to_owned(), None).await
    }

    /// The same without waiting for the answer.
    pub fn tell_later(&self, rollout: &str, verb: Verb) -> JoinHandle<Result<View, CommandError>> {
        let (controller, name) = (self.controller.clone(), name(rollout));
        tokio::spawn(async move { controller.command(&name, verb, "ada".to_owned(), None).await })
    }

    pub fn view(&self, rollout: &str) -> View {
        self.controller.get(rollout).unwrap_or_else(|| panic!("there is no rollout {rollout}"))
    }

    /// The users who get a flag's candidate now.
    pub fn served(&self, flag: &str) -> BTreeSet<usize> {
        let published = self.live.load_full();
        let has = |user: &usize| {
            let context = format!(r#"{{"targetingKey":"user-{user}"}}"#);
            let context = Context::from_json(context.as_bytes()).unwrap();
            let flag = published.snapshot().flag(flag).unwrap_or_else(|| panic!("{flag} is not served"));
            flag.resolve(&context.clone().at(ORIGIN / 1_000)).variant() == Some("on")
        };
        (0..USERS).filter(has).collect()
    }

    /// The share of users who get a flag's candidate now, in whole per cent. Right within two.
    pub fn percent(&self, flag: &str) -> usize {
        self.served(flag).len() * 100 / USERS
    }

    pub fn is_open(&self, flag: &str) -> bool {
        !self.served(flag).is_empty()
    }

    pub async fn ledger(&self, rollout: &str) -> Vec<LedgerRow> {
        self.store.history(Some(&name(rollout)), 0, 1_000).await.unwrap()
    }

    /// The kinds of a rollout's ledger rows, in order.
    pub async fn kinds(&self, rollout: &str) -> Vec<String> {
        self.ledger(rollout).await.into_iter().map(|row| row.entry.kind).collect()
    }

    /// Waits until the ledger has these rows of a rollout and no others, and checks its chain.
    pub async fn ledger_is(&self, rollout: &str, kinds: &[&str]) {
        let what = format!("the ledger of {rollout} to be {kinds:?}");
        eventually(&what, async || self.kinds(rollout).await == kinds).await;
        assert!(matches!(self.store.verify().await.unwrap(), LedgerCheck::Sound { .. }));
    }

    pub async fn stored(&self, rollout: &str) -> State {
        self.store.rollout(&name(rollout)).await.unwrap().unwrap().state
    }

    /// The number of observations of one of Tidegate's own histograms.
    pub fn observed(&self, histogram: &str) -> u64 {
        let (text, start) = (self.metrics.render(), format!("{histogram}_count "));
        text.lines().find_map(|line| line.strip_prefix(&start)).unwrap().parse().unwrap()
    }
}

pub fn name(text: &str) -> RolloutName {
    RolloutName::new(text).unwrap()
}

pub fn catalog(flags: &str) -> Catalog {
    let mut catalog = Catalog::new();
    catalog.update("flags.yaml", parse("flags.yaml", flags.as_bytes(), Format::Yaml).and_then(|parsed| lower(&parsed)));
    assert_eq!(catalog.problems(), [], "the test's flags are sound");
    catalog
}

/// A plan for the flag `search` that opens 10, 50 and 100 % for a minute each.
pub fn plan(name: &str) -> String {
    plan_with(name, "search", "1m")
}

/// The same plan, which stays in its first wave whatever comes.
pub fn slow_plan(name: &str) -> String {
    plan_with(name, "search", "30d")
}

/// The same plan without a single check while the test lasts: what is asked or stored, the test caused.
pub fn quiet_plan(name: &str) -> String {
    slow_plan(name).replace("every: 1m", "every: 7d")
}

pub fn plan_with(name: &str, flag: &str, bake: &str) -> String {
    format!(
        r#"kind: Rollout
name: {name}
flag: {flag}
candidate: "on"
stable: "off"
metrics:
  error_rate: {{ provider: outcomes, measure: error_ratio }}
always:
  close_when: [ 'alert(severity = "critical")', error_rate > 50% ]
  hold_when: [ 'alert(severity = "warning")', error_rate > 5% ]
waves:
  - {{ name: tenth, exposure: 10%, bake: {bake}, every: 1m }}
  - {{ name: half, exposure: 50%, bake: {bake}, every: 1m }}
  - {{ name: all, exposure: 100%, bake: {bake}, every: 1m }}
"#
    )
}

pub fn alert(fingerprint: &str, labels: &[(&str, &str)]) -> Alert {
    let pair = |(label, value): &(&str, &str)| ((*label).to_owned(), (*value).to_owned());
    Alert { fingerprint: fingerprint.to_owned(), labels: labels.iter().map(pair).collect() }
}

pub fn critical(fingerprint: &str) -> Alert {
    alert(fingerprint, &[("alertname", "SearchDown"), ("severity", "critical"), ("flag", "search")])
}

pub fn warning(fingerprint: &str) -> Alert {
    alert(fingerprint, &[("alertname", "SearchSlow"), ("severity", "warning"), ("flag", "search")])
}

/// Waits for something that must come.
pub async fn eventually(what: &str, mut seen: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !seen().await {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(Duration::from_millis(2)).await;
    }
}

/// Looks for a while that something stays as it is. A fault that takes longer is not seen, but one that is
/// not there is never reported.
pub async fn stays(what: &str, seen: impl Fn() -> bool) {
    for _ in 0..60 {
        assert!(seen(), "{what} did not last");
        sleep(Duration::from_millis(5)).await;
    }
}

/// What must be answered.
pub async fn answered<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("an answer")
}

/// Sets the mood for as long as `work` takes, then goes back to willing.
pub async fn while_in<T>(switch: &MoodSwitch, mood: Mood, work: impl Future<Output = T>) -> T {
    switch.set(mood);
    let done = answered(work).await;
    switch.set(Mood::Willing);
    done
}

/// Writes an earlier state of a rollout over what is stored, as if nothing had been committed since.
pub async fn put_back(store: &dyn Store, rollout: &str, state: State) {
    let record = store.rollout(&name(rollout)).await.unwrap().unwrap();
    let (expected, at) = (Some(record.version), record.updated);
    let (entries, messages) = (Vec::new(), Vec::new());
    let change = Change { rollout: record.name, expected, plan: record.plan, state, entries, messages, at };
    store.commit(&change).await.unwrap();
}

/// The same for the train.
pub async fn put_train_back(store: &dyn Store, state: TrainState) {
    let record = store.train(&name("train")).await.unwrap().unwrap();
    let (expected, at) = (Some(record.version), record.updated);
    let (entries, messages) = (Vec::new(), Vec::new());
    let change = Change { rollout: record.name, expected, plan: record.plan, state, entries, messages, at };
    store.commit_train(&change).await.unwrap();
}
