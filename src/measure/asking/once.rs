//! Questions that are asked once, however many want to know at the same moment.

use crate::analysis::{NoData, Reading};
use crate::units::UnixMillis;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

/// For how long an answer is that of the moment: rollouts that begin a check together ask together.
const REUSED: Duration = Duration::from_secs(1);

/// After how long a question is given up that is still not answered. Providers keep to deadlines of their own, which
/// are shorter, and everybody who waited has left by then.
const GIVEN_UP: Duration = Duration::from_secs(30);

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
    /// What should be known of that beside it.
    pub remark: Option<&'static str>,
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

/// An answer that has come, or will. Who asked writes it there, so that it is known to have come, and when, even where
/// everybody who waited for it has left.
type Asked = watch::Receiver<Option<Arc<Answered>>>;

struct Entry {
    asked: Asked,
    /// It will be asked again in the same words, and may be shown until then.
    shown: bool,
}

impl Entry {
    /// What came; `None` while it is under way.
    fn came(&self) -> Option<Arc<Answered>> {
        match &*self.asked.borrow() {
            Some(answered) => Some(Arc::clone(answered)),
            // Whoever asked is gone without a word: waiting for it is over.
            None if self.asked.has_changed().is_err() => Some(Arc::new(broken())),
            None => None,
        }
    }

    /// Whether it is under way, or came so lately that it is that of the moment.
    fn is_of_the_moment(&self) -> bool {
        match &*self.asked.borrow() {
            Some(answered) => answered.came.elapsed() < REUSED,
            None => self.asked.has_changed().is_ok(),
        }
    }
}

fn broken() -> Answered {
    let why = NoData::Refused("the provider broke down; see the log".to_owned());
    let (connection, question, reading) = (Arc::from(""), Arc::from(""), Reading::NoData(why));
    Answered::now(LastAnswer {
        connection,
        question,
        asked: UnixMillis::new(0),
        took: Duration::ZERO,
        reading,
        remark: None,
    })
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
        let mut asked = self.join(key, shown, ask);
        let reading = match timeout_at(deadline, asked.wait_for(Option::is_some)).await {
            Ok(Ok(answered)) => answered.as_ref().map(|answered| answered.last.reading.clone()),
            Ok(Err(_gone)) => None,
            Err(_elapsed) => Some(Reading::NoData(NoData::TimedOut(deadline.saturating_duration_since(begun)))),
        };
        reading.unwrap_or_else(|| broken().last.reading)
    }

    fn join(
        &self,
        key: (Arc<str>, String),
        shown: bool,
        ask: impl Future<Output = Answered> + Send + 'static,
    ) -> Asked {
        let mut entries = self.entries();
        if let Some(entry) = entries.known.get(&key)
            && entry.is_of_the_moment()
        {
            return entry.asked.clone();
        }
        let (answer, asked) = watch::channel(None);
        tokio::spawn(async move {
            // One that does not keep to its deadline would be joined, and waited for in vain, for ever.
            if let Ok(answered) = timeout(GIVEN_UP, ask).await {
                // It is there for whoever asks next, even if nobody waits any more.
                answer.send_replace(Some(Arc::new(answered)));
            }
        });
        entries.make_room();
        entries.known.insert(key, Entry { asked: asked.clone(), shown });
        asked
    }

    /// The last answer to a question.
    pub(in crate::measure) fn last(&self, key: &(Arc<str>, String)) -> Option<LastAnswer> {
        Some(self.entries().known.get(key)?.came()?.last.clone())
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
            entry.came().is_none_or(|answered| answered.came.elapsed() < kept)
        });
        if self.known.len() >= MOST {
            self.known.retain(|_, entry| entry.came().is_none());
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
        Answered::now(LastAnswer {
            connection,
            question,
            asked: UnixMillis::new(0),
            took: Duration::ZERO,
            reading,
            remark: None,
        })
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
    async fn an_answer_that_nobody_waited_for_is_not_that_of_an_hour_later() {
        let (once, count) = (Once::default(), Arc::new(AtomicU64::new(0)));
        let ask = |until| once.ask(key("up"), true, until, counting(Arc::clone(&count), Duration::from_secs(5)));
        assert!(ask(in_secs(1)).await.value().is_err());
        // It comes when everybody has left.
        sleep(Duration::from_secs(3_600)).await;
        assert!(once.last(&key("up")).is_some(), "it can be shown");
        assert_eq!(ask(in_secs(60)).await.value().unwrap().0, 2.0, "it is asked anew");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_dropped_takes_nothing_from_those_who_joined_and_leaves_nothing_behind() {
        let (once, count) = (Arc::new(Once::default()), Arc::new(AtomicU64::new(0)));
        let ask = |count: &Arc<AtomicU64>| {
            let (once, count) = (Arc::clone(&once), Arc::clone(count));
            async move { once.ask(key("up"), true, in_secs(60), counting(count, Duration::from_secs(5))).await }
        };
        let first = tokio::spawn(ask(&count));
        sleep(Duration::from_secs(1)).await;
        let joined = tokio::spawn(ask(&count));
        sleep(Duration::from_secs(1)).await;
        first.abort();
        assert_eq!(joined.await.unwrap().value().unwrap().0, 1.0);
        sleep(REUSED).await;
        assert_eq!(ask(&count).await.value().unwrap().0, 2.0, "it is asked anew");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hangs_is_given_up_and_asked_again() {
        let once = Once::default();
        let hanging = once.ask(key("up"), true, in_secs(1), std::future::pending()).await;
        assert_eq!(hanging, Reading::NoData(NoData::TimedOut(Duration::from_secs(1))));
        sleep(GIVEN_UP).await;
        assert!(once.ask(key("up"), true, in_secs(60), async { answered(1.0) }).await.value().is_ok());
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
