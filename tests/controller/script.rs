//! Metrics that say what the test wants them to say.

use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidegate::analysis::{Compared, NoData, Reading};
use tidegate::measure::Readings;
use tidegate::rollout::{Arm, Metric, MetricSource, Over, Plan, Split, Versus};
use tidegate::units::UnixMillis;
use tokio::sync::watch;

/// What a metric does when it is asked.
#[derive(Debug, Clone, Copy)]
pub enum Says {
    /// Answers with a value.
    Value(f64),
    /// Has no data.
    Nothing,
    /// Panics, as a provider with a fault would.
    Breaks,
}

/// Answers for each flag; 0.01 where nothing was said.
#[derive(Debug)]
pub struct Script {
    says: Mutex<BTreeMap<String, Says>>,
    asked: AtomicUsize,
    /// How many of the next questions are held back, with the answer they would have had when they came.
    hold: AtomicUsize,
    held: AtomicUsize,
    /// Of which flag the held question is; of any where none is named.
    hold_of: Mutex<Option<String>>,
    released: watch::Sender<bool>,
}

impl Script {
    pub fn new() -> Self {
        let (says, asked) = (Mutex::default(), AtomicUsize::new(0));
        Self {
            says,
            asked,
            hold: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            hold_of: Mutex::default(),
            released: watch::Sender::new(false),
        }
    }

    pub fn say(&self, flag: &str, says: Says) {
        self.says.lock().unwrap().insert(flag.to_owned(), says);
    }

    /// How often a metric was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// The next question gets its answer only after [`release`](Self::release).
    pub fn hold_next(&self) {
        self.released.send_replace(false);
        self.hold.store(1, Ordering::SeqCst);
    }

    /// The next question about a flag's candidate or what comes before it gets its answer only then.
    pub fn hold_next_of(&self, flag: &str) {
        *self.hold_of.lock().unwrap() = Some(flag.to_owned());
        self.hold_next();
    }

    /// How many answers were held back so far.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    pub fn release(&self) {
        self.released.send_replace(true);
    }

    fn answer(&self, plan: &Plan, now: UnixMillis) -> Reading {
        let says = self.says.lock().unwrap().get(plan.flag.as_str()).copied();
        match says.unwrap_or(Says::Value(0.01)) {
            Says::Value(value) => Reading::Value { value, samples: Some(1_000), at: now },
            Says::Nothing => Reading::NoData(NoData::Unreachable("told so by the test".to_owned())),
            Says::Breaks => panic!("the provider has a fault, told so by the test"),
        }
    }
}

#[async_trait]
impl Readings for Script {
    async fn read(&self, plan: &Plan, metric: &Metric, _: Arm, _: Over, now: UnixMillis) -> Reading {
        assert!(matches!(metric.source, MetricSource::Outcomes { .. }), "the test's plans ask for outcomes only");
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer(plan, now);
        let meant = self.hold_of.lock().unwrap().as_ref().is_none_or(|flag| flag == plan.flag.as_str());
        let take = |left: usize| left.checked_sub(1).filter(|_| meant);
        if self.hold.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
            self.held.fetch_add(1, Ordering::SeqCst);
            self.released.subscribe().wait_for(|released| *released).await.unwrap();
        }
        answer
    }

    async fn compare(&self, _: &Plan, _: &Metric, _: &Versus, _: UnixMillis) -> Result<Compared, NoData> {
        Err(NoData::Empty)
    }

    async fn split(&self, _: &Plan, _: UnixMillis, _: UnixMillis) -> Result<Split, NoData> {
        Err(NoData::Empty)
    }
}
