//! Ratios of two counters: what is counted from one look to the next, and what is read and was.

use super::prometheus::{NOW, connection, vector};
use super::providers::plan_and_metric;
use std::sync::Arc;
use std::time::Duration;
use tidegate::analysis::{Compared, Counted, Group, NoData, Reading};
use tidegate::measure::{Connections, Outcomes, Providers, Readings, Stretch};
use tidegate::rollout::{Arm, Ask, AskPrometheus, Metric, MetricSource, Over, Plan, Query, Unit, Versus};
use tidegate::units::{MetricName, UnixMillis};
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TIMEOUT: Duration = Duration::from_secs(5);

/// The last look was a minute ago; what is counted is counted up to 15 seconds ago.
const LOOKED: UnixMillis = UnixMillis::new(NOW.get() - 60_000);
const UNTIL: UnixMillis = UnixMillis::new(NOW.get() - 15_000);

fn ratio() -> (Plan, Metric) {
    let (plan, metric) = plan_and_metric(Unit::Ratio, None);
    let selector = |name: &str| Arc::from(format!(r#"{name}{{v="{{{{variant}}}}"}}"#));
    let ask = AskPrometheus::Ratio { bad: selector("bad"), total: selector("all"), min_samples: 20 };
    let window = Duration::from_secs(300);
    let source = MetricSource::Query(Query { connection: None, address: None, window, ask: Ask::Prometheus(ask) });
    (plan, Metric { source, ..metric })
}

fn providers(server: &MockServer) -> Providers {
    Providers::new(Arc::new(Outcomes::new()), Connections::new(vec![connection(&server.uri(), TIMEOUT)], Vec::new()))
}

/// A series by its pod, with samples so many seconds after the last look.
type Series<'s> = (&'s str, &'s [(i64, &'s str)]);

fn matrix(series: &[Series<'_>]) -> String {
    let one = |(pod, samples): &Series<'_>| {
        let at = |after: i64| (LOOKED.get() + after * 1_000) as f64 / 1_000.0;
        let values: Vec<_> = samples.iter().map(|(after, value)| format!(r#"[{},"{value}"]"#, at(*after))).collect();
        format!(r#"{{"metric":{{"pod":"{pod}"}},"values":[{}]}}"#, values.join(","))
    };
    let all: Vec<_> = series.iter().map(one).collect();
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#, all.join(","))
}

async fn knows(server: &MockServer, query: &str, time: Option<&str>, body: String) {
    let response = ResponseTemplate::new(200).set_body_string(body);
    let mock = Mock::given(path("/api/v1/query")).and(query_param("query", query));
    match time {
        Some(time) => mock.and(query_param("time", time)).respond_with(response).mount(server).await,
        None => mock.respond_with(response).mount(server).await,
    }
}

/// A Prometheus with these samples around the last look: bad and all, of the candidate and of the control.
async fn counting(samples: [&[Series<'_>]; 4]) -> MockServer {
    let server = MockServer::start().await;
    // From five minutes before the look to its end.
    let until = format!("{}.000", UNTIL.get() / 1_000);
    for (selector, series) in
        [r#"bad{v="o\"n"}"#, r#"all{v="o\"n"}"#, r#"bad{v="off"}"#, r#"all{v="off"}"#].iter().zip(samples)
    {
        knows(&server, &format!("{selector}[345s]"), Some(&until), matrix(series)).await;
    }
    server
}

async fn compared(server: &MockServer) -> Result<Compared, NoData> {
    let (plan, metric) = ratio();
    let name = MetricName::new("m").expect("a name");
    let versus = Versus { metric: name, looked: LOOKED, entered: LOOKED, alpha: 0.01 };
    providers(server).compare(&plan, &metric, &versus, NOW).await
}

fn groups(compared: Result<Compared, NoData>) -> ((u64, u64), (u64, u64)) {
    let Ok(Compared::Counts(counts)) = compared else { panic!("{compared:?}") };
    assert_eq!((counts.until, counts.of), (UNTIL, Counted::Events));
    let of = |group: Group| (group.exposed, group.bad);
    (of(counts.candidate), of(counts.control))
}

#[tokio::test]
async fn both_groups_are_counted_from_the_last_look_with_resets_and_over_all_series() {
    let server = counting([
        &[("a", &[(-5, "2"), (10, "3"), (25, "1")])],
        &[("a", &[(-5, "100"), (10, "110"), (25, "4")]), ("b", &[(-290, "7"), (0, "8"), (40, "20")])],
        &[],
        &[("c", &[(-5, "1000"), (40, "1500")])],
    ])
    .await;
    // Of a: one more, then it began anew and had one; 10 and 4 of all. Of b: 12.
    assert_eq!(groups(compared(&server).await), ((26, 2), (500, 0)));
}

#[tokio::test]
async fn a_counter_that_begins_within_the_look_is_counted_whole_unless_it_was_there_before() {
    let before = format!("{}.000", LOOKED.get() / 1_000);
    for (earlier, expected) in [(&[][..], 9), (&[("new", "4")][..], 5), (&[("new", "400")][..], 9)] {
        let server = counting([
            &[("new", &[(10, "6"), (25, "9")])],
            &[("a", &[(-5, "100"), (25, "200")])],
            &[],
            &[("c", &[(-5, "1"), (40, "2")])],
        ])
        .await;
        let had = matrix(&earlier.iter().map(|(pod, _)| (*pod, &[][..])).collect::<Vec<_>>());
        let had = earlier.iter().fold(had, |body, (_, value)| body.replace("[]", &format!("[[1,\"{value}\"]]")));
        knows(&server, r#"last_over_time(bad{v="o\"n"}[24h])"#, Some(&before), had).await;
        assert_eq!(groups(compared(&server).await), ((100, expected), (1, 0)), "{earlier:?}");
    }
}

#[tokio::test]
async fn where_nobody_looked_before_a_counter_begins_where_it_stands() {
    let late: &[(&str, &[(i64, &str)])] = &[("a", &[(10, "1000"), (40, "1010")])];
    let server = counting([&[], late, &[], late]).await;
    let none = matrix(&[]);
    for selector in [r#"all{v="o\"n"}"#, r#"all{v="off"}"#] {
        knows(&server, &format!("last_over_time({selector}[24h])"), None, none.clone()).await;
    }
    assert_eq!(groups(compared(&server).await), ((10, 0), (10, 0)));
}

#[tokio::test]
async fn what_cannot_be_counted_is_no_data_with_its_reason() {
    let some: &[(&str, &[(i64, &str)])] = &[("a", &[(-5, "10"), (40, "12")])];
    let more: &[(&str, &[(i64, &str)])] = &[("a", &[(-5, "10"), (40, "20")])];
    for (samples, expected) in [
        ([&[][..], &[], &[], some], "there are no values"),
        ([&[], some, &[], &[]], "in the control group: there are no values"),
        ([more, some, &[], some], "`bad` grew by 10 and `total` by 2"),
        ([&[], some, more, some], "in the control group: answer could not be read (`bad` grew by 10"),
    ] {
        let why = compared(&counting(samples).await).await.expect_err(expected).to_string();
        assert!(why.contains(expected), "{why}");
    }
    let server = MockServer::start().await;
    let failing = r#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
    Mock::given(path("/api/v1/query"))
        .respond_with(ResponseTemplate::new(422).set_body_string(failing))
        .mount(&server)
        .await;
    assert!(compared(&server).await.is_err_and(|why| why.to_string().contains("too many samples")));
}

#[tokio::test]
async fn a_look_that_is_younger_than_its_samples_counts_nothing_and_asks_nobody() {
    let server = MockServer::start().await;
    let (plan, metric) = ratio();
    let looked = NOW.minus(Duration::from_secs(5));
    let versus = Versus { metric: MetricName::new("m").expect("a name"), looked, entered: looked, alpha: 0.01 };
    let Ok(Compared::Counts(counts)) = providers(&server).compare(&plan, &metric, &versus, NOW).await else {
        panic!("no counts")
    };
    assert_eq!((counts.until, counts.candidate, counts.control), (looked, Group::default(), Group::default()));
    assert_eq!(server.received_requests().await.map(|all| all.len()), Some(0));
}

#[tokio::test]
async fn a_ratio_is_read_as_a_share_with_its_samples() {
    for (bad, all, expected) in [
        (Some("3"), Some("60.4"), Ok((3.0 / 60.4, 60))),
        // Nobody has counted a failure up yet.
        (None, Some("60"), Ok((0.0, 60))),
        (Some("1"), Some("19.4"), Err("19 of 20 samples")),
        (None, None, Err("there are no values")),
        (Some("NaN"), Some("60"), Err("value is NaN")),
    ] {
        let server = MockServer::start().await;
        for (name, value) in [("bad", bad), ("all", all)] {
            let body = vector(&value.map(|value| (1.7e9, value)).into_iter().collect::<Vec<_>>());
            knows(&server, &format!(r#"sum(increase({name}{{v="o\"n"}}[5m]))"#), None, body).await;
        }
        let (plan, metric) = ratio();
        let reading = providers(&server).read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await;
        match expected {
            Ok((value, samples)) => {
                assert_eq!(reading, Reading::Value { value, samples: Some(samples), at: NOW });
            }
            Err(expected) => assert_eq!(reading.value().expect_err("no data").to_string(), expected),
        }
    }
}

#[tokio::test]
async fn what_was_is_asked_for_in_pieces_and_told_in_base_units() {
    let server = MockServer::start().await;
    let query = r#"p95{v="o\"n",f="cart"}[90s]"#;
    let from = NOW.minus(Duration::from_secs(15_000));
    let piece = |begin: UnixMillis, value: &str| {
        let at = begin.get() as f64 / 1_000.0;
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[[{at},"{value}"],[{},"NaN"]]}}]}}}}"#,
            at + 1.0
        )
    };
    let middle = UnixMillis::new(from.get() + 10_001_000);
    for (begin, end, value) in [(from, UnixMillis::new(from.get() + 10_000_000), "0.25"), (middle, NOW, "0.5")] {
        let seconds = |at: UnixMillis| format!("{}.000", at.get() / 1_000);
        Mock::given(path("/api/v1/query_range"))
            .and(query_param("query", query))
            .and(query_param("start", seconds(begin).as_str()))
            .and(query_param("end", seconds(end).as_str()))
            .and(query_param("step", "1"))
            .respond_with(ResponseTemplate::new(200).set_body_string(piece(begin, value)))
            .expect(1)
            .mount(&server)
            .await;
    }
    let (plan, metric) = plan_and_metric(Unit::Seconds, None);
    let stretch = Stretch { from, until: NOW, step: Duration::from_secs(1) };
    let past = providers(&server).past(&plan, &metric, Arm::Candidate, Over::Usual, stretch).await;
    assert_eq!(past, Ok(vec![(from, 250.0), (middle, 500.0)]));
    let events = MetricSource::Events { event: Arc::from("e"), since: tidegate::rollout::Since::Wave };
    let metric = Metric { source: events, ..metric };
    let none = providers(&server).past(&plan, &metric, Arm::Candidate, Over::Usual, stretch).await;
    assert!(none.is_err_and(|why| why.to_string().contains("`events` has no past")));
}

#[tokio::test]
async fn a_query_too_long_for_an_address_is_sent_as_a_form() {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::method("POST"))
        .and(path("/api/v1/query"))
        .and(wiremock::matchers::header("content-type", "application/x-www-form-urlencoded"))
        .and(wiremock::matchers::body_string_contains("query=up+%2B+up"))
        .respond_with(ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1")])))
        .expect(1)
        .mount(&server)
        .await;
    let query = vec!["up"; 500].join(" + ");
    let reading = super::prometheus::asked(&server.uri(), &query).await;
    assert!(matches!(reading, Reading::Value { .. }), "{reading:?}");
}
