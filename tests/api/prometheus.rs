//! What Prometheus may answer, and what becomes of it: a value, or the reason why there is none.

use super::providers::asking;
use std::sync::Arc;
use std::time::Duration;
use tidegate::analysis::{NoData, Reading};
use tidegate::measure::{
    Address, ConnectionKind, ConnectionSettings, Connections, FetcherSettings, Outcomes, PrometheusConnection,
    Providers, Readings,
};
use tidegate::rollout::{Arm, Over};
use tidegate::units::UnixMillis;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(super) const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

/// A short timeout, so that slow answers need not be waited for.
const TIMEOUT: Duration = Duration::from_millis(300);

/// The connection `prometheus` of a server's settings.
pub(super) fn connection(address: &str, timeout: Duration) -> ConnectionSettings {
    let address = Some(Address::parse(address).expect("an address"));
    let fetch = FetcherSettings { timeout, ..FetcherSettings::default() };
    let kind = ConnectionKind::Prometheus(PrometheusConnection::default());
    ConnectionSettings { name: Arc::from("prometheus"), address, fetch, kind }
}

pub(super) async fn asked(address: &str, query: &str) -> Reading {
    let (plan, metric) = asking(query);
    let connections = Connections::new(vec![connection(address, TIMEOUT)], Vec::new());
    let providers = Providers::new(Arc::new(Outcomes::new()), connections);
    providers.read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await
}

async fn ask(address: &str) -> Reading {
    asked(address, "up").await
}

/// What a Prometheus that answers so gives.
async fn answered(response: ResponseTemplate) -> Reading {
    let server = MockServer::start().await;
    Mock::given(path("/api/v1/query")).respond_with(response).mount(&server).await;
    ask(&server.uri()).await
}

async fn answered_json(body: &str) -> Reading {
    answered(ResponseTemplate::new(200).set_body_raw(body.as_bytes(), "application/json")).await
}

/// The answer with these series, each a time and a value.
pub(super) fn vector(samples: &[(f64, &str)]) -> String {
    let series: Vec<String> = samples
        .iter()
        .enumerate()
        .map(|(i, (time, value))| format!(r#"{{"metric":{{"pod":"{i}"}},"value":[{time},"{value}"]}}"#))
        .collect();
    format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#, series.join(","))
}

/// An answer that is written byte for byte; the connection is closed after it.
async fn raw(answer: &'static [u8], pause: Duration) -> Reading {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            for byte in answer.chunks(8) {
                let _ = stream.write_all(byte).await;
                tokio::time::sleep(pause).await;
            }
        }
    });
    let reading = ask(&address).await;
    server.abort();
    reading
}

pub(super) fn no_data(reading: Reading) -> String {
    match reading {
        Reading::NoData(why) => why.to_string(),
        value @ Reading::Value { .. } => panic!("taken as {value:?}"),
    }
}

#[tokio::test]
async fn a_scalar_and_a_vector_of_one_are_values() {
    let at = UnixMillis::new(1_699_999_999_781);
    let expected = Reading::Value { value: 0.125, samples: None, at };
    assert_eq!(answered_json(&vector(&[(1_699_999_999.781, "0.125")])).await, expected);
    let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[1699999999.781,"0.125"]}}"#;
    assert_eq!(answered_json(scalar).await, expected);
}

#[tokio::test]
async fn the_query_prefix_and_credentials_arrive_as_configured() {
    let server = MockServer::start().await;
    let query = r#"sum(rate(x{v="a\"b"}[5m])) > 0 & 1"#;
    Mock::given(method("GET"))
        .and(path("/prom/api/v1/query"))
        .and(query_param("query", query))
        .and(header("authorization", "Basic YWRtaW46aHVudGVyMg=="))
        .respond_with(ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1")])))
        .expect(1)
        .mount(&server)
        .await;
    let address = format!("{}/prom/", server.uri().replace("http://", "http://admin:hunter2@"));
    let reading = asked(&address, query).await;
    assert!(matches!(reading, Reading::Value { .. }), "{reading:?}");
}

#[tokio::test]
async fn every_answer_without_one_finite_fresh_number_is_no_data_with_the_reason() {
    let page = "<html><body>Please log in</body></html>";
    let one = vector(&[(1.7e9, "1")]);
    let ok = |data: &str| format!(r#"{{"status":"success","data":{data}}}"#);
    for (body, expected) in [
        (vector(&[]), "there are no values"),
        (vector(&[(1.7e9, "1"), (1.7e9, "2"), (1.7e9, "3")]), "3 series match the query where one is needed"),
        (vector(&[(1.7e9, "NaN")]), "value is NaN"),
        (vector(&[(1.7e9, "+Inf")]), "value is +Inf"),
        (vector(&[(1.7e9, "-Inf")]), "value is -Inf"),
        (vector(&[(1.7e9, "many")]), "answer could not be read (its value is no number)"),
        (vector(&[(1.7e9, "")]), "answer could not be read (its value is no number)"),
        (vector(&[(1.7e9 - 301.0, "1")]), "newest value is 5m 01s old"),
        (vector(&[(1.7e9 + 7_200.0, "1")]), "its time is 2h in the future: compare the clocks"),
        (vector(&[(1.0e300, "1")]), "its result is not a time and a value"),
        (page.to_owned(), "answer could not be read (not JSON at line 1, column 1)"),
        (String::new(), "answer could not be read (the JSON stops in the middle)"),
        (one[..one.len() - 9].to_owned(), "the JSON stops in the middle"),
        ("null".to_owned(), "it is not an answer of Prometheus' query API"),
        ("[]".to_owned(), "it is not an answer of Prometheus' query API"),
        ("{}".to_owned(), "it is not an answer of Prometheus' query API"),
        (r#"{"status":"success"}"#.to_owned(), "it has no `data`"),
        (ok("[]"), "it is not an answer of Prometheus' query API"),
        (ok(r#"{"resultType":"matrix","result":[]}"#), "the query gives a range of values"),
        (ok(r#"{"resultType":"string","result":[1.7e9,"a"]}"#), "its result type is `string`, not a number"),
        (ok(r#"{"resultType":"vector","result":{}}"#), "its result is not a time and a value"),
        (ok(r#"{"resultType":"vector","result":null}"#), "its result is not a time and a value"),
        (ok(r#"{"resultType":"vector","result":[{"value":[1.7e9,1]}]}"#), "its result is not a time and a value"),
        (ok(r#"{"resultType":"vector","result":[{"value":["1.7e9","1"]}]}"#), "its result is not a time and a value"),
        (ok(r#"{"resultType":"vector","result":[{"value":[1.7e9]}]}"#), "its result is not a time and a value"),
        (ok(r#"{"resultType":"vector","result":[{"histogram":[1.7e9,{}]}]}"#), "use `histogram_quantile`"),
        (ok(r#"{"resultType":"scalar","result":[]}"#), "its result is not a time and a value"),
        (
            r#"{"status":"error","errorType":"execution","error":"too many samples"}"#.to_owned(),
            "provider answered with an error (execution: too many samples)",
        ),
        (
            one.replace(r#""data""#, r#""warnings":["store 3 did not answer"],"data""#),
            "provider answered with an error (warning: store 3 did not answer)",
        ),
    ] {
        let why = no_data(answered_json(&body).await);
        assert!(why.contains(expected), "{body}: {why}");
    }
}

#[tokio::test]
async fn refusals_carry_the_status_and_prometheus_own_words() {
    let bad_query = r#"{"status":"error","errorType":"bad_data","error":"parse error:\n\u001b[31munexpected end"}"#;
    for (status, body, expected) in [
        (400, bad_query, "provider answered with an error (HTTP 400: bad_data: parse error: [31munexpected end)"),
        (422, r#"{"status":"error","errorType":"execution","error":""}"#, "(HTTP 422: execution)"),
        (401, "go away", "(HTTP 401 Unauthorized)"),
        (404, "<html>", "(HTTP 404 Not Found)"),
        (500, "", "(HTTP 500 Internal Server Error)"),
        (
            503,
            r#"{"status":"error","errorType":"unavailable","error":"starting"}"#,
            "(HTTP 503: unavailable: starting)",
        ),
        (204, "", "(HTTP 204 No Content)"),
    ] {
        let why = no_data(answered(ResponseTemplate::new(status).set_body_string(body)).await);
        assert!(why.ends_with(expected), "{why}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = MockServer::start().await;
    Mock::given(path("/elsewhere")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&other).await;
    let location = format!("{}/elsewhere", other.uri());
    let why = no_data(answered(ResponseTemplate::new(302).insert_header("location", location.as_str())).await);
    assert!(why.contains("HTTP 302: redirects are not followed"), "{why}");
}

#[tokio::test]
async fn a_page_without_end_is_not_swallowed() {
    let why = no_data(answered(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 1_000_001])).await);
    assert!(why.contains("it is over 1 MB"), "{why}");
}

#[tokio::test]
async fn a_long_foreign_message_is_cut() {
    let body = format!(r#"{{"status":"error","errorType":"bad_data","error":"{}"}}"#, "x".repeat(5_000));
    let why = no_data(answered(ResponseTemplate::new(400).set_body_string(body)).await);
    assert!(why.len() < 300 && why.contains('…'), "{why}");
}

#[tokio::test]
async fn silence_slowness_and_a_slow_drip_end_at_the_timeout() {
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30)).set_body_string(vector(&[(1.7e9, "1")]));
    let timed_out = Reading::NoData(NoData::TimedOut(TIMEOUT));
    assert_eq!(answered(slow).await, timed_out);
    let drip = b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{\"status\":\"success\",\"data\":{\"resultType\"";
    assert_eq!(raw(drip, Duration::from_millis(60)).await, timed_out, "each piece comes in time, the whole does not");
    assert_eq!(raw(b"HTTP/1.1 200 ", Duration::from_secs(30)).await, timed_out);
}

#[tokio::test]
async fn a_broken_connection_is_unreachable_and_says_where() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = listener.local_addr().expect("an address");
    drop(listener);
    let why = no_data(ask(&format!("http://admin:hunter2@{closed}/prom")).await);
    assert!(why.starts_with(&format!("provider unreachable (http://{closed}: Connection refused")), "{why}");
    assert!(!why.contains("hunter2"), "{why}");

    for answer in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{\"status\":\"succ"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"sta\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ] {
        let reading = raw(answer, Duration::ZERO).await;
        assert!(matches!(reading, Reading::NoData(NoData::Unreachable(_))), "{reading:?}");
    }
    let why = no_data(ask("http://no-such-host.invalid:9090").await);
    assert!(why.starts_with("provider unreachable (http://no-such-host.invalid:9090: "), "{why}");
}
