//! What traced applications export, as the control door takes it.

use super::control_door::{Control, KEY};
use super::exported::{Message, histogram, point, span, traces};
use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tidegate::otlp::{self, Body, Known, Streams, Vocabulary};
use tidegate::rollout::{Telemetry, TelemetrySource};
use tidegate::store::OutcomeStore as _;
use tidegate::store::sqlite;
use tidegate::units::{FlagKey, UnixMillis, VariantName};

const PROTOBUF: &str = "application/x-protobuf";

const PLAN: &str = "kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
TELEMETRY
metrics:
  seen: { provider: outcomes, measure: count, window: 1h }
  failed: { provider: outcomes, measure: error_ratio, window: 1h, min_samples: 1 }
  total: { provider: outcomes, measure: value_mean, unit: number, window: 1h, min_samples: 1 }
waves:
  - { name: all, exposure: 100%, bake: 1h, every: 1s, advance_when: [ failed < 1%, seen > 9000, total < 1 ] }
";

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

async fn begun(telemetry: &str) -> Control {
    let control = Control::open().await;
    let (status, answer) = control.apply(&PLAN.replace("TELEMETRY", telemetry)).await;
    assert!(status.is_success(), "{answer}");
    let (status, _) = control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    assert_eq!(status, StatusCode::OK);
    control
}

async fn export(control: &Control, path: &str, kind: &str, body: Vec<u8>) -> (StatusCode, String, Vec<u8>) {
    sent(control.request(Method::POST, path).header("content-type", kind).body(body)).await
}

async fn sent(request: reqwest::RequestBuilder) -> (StatusCode, String, Vec<u8>) {
    let answer = request.send().await.unwrap();
    let kind = answer.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
    (answer.status(), kind, answer.bytes().await.unwrap().to_vec())
}

/// The counted outcomes, once the rollout's next check has seen so many.
async fn until_seen(control: &Control, metric: &str, wanted: &str) {
    let mut last = String::new();
    for _ in 0..200 {
        let (_, rollout) = control.get("/api/v1/rollouts/search-v2").await;
        let readings = rollout["readings"].as_array().cloned().unwrap_or_default();
        let found = readings.iter().find(|reading| reading["metric"] == metric).cloned().unwrap_or(Value::Null);
        last = found["value"].as_str().unwrap_or_default().to_owned();
        if last.starts_with(wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{metric} is {last} and not {wanted}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn spans_of_both_forms_count_alike_packed_or_not() {
    let control = begun("").await;
    let end = now();
    let body = traces(&[span("search", "on", "a", end, 30, true), span("search", "on", "b", end, 30, false)]);
    let (status, kind, answer) = export(&control, "/v1/traces", PROTOBUF, body.clone()).await;
    assert_eq!((status, kind.as_str(), answer.len()), (StatusCode::OK, PROTOBUF, 0));
    until_seen(&control, "seen", "2").await;
    until_seen(&control, "failed", "50%").await;

    let other = traces(&[span("search", "on", "c", end, 30, false), span("search", "on", "d", end, 31, false)]);
    let packed = control.request(Method::POST, "/v1/traces").header("content-type", PROTOBUF);
    let (status, ..) = sent(packed.header("content-encoding", "gzip").body(gzip(&other))).await;
    assert_eq!(status, StatusCode::OK);
    until_seen(&control, "seen", "4").await;

    // Event before attributes, numbers in quotes, an event of an evaluation instead of attributes of the span.
    let attribute = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let nanos = (end * 1_000_000).to_string();
    let json = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [
        { "name": "x", "kind": 2, "startTimeUnixNano": nanos, "endTimeUnixNano": nanos, "status": { "code": 2 },
          "events": [{ "name": "feature_flag.evaluation", "attributes": [
              attribute("feature_flag.key", "search"), attribute("feature_flag.result.variant", "on")] }] },
        { "name": "feature_flag.evaluation", "attributes": [
              attribute("feature_flag.key", "search"), attribute("feature_flag.result.variant", "on")] },
        { "name": "no flag", "attributes": null, "events": null, "links": [{ "deep": [[[[]]]] }] },
    ] }] }] });
    let (status, kind, answer) =
        export(&control, "/v1/traces", "application/json", json.to_string().into_bytes()).await;
    assert_eq!((status, kind.as_str(), answer.as_slice()), (StatusCode::OK, "application/json", &b"{}"[..]));
    until_seen(&control, "seen", "5").await;
    until_seen(&control, "failed", "40%").await;
}

#[tokio::test]
async fn a_plan_chooses_the_spans_and_what_is_read_of_them() {
    let control = begun("telemetry: { spans: { name: GET /search, kind: server }, value: cart.total, failed_when: { attribute: http.response.status_code, at_least: 400 } }").await;
    let end = now();
    let number = |key: &str, value: u64| {
        Message::default().bytes(1, key.as_bytes()).message(2, &Message::default().varint(3, value))
    };
    let bad = span("search", "on", "a", end, 30, false)
        .message(9, &number("http.response.status_code", 404))
        .message(9, &number("cart.total", 30));
    let good = span("search", "on", "b", end, 30, false)
        .message(9, &number("http.response.status_code", 200))
        .message(9, &number("cart.total", 10));
    let inner = Message::default()
        .bytes(5, b"SELECT")
        .varint(6, 3)
        .attribute(9, "feature_flag.key", "search")
        .attribute(9, "feature_flag.result.variant", "on");
    let (status, ..) = export(&control, "/v1/traces", PROTOBUF, traces(&[bad, good, inner])).await;
    assert_eq!(status, StatusCode::OK);
    until_seen(&control, "seen", "2").await;
    until_seen(&control, "failed", "50%").await;
    until_seen(&control, "total", "20").await;
    // The same telemetry as points counts nothing: it would count twice.
    let points = histogram("http.server.request.duration", 1, &point("search", "on", end - 60_000, end, [5, 5, 5]));
    assert_eq!(export(&control, "/v1/metrics", PROTOBUF, points).await.0, StatusCode::OK);
    until_seen(&control, "seen", "2").await;
}

#[tokio::test]
async fn points_count_what_came_since_the_last_ones() {
    let control = begun("telemetry: { metric: checkout.duration }").await;
    let (began, end) = (now() - 86_400_000, now());
    let body = |until, counts| histogram("checkout.duration", 2, &point("search", "on", began, until, counts));
    for (until, counts) in [(end - 20, [900, 50, 5]), (end - 10, [901, 52, 5]), (end - 10, [901, 52, 5])] {
        assert_eq!(export(&control, "/v1/metrics", PROTOBUF, body(until, counts)).await.0, StatusCode::OK);
    }
    until_seen(&control, "seen", "3").await;
    let failed = point("search", "on", end - 60, end, [0, 1, 0]).attribute(9, "error.type", "500");
    let delta = histogram("checkout.duration", 1, &failed);
    assert_eq!(export(&control, "/v1/metrics", PROTOBUF, delta).await.0, StatusCode::OK);
    until_seen(&control, "seen", "4").await;
    until_seen(&control, "failed", "25%").await;
}

/// A counter tells every minute of the minute before: what a wave is judged by must not be of the time before it.
#[tokio::test]
async fn a_point_that_counts_from_before_the_wave_is_no_part_of_it() {
    let control = begun("telemetry: { metric: checkout.duration }").await;
    // From now on it is added up, of the wave's first second too.
    control.get("/api/v1/rollouts/search-v2/outcomes").await;
    let end = now();
    let body =
        |until, counts| histogram("checkout.duration", 2, &point("search", "on", end - 86_400_000, until, counts));
    for (until, counts) in [(end - 30_000, [900, 50, 5]), (end, [901, 52, 5]), (end + 1, [902, 53, 5])] {
        assert_eq!(export(&control, "/v1/metrics", PROTOBUF, body(until, counts)).await.0, StatusCode::OK);
    }
    until_seen(&control, "seen", "5").await;
    let (_, seen) = control.get("/api/v1/rollouts/search-v2/outcomes").await;
    assert_eq!(seen["candidate"]["outcomes"], 2, "{seen}");
}

/// The section of a rollout that is over says nothing of the next one's.
#[tokio::test]
async fn a_rollout_that_chooses_nothing_counts_spans_whatever_the_one_before_it_chose() {
    let control = begun("telemetry: { metric: checkout.duration }").await;
    control.post("/api/v1/rollouts/search-v2/rollback", "{}").await;
    let next = PLAN.replace("TELEMETRY", "").replace("name: search-v2", "name: search-v3");
    let (status, answer) = control.apply(&next).await;
    assert!(status.is_success(), "{answer}");
    let body = traces(&[span("search", "on", "a", now(), 1, false), span("limit", "small", "a", now(), 1, false)]);
    assert_eq!(export(&control, "/v1/traces", PROTOBUF, body).await.0, StatusCode::OK);
    let (_, metrics) = control.get("/metrics").await;
    let metrics = metrics.as_str().unwrap();
    assert!(metrics.contains("tidegate_telemetry_total{result=\"counted\",signal=\"spans\"} 1"), "{metrics}");
    let unasked = "tidegate_telemetry_total{result=\"unknown_flag\",signal=\"spans\"} 1";
    assert!(metrics.contains(unasked), "a flag without a rollout takes no place: {metrics}");
}

/// A collector's batch has thousands of histograms: what they count alike is one outcome many times.
#[test]
fn a_full_batch_of_histograms_is_counted_and_not_refused() {
    let streams = Streams::new();
    let points: Vec<u8> = (0..5_000_u64)
        .flat_map(|number| {
            let replica = number.to_string();
            let counts = [900, 50, 5];
            let point = point("search", "on", 1_000_000, 1_030_000, counts).attribute(9, "replica", &replica);
            histogram("m", 2, &point)
        })
        .collect();
    let taken = otlp::metrics(Body::Protobuf(&points), &Anything, &streams, UnixMillis::new(1_030_000)).unwrap();
    assert!(taken.passed.is_empty(), "{:?}", taken.passed);
    let counted: u64 = taken.outcomes.iter().map(|one| u64::from(one.times)).sum();
    assert_eq!(counted, 5_000 * 955);
    assert!(taken.outcomes.len() < 100, "{}", taken.outcomes.len());
}

/// The same process has told of another flag for long: what it counted of this one meanwhile is of before its rollout.
#[test]
fn a_flag_that_is_counted_from_now_on_brings_nothing_of_before() {
    let streams = Streams::new();
    let seconds = |number: u64| 1_000_000_000 + number * 1_000;
    let export = |flag: &str, at: u64, counts| {
        let body = histogram("m", 2, &point(flag, "on", 5_000, seconds(at), counts));
        let now = UnixMillis::new(i64::try_from(seconds(at)).unwrap());
        let taken = otlp::metrics(Body::Protobuf(&body), &Anything, &streams, now).unwrap();
        taken.outcomes.iter().map(|one| u64::from(one.times)).sum::<u64>()
    };
    for minute in 0..5 {
        export("old", minute * 60, [100 + minute, 0, 0]);
    }
    assert_eq!(export("new", 300, [90_000, 0, 4_000]), 0, "nobody listened to it");
    assert_eq!(export("new", 360, [90_002, 0, 4_001]), 3);
}

/// Whoever sends a span of thousands of flags has none of them passed over.
#[test]
fn spans_of_however_many_flags_are_all_looked_up() {
    let spans: Vec<_> =
        (0..3_000).map(|number| span(&format!("flag-{}", number % 1_500), "on", "a", 5_000, 1, false)).collect();
    let taken = otlp::traces(Body::Protobuf(&traces(&spans)), &ByTime(RefCell::default())).unwrap();
    assert!(taken.passed.is_empty(), "{:?}", taken.passed);
    assert_eq!(taken.outcomes.len(), 3_000);
    assert!(taken.outcomes.iter().any(|one| one.outcome.flag.as_str() == "flag-1499"));
}

/// An application asks at the beginning of a request: what is served may be another variant by its end.
#[test]
fn a_span_without_a_variant_had_the_one_of_its_beginning() {
    let span = |start: u64, end: u64| {
        Message::default()
            .bytes(5, b"GET /search")
            .fixed64(7, start * 1_000_000)
            .fixed64(8, end * 1_000_000)
            .attribute(9, "feature_flag.key", "search")
            .attribute(9, "feature_flag.context.id", "user-1")
    };
    let asked = ByTime(RefCell::default());
    let spans = traces(&[span(1_000, 2_000), span(0, 2_001), span(9_000, 2_002)]);
    let taken = otlp::traces(Body::Protobuf(&spans), &asked).unwrap();
    let ended: Vec<_> = taken.outcomes.iter().filter_map(|one| one.outcome.at).map(UnixMillis::get).collect();
    assert_eq!(ended, [2_000, 2_001, 2_002], "they count when they ended");
    let asked: Vec<_> = asked.0.take().into_iter().flatten().map(UnixMillis::get).collect();
    assert_eq!(asked, [1_000, 2_001, 2_002], "a beginning that is none is not asked for");
}

#[tokio::test]
async fn what_was_meant_and_cannot_be_counted_is_told_to_the_exporter() {
    let control = begun("").await;
    let end = now();
    let spans = [
        span("search", "o", "a", end, 1, false),
        span("search", "on", "a", end, 1, false),
        span("nobody", "x", "a", end, 1, false),
    ];
    let (status, _, answer) = export(&control, "/v1/traces", PROTOBUF, traces(&spans)).await;
    assert_eq!(status, StatusCode::OK);
    let text = String::from_utf8_lossy(&answer);
    assert!(text.contains("1 with a variant that the flag does not have"), "{text}");
    assert_eq!(&answer[..1], &[0x0A], "partial_success");
    // Whoever heard no answer sends it again, and hears that as many were not counted.
    let (_, _, again) = export(&control, "/v1/traces", PROTOBUF, traces(&spans)).await;
    let again = String::from_utf8_lossy(&again).into_owned();
    assert!(again.contains("1 of this body, which came before, could not be counted then"), "{again}");
    until_seen(&control, "seen", "1").await;
    let (_, metrics) = control.get("/metrics").await;
    let metrics = metrics.as_str().unwrap();
    for line in [
        "tidegate_telemetry_total{result=\"counted\",signal=\"spans\"} 1",
        "tidegate_telemetry_total{result=\"unknown_flag\",signal=\"spans\"} 1",
        "tidegate_telemetry_total{result=\"unknown_variant\",signal=\"spans\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

/// Exports of thousands of processes push no batch's name out, also not of what is kept.
#[tokio::test]
async fn exports_and_batches_are_remembered_apart_over_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let spans = traces(&[span("search", "on", "a", now(), 1, false)]);
    let batch = |control: &Control| {
        let post = control.request(Method::POST, "/api/v1/outcomes").header("idempotency-key", "b-1");
        post.header("content-type", "application/json").body(r#"[{"flag":"search","variant":"on","ok":true}]"#)
    };
    {
        let control = Control::keeping_in(data.path()).await;
        control.apply(&PLAN.replace("TELEMETRY", "")).await;
        control.post("/api/v1/rollouts/search-v2/start", "{}").await;
        assert_eq!(export(&control, "/v1/traces", PROTOBUF, spans.clone()).await.0, StatusCode::OK);
        assert_eq!(batch(&control).send().await.unwrap().status(), StatusCode::ACCEPTED);
        control.shutdown.cancel();
        control.server.stopped().await;
    }
    {
        let store = sqlite::open(data.path()).await.unwrap();
        let kept = store.kept_outcomes().await.unwrap();
        assert_eq!((kept.batches.len(), kept.exports.len()), (1, 1));
        store.close().await;
    }
    let control = Control::keeping_in(data.path()).await;
    until_seen(&control, "seen", "2").await;
    assert_eq!(export(&control, "/v1/traces", PROTOBUF, spans).await.0, StatusCode::OK);
    assert!(batch(&control).send().await.unwrap().headers().contains_key("idempotent-replayed"));
    let (_, metrics) = control.get("/metrics").await;
    let metrics = metrics.as_str().unwrap();
    assert!(metrics.contains("tidegate_outcomes_total{result=\"repeated\"} 2"), "{metrics}");
    assert!(!metrics.contains("tidegate_outcomes_total{result=\"accepted\"}"), "none is counted again: {metrics}");
}

#[tokio::test]
async fn a_body_that_cannot_be_read_counts_nothing_and_says_why() {
    let control = begun("").await;
    let whole = traces(&[span("search", "on", "s3cret", now(), 1, false), span("search", "on", "b", now(), 1, false)]);
    let bomb = gzip(&vec![0; 20 << 20]);
    let plain = |kind: &'static str, body: Vec<u8>| {
        control.request(Method::POST, "/v1/traces").header("content-type", kind).body(body)
    };
    let packed = |encoding: &'static str, body: Vec<u8>| plain(PROTOBUF, body).header("content-encoding", encoding);
    for (request, status, part) in [
        (
            plain(PROTOBUF, whole[..whole.len() - 1].to_vec()),
            400,
            "nothing was counted: the body ends in the middle of",
        ),
        (plain(PROTOBUF, b"{\"resourceSpans\":[]}".to_vec()), 400, "no protobuf"),
        (plain("application/json", whole.clone()), 400, "UTF-8"),
        (
            plain(
                "application/json",
                b"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"kind\":\"s3cret\"}]}]}]}".to_vec(),
            ),
            400,
            "a whole number",
        ),
        (plain("application/json", b"{\"resourceSpans\":[".to_vec()), 400, "unterminated"),
        (plain("application/json", b"[]".to_vec()), 400, "another kind"),
        (plain("application/yaml", whole.clone()), 415, "application/x-protobuf or application/json"),
        (packed("gzip", whole.clone()), 400, "gzip"),
        (packed("br", whole.clone()), 415, "gzip"),
        (packed("gzip", bomb), 413, "16777216"),
        (plain(PROTOBUF, vec![0x0A; (4 << 20) + 1]), 413, "4194304"),
    ] {
        let (found, _, answer) = sent(request).await;
        let text = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(found.as_u16(), status, "{part}: {text}");
        assert!(text.contains(part) && !text.contains("s3cret"), "{part}: {text}");
    }
    let (_, metrics) = control.get("/metrics").await;
    assert!(!metrics.as_str().unwrap().contains("result=\"counted\""), "nothing was counted");
}

#[tokio::test]
async fn nothing_is_taken_without_the_key() {
    let control = Control::start(&[("TIDEGATE_CONTROL_KEY", KEY)]).await;
    let body = traces(&[span("search", "on", "a", now(), 1, false)]);
    let request = || control.request(Method::POST, "/v1/traces").header("content-type", PROTOBUF).body(body.clone());
    assert_eq!(sent(request()).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(sent(request().bearer_auth(KEY)).await.0, StatusCode::OK);
}

proptest::proptest! {
    /// Whatever comes is read or refused: the reading never ends the process, and never takes longer for being wrong.
    #[test]
    fn any_bytes_are_read_or_refused(
        cuts in proptest::collection::vec((0_usize..2_000, proptest::num::u8::ANY), 1..20),
        json in proptest::bool::ANY,
    ) {
        let spans = traces(&[span("search", "on", "a", 2_000, 1, true), span("limit", "small", "b", 2_000, 1, false)]);
        let points = histogram("m", 2, &point("search", "on", 1, 2, [1, 2, 3]));
        for mut body in [spans, points] {
            for (at, byte) in &cuts {
                let at = at % body.len();
                body[at] = *byte;
            }
            let vocabulary = Anything;
            let streams = Streams::new();
            let at = UnixMillis::new(5);
            let text = String::from_utf8_lossy(&body).into_owned();
            let body = if json { Body::Json(&text) } else { Body::Protobuf(&body) };
            let _ = otlp::traces(body, &vocabulary);
            let _ = otlp::metrics(body, &vocabulary, &streams, at);
        }
    }
}

/// Every flag, of whose spans all count. Notes for which moments it is asked what was served.
struct ByTime(RefCell<Vec<Option<UnixMillis>>>);

impl Vocabulary for ByTime {
    fn flag(&self, key: &str) -> Option<Known> {
        Some(Known { telemetry: Arc::default(), ..Anything.flag(key)? })
    }

    fn served(&self, _: &FlagKey, _: &str, at: Option<UnixMillis>) -> Option<VariantName> {
        self.0.borrow_mut().push(at);
        VariantName::new("on").ok()
    }

    fn counts_points_of(&self, _: &str) -> bool {
        false
    }
}

struct Anything;

impl Vocabulary for Anything {
    fn flag(&self, key: &str) -> Option<Known> {
        let flag = FlagKey::new(key).ok()?;
        let telemetry = Telemetry { from: TelemetrySource::Points { metric: "m".into() }, ..Default::default() };
        let variants = vec![VariantName::new("on").unwrap()];
        Some(Known { flag, variants, telemetry: Arc::new(telemetry) })
    }

    fn served(&self, _: &FlagKey, _: &str, _: Option<UnixMillis>) -> Option<VariantName> {
        None
    }

    fn counts_points_of(&self, _: &str) -> bool {
        true
    }
}
