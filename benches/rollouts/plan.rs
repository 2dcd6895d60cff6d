//! The plan of each rollout, and healthy answers to all that it asks.

use crate::BEGIN;
use async_trait::async_trait;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidegate::analysis::{Compared, Counted, Counts, Group, NoData, Reading, Sampled};
use tidegate::flag::{Catalog, lower as lower_flags};
use tidegate::measure::Readings;
use tidegate::rollout::{
    Arm, Attachments, Beginning, Event, Evidence, Metric, Over, Plan, Question, Split, State, Versus, decide, lower,
};
use tidegate::source::{Format, parse};
use tidegate::units::{MetricName, UnixMillis};

/// Five metrics, and conditions of several kinds over them.
pub fn plan_text(name: &str) -> String {
    format!(
        r#"kind: Rollout
name: {name}
flag: {name}
candidate: "on"
stable: "off"
metrics:
  error_rate: {{ provider: outcomes, measure: error_ratio, target: "< 2%", warning: "> 5%", critical: "> 10% for 5m" }}
  p95: {{ provider: outcomes, measure: latency_p95, target: "< 500ms", warning: "> 600ms" }}
  p99: {{ provider: outcomes, measure: latency_p99, warning: "> 800ms" }}
  memory: {{ provider: prometheus, unit: bytes, query: 'memory{{v="{{{{variant}}}}"}}', critical: "> 4GiB" }}
  cpu: {{ provider: prometheus, unit: ratio, query: 'cpu{{v="{{{{variant}}}}"}}', role: signal, warning: "> 80%" }}
always:
  close_when: [ 'alert(severity = "critical")', error_rate regresses by 20%, p95 > control * 2 ]
waves:
  - {{ name: tenth, exposure: 10%, bake: 30d, every: 1m }}
  - {{ name: half, exposure: 50%, bake: 30d, every: 1m }}
  - {{ name: all, exposure: 100%, bake: 1d, every: 1m }}
after: {{ watch: 7d, every: 1m, holdback: 1% }}
"#
    )
}

/// A flag for each rollout.
pub fn flags(count: usize) -> Catalog {
    let mut text = "flags:\n".to_owned();
    for number in 0..count {
        writeln!(
            text,
            "  rollout-{number}: {{ state: ENABLED, variants: {{ 'on': true, 'off': false }}, defaultVariant: 'off' }}"
        )
        .expect("written");
    }
    let mut catalog = Catalog::new();
    let parsed = parse("flags.yaml", text.as_bytes(), Format::Yaml).and_then(|parsed| lower_flags(&parsed));
    catalog.update("flags.yaml", parsed);
    catalog
}

/// The plan, and its state when the first wave has just begun.
pub fn started(name: &str) -> (Plan, State) {
    let text = plan_text(name);
    let parsed = parse("plan.yaml", text.as_bytes(), Format::Yaml).expect("YAML");
    let document = parsed.documents.first().expect("a document");
    let plan = lower(document, &parsed.text, &Attachments::none()).expect("a plan");
    let start = Event::Start(Beginning { by: "bench".to_owned(), ..Beginning::default() });
    let state = decide(&plan, &State::Pending { attempts: 0 }, &start, BEGIN).expect("begun").next;
    (plan, state)
}

fn value(metric: &str) -> f64 {
    match metric {
        "error_rate" => 0.01,
        "p95" => 200.0,
        "p99" => 400.0,
        "memory" => 1e9,
        _ => 0.4,
    }
}

/// A healthy check.
pub fn evidence(now: UnixMillis) -> Evidence {
    let named = |name: &str| MetricName::new(name).expect("a name");
    let reading = |name: &str| Reading::Value { value: value(name), samples: Some(10_000), at: now };
    let mut evidence = Evidence::default();
    for name in ["error_rate", "p95", "p99", "memory", "cpu"] {
        evidence.readings.insert(named(name), reading(name));
    }
    let control = Question { metric: named("p95"), arm: Arm::Control, over: Over::Usual };
    evidence.others.insert(control, reading("p95"));
    evidence.compared.insert(named("error_rate"), Ok(Compared::Counts(counts(now))));
    evidence
}

fn counts(now: UnixMillis) -> Counts {
    Counts {
        candidate: Group { exposed: 100, bad: 1 },
        control: Group { exposed: 900, bad: 9 },
        of: Counted::Users,
        until: now,
        behind: Default::default(),
        sampled: Sampled::default(),
        events: None,
    }
}

/// Answers at once.
#[derive(Debug, Default)]
pub struct Answers {
    asked: AtomicUsize,
}

impl Answers {
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Readings for Answers {
    async fn read(&self, plan: &Plan, metric: &Metric, _: Arm, _: Over, now: UnixMillis) -> Reading {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let name = plan.metrics.iter().find(|(_, other)| *other == metric).map(|(name, _)| name.as_str());
        Reading::Value { value: value(name.unwrap_or("")), samples: Some(10_000), at: now }
    }

    async fn compare(&self, _: &Plan, _: &Metric, _: &Versus, now: UnixMillis) -> Result<Compared, NoData> {
        Ok(Compared::Counts(counts(now)))
    }

    async fn split(&self, _: &Plan, _: UnixMillis, _: UnixMillis) -> Result<Split, NoData> {
        Ok(Split { candidate: 100, control: 900 })
    }
}
