//! Bad answers over HTTP, as Prometheus and plain endpoints may give them.

use super::cases::Case;
use super::system::{Does, System};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};
use tidegate::measure::ConnectionKind;

/// What Prometheus says, and as what it is held.
fn prometheus(system: &System, what: &'static str, does: Does, reason: &str) -> Case {
    let kind = ConnectionKind::Prometheus(Default::default());
    let address = system.that(&format!("prometheus-{}", what.replace(' ', "-")), does);
    Case::new((kind, what), "query: up", Some(&address), reason)
}

/// A Prometheus that is somewhere else.
fn at(what: &'static str, address: &str, reason: &str) -> Case {
    Case::new((ConnectionKind::Prometheus(Default::default()), what), "query: up", Some(address), reason)
}

/// What an endpoint says, and as what it is held.
fn web(system: &System, what: &'static str, (metric, body): (&str, &str), reason: &str) -> Case {
    let does = Does::Answers(200, "content-type: application/json\r\n", body.as_bytes().to_vec());
    let address = system.that(&format!("web-{}", what.replace(' ', "-")), does);
    Case::new((ConnectionKind::Web(Default::default()), what), metric, Some(&address), reason)
}

fn ok(body: &str) -> Does {
    Does::Answers(200, "", body.as_bytes().to_vec())
}

fn status(status: u16) -> Does {
    Does::Answers(status, "", b"<html>hunter2</html>".to_vec())
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// The answer with these series, each a time and a value.
fn vector(samples: &[(f64, &str)]) -> String {
    let one = |(at, value): &(f64, &str)| format!(r#"{{"metric":{{"pod":"{at}{value}"}},"value":[{at},"{value}"]}}"#);
    let series: Vec<String> = samples.iter().map(one).collect();
    format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#, series.join(","))
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) async fn cases(system: &System) -> Vec<Case> {
    let mut cases = unreachable(system).await;
    cases.extend(refused(system));
    cases.extend(broken(system));
    cases.extend(meaningless(system));
    cases.extend(endpoints(system));
    cases
}

async fn unreachable(system: &System) -> Vec<Case> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    vec![
        at("down", &format!("http://{closed}"), "Connection refused"),
        at("no such host", "http://no-such-host.invalid:9090", "unreachable (http://no-such-host.invalid:9090"),
        at("no TLS", &format!("https://{}", system.address()), &format!("unreachable (https://{}", system.address())),
        prometheus(system, "hangs", Does::Hangs, "700ms"),
        prometheus(system, "drips", Does::Drips(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{".to_vec()), "700ms"),
        prometheus(system, "closes", Does::Writes(Vec::new()), "unreachable ("),
        prometheus(system, "no HTTP", Does::Writes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), "unreachable ("),
    ]
}

fn refused(system: &System) -> Vec<Case> {
    let redirect = Does::Answers(302, "location: ./again\r\n", Vec::new());
    let said = r#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
    let unavailable = Does::Answers(503, "", said.as_bytes().to_vec());
    let waiting = Does::Answers(429, "retry-after: 30\r\n", Vec::new());
    vec![
        prometheus(system, "401", status(401), "HTTP 401 Unauthorized"),
        prometheus(system, "403", status(403), "HTTP 403 Forbidden"),
        prometheus(system, "404", status(404), "HTTP 404 Not Found"),
        prometheus(system, "429", status(429), "HTTP 429 Too Many Requests"),
        prometheus(system, "429 for half a minute", waiting, "HTTP 429 Too Many Requests"),
        prometheus(system, "500", status(500), "HTTP 500 Internal Server Error"),
        prometheus(system, "502", status(502), "HTTP 502 Bad Gateway"),
        prometheus(system, "503", unavailable, "HTTP 503: execution: too many samples"),
        prometheus(system, "504", status(504), "HTTP 504 Gateway Timeout"),
        prometheus(system, "204", Does::Answers(204, "", Vec::new()), "HTTP 204 No Content"),
        prometheus(system, "redirects in a circle", redirect, "HTTP 302: redirects are not followed"),
        prometheus(system, "an error with 200", ok(said), "execution: too many samples"),
    ]
}

fn broken(system: &System) -> Vec<Case> {
    let head = "HTTP/1.1 200 OK\r\n";
    let one = vector(&[(now(), "1")]);
    let writes = |text: String| Does::Writes(text.into_bytes());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bomb = Does::Answers(200, "content-encoding: gzip\r\n", packed(&vec![b' '; 100_000_000]));
    let cut = packed(one.as_bytes());
    let cut = Does::Answers(200, "content-encoding: gzip\r\n", cut[..cut.len() / 2].to_vec());
    let noise = Does::Answers(200, "content-encoding: gzip\r\n", one.clone().into_bytes());
    let brotli = Does::Answers(200, "content-encoding: br\r\n", one.clone().into_bytes());
    vec![
        prometheus(system, "half a body", writes(format!("{head}content-length: 4000\r\n\r\n{one}")), "unreachable ("),
        prometheus(
            system,
            "too short a length",
            writes(format!("{head}content-length: 30\r\n\r\n{one}")),
            "the JSON stops in the middle",
        ),
        prometheus(
            system,
            "a broken chunk",
            writes(format!("{head}transfer-encoding: chunked\r\n\r\nzz\r\n{one}\r\n0\r\n\r\n")),
            "unreachable (",
        ),
        prometheus(
            system,
            "chunks without an end",
            writes(format!("{head}transfer-encoding: chunked\r\n\r\n5\r\n{{\"sta\r\n")),
            "unreachable (",
        ),
        prometheus(system, "half a header", writes("HTTP/1.1 200 OK\r\ncontent-le".to_owned()), "unreachable ("),
        prometheus(system, "100 MB", Does::Floods { megabytes: 100, announced: true }, "it is over 1 MB"),
        prometheus(system, "100 MB unannounced", Does::Floods { megabytes: 100, announced: false }, "it is over 1 MB"),
        prometheus(system, "a gzip bomb", bomb, "it is over 1 MB"),
        prometheus(system, "half a gzip", cut, "the gzip stops in the middle"),
        prometheus(system, "gzip that is none", noise, "its gzip cannot be unpacked"),
        prometheus(system, "brotli", brotli, "packed in a way that was not asked for"),
        prometheus(system, "HTML with 200", ok("<html><body>Log in</body></html>"), "not JSON at line 1, column 1"),
        prometheus(system, "no body", ok(""), "the JSON stops in the middle"),
        prometheus(system, "trailing garbage", ok(&format!("{one} x")), "not JSON at line 1"),
        prometheus(system, "deep nesting", ok(&deep), "could not be read"),
    ]
}

fn meaningless(system: &System) -> Vec<Case> {
    let one = vector(&[(now(), "1")]);
    let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    let warned = one.replace(r#""data""#, r#""warnings":["store 3 did not answer"],"data""#);
    vec![
        prometheus(system, "empty", ok(&vector(&[])), "there are no values"),
        prometheus(system, "NaN", ok(&vector(&[(now(), "NaN")])), "value is NaN"),
        prometheus(system, "Inf", ok(&vector(&[(now(), "+Inf")])), "value is +Inf"),
        prometheus(system, "1e999", ok(&vector(&[(now(), "1e999")])), "value is +Inf"),
        prometheus(system, "stale", ok(&vector(&[(now() - 3_600.0, "1")])), "newest value is 1h"),
        prometheus(system, "future", ok(&vector(&[(now() + 7_200.0, "1")])), "in the future: compare the clocks"),
        prometheus(system, "several series", ok(&vector(&[(now(), "1"), (now(), "2")])), "2 series match the query"),
        prometheus(system, "a text", ok(&vector(&[(now(), "many")])), "its value is no number"),
        prometheus(system, "a number that is no text", ok(&one.replace("\"1\"", "1")), "not a time and a value"),
        prometheus(system, "a range", ok(matrix), "the query gives a range of values"),
        prometheus(system, "a warning", ok(&warned), "warning: store 3 did not answer"),
        prometheus(system, "null", ok("null"), "it is not an answer of Prometheus' query API"),
        prometheus(system, "another status", ok(r#"{"status":"ok","data":null}"#), "error"),
    ]
}

fn endpoints(system: &System) -> Vec<Case> {
    let deep = format!(r#"{{"v": {}1{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    let plain = |body: &'static str| ("value: $.v", body);
    let timed = |body: &'static str| ("value: $.v, time: $.at", body);
    let counted = |body: &'static str| ("value: $.v, samples: $.n, min_samples: 20", body);
    vec![
        web(system, "null", plain(r#"{"v": null}"#), "there are no values"),
        web(system, "nothing there", plain(r#"{"w": 1}"#), "there are no values"),
        web(system, "a boolean", plain(r#"{"v": false}"#), "its value is true or false where a number is expected"),
        web(system, "a text", plain(r#"{"v": "1"}"#), "its value is a text where a number is expected"),
        web(system, "an object", plain(r#"{"v": {"v": 1}}"#), "its value is an object where a number is expected"),
        web(system, "a list", plain(r#"{"v": [1]}"#), "its value is a list where a number is expected"),
        web(system, "deep nesting", ("value: $..v", &deep), "not JSON at line 1"),
        web(system, "too large a number", plain(r#"{"v": 1e999}"#), "not JSON at line 1"),
        web(system, "NaN", plain(r#"{"v": NaN}"#), "not JSON at line 1"),
        web(system, "several", ("value: '$..v'", r#"[{"v": 1}, {"v": 2}]"#), "2 series match the query"),
        web(system, "old", timed(r#"{"v": 1, "at": "2024-01-01T00:00:00Z"}"#), "newest value is"),
        web(system, "from the future", timed(r#"{"v": 1, "at": 4102444800}"#), "in the future"),
        web(system, "at no time", timed(r#"{"v": 1, "at": "noon"}"#), "its time is neither RFC 3339"),
        web(system, "too few", counted(r#"{"v": 1, "n": 19}"#), "19"),
        web(system, "less than nothing", counted(r#"{"v": 1, "n": -1}"#), "negative or too large"),
        web(system, "uncounted", counted(r#"{"v": 1}"#), "there are no values"),
        web(system, "HTML with 200", plain("<html>Log in</html>"), "not JSON at line 1"),
    ]
}
