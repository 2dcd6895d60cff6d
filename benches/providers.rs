//! What asking systems outside takes: 1,000 queries of 1,000 rollouts in one moment, with a slow system beside it.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a bench that cannot make its own plans has nothing to measure"
)]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tidegate::analysis::Reading;
use tidegate::clock::Clock;
use tidegate::measure::{
    Address, ConnectionKind, ConnectionSettings, Connections, FetcherSettings, Outcomes, PrometheusConnection,
    Providers, Readings,
};
use tidegate::rollout::{Arm, Over, Plan};
use tidegate::source::{Format, parse};

const QUERIES: usize = 1_000;
const ROUNDS: usize = 10;

/// How long the double thinks about an answer, as a busy Prometheus does.
const THINKS: Duration = Duration::from_millis(5);

/// A double of Prometheus: answers after a while, and knows how many it had to answer at once.
#[derive(Debug, Default)]
struct Double {
    under_way: AtomicUsize,
    most: AtomicUsize,
    asked: AtomicUsize,
}

impl Double {
    async fn serve(self: Arc<Self>, thinks: Duration) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let double = Arc::clone(&self);
                let service = hyper::service::service_fn(move |_| {
                    let double = Arc::clone(&double);
                    async move { Ok::<_, Infallible>(double.answer(thinks).await) }
                });
                tokio::spawn(async move {
                    let io = hyper_util::rt::TokioIo::new(stream);
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                });
            }
        });
        address
    }

    async fn answer(&self, thinks: Duration) -> hyper::Response<String> {
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(under_way, Ordering::SeqCst);
        self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(thinks).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        let now = Clock::system().now().get() as f64 / 1_000.0;
        let result = format!(r#"[{{"metric":{{}},"value":[{now},"0.25"]}}]"#);
        hyper::Response::new(format!(r#"{{"status":"success","data":{{"resultType":"vector","result":{result}}}}}"#))
    }
}

fn connection(name: &str, address: &str) -> ConnectionSettings {
    ConnectionSettings {
        name: Arc::from(name),
        address: Some(Address::parse(address).unwrap()),
        fetch: FetcherSettings::default(),
        kind: ConnectionKind::Prometheus(PrometheusConnection::default()),
    }
}

fn plan(connection: &str, query: &str) -> Plan {
    let text = format!(
        "kind: Rollout\nname: r\nflag: f\ncandidate: \"on\"\nstable: \"off\"\nmetrics:\n  m: {{ provider: prometheus, \
         connection: {connection}, query: '{query}' }}\nwaves:\n  - {{ name: w, exposure: 10%, bake: 1h, every: 10s }}\n"
    );
    let parsed = parse("plan.yaml", text.as_bytes(), Format::Yaml).unwrap();
    tidegate::rollout::lower(&parsed.documents[0], &parsed.text, &tidegate::rollout::Attachments::none()).unwrap()
}

/// A tick: every rollout asks for its metric in the same moment. How long all took, and how many had data.
async fn tick(providers: &Providers, plans: &[Plan]) -> (Duration, usize) {
    let begun = Instant::now();
    let now = Clock::system().now();
    let asked = plans.iter().map(|plan| {
        let metric = plan.metrics.values().next().unwrap();
        providers.read(plan, metric, Arm::Candidate, Over::Usual, now)
    });
    let readings = futures_util::future::join_all(asked).await;
    (begun.elapsed(), readings.iter().filter(|reading| matches!(reading, Reading::Value { .. })).count())
}

fn show(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let (middle, worst) = (took[took.len() / 2], took[took.len() - 1]);
    println!("{what}: median {middle:.1?}, worst {worst:.1?} of {} ticks", took.len());
}

#[tokio::main]
async fn main() {
    let (fast, slow) = (Arc::new(Double::default()), Arc::new(Double::default()));
    let connections = Connections::new(
        vec![
            connection("fast", &Arc::clone(&fast).serve(THINKS).await),
            connection("slow", &Arc::clone(&slow).serve(Duration::from_secs(60)).await),
        ],
        Vec::new(),
    );
    let providers = Providers::new(Arc::new(Outcomes::new()), connections);
    let own: Vec<_> = (0..QUERIES).map(|index| plan("fast", &format!("m{index}"))).collect();
    let alike: Vec<_> = (0..QUERIES).map(|_| plan("fast", "same")).collect();
    let waiting: Vec<_> = (0..QUERIES).map(|index| plan("slow", &format!("m{index}"))).collect();
    let between = || tokio::time::sleep(Duration::from_millis(1_100));

    let mut alone = Vec::new();
    for _ in 0..ROUNDS {
        let (took, had) = tick(&providers, &own).await;
        assert_eq!(had, QUERIES);
        alone.push(took);
        between().await;
    }
    show(&format!("{QUERIES} queries of as many rollouts, {THINKS:?} each"), alone);
    assert!(fast.most.load(Ordering::SeqCst) <= 64);
    println!("  at once at most {}", fast.most.load(Ordering::SeqCst));

    let mut beside = Vec::new();
    for _ in 0..ROUNDS {
        let slow_providers = providers.clone();
        let slow_plans = waiting.clone();
        let slow_tick = tokio::spawn(async move { tick(&slow_providers, &slow_plans).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (took, had) = tick(&providers, &own).await;
        assert_eq!(had, QUERIES);
        beside.push(took);
        slow_tick.abort();
        between().await;
    }
    show("the same beside a system that never answers and is asked as much", beside);
    println!("  at once at most {} of the slow one", slow.most.load(Ordering::SeqCst));
    let (took, had) = tick(&providers, &waiting).await;
    println!("the slow one's own tick: {took:.1?}, {had} with data");

    let before = fast.asked.load(Ordering::SeqCst);
    let (took, had) = tick(&providers, &alike).await;
    let asked = fast.asked.load(Ordering::SeqCst) - before;
    assert_eq!(had, QUERIES);
    println!("{QUERIES} rollouts with the same query: {took:.1?}, asked {asked} times");
}
