//! A synthetic shop: users come, the shop asks over OFREP which variant they get, really branches on
//! the answer, and posts over HTTP how it went. It uses nothing of Tidegate's but its doors.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use reqwest::Client;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// How many different people come.
const USERS: u32 = 5_000;
/// Of ten people, how many are staff, whose addresses end in `@company.example`.
const STAFF_IN_TEN: u32 = 4;
/// How many shop assistants serve at the same time, and how often each takes the next visitor.
const WORKERS: u64 = 8;
const NEXT_VISITOR: Duration = Duration::from_millis(10);
/// What one visitor does with the answer: so many requests, each with its outcome.
const REQUESTS_A_VISIT: usize = 12;
/// How often outcomes are posted.
const POST_EVERY: Duration = Duration::from_millis(20);
/// Outcomes that wait for their posting; beyond that the shop forgets them rather than grow.
const WAITING: usize = 20_000;

/// The flags that the shop asks for.
const FLAGS: [&str; 2] = ["batch-patches-v1", "checkout-v2"];

/// What the shop tells the story, in microseconds since it opened; 0 is never.
#[derive(Debug)]
pub(super) struct Books {
    opened: Instant,
    broken: AtomicBool,
    first_failure: AtomicU64,
    last_candidate: AtomicU64,
    asked: AtomicU64,
    posted: AtomicU64,
}

impl Books {
    fn micros(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX).max(1)
    }

    /// From now on the new checkout fails often.
    pub(super) fn break_checkout(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// From the first request that failed because of the break to the last answer that still gave
    /// somebody the broken checkout.
    pub(super) fn time_to_close(&self) -> Option<Duration> {
        let first = self.first_failure.load(Ordering::Relaxed);
        let last = self.last_candidate.load(Ordering::Relaxed);
        (first > 0).then(|| Duration::from_micros(last.saturating_sub(first)))
    }

    /// How many questions were asked and how many outcomes posted.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.asked.load(Ordering::Relaxed), self.posted.load(Ordering::Relaxed))
    }
}

/// The shop's way to the server.
#[derive(Debug, Clone)]
pub(super) struct Shop {
    client: Client,
    evaluation: SocketAddr,
    control: SocketAddr,
    books: Arc<Books>,
}

impl Shop {
    pub(super) fn new(client: Client, evaluation: SocketAddr, control: SocketAddr) -> Self {
        let books = Books {
            opened: Instant::now(),
            broken: AtomicBool::new(false),
            first_failure: AtomicU64::new(0),
            last_candidate: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            posted: AtomicU64::new(0),
        };
        Self { client, evaluation, control, books: Arc::new(books) }
    }

    pub(super) const fn books(&self) -> &Arc<Books> {
        &self.books
    }

    /// Opens the shop until `shutdown`.
    pub(super) fn open(&self, shutdown: &CancellationToken) {
        let (outcomes, waiting) = mpsc::channel(WAITING);
        for worker in 0..WORKERS {
            tokio::spawn(self.clone().serve_visitors(worker, outcomes.clone(), shutdown.clone()));
        }
        tokio::spawn(self.clone().post_outcomes(waiting, shutdown.clone()));
    }

    /// What each of the shop's users gets of a flag now; `None` where the server did not answer.
    pub(super) async fn survey(&self, flag: &str, users: u32) -> Vec<Option<bool>> {
        let mut answers = Vec::new();
        for user in 0..users {
            answers.push(self.ask(flag, user).await.map(|(_, value)| value));
        }
        answers
    }

    async fn serve_visitors(self, worker: u64, outcomes: mpsc::Sender<Value>, shutdown: CancellationToken) {
        // The same visitors in each demo, so that each demo tells the same story.
        let mut random = StdRng::seed_from_u64(worker);
        let mut pace = interval(NEXT_VISITOR);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !shutdown.is_cancelled() {
            pace.tick().await;
            let user = random.random_range(0..USERS);
            for flag in FLAGS {
                let Some((variant, new)) = self.ask(flag, user).await else { continue };
                for _ in 0..REQUESTS_A_VISIT {
                    let outcome = self.handle(flag, user, &variant, new, &mut random);
                    // A full queue means that the server is slow: the shop goes on without telling.
                    drop(outcomes.try_send(outcome));
                }
            }
        }
    }

    async fn ask(&self, flag: &str, user: u32) -> Option<(String, bool)> {
        let domain = if user % 10 < STAFF_IN_TEN { "company.example" } else { "mail.example" };
        let context = json!({ "targetingKey": format!("user-{user}"), "email": format!("user-{user}@{domain}") });
        let address = format!("http://{}/ofrep/v1/evaluate/flags/{flag}", self.evaluation);
        let answer = self.client.post(address).json(&json!({ "context": context })).send().await.ok()?;
        let body: Value = answer.json().await.ok()?;
        self.books.asked.fetch_add(1, Ordering::Relaxed);
        let new = body.get("value")?.as_bool()?;
        if new && flag == "checkout-v2" {
            self.books.last_candidate.store(self.books.micros(), Ordering::Relaxed);
        }
        Some((body.get("variant")?.as_str()?.to_owned(), new))
    }

    /// Handles one request in the new way or the old one, and says how it went.
    fn handle(&self, flag: &str, user: u32, variant: &str, new: bool, random: &mut StdRng) -> Value {
        let broken = new && flag == "checkout-v2" && self.books.broken.load(Ordering::Relaxed);
        let failing = if broken { 0.4 } else { 0.002 };
        let ok = !random.random_bool(failing);
        let latency: f64 = if new { random.random_range(60.0..260.0) } else { random.random_range(80.0..320.0) };
        if broken && !ok {
            let now = self.books.micros();
            // Only the first one counts.
            let _ = self.books.first_failure.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        }
        let user = format!("user-{user}");
        json!({ "flag": flag, "targetingKey": user, "variant": variant, "ok": ok, "latency": latency })
    }

    async fn post_outcomes(self, mut waiting: mpsc::Receiver<Value>, shutdown: CancellationToken) {
        let address = format!("http://{}/api/v1/outcomes", self.control);
        let mut batch = Vec::new();
        while !shutdown.is_cancelled() {
            let wait = timeout(POST_EVERY, waiting.recv_many(&mut batch, 2_000));
            if !matches!(wait.await, Ok(1..)) {
                continue;
            }
            let posted = self.client.post(&address).json(&batch).send().await;
            if posted.is_ok_and(|answer| answer.status().is_success()) {
                self.books.posted.fetch_add(u64::try_from(batch.len()).unwrap_or(0), Ordering::Relaxed);
            }
            batch.clear();
            tokio::time::sleep(POST_EVERY).await;
        }
    }
}
