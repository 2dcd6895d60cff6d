//! Questions that are asked once, however many want to know at the same moment.

use crate::analysis::{NoData, Reading};
use crate::units::UnixMillis;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// For how long an answer is that of the moment: rollouts that begin a check together ask together.
const REUSED: Duration = Duration::from_secs(1);

/// For how long answers are kept to be shown.
const SHOWN: Duration = Duration::from_secs(86_400);

/// How many answers are kept before the old ones are looked for.
const MANY: usize = 4_096;

/// How many answers are kept at most.
const MOST: usize = 20_000;

/// What a system said to a question, to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct LastAnswer {
    /// The connection that was asked, or the address.
    pub connection: Arc<str>,
    /// What was asked, with all names filled in.
    pub question: Arc<str>,
    /// When it was asked.
    pub asked: UnixMillis,
    /// How long it took.
    pub took: Duration,
    /// What it said, in the unit of the question.
    pub reading: Reading,
}

/// An answer and when it came.
#[derive(Debug, Clone)]
pub(in crate::measure) struct Answered {
    pub(in crate::measure) last: LastAnswer,
    came: Instant,
}

impl Answered {
    pub(in crate::measure) fn now(last: LastAnswer) -> Self {
        Self { last, came: Instant::now() }
    }
}

type Asked = Shared<BoxFuture<'static, Arc<Answered>>>;

struct Entry {
    asked: Asked,
    /// It will be asked again in the same words, and may be shown until then.
    shown: bool,
}

/// The questions under way, and the last answers.
#[derive(Default)]
pub(in crate::measure) struct Once(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    known: HashMap<(Arc<str>, String), Entry>,
    /// With so many the old ones are looked for.
    full: usize,
}

impl Once {
    /// The answer to a question: the one that is under way or has just come, or that of asking it now. It is asked in a
    /// task of its own, so that whoever stops waiting takes nothing from the others.
    pub(in crate::measure) async fn ask(
        &self,
        key: (Arc<str>, String),
        shown: bool,
        deadline: Instant,
        ask: impl Future<Output = Answered> + Send + 'static,
    ) -> Reading {
        let begun = Instant::now();
        let asked = self.join(key, shown, ask);
        match timeout_at(deadline, asked).await {
            Ok(answered) => answered.last.reading.clone(),
            Err(_elapsed) => Reading::NoData(NoData::TimedOut(deadline.saturating_duration_since(begun))),
        }
    }

    fn join(
        &self,
        key: (Arc<str>, String),
        shown: bool,
        ask: impl Future<Output = Answered> + Send + 'static,
    ) -> Asked {
        let mut entries = self.entries();
        if let Some(entry) = entries.known.get(&key)
            && entry.asked.peek().is_none_or(|answered| answered.came.elapsed() < REUSED)
        {
            return entry.asked.clone();
        }
        let connection = Arc::clone(&key.0);
        let task = tokio::spawn(ask);
        let asked: Asked = async move {
            let broken = || {
                let why = NoData::Refused("the provider broke down; see the log".to_owned());
                let (question, reading) = (Arc::from(""), Reading::NoData(why));
                let (asked, took) = (UnixMillis::new(0), Duration::ZERO);
                Answered::now(LastAnswer { connection, question, asked, took, reading })
            };
            Arc::new(task.await.unwrap_or_else(|_panic| broken()))
        }
        .boxed()
        .shared();
        entries.make_room();
        entries.known.insert(key, Entry { asked: asked.clone(), shown });
        asked
    }

    /// The last answer to a question.
    pub(in crate::measure) fn last(&self, key: &(Arc<str>, String)) -> Option<LastAnswer> {
        Some(self.entries().known.get(key)?.asked.peek()?.last.clone())
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn make_room(&mut self) {
        if self.known.len() < self.full.max(MANY) {
            return;
        }
        self.known.retain(|_, entry| {
            let kept = if entry.shown { SHOWN } else { REUSED };
            entry.asked.peek().is_none_or(|answered| answered.came.elapsed() < kept)
        });
        if self.known.len() >= MOST {
            self.known.retain(|_, entry| entry.asked.peek().is_none());
        }
        self.full = self.known.len().saturating_mul(2);
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").field("known", &self.entries().known.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use tokio::time::{advance, sleep};

    fn key(question: &str) -> (Arc<str>, String) {
        (Arc::from("prometheus"), question.to_owned())
    }

    fn answered(value: f64) -> Answered {
        let reading = Reading::Value { value, samples: None, at: UnixMillis::new(0) };
        let (connection, question) = (Arc::from("prometheus"), Arc::from("up"));
        Answered::now(LastAnswer { connection, question, asked: UnixMillis::new(0), took: Duration::ZERO, reading })
    }

    /// Answers with how often it was asked, after a while.
    async fn counting(count: Arc<AtomicU64>, after: Duration) -> Answered {
        let asked = count.fetch_add(1, Ordering::Relaxed) + 1;
        sleep(after).await;
        answered(asked as f64)
    }

    fn in_secs(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_while_it_is_asked_or_just_after_gets_the_same_answer() {
        let (once, count) = (Once::default(), Arc::new(AtomicU64::new(0)));
        let ask = |question: &str| {
            once.ask(key(question), true, in_secs(60), counting(Arc::clone(&count), Duration::from_secs(2)))
        };
        let value = |reading: Reading| reading.value().unwrap().0;
        let (one, other, third) = tokio::join!(ask("up"), ask("up"), ask("down"));
        assert_eq!([one, other].map(value), [1.0, 1.0]);
        assert_eq!(value(third), 2.0);
        assert_eq!(value(ask("up").await), 1.0);
        advance(REUSED).await;
        assert_eq!(value(ask("up").await), 3.0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_waiting_takes_nothing_from_the_others() {
        let (once, count) = (Once::default(), Arc::new(AtomicU64::new(0)));
        let ask = |until| once.ask(key("up"), true, until, counting(Arc::clone(&count), Duration::from_secs(5)));
        let (hasty, patient) = tokio::join!(ask(in_secs(1)), ask(in_secs(60)));
        assert_eq!(hasty, Reading::NoData(NoData::TimedOut(Duration::from_secs(1))));
        assert_eq!(patient.value().unwrap().0, 1.0);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_breaks_down_is_no_data_and_asked_again_later() {
        let once = Once::default();
        let broken = once.ask(key("up"), true, in_secs(60), async { panic!("planted") }).await;
        assert!(broken.value().is_err_and(|why| why.to_string().contains("broke down")));
        advance(REUSED).await;
        assert!(once.ask(key("up"), true, in_secs(60), async { answered(1.0) }).await.value().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_never_asked_again_is_forgotten() {
        let once = Once::default();
        for question in 0..MANY * 3 {
            once.ask(key(&question.to_string()), question == 7, in_secs(60), async { answered(1.0) }).await;
            advance(Duration::from_millis(10)).await;
        }
        assert!(once.entries().known.len() <= MANY, "{once:?}");
        assert!(once.last(&key("7")).is_some() && once.last(&key("8")).is_none());
    }
}
