//! A small shop. For each request it asks Tidegate over OFREP which cart to use, uses that one, and
//! counts what came of it under the variant that was served.

use axum::Router;
use axum::routing::get;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The flag that the shop branches on.
pub const FLAG: &str = "new-cart";

/// How many customers it has; they come in turn.
pub const CUSTOMERS: u64 = 1_000;

/// Requests a second: enough that a tenth of them fills a window of ten seconds.
const PER_SECOND: u64 = 150;

/// The shop, serving and counting until it is dropped.
#[derive(Debug)]
pub struct Shop {
    pub address: String,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

/// What all requests share.
#[derive(Debug)]
struct Shared {
    http: reqwest::Client,
    evaluation: String,
    requests: IntCounterVec,
    durations: HistogramVec,
    new_cart: Cart,
    old_cart: Cart,
}

/// One of the two ways to serve a request.
#[derive(Debug, Default)]
struct Cart {
    served: AtomicU64,
    failing_percent: AtomicU64,
    milliseconds: AtomicU64,
}

impl Shop {
    /// Opens the shop; it asks the Tidegate that evaluates at `evaluation`.
    pub async fn open(evaluation: &str) -> Self {
        let registry = Registry::new();
        let shared = Arc::new(Shared::new(evaluation, &registry));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let page =
            move || std::future::ready(TextEncoder::new().encode_to_string(&registry.gather()).expect("metrics"));
        let router = Router::new().route("/metrics", get(page));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        let trading = tokio::spawn(trade(Arc::clone(&shared)));
        Self { address, shared, tasks: vec![serving, trading] }
    }

    /// The share of requests that fail with the new cart, from now on.
    pub fn new_cart_fails(&self, percent: u64) {
        self.shared.new_cart.failing_percent.store(percent, Ordering::Relaxed);
    }

    /// How many requests were served with the new cart.
    pub fn new_cart_served(&self) -> u64 {
        self.shared.new_cart.served.load(Ordering::Relaxed)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn new(evaluation: &str, registry: &Registry) -> Self {
        let labels = ["flag", "variant"];
        let requests = Opts::new("http_requests_total", "Requests by the variant that served them.");
        let requests = IntCounterVec::new(requests, &[&labels[..], &["code"]].concat()).expect("a counter");
        let durations = HistogramOpts::new("http_request_duration_seconds", "How long requests took.");
        let durations = HistogramVec::new(durations, &labels).expect("a histogram");
        registry.register(Box::new(requests.clone())).expect("registered");
        registry.register(Box::new(durations.clone())).expect("registered");
        // A counter that appears only with the first failure has no rate until the second.
        for (variant, code) in [("on", "200"), ("on", "500"), ("off", "200"), ("off", "500")] {
            requests.with_label_values(&[FLAG, variant, code]).inc_by(0);
        }
        Self {
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build().expect("a client"),
            evaluation: format!("http://{evaluation}/ofrep/v1/evaluate/flags/{FLAG}"),
            requests,
            durations,
            new_cart: Cart { milliseconds: AtomicU64::new(12), ..Cart::default() },
            old_cart: Cart { milliseconds: AtomicU64::new(20), ..Cart::default() },
        }
    }

    async fn serve(&self, customer: u64) {
        let begun = Instant::now();
        let (new, variant) = self.evaluate(customer).await;
        let sold = if new { self.new_cart.sell().await } else { self.old_cart.sell().await };
        let code = if sold { "200" } else { "500" };
        self.requests.with_label_values(&[FLAG, &variant, code]).inc();
        self.durations.with_label_values(&[FLAG, &variant]).observe(begun.elapsed().as_secs_f64());
    }

    /// Whether the new cart is on for a customer. Without an answer it is not, as the shop's own default.
    async fn evaluate(&self, customer: u64) -> (bool, String) {
        let context = json!({ "context": { "targetingKey": customer_name(customer) } });
        let answer = match self.http.post(&self.evaluation).json(&context).send().await {
            Ok(response) if response.status().is_success() => response.json::<Value>().await.unwrap_or_default(),
            Ok(_) | Err(_) => Value::Null,
        };
        let variant = answer["variant"].as_str().unwrap_or("default").to_owned();
        (answer["value"].as_bool().unwrap_or(false), variant)
    }
}

impl Cart {
    /// Fails as many of its requests as it is set to, evenly spread.
    async fn sell(&self) -> bool {
        tokio::time::sleep(Duration::from_millis(self.milliseconds.load(Ordering::Relaxed))).await;
        let percent = self.failing_percent.load(Ordering::Relaxed);
        let earlier = self.served.fetch_add(1, Ordering::Relaxed);
        (earlier + 1) * percent / 100 == earlier * percent / 100
    }
}

/// A customer as Tidegate knows them.
pub fn customer_name(customer: u64) -> String {
    format!("customer-{customer}")
}

async fn trade(shared: Arc<Shared>) {
    let mut pace = tokio::time::interval(Duration::from_micros(1_000_000 / PER_SECOND));
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for request in 0_u64.. {
        pace.tick().await;
        let shared = Arc::clone(&shared);
        // Prime to the number of customers, so that all of them come, and never the same tenth in a row.
        tokio::spawn(async move { shared.serve(request * 617 % CUSTOMERS).await });
    }
}
