//! What Datadog, endpoints, Graphite, InfluxDB and CloudWatch are sent, to the byte, and what becomes of their answers.

use super::providers::plan_and_metric;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tidegate::analysis::{NoData, Reading};
use tidegate::clock::Clock;
use tidegate::measure::{
    Address, AwsPlaces, CloudWatchConnection, ConnectionKind, ConnectionSettings, Connections, FetcherSettings,
    InfluxConnection, Outcomes, Providers, Readings, Stretch,
};
use tidegate::rollout::{
    Aggregator, Arm, Ask, AskCloudWatch, AskDatadog, AskGraphite, AskInflux, AskWeb, Figure, InfluxLanguage, Metric,
    MetricSource, Over, Plan, Query, Statistic, Unit, WebBody, WebMethod,
};
use tidegate::units::UnixMillis;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// A server that keeps what it was sent and always says the same.
async fn saying(status: u16, body: &Value) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(&server)
        .await;
    server
}

async fn sent(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

/// One connection, called like its kind.
fn providers(server: &MockServer, kind: ConnectionKind, headers: &[(&'static str, &'static str)]) -> Providers {
    let mut fetch = FetcherSettings::default();
    for (name, value) in headers {
        fetch.headers.insert(*name, value.parse().unwrap());
    }
    let (name, address) = (Arc::from(kind.word()), Some(Address::parse(&server.uri()).unwrap()));
    let connection = ConnectionSettings { name, address, fetch, kind };
    Providers::new(Arc::new(Outcomes::new()), Connections::new(vec![connection], Vec::new()))
}

/// A metric that asks that over 90 seconds.
fn asking(ask: Ask) -> (Plan, Metric) {
    let (plan, metric) = plan_and_metric(Unit::Number, None);
    let query = Query { connection: None, address: None, window: Duration::from_secs(90), ask };
    (plan, Metric { source: MetricSource::Query(query), ..metric })
}

fn now() -> UnixMillis {
    Clock::system().now()
}

async fn value(
    providers: &Providers,
    (plan, metric): &(Plan, Metric),
    over: Over,
) -> Result<(f64, Option<u64>), NoData> {
    match providers.read(plan, metric, Arm::Candidate, over, now()).await {
        Reading::Value { value, samples, .. } => Ok((value, samples)),
        Reading::NoData(why) => Err(why),
    }
}

fn datadog() -> Ask {
    let of = |metric: &str| Arc::from(format!("sum:{metric}{{flag:{{{{flag}}}},variant:{{{{variant}}}}}}.as_count()"));
    Ask::Datadog(AskDatadog {
        queries: vec![(Arc::from("bad"), of("errors")), (Arc::from("all"), of("requests"))],
        formula: Arc::from("bad / all"),
        aggregator: Aggregator::Sum,
        samples: Some(Arc::from("all")),
        min_samples: 20,
    })
}

const KEYS: [(&str, &str); 2] = [("dd-api-key", "hunter2"), ("dd-application-key", "hunter3")];

#[tokio::test]
async fn datadog_is_asked_for_one_number_with_both_keys() {
    let column = |name: &str, value: f64| json!({ "name": name, "type": "number", "values": [value], "meta": {} });
    let columns = json!([column("bad / all", 0.25), column("all", 120.0)]);
    let answer = json!({ "data": { "type": "scalar_response", "attributes": { "columns": columns } } });
    let server = saying(200, &answer).await;
    let providers = providers(&server, ConnectionKind::Datadog, &KEYS);
    let before = now();
    assert_eq!(value(&providers, &asking(datadog()), Over::Usual).await, Ok((0.25, Some(120))));
    let requests = sent(&server).await;
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/api/v2/query/scalar"));
    assert_eq!(header(request, "dd-api-key"), Some("hunter2"));
    assert_eq!(header(request, "dd-application-key"), Some("hunter3"));
    assert_eq!(header(request, "content-type"), Some("application/json"));
    let mut body: Value = serde_json::from_slice(&request.body).unwrap();
    let attributes = &mut body["data"]["attributes"];
    let (from, to) = (attributes["from"].take().as_i64().unwrap(), attributes["to"].take().as_i64().unwrap());
    assert_eq!(to - from, 90_000, "times are in milliseconds");
    assert!((to - before.get()).abs() < 60_000);
    // The candidate is called `o"n`: Datadog keeps that as `o_n`.
    let query = |name: &str, metric: &str| {
        let query = format!("sum:{metric}{{flag:cart,variant:o_n}}.as_count()");
        json!({ "data_source": "metrics", "name": name, "query": query, "aggregator": "sum" })
    };
    let expected = json!({
        "from": null, "to": null,
        "queries": [query("bad", "errors"), query("all", "requests")],
        "formulas": [{ "formula": "bad / all" }, { "formula": "all" }],
    });
    assert_eq!(*attributes, expected);
    assert_eq!(body["data"]["type"], "scalar_request");
}

#[tokio::test]
async fn datadogs_past_is_asked_for_in_parts_and_put_together() {
    let server = MockServer::start().await;
    let answers = |request: &Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let attributes = &body["data"]["attributes"];
        assert_eq!((&body["data"]["type"], &attributes["interval"]), (&json!("timeseries_request"), &json!(60_000)));
        let (from, to) = (attributes["from"].as_i64().unwrap(), attributes["to"].as_i64().unwrap());
        assert!(to - from <= 1_000 * 60_000, "no more than Datadog gives at once");
        let attributes = json!({ "series": [{}], "times": [from, to], "values": [[1.0, null]] });
        ResponseTemplate::new(200).set_body_json(json!({ "data": { "attributes": attributes } }))
    };
    Mock::given(method("POST")).and(path("/api/v2/query/timeseries")).respond_with(answers).mount(&server).await;
    let providers = providers(&server, ConnectionKind::Datadog, &KEYS);
    let (plan, metric) = asking(datadog());
    let until = now();
    let stretch = Stretch { from: until.minus(Duration::from_hours(24)), until, step: Duration::from_secs(60) };
    let past = providers.past(&plan, &metric, Arm::Control, Over::Usual, stretch).await.unwrap();
    assert_eq!(past.len(), 2, "1440 minutes in parts of 1000: {past:?}");
    assert!(past.iter().all(|(at, value)| *at >= stretch.from && *at < until && *value == 1.0));
}

#[tokio::test]
async fn variants_that_datadog_cannot_tell_apart_are_not_asked_for() {
    let server = saying(200, &json!({})).await;
    let providers = providers(&server, ConnectionKind::Datadog, &KEYS);
    let (plan, metric) = asking(datadog());
    let plan = Plan { stable: tidegate::units::VariantName::new("O:n").unwrap(), candidate: plan.candidate, ..plan };
    let same = Plan { stable: tidegate::units::VariantName::new("o'n").unwrap(), ..plan };
    let why = value(&providers, &(same, metric), Over::Usual).await.unwrap_err().to_string();
    assert!(why.contains("the same for both variants"), "{why}");
    assert!(sent(&server).await.is_empty());
}

fn web(method: WebMethod, body: Option<WebBody>) -> AskWeb {
    AskWeb {
        method,
        path: Arc::from("/v1/{{flag}}?variant={{variant}}&over={{window}}"),
        headers: vec![(Arc::from("accept"), Arc::from("application/json")), (Arc::from("x-of"), Arc::from("{{flag}}"))],
        body,
        value: Arc::from("$.result[0].value"),
        samples: Some(Arc::from("$.result[0].count")),
        time: Some(Arc::from("$.at")),
        min_samples: 10,
    }
}

#[tokio::test]
async fn an_endpoint_is_asked_as_the_plan_has_it_and_read_by_its_paths() {
    let at = now().get() / 1_000;
    let server = saying(200, &json!({ "at": at, "result": [{ "value": 0.5, "count": 12 }] })).await;
    let providers = providers(&server, ConnectionKind::Web(Default::default()), &[("authorization", "Bearer hunter2")]);
    let get = asking(Ask::Web(web(WebMethod::Get, None)));
    assert_eq!(value(&providers, &get, Over::Usual).await, Ok((0.5, Some(12))));
    let body = WebBody::Json(Arc::from(r#"{"variant": "{{variant}}"}"#));
    let post = asking(Ask::Web(web(WebMethod::Post, Some(body))));
    assert_eq!(value(&providers, &post, Over::Span(Duration::from_hours(6))).await, Ok((0.5, Some(12))));
    let requests = sent(&server).await;
    let [get, post] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(get.method.as_str(), "GET");
    assert_eq!(get.url.path(), "/v1/cart");
    assert_eq!(get.url.query(), Some("variant=o%22n&over=90s"));
    assert_eq!(header(get, "authorization"), Some("Bearer hunter2"), "secrets come from the connection");
    assert_eq!((header(get, "accept"), header(get, "x-of")), (Some("application/json"), Some("cart")));
    assert!(get.body.is_empty());
    assert_eq!((post.method.as_str(), post.url.query()), ("POST", Some("variant=o%22n&over=6h")));
    assert_eq!(header(post, "content-type"), Some("application/json"));
    assert_eq!(serde_json::from_slice::<Value>(&post.body).unwrap(), json!({ "variant": "o\"n" }));
}

#[tokio::test]
async fn what_looks_back_only_so_far_is_not_asked_over_another_time() {
    let server = saying(200, &json!({ "v": 1 })).await;
    let providers = providers(&server, ConnectionKind::Web(Default::default()), &[]);
    let ask = AskWeb { path: Arc::from("/v1"), samples: None, time: None, min_samples: 0, ..web(WebMethod::Get, None) };
    let metric = asking(Ask::Web(AskWeb { value: Arc::from("$.v"), ..ask }));
    assert_eq!(value(&providers, &metric, Over::Usual).await, Ok((1.0, None)));
    let why = value(&providers, &metric, Over::Span(Duration::from_hours(1))).await.unwrap_err().to_string();
    assert!(why.contains("without `{{window}}`"), "{why}");
}

#[tokio::test]
async fn graphite_is_asked_for_a_target_over_the_window() {
    let at = now().get() / 1_000;
    let points = json!([[1.0, at - 60], [3.0, at - 30], [null, at]]);
    let server = saying(200, &json!([{ "target": "x", "datapoints": points }])).await;
    let providers = providers(&server, ConnectionKind::Graphite(Default::default()), &[]);
    let target = Arc::from("seriesByTag('name=errors','flag={{flag}}')");
    let metric = asking(Ask::Graphite(AskGraphite { target }));
    assert_eq!(value(&providers, &metric, Over::Usual).await, Ok((3.0, None)), "the newest");
    assert_eq!(value(&providers, &metric, Over::Span(Duration::from_secs(120))).await, Ok((2.0, None)), "the mean");
    let requests = sent(&server).await;
    let pairs = |request: &Request| -> Vec<(String, String)> {
        request.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    };
    let expected = |from: &str| {
        [("target", "seriesByTag('name=errors','flag=cart')"), ("from", from), ("until", "now"), ("format", "json")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    assert_eq!(requests[0].url.path(), "/render");
    assert_eq!(pairs(&requests[0]), expected("-90s"));
    assert_eq!(pairs(&requests[1]), expected("-120s"));
}

#[tokio::test]
async fn influxdb_is_asked_in_both_of_its_languages() {
    let series = json!([{ "name": "m", "columns": ["time", "mean"], "values": [[0, 0.5]] }]);
    let server = MockServer::start().await;
    let ql = ResponseTemplate::new(200).set_body_json(json!({ "results": [{ "statement_id": 0, "series": series }] }));
    Mock::given(method("GET")).and(path("/query")).respond_with(ql).mount(&server).await;
    let csv = ResponseTemplate::new(200).set_body_string(",result,table,_value\r\n,_result,0,0.75\r\n\r\n");
    Mock::given(method("POST")).and(path("/api/v2/query")).respond_with(csv).mount(&server).await;
    let (database, organization) = (Some(Arc::from("shop")), Some(Arc::from("acme")));
    let kind = ConnectionKind::Influx(InfluxConnection { database, organization, ..InfluxConnection::default() });
    let providers = providers(&server, kind, &[("authorization", "Token hunter2")]);
    let query = "SELECT mean(v) FROM m WHERE variant = '{{variant}}' AND time > now() - {{window}}";
    let language = InfluxLanguage::InfluxQl { database: None };
    let metric = asking(Ask::Influx(AskInflux { query: Arc::from(query), language }));
    assert_eq!(value(&providers, &metric, Over::Usual).await, Ok((0.5, None)));
    let query = "from(bucket: \"b\") |> range(start: -{{window}}) |> filter(fn: (r) => r.v == \"{{variant}}\")";
    let language = InfluxLanguage::Flux { organization: Some(Arc::from("other")) };
    let metric = asking(Ask::Influx(AskInflux { query: Arc::from(query), language }));
    assert_eq!(value(&providers, &metric, Over::Usual).await, Ok((0.75, None)));
    let requests = sent(&server).await;
    let pairs: Vec<_> = requests[0].url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
    let filled = "q=SELECT mean(v) FROM m WHERE variant = 'o\\\"n' AND time > now() - 90s";
    assert_eq!(pairs, ["db=shop", "epoch=ms", filled]);
    assert_eq!(requests[1].url.query(), Some("org=other"));
    assert_eq!(header(&requests[1], "content-type"), Some("application/vnd.flux"));
    assert_eq!(header(&requests[1], "accept"), Some("application/csv"));
    let body = String::from_utf8(requests[1].body.clone()).unwrap();
    assert_eq!(body, "from(bucket: \"b\") |> range(start: -90s) |> filter(fn: (r) => r.v == \"o\\\"n\")");
    assert!(requests.iter().all(|request| header(request, "authorization") == Some("Token hunter2")));
}

fn cloudwatch(server: &MockServer) -> (Providers, (Plan, Metric)) {
    let keys =
        [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "hunter2"), ("AWS_SESSION_TOKEN", "tok")];
    let keys = keys.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let places = AwsPlaces::new(&keys, None);
    let region = Some(Arc::from("eu-central-1"));
    let kind = ConnectionKind::CloudWatch(CloudWatchConnection { region, places, ..CloudWatchConnection::default() });
    let of = |statistic: &str| {
        let dimensions = vec![(Arc::from("variant"), Arc::from("{{variant}}"))];
        let (namespace, metric, statistic) = (Arc::from("Shop"), Arc::from("Latency"), Arc::from(statistic));
        Figure::Statistic(Statistic { namespace, metric, dimensions, statistic })
    };
    let ask = AskCloudWatch {
        region: None,
        period: Duration::from_secs(60),
        figures: vec![(Arc::from("value"), of("p95")), (Arc::from("samples"), of("SampleCount"))],
        value: Arc::from("value"),
        samples: Some(Arc::from("samples")),
        min_samples: 10,
    };
    (providers(server, kind, &[]), asking(Ask::CloudWatch(ask)))
}

/// Values for each of the minutes that a request asks for, newest first, and as many samples.
fn minutes(request: &Request) -> ResponseTemplate {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let (from, until) = (body["StartTime"].as_i64().unwrap(), body["EndTime"].as_i64().unwrap());
    let period = body["MetricDataQueries"][0]["MetricStat"]["Period"].as_i64().unwrap();
    let times: Vec<i64> = (0..).map(|i| from + i * period).take_while(|at| *at < until).collect();
    let of = |id: &str, value: f64| {
        let values = vec![value; times.len()];
        json!({ "Id": id, "Label": id, "StatusCode": "Complete", "Timestamps": times, "Values": values })
    };
    ResponseTemplate::new(200).set_body_json(json!({ "MetricDataResults": [of("value", 0.25), of("samples", 30.0)] }))
}

#[tokio::test]
async fn cloudwatch_is_asked_for_complete_periods_in_a_signed_request() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/")).respond_with(minutes).mount(&server).await;
    let (providers, metric) = cloudwatch(&server);
    assert_eq!(value(&providers, &metric, Over::Usual).await, Ok((0.25, Some(30))));
    let an_hour = value(&providers, &metric, Over::Span(Duration::from_hours(1))).await;
    assert_eq!(an_hour, Ok((0.25, Some(1_800))), "the samples of all its minutes");
    let requests = sent(&server).await;
    let request = &requests[0];
    assert_eq!(header(request, "x-amz-target"), Some("GraniteServiceVersion20100801.GetMetricData"));
    assert_eq!(header(request, "content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(header(request, "x-amz-security-token"), Some("tok"));
    let signature = header(request, "authorization").unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signature}");
    assert!(signature.contains("/eu-central-1/monitoring/aws4_request, SignedHeaders="), "{signature}");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let dimensions = &body["MetricDataQueries"][0]["MetricStat"]["Metric"]["Dimensions"];
    assert_eq!(*dimensions, json!([{ "Name": "variant", "Value": "o\"n" }]));
    assert_eq!(body["EndTime"].as_i64().unwrap() % 60, 0, "the minute that is not over is not asked for");
}

#[tokio::test]
async fn cloudwatchs_past_is_asked_for_in_periods_that_are_kept() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/")).respond_with(minutes).mount(&server).await;
    let (providers, (plan, metric)) = cloudwatch(&server);
    let until = now();
    let day = Duration::from_hours(24);
    for (ago, step, expected) in [(day, 60, 1_440), (day * 20, 60, 5_760)] {
        let stretch = Stretch { from: until.minus(ago), until, step: Duration::from_secs(step) };
        let past = providers.past(&plan, &metric, Arm::Control, Over::Usual, stretch).await.unwrap();
        assert!(past.len().abs_diff(expected) <= 1, "{} of {expected}", past.len());
        assert!(past.windows(2).all(|two| two[0].0 < two[1].0), "in the order of time");
    }
}

/// What a connection sends says who asks and for which tenant.
#[tokio::test]
async fn no_plan_writes_over_a_header_of_the_connection() {
    let server = saying(200, &json!({ "v": 1 })).await;
    let providers =
        providers(&server, ConnectionKind::Web(Default::default()), &[("x-scope-orgid", "team-a"), ("x-any", "1")]);
    let ask = |header: &str| {
        asking(Ask::Web(AskWeb {
            method: WebMethod::Get,
            path: Arc::from("/v"),
            headers: vec![(Arc::from(header), Arc::from("team-b"))],
            body: None,
            value: Arc::from("$.v"),
            samples: None,
            time: None,
            min_samples: 0,
        }))
    };
    let why = value(&providers, &ask("x-scope-orgid"), Over::Usual).await.unwrap_err().to_string();
    assert!(why.contains("the connection `web` sends the header `x-scope-orgid` itself"), "{why}");
    assert!(sent(&server).await.is_empty());
    assert_eq!(value(&providers, &ask("x-team"), Over::Usual).await, Ok((1.0, None)));
    let sent = sent(&server).await;
    assert_eq!((header(&sent[0], "x-scope-orgid"), header(&sent[0], "x-team")), (Some("team-a"), Some("team-b")));
}

/// AWS explains a signature that does not fit with all that was signed.
#[tokio::test]
async fn a_session_token_that_aws_repeats_is_not_shown() {
    let repeated =
        json!({ "__type": "SignatureDoesNotMatch", "message": "x-amz-security-token:hunter2hunter2 signed" });
    let server = saying(403, &repeated).await;
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hunter3"),
        ("AWS_SESSION_TOKEN", "hunter2hunter2"),
    ];
    let keys: Vec<_> = keys.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (region, places) = (Some(Arc::from("eu-central-1")), AwsPlaces::new(&keys, None));
    let connection = CloudWatchConnection { region, places, ..CloudWatchConnection::default() };
    let providers = providers(&server, ConnectionKind::CloudWatch(connection), &[]);
    let statistic = Statistic {
        namespace: Arc::from("Shop"),
        metric: Arc::from("Errors"),
        dimensions: Vec::new(),
        statistic: Arc::from("Average"),
    };
    let ask = Ask::CloudWatch(AskCloudWatch {
        region: None,
        period: Duration::from_secs(60),
        figures: vec![(Arc::from("value"), Figure::Statistic(statistic))],
        value: Arc::from("value"),
        samples: None,
        min_samples: 0,
    });
    let why = value(&providers, &asking(ask), Over::Usual).await.unwrap_err().to_string();
    assert!(why.contains("SignatureDoesNotMatch") && !why.contains("hunter2"), "{why}");
}
