//! Counters in Debian's Prometheus behind TLS and a password: counted exactly from look to look, a reset included.

use super::ports::free_address;
use super::process::Process;
use axum::Router;
use axum::routing::get;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tidegate::analysis::{Compared, Counts, Reading};
use tidegate::measure::{
    Address, ConnectionKind, ConnectionSettings, Connections, FetcherSettings, Outcomes, PrometheusConnection,
    Providers, Readings, Stretch,
};
use tidegate::rollout::{Arm, Attachments, Over, Plan, Versus, lower};
use tidegate::source::{Format, parse};
use tidegate::units::{MetricName, UnixMillis};

const PLAN: &str = r#"
kind: Rollout
name: new-cart
flag: new-cart
candidate: "on"
stable: "off"
metrics:
  errors:
    provider: prometheus
    ratio: { bad: 'cart_failures_total{variant="{{variant}}"}', total: 'sum(cart_requests_total{variant="{{variant}}"})' }
  requests: { provider: prometheus, unit: count, query: 'sum(cart_requests_total{variant="{{variant}}"})' }
waves:
  - { name: tenth, exposure: 10%, bake: 1h, every: 10s, close_when: errors regresses }
"#;

/// The password `test`, as Prometheus keeps it.
const PASSWORD: &str = "$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay";

const PATIENCE: Duration = Duration::from_secs(60);

/// A program whose counters stand where the test puts them.
#[derive(Debug, Clone, Default)]
struct Counters(Arc<Mutex<String>>);

impl Counters {
    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let counters = self.clone();
        let metrics = move || async move { counters.0.lock().expect("no panic").clone() };
        let app = Router::new().route("/metrics", get(metrics));
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }

    /// Failures and requests of the candidate, and requests of the control, of which none fails.
    fn stand(&self, failures: u64, requests: u64, of_control: u64) {
        let mut text =
            format!("# TYPE cart_requests_total counter\ncart_requests_total{{variant=\"on\"}} {requests}\n");
        text += &format!("cart_requests_total{{variant=\"off\"}} {of_control}\n# TYPE cart_failures_total counter\n");
        text += &format!("cart_failures_total{{variant=\"on\"}} {failures}\n");
        *self.0.lock().expect("no panic") = text;
    }
}

/// Prometheus behind TLS and a password, with the authority that signed its certificate.
struct Guarded {
    url: String,
    process: Process,
}

impl Guarded {
    fn start(home: &Path, target: &str) -> Self {
        let config = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n  - job_name: cart\n    \
             static_configs: [ {{ targets: ['{target}'] }} ]\n"
        );
        fs::write(home.join("prometheus.yml"), config).expect("written");
        let web = "tls_server_config: { cert_file: server.crt, key_file: server.key }\nbasic_auth_users:\n  admin: ";
        fs::write(home.join("web.yml"), format!("{web}{PASSWORD}\n")).expect("written");
        let address = free_address();
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", home.join("prometheus.yml").display()))
            .arg(format!("--web.config.file={}", home.join("web.yml").display()))
            .arg(format!("--storage.tsdb.path={}", home.join("data").display()))
            .arg(format!("--web.listen-address={address}"));
        let process = Process::start("prometheus", &mut command, &home.join("log"));
        Self { url: format!("https://{address}"), process }
    }
}

/// What `openssl ca` needs to know to sign for another time than the present.
const SIGNING: &str = "[ca]\ndefault_ca = signing\n[signing]\ndatabase = index\nrand_serial = yes\nnew_certs_dir = .\n\
                       default_md = sha256\npolicy = policy\nx509_extensions = names\n[policy]\ncommonName = supplied\n\
                       [names]\nsubjectAltName = IP:127.0.0.1\n";

/// Makes an authority if there is none of that name, and a certificate of this machine that it signed, valid from and
/// until then.
pub(super) fn certify(home: &Path, authority: &str, server: &str, (from, until): (&str, &str)) {
    let run = |line: &str| {
        let mut command = Command::new("openssl");
        let output = command.current_dir(home).args(line.split(' ')).output().expect("openssl is there");
        assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    if !home.join(format!("{authority}.crt")).exists() {
        run(&format!("req -x509 {key} -keyout {authority}.key -out {authority}.crt -days 2 -subj /CN={authority}"));
    }
    run(&format!("req {key} -keyout {server}.key -out {server}.csr -subj /CN=127.0.0.1"));
    fs::write(home.join("signing.cnf"), SIGNING).expect("written");
    fs::write(home.join("index"), "").expect("written");
    let by = format!("-cert {authority}.crt -keyfile {authority}.key -startdate {from} -enddate {until}");
    run(&format!("ca -batch -notext -config signing.cnf {by} -in {server}.csr -out {server}.crt"));
}

/// Long before and after this test.
pub(super) const VALID: (&str, &str) = ("20200101000000Z", "20490101000000Z");

/// Over by now.
pub(super) const EXPIRED: (&str, &str) = ("20200101000000Z", "20210101000000Z");

fn connection(url: &str, password: &str, authority: Option<&Path>) -> ConnectionSettings {
    let mut fetch = FetcherSettings::default();
    let encoded = match password {
        "test" => "Basic YWRtaW46dGVzdA==",
        _ => "Basic YWRtaW46d3Jvbmc=",
    };
    fetch.headers.insert(AUTHORIZATION, HeaderValue::from_static(encoded));
    fetch.authorities = authority.map(|path| Arc::from(fs::read(path).expect("a certificate")));
    let kind = PrometheusConnection { lag: Duration::ZERO, ..PrometheusConnection::default() };
    ConnectionSettings {
        name: Arc::from("prometheus"),
        address: Some(Address::parse(url).expect("an address")),
        fetch,
        kind: ConnectionKind::Prometheus(kind),
    }
}

fn providers(settings: ConnectionSettings) -> Providers {
    Providers::new(Arc::new(Outcomes::new()), Connections::new(vec![settings], Vec::new()))
}

fn plan() -> Plan {
    let parsed = parse("plan.yaml", PLAN.as_bytes(), Format::Yaml).expect("sound");
    lower(&parsed.documents[0], &parsed.text, &Attachments::none()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub(super) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    UnixMillis::new(i64::try_from(since.as_millis()).expect("this age"))
}

async fn read(providers: &Providers, plan: &Plan, arm: Arm) -> Reading {
    providers.read(plan, &plan.metrics["requests"], arm, Over::Usual, now()).await
}

/// Waits until Prometheus has seen so many requests of each variant.
async fn until_seen(providers: &Providers, plan: &Plan, requests: f64, of_control: f64) {
    let begun = Instant::now();
    loop {
        let (on, off) = (read(providers, plan, Arm::Candidate).await, read(providers, plan, Arm::Control).await);
        let has = |reading: &Reading, wanted: f64| matches!(reading, Reading::Value { value, .. } if *value == wanted);
        if has(&on, requests) && has(&off, of_control) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "waited for {requests} and {of_control}: {on:?}, {off:?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn counts(providers: &Providers, plan: &Plan, looked: UnixMillis) -> Counts {
    let versus = Versus { metric: MetricName::new("errors").expect("a name"), looked, entered: looked, alpha: 0.01 };
    match providers.compare(plan, &plan.metrics["errors"], &versus, now()).await {
        Ok(Compared::Counts(counts)) => counts,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_are_counted_exactly_through_tls_a_password_and_a_reset() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    certify(home, "authority", "server", VALID);
    let counters = Counters::default();
    counters.stand(5, 100, 1_000);
    let mut prometheus = Guarded::start(home, &counters.serve().await);
    let authority = home.join("authority.crt");
    let providers = providers(connection(&prometheus.url, "test", Some(&authority)));
    let plan = plan();
    until_seen(&providers, &plan, 100.0, 1_000.0).await;
    let looked = now();

    counters.stand(9, 150, 1_200);
    until_seen(&providers, &plan, 150.0, 1_200.0).await;
    // The program of the candidate begins anew.
    counters.stand(1, 7, 1_400);
    until_seen(&providers, &plan, 7.0, 1_400.0).await;
    counters.stand(2, 20, 1_500);
    until_seen(&providers, &plan, 20.0, 1_500.0).await;
    let counted = counts(&providers, &plan, looked).await;
    assert_eq!((counted.candidate.exposed, counted.candidate.bad), (50 + 20, 4 + 2));
    assert_eq!((counted.control.exposed, counted.control.bad), (500, 0));

    // What follows is counted from there, and nothing twice.
    counters.stand(3, 30, 1_501);
    until_seen(&providers, &plan, 30.0, 1_501.0).await;
    let next = counts(&providers, &plan, counted.until).await;
    assert_eq!((next.candidate.exposed, next.candidate.bad), (10, 1));
    assert_eq!((next.control.exposed, next.control.bad), (1, 0));

    // What was, the reset in it.
    let stretch = Stretch { from: looked, until: next.until, step: Duration::from_secs(1) };
    let past = providers.past(&plan, &plan.metrics["requests"], Arm::Candidate, Over::Usual, stretch).await;
    let past = past.expect("it has a past");
    let values: Vec<f64> = past.iter().map(|(_, value)| *value).collect();
    for seen in [100.0, 150.0, 7.0, 20.0] {
        assert!(values.contains(&seen), "{seen} in {values:?}");
    }
    assert!(past.is_sorted_by_key(|(at, _)| *at));

    assert!(prometheus.process.ended().is_none());
    refused(home, &prometheus, &plan).await;
}

/// Who is not let in, and whom we do not trust.
async fn refused(home: &Path, prometheus: &Guarded, plan: &Plan) {
    let authority = home.join("authority.crt");
    let why = async |settings: ConnectionSettings| match read(&providers(settings), plan, Arm::Candidate).await {
        Reading::NoData(why) => why.to_string(),
        value @ Reading::Value { .. } => panic!("{value:?}"),
    };
    let wrong = why(connection(&prometheus.url, "wrong", Some(&authority))).await;
    assert!(wrong.contains("HTTP 401") && !wrong.contains("YWRt"), "{wrong}");
    let unknown = why(connection(&prometheus.url, "test", None)).await;
    assert!(unknown.contains("unreachable") && unknown.contains("certificate"), "{unknown}");
    certify(home, "stranger", "of_stranger", VALID);
    let stranger = why(connection(&prometheus.url, "test", Some(&home.join("stranger.crt")))).await;
    assert!(stranger.contains("certificate"), "{stranger}");
    let plain = why(connection(&prometheus.url.replace("https", "http"), "test", None)).await;
    assert!(plain.contains("HTTP 400"), "{plain}");
    // Prometheus reads its certificate anew for each connection.
    certify(home, "authority", "expired", EXPIRED);
    for kind in ["crt", "key"] {
        fs::copy(home.join(format!("expired.{kind}")), home.join(format!("server.{kind}"))).expect("copied");
    }
    let expired = why(connection(&prometheus.url, "test", Some(&authority))).await;
    assert!(expired.contains("certificate expired"), "{expired}");
}
