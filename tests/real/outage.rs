//! Days that nobody looked at, in Debian's Prometheus, which may load only so many samples for one question.

use super::counters::now;
use super::ports::free_address;
use super::process::Process;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidegate::analysis::{Compared, Group};
use tidegate::measure::{
    Address, ConnectionKind, ConnectionSettings, Connections, FetcherSettings, Outcomes, PrometheusConnection,
    Providers, Readings,
};
use tidegate::rollout::{Attachments, Plan, Versus, lower};
use tidegate::source::{Format, parse};
use tidegate::units::{MetricName, UnixMillis};

const PLAN: &str = r#"
kind: Rollout
name: cart-v2
flag: cart
candidate: "on"
stable: "off"
metrics:
  errors: { provider: prometheus, ratio: { bad: 'bad_total{v="{{variant}}"}', total: 'all_total{v="{{variant}}"}' } }
waves:
  - { name: tenth, exposure: 10%, bake: 1h, every: 10s, close_when: errors regresses }
"#;

/// How many programs count for each variant.
const PODS: i64 = 40;

/// How often they are scraped, in seconds.
const SCRAPED: i64 = 30;

/// How many samples Prometheus loads for one question: more than a quarter of an hour has, and fewer than an hour.
const MOST_SAMPLES: &str = "3000";

/// Each program begins anew every 200 scrapes, at a time of its own.
fn value(pod: i64, tick: i64) -> i64 {
    (tick + pod * 7).rem_euclid(200)
}

fn past(from: i64, until: i64) -> String {
    let mut text = String::new();
    for (name, times) in [("all", 3), ("bad", 1)] {
        writeln!(text, "# TYPE {name} counter").expect("a String");
        for (variant, pod) in ["on", "off"].into_iter().flat_map(|variant| (0..PODS).map(move |pod| (variant, pod))) {
            for tick in from / SCRAPED..=until / SCRAPED {
                let (value, at) = (times * value(pod, tick), tick * SCRAPED);
                writeln!(text, "{name}_total{{v=\"{variant}\",pod=\"{pod}\"}} {value} {at}").expect("a String");
            }
        }
    }
    text + "# EOF\n"
}

/// By how much the counters of a variant grew, as one who saw every scrape would say.
fn grown(from: i64, until: i64) -> Group {
    let step = |pod: i64, tick: i64| {
        let (before, after) = (value(pod, tick), value(pod, tick + 1));
        u64::try_from(if after >= before { after - before } else { after }).expect("not negative")
    };
    let ticks = from.div_euclid(SCRAPED)..until.div_euclid(SCRAPED);
    let bad = ticks.flat_map(|tick| (0..PODS).map(move |pod| step(pod, tick))).sum();
    Group { exposed: 3 * bad, bad }
}

fn plan() -> Plan {
    let parsed = parse("plan.yaml", PLAN.as_bytes(), Format::Yaml).expect("sound");
    lower(&parsed.documents[0], &parsed.text, &Attachments::none()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn providers(address: &str) -> Providers {
    let kind = PrometheusConnection { lag: Duration::ZERO, ..PrometheusConnection::default() };
    let settings = ConnectionSettings {
        name: Arc::from("prometheus"),
        address: Some(Address::parse(&format!("http://{address}")).expect("an address")),
        fetch: FetcherSettings { proxied: false, ..FetcherSettings::default() },
        kind: ConnectionKind::Prometheus(kind),
    };
    Providers::new(Arc::new(Outcomes::new()), Connections::new(vec![settings], Vec::new()))
}

/// What an hour of forty programs is too much for is counted all the same: exactly, and in a bounded number of looks.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_looked_at_for_a_day_is_caught_up_with_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let ends = now().get() / 1_000 / 3_600 * 3_600;
    let (begins, looked) = (ends - 25 * 3_600, ends - 24 * 3_600);
    fs::write(home.join("past.txt"), past(begins, ends)).expect("written");
    let (written, data) = (home.join("past.txt"), home.join("data"));
    let made = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([&written, &data])
        .output()
        .expect("promtool runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::write(home.join("prometheus.yml"), "global: { scrape_interval: 1m }\n").expect("written");
    let address = free_address();
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", home.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", data.display()))
        .arg(format!("--query.max-samples={MOST_SAMPLES}"))
        .arg(format!("--web.listen-address={address}"));
    let _prometheus = Process::start("prometheus", &mut command, &home.join("log"));

    let (plan, providers) = (plan(), providers(&address));
    let (mut candidate, mut control) = (Group::default(), Group::default());
    let (mut at, mut refused) = (UnixMillis::new(looked * 1_000), 0);
    let (until, begun) = (UnixMillis::new(ends * 1_000), Instant::now());
    while at < until {
        assert!(begun.elapsed() < Duration::from_secs(120), "it came to {at:?} of {until:?}");
        let metric = MetricName::new("errors").expect("a name");
        let versus = Versus { metric, looked: at, entered: at, alpha: 0.01 };
        // The clock stands at the end of what was written, so that the end is the same whenever this runs.
        match providers.compare(&plan, &plan.metrics["errors"], &versus, until).await {
            Ok(Compared::Counts(counts)) => {
                assert_eq!(counts.behind, until.since(counts.until));
                (candidate.exposed, candidate.bad) =
                    (candidate.exposed + counts.candidate.exposed, candidate.bad + counts.candidate.bad);
                (control.exposed, control.bad) =
                    (control.exposed + counts.control.exposed, control.bad + counts.control.bad);
                at = counts.until;
            }
            Ok(other) => panic!("{other:?}"),
            Err(why) => {
                refused += usize::from(why.to_string().contains("too many samples"));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    assert!(refused > 0, "an hour was not too much: this shows nothing");
    assert_eq!((candidate, control), (grown(looked, ends), grown(looked, ends)));
}
