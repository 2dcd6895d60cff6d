//! Bad answers of CloudWatch, Datadog, Graphite, InfluxDB and commands.

use super::cases::Case;
use super::system::{Does, System};
use std::path::PathBuf;
use std::time::Duration;
use tidegate::measure::{AllowedCommand, AwsPlaces, CloudWatchConnection, ConnectionKind, ExecConnection};

fn body(status: u16, body: &str) -> Does {
    Does::Answers(status, "", body.as_bytes().to_vec())
}

fn at(system: &System, what: &'static str, (kind, metric): (ConnectionKind, &str), does: Does, reason: &str) -> Case {
    let path = format!("{}-{}", kind.word(), what.replace(' ', "-"));
    let address = system.that(&path, does);
    Case::new((kind, what), metric, Some(&address), reason)
}

pub(super) fn cases(system: &System) -> Vec<Case> {
    let mut cases = cloudwatch(system);
    cases.extend(datadog(system));
    cases.extend(graphite(system));
    cases.extend(influxdb(system));
    cases.extend(commands());
    cases
}

fn cloudwatch(system: &System) -> Vec<Case> {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
    let connection = |variables: &[(&str, &str)], region: Option<&str>| {
        let owned: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let region = region.map(Into::into);
        let places = AwsPlaces::new(&owned, None);
        ConnectionKind::CloudWatch(CloudWatchConnection { region, places, ..CloudWatchConnection::default() })
    };
    let metric = "namespace: Shop, metric: Errors, statistic: Average";
    let case = |what, does, reason| at(system, what, (connection(&keys, Some("eu-central-1")), metric), does, reason);
    let results = |results: &str| body(200, &format!(r#"{{"MetricDataResults": [{results}]}}"#));
    let of = |status: &str| format!(r#"{{"Id":"value","StatusCode":"{status}","Timestamps":[0],"Values":[1]}}"#);
    let throttled = r#"{"__type":"com.amazon#ThrottlingException","message":"Rate exceeded"}"#;
    let two = format!("{},{}", of("Complete"), of("Complete").replace("\"Id\"", "\"Label\":\"b\",\"Id\""));
    vec![
        at(system, "no keys", (connection(&[], Some("eu-central-1")), metric), results(""), "no AWS credentials"),
        at(system, "no region", (connection(&keys, None), metric), results(""), "no region is named"),
        case("throttled", body(400, throttled), "HTTP 400: ThrottlingException: Rate exceeded"),
        case("a wrong signature", body(403, r#"{"__type":"InvalidSignatureException"}"#), "InvalidSignatureException"),
        case("empty", results(""), "there are no values"),
        case("PartialData", results(&of("PartialData")), "PartialData"),
        case("InternalError", results(&of("InternalError")), "InternalError"),
        case("Forbidden", results(&of("Forbidden")), "Forbidden"),
        case("stale", results(&of("Complete")), "newest value is"),
        case("several", results(&two), "2 series match the query"),
        case("pages without end", body(200, r#"{"MetricDataResults": [], "NextToken": "x"}"#), "more than 10 pages"),
        case("HTML with 200", body(200, "<html>"), "not JSON at line 1"),
        case("no answer", body(200, "{}"), "it is not an answer of GetMetricData"),
    ]
}

fn datadog(system: &System) -> Vec<Case> {
    let case = |what, does, reason| at(system, what, (ConnectionKind::Datadog, "query: 'avg:errors{*}'"), does, reason);
    let values = |values: &str| {
        let column = format!(r#"{{"name":"value","type":"number","values":[{values}]}}"#);
        body(200, &format!(r#"{{"data":{{"type":"scalar_response","attributes":{{"columns":[{column}]}}}}}}"#))
    };
    vec![
        case("403", body(403, r#"{"errors":["Forbidden"]}"#), "HTTP 403: Forbidden"),
        case("an error with 200", body(200, r#"{"errors":"query timed out"}"#), "query timed out"),
        case("null", values("null"), "there are no values"),
        case("empty", values(""), "there are no values"),
        case("several", values("1,2"), "2 series match the query"),
        case("a text", values("\"1\""), "its value is a text where a number is expected"),
        case("HTML with 200", body(200, "<html>"), "not JSON at line 1"),
    ]
}

fn graphite(system: &System) -> Vec<Case> {
    let case = |what, text: &str, reason| {
        at(system, what, (ConnectionKind::Graphite(Default::default()), "query: shop.errors"), body(200, text), reason)
    };
    vec![
        case("empty", "[]", "there are no values"),
        case("nulls", r#"[{"datapoints":[[null,1],[null,2]]}]"#, "there are no values"),
        case("stale", r#"[{"datapoints":[[1,1000000000]]}]"#, "newest value is"),
        case("several", r#"[{"datapoints":[]},{"datapoints":[]}]"#, "2 series match the query"),
        case("NaN", r#"[{"datapoints":[[NaN,1]]}]"#, "not JSON at line 1"),
        case("an object", r#"{"datapoints":[[1,1]]}"#, "it is not an answer of Graphite's render API"),
    ]
}

fn influxdb(system: &System) -> Vec<Case> {
    let kind = || ConnectionKind::Influx(Default::default());
    let metric = "database: shop, query: SELECT mean(v) FROM m";
    let ql = |what, text: &str, reason| at(system, what, (kind(), metric), body(200, text), reason);
    let metric = "language: flux, organization: shop, query: 'from(bucket: \"x\")'";
    let flux = |what, text: &str, reason| at(system, what, (kind(), metric), body(200, text), reason);
    let no_database = (kind(), "query: SELECT mean(v) FROM m");
    vec![
        ql("empty", r#"{"results":[{}]}"#, "there are no values"),
        ql("an error with 200", r#"{"results":[{"error":"database not found"}]}"#, "database not found"),
        ql("a part", r#"{"results":[{"partial":true,"series":[{"columns":["time","v"],"values":[]}]}]}"#, "missing"),
        at(system, "no database", no_database, body(200, "{}"), "no database is named"),
        flux("Flux of nothing", "\r\n", "there are no values"),
        flux("Flux with an error", "error,reference\r\nbroken,1\r\n", "broken"),
        flux("Flux with NaN", ",result,table,_value\r\n,,0,NaN\r\n", "value is NaN"),
        flux("Flux of two tables", ",result,table,_value\r\n,,0,1\r\n,,1,1\r\n", "2 series match the query"),
        flux("Flux as a page", "<html>", "there is no column `_value`"),
    ]
}

fn commands() -> Vec<Case> {
    let command = |program: &str, script: &str, timeout: u64| AllowedCommand {
        name: "score".to_owned(),
        program: PathBuf::from(program),
        arguments: if script.is_empty() { Vec::new() } else { vec!["-c".to_owned(), script.to_owned()] },
        environment: Vec::new(),
        timeout: Duration::from_millis(timeout),
        longest_output: 1_000,
    };
    let case = |what, command: AllowedCommand, metric: &str, reason: &str| {
        let kind = ConnectionKind::Exec(ExecConnection::new(vec![command], 2));
        Case::new((kind, what), metric, None, reason)
    };
    let runs =
        |what, script: &str, reason: &str| case(what, command("/bin/sh", script, 10_000), "command: score", reason);
    let slow = command("/bin/sh", "sleep 600", 300);
    let json = command("/bin/sh", r#"echo '{"v": "1"}'"#, 10_000);
    let wants = AllowedCommand { arguments: vec!["{{of}}".to_owned()], ..command("/bin/echo", "", 10_000) };
    vec![
        case("missing", command("/no/such/program", "", 1_000), "command: score", "there is no program"),
        case("not executable", command("/etc/passwd", "", 1_000), "command: score", "cannot be executed"),
        case("not allowed", command("/bin/true", "", 1_000), "command: other", "the settings allow no command `other`"),
        case("without its argument", wants, "command: score", "needs the argument `of`"),
        case("too slow", slow, "command: score", "300ms"),
        runs("exits with 1", "echo no such table >&2; exit 1", "ended with the exit code 1: no such table"),
        runs("killed", "kill -9 $$", "was ended by the signal 9"),
        runs("prints too much", "yes", "it prints more than 1000 bytes"),
        runs("prints a text", "echo fine", "is a text where a number is expected"),
        runs("prints two numbers", "echo 1; echo 2", "is a text where a number is expected"),
        runs("prints nothing", "true", "there are no values"),
        runs("prints NaN", "echo NaN", "value is NaN"),
        case("prints a text in JSON", json, "command: score, value: $.v", "its value is a text"),
    ]
}
