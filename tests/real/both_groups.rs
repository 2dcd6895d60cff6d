//! What a real Prometheus says of the control group, and over a longer time than its query looks back.

use super::world::World;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tidegate::analysis::Reading;
use tidegate::measure::{
    Address, ConnectionKind, ConnectionSettings, Connections, FetcherSettings, Outcomes, PrometheusConnection,
    Providers, Readings,
};
use tidegate::rollout::{Arm, Attachments, Over, Plan, lower};
use tidegate::source::{Format, parse};
use tidegate::units::UnixMillis;

const RULES: &str = r#"
waves:
  - { name: tenth, exposure: 10%, bake: 1h, every: 1h }
"#;

const PLAN: &str = r#"
kind: Rollout
name: new-cart
flag: new-cart
candidate: "on"
stable: "off"
metrics:
  rate:
    provider: prometheus
    unit: number
    window: 10s
    query: 'sum(rate(http_requests_total{variant="{{variant}}"}[{{window}}]))'
  targets: { provider: prometheus, unit: number, query: 'count(up) or vector(0) # how many are looked at' }
  rates: { provider: prometheus, unit: number, query: 'sum(rate(http_requests_total{variant="{{variant}}"}[10s]))' }
waves:
  - { name: tenth, exposure: 10%, bake: 1h }
"#;

fn plan() -> Plan {
    let parsed = parse("plan.yaml", PLAN.as_bytes(), Format::Yaml).expect("sound");
    lower(&parsed.documents[0], &parsed.text, &Attachments::none()).expect("a plan")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_group_and_longer_spans_are_read_from_a_real_prometheus() {
    let mut world = World::start(RULES).await;
    let plan = plan();
    let providers = Providers::new(Arc::new(Outcomes::new()), Connections::new(vec![connection(&world)], Vec::new()));
    for (metric, over) in [
        ("rate", Over::Usual),
        ("rate", Over::Span(Duration::from_secs(30))),
        ("rates", Over::Span(Duration::from_secs(30))),
    ] {
        let metric = &plan.metrics[metric];
        world
            .until("the control group has a rate", async |_| {
                match providers.read(&plan, metric, Arm::Control, over, now()).await {
                    Reading::Value { value, .. } if value > 0.0 => Ok(()),
                    other @ (Reading::Value { .. } | Reading::NoData(_)) => Err(format!("{over:?}: {other:?}")),
                }
            })
            .await;
    }
    let targets = providers.read(&plan, &plan.metrics["targets"], Arm::Candidate, over_a_minute(), now()).await;
    assert!(matches!(targets, Reading::Value { value, .. } if value > 0.0), "a comment ends no average: {targets:?}");
}

/// The world's Prometheus as the connection `prometheus`.
fn connection(world: &World) -> ConnectionSettings {
    let address = Some(Address::parse(&world.prometheus.url()).expect("an address"));
    let kind = ConnectionKind::Prometheus(PrometheusConnection::default());
    ConnectionSettings { name: Arc::from("prometheus"), address, fetch: FetcherSettings::default(), kind }
}

const fn over_a_minute() -> Over {
    Over::Span(Duration::from_secs(60))
}

fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    UnixMillis::new(i64::try_from(since.as_millis()).expect("this age"))
}
