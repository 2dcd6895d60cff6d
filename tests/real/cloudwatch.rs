//! CloudWatch as moto plays it: with users and keys, signatures that are checked as Amazon's own client computes them,
//! and metrics that somebody else has put there.

use super::packages::installed;
use super::ports::free_address;
use super::process::Process;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tidegate::analysis::{NoData, Reading};
use tidegate::clock::Clock;
use tidegate::measure::{
    Address, AwsPlaces, CloudWatchConnection, ConnectionKind, ConnectionSettings, Connections, FetcherSettings,
    Outcomes, Providers, Readings,
};
use tidegate::rollout::{Arm, Attachments, Over, Plan, lower};
use tidegate::source::{Format, parse};
use tidegate::units::UnixMillis;

/// Longer than anything here takes on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// So many requests pass without a look at who sends them: a user, a key, a policy, and the metrics.
const UNCHECKED: &str = "4";

const PLAN: &str = r#"
kind: Rollout
name: new-cart
flag: new-cart
candidate: "on"
stable: "off"
metrics:
  latency:
    provider: cloudwatch
    namespace: Shop
    metric: Latency
    dimensions: { variant: "{{variant}}" }
    statistic: Average
    min_samples: 3
    unit: milliseconds
  errors:
    provider: cloudwatch
    region: eu-central-1
    queries:
      bad: { namespace: Shop, metric: Errors, dimensions: { variant: "{{variant}}" }, statistic: Sum }
    expression: bad
    unit: count
waves:
  - { name: everyone, exposure: 100%, bake: 1h }
"#;

/// Moto, and the keys of a user who may do everything there.
struct Aws {
    url: String,
    id: String,
    secret: String,
    process: Process,
    #[expect(dead_code, reason = "keeps the folder of the log")]
    home: TempDir,
}

impl Aws {
    async fn start() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let python = installed("tests/real/aws/requirements.txt").join("venv/bin/python");
        let address = free_address();
        let (host, port) = address.split_once(':').expect("a port");
        let mut command = Command::new(python);
        command.args(["-m", "moto.server", "-H", host, "-p", port]).env("INITIAL_NO_AUTH_ACTION_COUNT", UNCHECKED);
        let process = Process::start("moto", &mut command, &home.path().join("log"));
        let url = format!("http://{address}/");
        let mut aws = Self { url, id: String::new(), secret: String::new(), process, home };
        aws.until_it_listens(&address).await;
        let form = |action: &str, more: &[(&str, &str)]| {
            let mut pairs = vec![("Action", action), ("Version", "2010-05-08"), ("UserName", "tidegate")];
            pairs.extend(more);
            pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
        };
        aws.send("iam", &[], form("CreateUser", &[])).await;
        let key = aws.send("iam", &[], form("CreateAccessKey", &[])).await;
        let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        aws.send("iam", &[], form("PutUserPolicy", &[("PolicyName", "all"), ("PolicyDocument", all)])).await;
        aws.id = between(&key, "<AccessKeyId>", "</AccessKeyId>");
        aws.secret = between(&key, "<SecretAccessKey>", "</SecretAccessKey>");
        aws
    }

    async fn until_it_listens(&mut self, address: &str) {
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            let ended = self.process.ended();
            assert!(begun.elapsed() < PATIENCE && ended.is_none(), "{ended:?} {}", self.process.log_tail(20));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends something that is not signed.
    async fn send(&self, service: &str, headers: &[(&str, &str)], body: String) -> String {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let scope = format!("AKID/20260101/eu-central-1/{service}/aws4_request");
        let nobody = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let form = "application/x-www-form-urlencoded";
        let kind = headers.iter().find(|(name, _)| *name == "content-type").map_or(form, |(_, value)| value);
        let mut request =
            client.post(&self.url).header("authorization", nobody).header("content-type", kind).body(body);
        for (name, value) in headers.iter().filter(|(name, _)| *name != "content-type") {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a text");
        assert!(status.is_success(), "{status}: {text}");
        text
    }

    /// What a shop would put there: values of a minute with their variant.
    async fn put(&self, metrics: &[(&str, &str, f64)], at: UnixMillis) {
        let one = |(name, variant, value): &(&str, &str, f64)| -> Value {
            let dimensions = json!([{ "Name": "variant", "Value": variant }]);
            json!({ "MetricName": name, "Value": value, "Timestamp": at.get() / 1_000, "Dimensions": dimensions })
        };
        let data: Vec<Value> = metrics.iter().map(one).collect();
        let body = json!({ "Namespace": "Shop", "MetricData": data }).to_string();
        let target = ("x-amz-target", "GraniteServiceVersion20100801.PutMetricData");
        self.send("monitoring", &[("content-type", "application/x-amz-json-1.0"), target], body).await;
    }

    fn providers(&self, secret: &str) -> Providers {
        let keys = [("AWS_ACCESS_KEY_ID", self.id.as_str()), ("AWS_SECRET_ACCESS_KEY", secret)];
        let keys = keys.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (region, places) = (Some(Arc::from("eu-central-1")), AwsPlaces::new(&keys, None));
        let kind =
            ConnectionKind::CloudWatch(CloudWatchConnection { region, places, ..CloudWatchConnection::default() });
        let fetch = FetcherSettings { timeout: Duration::from_secs(10), ..FetcherSettings::default() };
        let (name, address) = (Arc::from("cloudwatch"), Some(Address::parse(&self.url).expect("an address")));
        let connection = ConnectionSettings { name, address, fetch, kind };
        Providers::new(Arc::new(Outcomes::new()), Connections::new(vec![connection], Vec::new()))
    }
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn between(text: &str, from: &str, to: &str) -> String {
    let found = text.split(from).nth(1).and_then(|rest| rest.split(to).next());
    found.unwrap_or_else(|| panic!("no {from} in {text}")).to_owned()
}

fn plan() -> Plan {
    let parsed = parse("plan.yaml", PLAN.as_bytes(), Format::Yaml).expect("YAML");
    lower(&parsed.documents[0], &parsed.text, &Attachments::none()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

async fn reading(providers: &Providers, metric: &str, arm: Arm) -> Reading {
    let plan = plan();
    let (_, metric) = plan.metrics.iter().find(|(name, _)| name.as_str() == metric).expect("the metric");
    providers.read(&plan, metric, arm, Over::Usual, Clock::system().now()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudwatch_answers_what_is_signed_with_a_key_that_it_knows() {
    let aws = Aws::start().await;
    // The middle of the minute before the last one: it is over, whatever the time is when it is asked for.
    let minute = Clock::system().now().get() / 60_000 * 60_000;
    let at = UnixMillis::new(minute - 90_000);
    let latencies = [100.0, 200.0, 300.0, 400.0].map(|value| ("Latency", "on", value));
    let mut metrics = latencies.to_vec();
    metrics.extend([("Latency", "off", 50.0), ("Errors", "on", 2.0), ("Errors", "on", 3.0), ("Errors", "off", 1.0)]);
    aws.put(&metrics, at).await;

    let providers = aws.providers(&aws.secret);
    let at = UnixMillis::new(minute - 60_000);
    let latency = reading(&providers, "latency", Arm::Candidate).await;
    assert_eq!(latency, Reading::Value { value: 250.0, samples: Some(4), at }, "{}", aws.process.log_tail(20));
    let control = reading(&providers, "latency", Arm::Control).await;
    assert_eq!(control, Reading::NoData(NoData::TooFew { have: 1, need: 3 }));
    for (arm, expected) in [(Arm::Candidate, 5.0), (Arm::Control, 1.0)] {
        let errors = reading(&providers, "errors", arm).await;
        assert_eq!(errors, Reading::Value { value: expected, samples: None, at });
    }

    // The same key with another secret signs otherwise.
    let Reading::NoData(why) = reading(&aws.providers("hunter2"), "latency", Arm::Candidate).await else {
        panic!("a wrong signature was taken")
    };
    let why = why.to_string();
    assert!(why.contains("HTTP 403") && !why.contains("hunter2"), "{why}");
}
