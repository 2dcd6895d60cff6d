//! Systems of every kind behind a certificate that cannot be trusted: none of them is asked anything.

use super::counters::{EXPIRED, VALID, certify, now};
use super::ports::free_address;
use super::process::Process;
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidegate::analysis::Reading;
use tidegate::measure::{
    Address, AwsPlaces, CloudWatchConnection, ConnectionKind, ConnectionSettings, Connections, FetcherSettings,
    Outcomes, Providers, Readings,
};
use tidegate::rollout::{Arm, Attachments, Over, Plan, lower};
use tidegate::source::{Format, parse};
use tidegate::triggers::probe::{ProbeSettings, Prober, Target};

/// How each kind is asked for a number.
const METRICS: [(&str, &str); 6] = [
    ("prometheus", "query: up"),
    ("cloudwatch", "region: eu-central-1, namespace: Shop, metric: Errors, statistic: Average"),
    ("datadog", "query: 'avg:errors{*}'"),
    ("web", "value: $.v"),
    ("graphite", "query: shop.errors"),
    ("influxdb", "database: shop, query: SELECT mean(v) FROM m"),
];

fn kind(word: &str) -> ConnectionKind {
    match word {
        "prometheus" => ConnectionKind::Prometheus(Default::default()),
        "datadog" => ConnectionKind::Datadog,
        "web" => ConnectionKind::Web(Default::default()),
        "graphite" => ConnectionKind::Graphite(Default::default()),
        "influxdb" => ConnectionKind::Influx(Default::default()),
        _ => {
            let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
            let keys: Vec<_> = keys.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            ConnectionKind::CloudWatch(CloudWatchConnection {
                places: AwsPlaces::new(&keys, None),
                ..Default::default()
            })
        }
    }
}

fn plan(word: &str, metric: &str) -> Plan {
    let text = format!(
        "kind: Rollout\nname: r\nflag: f\ncandidate: 'on'\nstable: 'off'\nmetrics:\n  m: {{ provider: {word}, {metric} \
         }}\nwaves:\n  - {{ name: w, exposure: 10%, bake: 1h, every: 10s }}\n"
    );
    let parsed = parse("plan.yaml", text.as_bytes(), Format::Yaml).expect("sound");
    lower(&parsed.documents[0], &parsed.text, &Attachments::none()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Why a system of that kind at that address gives no number, trusting that authority or else the machine's.
async fn why(word: &str, metric: &str, url: &str, authority: Option<&Path>) -> String {
    let fetch = FetcherSettings {
        authorities: authority.map(|path| Arc::from(fs::read(path).expect("a certificate"))),
        ..FetcherSettings::default()
    };
    let address = Some(Address::parse(url).expect("an address"));
    let settings = ConnectionSettings { name: Arc::from(word), address, fetch, kind: kind(word) };
    let providers = Providers::new(Arc::new(Outcomes::new()), Connections::new(vec![settings], Vec::new()));
    let plan = plan(word, metric);
    match providers.read(&plan, &plan.metrics["m"], Arm::Candidate, Over::Usual, now()).await {
        Reading::NoData(why) => why.to_string(),
        value @ Reading::Value { .. } => panic!("{word}: {value:?}"),
    }
}

/// A server with that certificate, which answers every question with a page.
fn start(home: &Path, server: &str) -> (String, Process) {
    let address = free_address();
    let mut command = Command::new("openssl");
    command.current_dir(home).args(["s_server", "-www", "-accept"]).arg(&address);
    command.args(["-cert", &format!("{server}.crt"), "-key", &format!("{server}.key")]);
    let process = Process::start("openssl", &mut command, &home.join(format!("{server}.log")));
    let begun = Instant::now();
    while std::net::TcpStream::connect(&address).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "openssl does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    (address, process)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_system_is_asked_behind_a_certificate_that_cannot_be_trusted() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    certify(home, "ours", "good", VALID);
    certify(home, "ours", "old", EXPIRED);
    certify(home, "theirs", "foreign", VALID);
    let ours = home.join("ours.crt");
    let (good, _good) = start(home, "good");
    let (old, _old) = start(home, "old");
    let (foreign, _foreign) = start(home, "foreign");
    let by_name = good.replace("127.0.0.1", "localhost");
    for (word, metric) in METRICS {
        // Trusted, it is asked and answers with a page: it is the certificate that keeps the others from it.
        let page = why(word, metric, &format!("https://{good}"), Some(&ours)).await;
        assert!(!page.contains("certificate") && !page.contains("unreachable"), "{word}: {page}");
        for (what, address, authority) in [
            ("of an authority that nobody knows", &good, None),
            ("of another authority", &foreign, Some(&*ours)),
            ("that is over", &old, Some(&*ours)),
            ("of another name", &by_name, Some(&*ours)),
        ] {
            let why = why(word, metric, &format!("https://{address}"), authority).await;
            let told = why.contains("unreachable") && why.contains("certificate");
            assert!(told && !why.contains("hunter2"), "{word}, {what}: {why}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_trusts_the_authority_of_its_settings_and_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    certify(home, "ours", "good", VALID);
    certify(home, "theirs", "foreign", VALID);
    let (good, _good) = start(home, "good");
    let (foreign, _foreign) = start(home, "foreign");
    let once = NonZeroU32::MIN;
    let look = |address: &str, authority: Option<&str>| {
        let authorities = authority.map(|name| Arc::from(fs::read(home.join(name)).expect("a certificate")));
        let url = format!("https://{address}/?key=hunter2").parse().expect("an address");
        let target = Target::Http { url, token: None, status: vec![200], body: None, authorities };
        let (every, timeout) = (Duration::from_secs(60), Duration::from_secs(30));
        let settings = ProbeSettings { target, every, timeout, failures: once, successes: once };
        assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
        async move { Prober::new(&settings).expect("a prober").look().await }
    };
    assert_eq!(look(&good, Some("ours.crt")).await, Ok(()));
    for (address, authority) in [(&good, None), (&good, Some("theirs.crt")), (&foreign, Some("ours.crt"))] {
        let seen = look(address, authority).await.expect_err("it is not trusted");
        assert!(seen.contains("certificate") && !seen.contains("hunter2"), "{seen}");
    }
}
