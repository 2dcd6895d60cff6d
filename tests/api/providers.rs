//! The metrics of a plan, from the provider that each of them names.

use super::prometheus::{NOW, connection, no_data, vector};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tidegate::analysis::{Compared, NoData, Reading, Sums};
use tidegate::measure::{Allowance, Connections, Outcome, Outcomes, Providers, Readings};
use tidegate::rollout::{
    Arm, Ask, AskPrometheus, Better, Exposures, Measure, Metric, MetricSource, NoDataPolicy, Over, Plan, Query,
    RetrySalt, Role, Since, Unit, Versus,
};
use tidegate::units::{FlagKey, MetricName, RolloutName, VariantName};
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(super) fn plan_and_metric(unit: Unit, address: Option<String>) -> (Plan, Metric) {
    let plan = Plan {
        name: RolloutName::new("cart").expect("a name"),
        environment: Arc::from("default"),
        flag: FlagKey::new("cart").expect("a key"),
        candidate: VariantName::new("o\"n").expect("a name"),
        stable: VariantName::new("off").expect("a name"),
        bucket_by: Arc::from("targetingKey"),
        salt: Arc::from("cart"),
        layer: None,
        retry: RetrySalt::default(),
        exposures: Exposures::default(),
        start: None,
        baseline: None,
        alpha: 0.01,
        budget: None,
        telemetry: None,
        metrics: BTreeMap::new(),
        waves: Vec::new(),
        after: None,
    };
    let query = Arc::from(r#"p95{v="{{variant}}",f="{{flag}}"}[{{window}}]"#);
    let address = address.map(Arc::from);
    let ask = Ask::Prometheus(AskPrometheus::Value(query));
    let source = MetricSource::Query(Query { connection: None, address, window: Duration::from_secs(90), ask });
    let (better, no_data) = (Better::default(), NoDataPolicy::default());
    (plan, Metric { unit, role: Role::Guardrail, better, no_data, source })
}

fn providers(default: Option<&str>) -> Providers {
    let here = Allowance::parse("127.0.0.1").expect("a range");
    let named = default.map(|address| connection(address, Duration::from_secs(5)));
    Providers::new(Arc::new(Outcomes::new()), Connections::new(named.into_iter().collect(), vec![here]))
}

#[tokio::test]
async fn a_metric_is_asked_where_it_says_and_read_in_base_units() {
    let server = MockServer::start().await;
    Mock::given(query_param("query", r#"p95{v="o\"n",f="cart"}[90s]"#))
        .respond_with(ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "0.25")])))
        .mount(&server)
        .await;
    for (unit, expected) in [(Unit::Seconds, 250.0), (Unit::Percent, 0.0025), (Unit::Bytes, 0.25)] {
        let (plan, metric) = plan_and_metric(unit, None);
        let by_default = providers(Some(&server.uri())).read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await;
        let (_, metric) = plan_and_metric(unit, Some(server.uri()));
        let by_its_own =
            providers(Some("http://127.0.0.1:1")).read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await;
        for reading in [by_default, by_its_own] {
            assert_eq!(reading, Reading::Value { value: expected, samples: None, at: NOW });
        }
    }
}

#[tokio::test]
async fn without_any_address_there_is_no_provider() {
    let (plan, metric) = plan_and_metric(Unit::Number, None);
    let reading = providers(None).read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await;
    assert_eq!(reading, Reading::NoData(NoData::NoProvider("prometheus".to_owned())));
    let (_, metric) = plan_and_metric(Unit::Number, Some("hunter2".to_owned()));
    let why = no_data(providers(None).read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await);
    assert!(why.contains("the address is no URL") && !why.contains("hunter2"), "{why}");
}

#[tokio::test]
async fn a_value_too_large_for_its_base_unit_is_not_finite() {
    let server = MockServer::start().await;
    let response = ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1e308")]));
    Mock::given(path("/api/v1/query")).respond_with(response).mount(&server).await;
    let (plan, metric) = plan_and_metric(Unit::Seconds, Some(server.uri()));
    let reading = providers(None).read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await;
    assert_eq!(reading, Reading::NoData(NoData::NotFinite("inf".to_owned())));
}

#[tokio::test]
async fn outcomes_are_those_of_the_candidate_in_base_units() {
    let (plan, metric) = plan_and_metric(Unit::Seconds, None);
    let source =
        MetricSource::Outcomes { measure: Measure::ValueMean, window: Duration::from_secs(60), min_samples: 2 };
    let metric = Metric { source, ..metric };
    let outcomes = Arc::new(Outcomes::new());
    let post = |variant: &VariantName, value: f64| {
        let (flag, variant) = (plan.flag.clone(), variant.clone());
        outcomes.record(
            &[Outcome { flag, variant, user: None, at: None, ok: true, latency_ms: None, value: Some(value) }],
            NOW,
        );
    };
    post(&plan.stable, 90.0);
    post(&plan.candidate, 1.0);
    let providers = Providers::new(Arc::clone(&outcomes), Connections::new(Vec::new(), Vec::new()));
    let too_few = Reading::NoData(NoData::TooFew { have: 1, need: 2 });
    assert_eq!(providers.read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await, too_few);
    post(&plan.candidate, 2.0);
    let mean = Reading::Value { value: 1_500.0, samples: Some(2), at: NOW };
    assert_eq!(providers.read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await, mean);
    // What a wave has seen is what came since it began, however wide the slots that keep it.
    let began = NOW.plus(Duration::from_hours(2));
    let since = |began| providers.read(&plan, &metric, Arm::Candidate, Over::Since(began), began);
    assert_eq!(since(began).await, Reading::NoData(NoData::Empty));
    let counted = Reading::Value { value: 1_500.0, samples: Some(2), at: NOW };
    assert_eq!(since(NOW).await, counted);
}

/// A Prometheus that knows the answer to exactly these queries.
async fn knowing(answers: &[(&str, &str)]) -> MockServer {
    let server = MockServer::start().await;
    for (query, value) in answers {
        let response = ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, value)]));
        Mock::given(query_param("query", *query)).respond_with(response).mount(&server).await;
    }
    server
}

pub(super) fn asking(query: &str) -> (Plan, Metric) {
    let (plan, metric) = plan_and_metric(Unit::Number, None);
    let ask = Ask::Prometheus(AskPrometheus::Value(Arc::from(query)));
    let source = MetricSource::Query(Query { connection: None, address: None, window: Duration::from_secs(90), ask });
    (plan, Metric { source, ..metric })
}

#[tokio::test]
async fn the_control_group_is_asked_for_by_the_name_of_the_stable_variant() {
    let server = knowing(&[(r#"x{v="o\"n"}"#, "1"), (r#"x{v="off"}"#, "2")]).await;
    let (plan, metric) = asking(r#"x{v="{{variant}}"}"#);
    let providers = providers(Some(&server.uri()));
    for (arm, expected) in [(Arm::Candidate, 1.0), (Arm::Control, 2.0)] {
        let reading = providers.read(&plan, &metric, arm, Over::Usual, NOW).await;
        assert_eq!(reading, Reading::Value { value: expected, samples: None, at: NOW });
    }
}

#[tokio::test]
async fn a_query_that_names_no_variant_cannot_tell_the_groups_apart() {
    let server = knowing(&[("up", "1")]).await;
    let (plan, metric) = asking("up");
    let providers = providers(Some(&server.uri()));
    let why = no_data(providers.read(&plan, &metric, Arm::Control, Over::Usual, NOW).await);
    assert!(why.contains("without `{{variant}}`"), "{why}");
    let candidate = providers.read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await;
    assert!(matches!(candidate, Reading::Value { .. }), "the candidate's value is that of everybody: {candidate:?}");
}

#[tokio::test]
async fn another_span_goes_into_the_query_or_around_it() {
    let server =
        knowing(&[("rate(x[6h])", "1"), ("avg_over_time((\nx # y\n)[6h:3m])", "2"), ("rate(x[90s])", "3")]).await;
    let providers = providers(Some(&server.uri()));
    let six_hours = Over::Span(Duration::from_hours(6));
    for (query, over, expected) in
        [("rate(x[{{window}}])", six_hours, 1.0), ("x # y", six_hours, 2.0), ("rate(x[{{window}}])", Over::Usual, 3.0)]
    {
        let (plan, metric) = asking(query);
        let reading = providers.read(&plan, &metric, Arm::Candidate, over, NOW).await;
        assert_eq!(reading, Reading::Value { value: expected, samples: None, at: NOW }, "{query}");
    }
}

fn versus() -> Versus {
    let metric = MetricName::new("m").expect("a name");
    Versus { metric, looked: NOW, entered: NOW, alpha: 0.01 }
}

#[tokio::test]
async fn only_outcomes_are_compared_statistically() {
    let (plan, metric) = asking("up");
    let events = MetricSource::Events { event: Arc::from("escalation"), since: Since::Wave };
    for (source, expected) in [
        (metric.source.clone(), "only outcomes and a `ratio` of counters can be compared"),
        (events, "counted by the rollout itself"),
    ] {
        let metric = Metric { source, ..metric.clone() };
        let answer = providers(None).compare(&plan, &metric, &versus(), NOW).await;
        let Err(NoData::NotAsked(why)) = answer else { panic!("{answer:?}") };
        assert!(why.contains(expected), "{why}");
    }
}

#[tokio::test]
async fn outcomes_of_both_groups_are_read_over_any_span_and_compared_in_base_units() {
    let (plan, metric) = plan_and_metric(Unit::Seconds, None);
    let measure = Measure::ValueMean;
    let source = MetricSource::Outcomes { measure, window: Duration::from_secs(60), min_samples: 1 };
    let metric = Metric { source, ..metric };
    let outcomes = Arc::new(Outcomes::new());
    let post = |variant: &VariantName, value: f64, ago: u64| {
        let (flag, variant) = (plan.flag.clone(), variant.clone());
        let outcome = Outcome { flag, variant, user: None, at: None, ok: true, latency_ms: None, value: Some(value) };
        outcomes.record(&[outcome], NOW.minus(Duration::from_secs(ago)));
    };
    post(&plan.stable, 5.0, 7_200);
    post(&plan.stable, 1.0, 10);
    post(&plan.candidate, 3.0, 10);
    post(&plan.candidate, 1.0, 10);
    let providers = Providers::new(Arc::clone(&outcomes), Connections::new(Vec::new(), Vec::new()));
    for (arm, over, expected, samples) in [
        (Arm::Candidate, Over::Usual, 2_000.0, 2),
        (Arm::Control, Over::Usual, 1_000.0, 1),
        (Arm::Control, Over::Span(Duration::from_hours(6)), 3_000.0, 2),
    ] {
        let reading = providers.read(&plan, &metric, arm, over, NOW).await;
        assert_eq!(reading, Reading::Value { value: expected, samples: Some(samples), at: NOW });
    }
    let versus = Versus { entered: NOW.minus(Duration::from_hours(4)), ..versus() };
    let compared = providers.compare(&plan, &metric, &versus, NOW).await;
    let candidate = Sums { count: 2, mean: 2_000.0, variance: 2e6 };
    assert_eq!(compared, Ok(Compared::Sums { candidate, control: Sums { mean: 3_000.0, variance: 8e6, ..candidate } }));
}

#[tokio::test]
async fn groups_that_a_query_does_not_tell_apart_are_not_taken_for_each_other() {
    let server = MockServer::start().await;
    let fine = ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1")]));
    Mock::given(path("/api/v1/query")).respond_with(fine).mount(&server).await;
    let (mut plan, mut metric) = plan_and_metric(Unit::Number, None);
    plan.candidate = VariantName::new("v1.2").expect("a name");
    plan.stable = VariantName::new("v1-2").expect("a name");
    let mut asked = async |query: &str| {
        if let MetricSource::Query(of) = &mut metric.source {
            of.ask = Ask::Prometheus(AskPrometheus::Value(Arc::from(query)));
        }
        providers(Some(&server.uri())).read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await
    };
    let why = no_data(asked("errors_{{variant}}").await);
    assert!(why.contains("both variants of `cart` are written alike"), "{why}");
    assert!(matches!(asked("errors{v=\"{{variant}}\"}").await, Reading::Value { .. }));
    assert!(matches!(asked("errors").await, Reading::Value { .. }), "it asks for all alike");
}
