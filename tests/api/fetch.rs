//! The transport to systems outside: what may come back, where it may lead, and what it never shows.

use super::prometheus::{NOW, connection, no_data, vector};
use super::providers::{asking, plan_and_metric};
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tidegate::analysis::{NoData, Reading};
use tidegate::measure::{Address, Allowance, ConnectionSettings, Connections, Outcomes, Providers, Readings};
use tidegate::rollout::{Arm, Over, Unit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{any, header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SECOND: Duration = Duration::from_secs(1);

async fn ask_of(connections: Connections) -> Reading {
    let (plan, metric) = asking("up");
    Providers::new(Arc::new(Outcomes::new()), connections).read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await
}

async fn ask(settings: ConnectionSettings) -> Reading {
    ask_of(Connections::new(vec![settings], Vec::new())).await
}

/// A server that writes this to whoever comes, and counts who came.
async fn writing(answer: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4_096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
            });
        }
    });
    (address, came)
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

fn with_head(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{head}\r\n\r\n").as_bytes(), body].concat()
}

#[tokio::test]
async fn an_answer_is_read_packed_and_unpacked_and_no_further_than_its_bound() {
    let one = vector(&[(1.7e9, "1")]);
    let (packed, halved) = (gzipped(one.as_bytes()), gzipped(one.as_bytes())[..40].to_vec());
    let bomb = gzipped(&vec![b' '; 100_000_000]);
    assert!(bomb.len() < 200_000, "a small answer that unpacks to 100 MB");
    for (answer, expected) in [
        (with_head("content-encoding: gzip", &packed), None),
        (with_head("content-encoding: X-GZIP", &packed), None),
        (with_head("content-encoding: identity", one.as_bytes()), None),
        (with_head("content-encoding: gzip", &bomb), Some("it is over 1 MB")),
        (with_head("content-encoding: gzip", &halved), Some("the gzip stops in the middle")),
        (with_head("content-encoding: gzip", one.as_bytes()), Some("its gzip cannot be unpacked")),
        (with_head("content-encoding: br", &packed), Some("packed in a way that was not asked for")),
        (with_head("content-encoding: gzip\r\ncontent-encoding: gzip", &packed), Some("packed in a way")),
        (with_head("content-length: 104857600", b"{"), Some("it is over 1 MB")),
        (with_head("server: without a length", &vec![b' '; 3_000_000]), Some("it is over 1 MB")),
        (with_head("content-length: 4000", b"{\"status\":\"succ"), Some("provider unreachable (http://127.0.0.1:")),
        (with_head("content-type: text/html", b"<html>Please log in</html>"), Some("not JSON at line 1, column 1")),
    ] {
        let head = String::from_utf8_lossy(&answer[..answer.len().min(90)]).into_owned();
        let (address, _) = writing(answer).await;
        match (ask(connection(&address, 5 * SECOND)).await, expected) {
            (Reading::Value { .. }, None) => {}
            (reading, Some(expected)) => {
                let why = no_data(reading);
                assert!(why.contains(expected), "{head}: {why}");
            }
            (reading @ Reading::NoData(_), None) => panic!("{head}: {reading:?}"),
        }
    }
}

/// A server that says first this and then that.
async fn saying(first: ResponseTemplate, times: u64) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(first).up_to_n_times(times).mount(&server).await;
    let fine = ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1")]));
    Mock::given(any()).respond_with(fine).mount(&server).await;
    server
}

#[tokio::test]
async fn what_may_pass_is_asked_again_and_nothing_else_is() {
    let with = |status: u16| ResponseTemplate::new(status);
    for (first, times, expected, asked) in [
        (with(503), 2, None, 3),
        (with(429).insert_header("retry-after", "0"), 1, None, 2),
        (with(502), 9, Some("HTTP 502"), 3),
        (with(504), 9, Some("HTTP 504"), 3),
        (with(500), 9, Some("HTTP 500"), 1),
        (with(400), 9, Some("HTTP 400"), 1),
        (with(401), 9, Some("HTTP 401"), 1),
        // Nobody waits that long within a check.
        (with(429).insert_header("retry-after", "3600"), 9, Some("HTTP 429"), 1),
        (with(429).insert_header("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"), 9, Some("HTTP 429"), 1),
    ] {
        let server = saying(first, times).await;
        let reading = ask(connection(&server.uri(), 5 * SECOND)).await;
        match expected {
            Some(expected) => {
                let why = no_data(reading);
                assert!(why.contains(expected), "{why}");
            }
            None => assert!(matches!(reading, Reading::Value { .. }), "{reading:?}"),
        }
        let requests = server.received_requests().await.expect("recorded").len();
        assert_eq!(requests, asked, "{expected:?}");
    }
}

#[tokio::test]
async fn a_redirect_to_itself_is_told_and_not_followed() {
    let server = MockServer::start().await;
    let again = ResponseTemplate::new(307).insert_header("location", server.uri().as_str());
    Mock::given(any()).respond_with(again).expect(1).mount(&server).await;
    assert!(no_data(ask(connection(&server.uri(), SECOND)).await).contains("redirects are not followed"));
}

#[tokio::test]
async fn the_headers_of_a_connection_arrive_and_are_never_shown() {
    let server = MockServer::start().await;
    let fine = ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1")]));
    Mock::given(header("x-scope-orgid", "team-a"))
        .and(header("authorization", "Bearer hunter2"))
        .respond_with(fine)
        .expect(1)
        .mount(&server)
        .await;
    let mut settings = connection(&server.uri(), SECOND);
    settings.fetch.headers.insert("x-scope-orgid", HeaderValue::from_static("team-a"));
    let mut bearer = HeaderValue::from_static("Bearer hunter2");
    bearer.set_sensitive(true);
    settings.fetch.headers.insert(AUTHORIZATION, bearer);
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(matches!(ask(settings.clone()).await, Reading::Value { .. }));
    // Nor where it goes wrong.
    settings.address = Some(Address::parse("http://127.0.0.1:1").expect("an address"));
    let why = no_data(ask(settings).await);
    assert!(why.contains("unreachable") && !why.contains("hunter2"), "{why}");
}

/// The metric of a plan that names this address itself.
async fn ask_at(address: &str, connections: Connections) -> Reading {
    let (plan, metric) = plan_and_metric(Unit::Number, Some(address.to_owned()));
    Providers::new(Arc::new(Outcomes::new()), connections).read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await
}

fn allowing(texts: &[&str]) -> Connections {
    Connections::new(Vec::new(), texts.iter().map(|text| Allowance::parse(text).expect("sound")).collect())
}

#[tokio::test]
async fn an_address_of_a_plan_leads_to_no_private_network_unless_that_is_allowed() {
    let server = MockServer::start().await;
    let fine = ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1")]));
    Mock::given(path("/api/v1/query")).respond_with(fine).mount(&server).await;
    let port = server.address().port();
    let spellings = [
        format!("http://127.0.0.1:{port}"),
        format!("http://127.1:{port}"),
        format!("http://2130706433:{port}"),
        format!("http://0x7f.0.0.1:{port}"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        format!("http://localhost:{port}"),
    ];
    for address in &spellings {
        let why = no_data(ask_at(address, allowing(&[])).await);
        assert!(why.contains("this machine itself") && why.contains("`metric_addresses`"), "{address}: {why}");
        // Another range, another port and another name allow nothing here.
        let others = allowing(&["10.0.0.0/8", "127.0.0.1:1", "::/0", "localhost.example:80"]);
        assert!(no_data(ask_at(address, others).await).contains("this machine itself"), "{address}");
    }
    assert_eq!(server.received_requests().await.map(|all| all.len()), Some(0), "nobody was asked");
    for address in &spellings[..4] {
        assert!(matches!(ask_at(address, allowing(&["127.0.0.0/8"])).await, Reading::Value { .. }), "{address}");
    }
    let by_name = format!("localhost:{port}");
    assert!(matches!(ask_at(&spellings[5], allowing(&[&by_name])).await, Reading::Value { .. }));
    for address in ["http://169.254.169.254/", "http://[fd00::1]/", "http://10.0.0.1/", "http://[64:ff9b::a00:1]/"] {
        let reading = ask_at(address, allowing(&["127.0.0.1"])).await;
        assert!(matches!(reading, Reading::NoData(NoData::NotAsked(_))), "{address}: {reading:?}");
    }
}

#[tokio::test]
async fn a_plan_may_name_the_address_of_a_connection_and_gets_none_of_its_credentials() {
    let server = MockServer::start().await;
    let fine = ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1")]));
    Mock::given(any()).respond_with(fine).mount(&server).await;
    let mut settings = connection(&server.uri(), SECOND);
    settings.fetch.headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer hunter2"));
    let connections = Connections::new(vec![settings], Vec::new());
    assert!(matches!(ask_at(&server.uri(), connections).await, Reading::Value { .. }));
    let requests = server.received_requests().await.expect("recorded");
    assert!(requests.iter().all(|request| !request.headers.contains_key("authorization")), "{requests:?}");
}

#[tokio::test]
async fn a_question_is_asked_once_however_many_want_to_know() {
    let server = MockServer::start().await;
    let fine = ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1")])).set_delay(SECOND / 5);
    Mock::given(any()).respond_with(fine).expect(2).mount(&server).await;
    let connections = Connections::new(vec![connection(&server.uri(), 5 * SECOND)], Vec::new());
    let providers = Providers::new(Arc::new(Outcomes::new()), connections);
    // Rollouts of other flags ask in the same words.
    let asked = (0..50).map(|index| {
        let (mut plan, metric) = asking(if index % 2 == 0 { "up" } else { "down" });
        plan.flag = tidegate::units::FlagKey::new(&format!("flag-{index}")).expect("a key");
        let providers = providers.clone();
        async move { providers.read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await }
    });
    let readings = futures_util::future::join_all(asked).await;
    assert!(readings.iter().all(|reading| matches!(reading, Reading::Value { .. })), "{readings:?}");
    let (plan, metric) = asking("up");
    let last = providers.last(&plan, &metric, Arm::Candidate).expect("it is kept");
    assert_eq!((&*last.connection, &*last.question, last.asked), ("prometheus", "up", NOW));
    assert!(last.took >= SECOND / 5);
}

#[tokio::test]
async fn a_slow_connection_delays_no_other() {
    let (slow, fast) = (MockServer::start().await, MockServer::start().await);
    let fine = ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1")]));
    Mock::given(any()).respond_with(fine.clone().set_delay(60 * SECOND)).mount(&slow).await;
    Mock::given(any()).respond_with(fine).mount(&fast).await;
    let mut other = connection(&slow.uri(), SECOND / 2);
    other.name = Arc::from("slow");
    other.fetch.in_flight = 2;
    let connections = Connections::new(vec![connection(&fast.uri(), 5 * SECOND), other], Vec::new());
    let providers = Providers::new(Arc::new(Outcomes::new()), connections);
    let ask = |name: Option<&str>, index: usize| {
        let (plan, mut metric) = asking(&format!("up{index}"));
        if let tidegate::rollout::MetricSource::Query(query) = &mut metric.source {
            query.connection = name.map(Arc::from);
        }
        let providers = providers.clone();
        async move { providers.read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await }
    };
    let slow_ones = tokio::spawn(futures_util::future::join_all((0..6).map(|index| ask(Some("slow"), index))));
    let fast_ones = futures_util::future::join_all((0..100).map(|index| ask(None, index))).await;
    assert!(fast_ones.iter().all(|reading| matches!(reading, Reading::Value { .. })), "{fast_ones:?}");
    assert!(!slow_ones.is_finished(), "the slow ones are still waited for");
    for reading in slow_ones.await.expect("an answer each") {
        let why = no_data(reading);
        assert!(why.contains("no answer within") || why.contains("2 questions are under way already"), "{why}");
    }
}

/// A name that leads to this machine is refused at every asking, the one after an answer included: no connection that was
/// opened while it led elsewhere, or that is allowed to others, is used for it.
#[tokio::test]
async fn a_private_name_is_refused_whatever_was_reached_before() {
    let server = MockServer::start().await;
    let fine = ResponseTemplate::new(200).set_body_string(vector(&[(1.7e9, "1")]));
    Mock::given(any()).respond_with(fine).mount(&server).await;
    let (by_name, port) = (format!("http://localhost:{}", server.address().port()), server.address().port());
    // The numbers are allowed, by their port; the name is not, and leads to the same place.
    let connections = || allowing(&[&format!("127.0.0.1:{port}")]);
    let providers = Providers::new(Arc::new(Outcomes::new()), connections());
    for (address, reaches) in
        [(format!("http://127.0.0.1:{port}"), true), (by_name.clone(), false), (by_name.clone(), false)]
    {
        let (plan, metric) = plan_and_metric(Unit::Number, Some(address.clone()));
        let reading = providers.read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await;
        assert_eq!(matches!(reading, Reading::Value { .. }), reaches, "{address}: {reading:?}");
    }
    assert_eq!(server.received_requests().await.map(|all| all.len()), Some(1));
}

/// A connection's host is a door for questions of its kind. A web metric could send anything through it.
#[tokio::test]
async fn the_address_of_a_connection_is_no_door_for_other_kinds() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string("{\"v\": 1}")).mount(&server).await;
    let connections = Connections::new(vec![connection(&server.uri(), SECOND)], Vec::new());
    let (plan, mut metric) = plan_and_metric(Unit::Number, Some(server.uri()));
    if let tidegate::rollout::MetricSource::Query(query) = &mut metric.source {
        query.ask = tidegate::rollout::Ask::Web(tidegate::rollout::AskWeb {
            method: tidegate::rollout::WebMethod::Post,
            path: Arc::from("/-/quit"),
            headers: Vec::new(),
            body: None,
            value: Arc::from("$.v"),
            samples: None,
            time: None,
            min_samples: 0,
        });
    }
    let providers = Providers::new(Arc::new(Outcomes::new()), connections);
    let why = no_data(providers.read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await);
    assert!(why.contains("this machine itself"), "{why}");
    assert_eq!(server.received_requests().await.map(|all| all.len()), Some(0));
}

#[tokio::test]
async fn a_secret_that_the_other_side_repeats_is_not_shown() {
    let server = MockServer::start().await;
    let error = r#"{"status":"error","errorType":"auth","error":"no such token: hunter2hunter2"}"#;
    Mock::given(any()).respond_with(ResponseTemplate::new(401).set_body_string(error)).mount(&server).await;
    let mut settings = connection(&server.uri(), SECOND);
    let mut bearer = HeaderValue::from_static("Bearer hunter2hunter2");
    bearer.set_sensitive(true);
    settings.fetch.headers.insert(AUTHORIZATION, bearer);
    let why = no_data(ask(settings).await);
    assert!(why.contains("no such token: [redacted]"), "{why}");
}

/// A proxy before the system decodes what signs in, and says what it did not like.
#[tokio::test]
async fn a_password_that_the_other_side_has_decoded_is_not_shown() {
    let server = MockServer::start().await;
    let error = r#"{"status":"error","errorType":"auth","error":"no user admin with p%ss w/rd or p%25ss%20w%2frd"}"#;
    Mock::given(any()).respond_with(ResponseTemplate::new(401).set_body_string(error)).mount(&server).await;
    let mut by_header = connection(&server.uri(), SECOND);
    let mut basic = HeaderValue::from_static("Basic YWRtaW46cCVzcyB3L3Jk");
    basic.set_sensitive(true);
    by_header.fetch.headers.insert(AUTHORIZATION, basic);
    let by_address = connection(&server.uri().replace("http://", "http://admin:p%25ss%20w%2Frd@"), SECOND);
    for settings in [by_header, by_address] {
        assert!(!format!("{settings:?}").contains("w/rd"), "{settings:?}");
        let why = no_data(ask(settings).await);
        assert!(why.contains("no user admin with [redacted] or [redacted]"), "{why}");
    }
}

#[tokio::test]
async fn no_more_questions_are_under_way_than_the_connection_allows() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (counted, highest) = (Arc::clone(&now), Arc::clone(&most));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (counted, highest) = (Arc::clone(&counted), Arc::clone(&highest));
            tokio::spawn(async move {
                let mut request = [0; 4_096];
                let _ = stream.read(&mut request).await;
                highest.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                counted.fetch_sub(1, Ordering::SeqCst);
                let _ = stream.write_all(&with_head("x: y", vector(&[(1.7e9, "1")]).as_bytes())).await;
            });
        }
    });
    let providers = Providers::new(
        Arc::new(Outcomes::new()),
        Connections::new(vec![connection(&address, 10 * SECOND)], Vec::new()),
    );
    let asked = (0..1_000).map(|index| {
        let (plan, metric) = asking(&format!("up{index}"));
        let providers = providers.clone();
        async move { providers.read(&plan, &metric, Arm::Candidate, Over::Usual, NOW).await }
    });
    let readings = futures_util::future::join_all(asked).await;
    assert!(readings.iter().all(|reading| matches!(reading, Reading::Value { .. })));
    let most = most.load(Ordering::SeqCst);
    assert!((2..=64).contains(&most), "{most} at once");
}
