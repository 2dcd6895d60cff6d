//! How long a bad candidate is served after its alert came in: from the moment an alert is posted to
//! the last answer that still gave somebody the candidate, seen from outside, over both doors.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a bench that cannot set up its server has nothing to measure"
)]

use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tidegate::app::Server;
use tidegate::clock::Clock;
use tidegate::config::{Listener, Origins, Settings, StoreChoice};
use tidegate::eval::Bucketing;
use tidegate::telemetry::LogFormat;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const FLAG: &str =
    "flags: { search: { state: ENABLED, variants: { 'on': true, 'off': false }, defaultVariant: 'off' } }\n";
const ROLLOUT: &str = "kind: Rollout\nname: search\nflag: search\ncandidate: 'on'\nstable: 'off'\nalways: { close_when: [ 'alert(severity = \"critical\")' ] }\nwaves: [ { name: everyone, exposure: 100%, bake: 1h } ]\n";
/// Applications that ask all the time while the alert comes in.
const ASKERS: usize = 4;

fn main() {
    // `cargo bench -- --test` only shows that it runs.
    let rounds = if std::env::args().any(|argument| argument == "--test") { 2 } else { 60 };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        measure("store on disk", StoreChoice::Folder(folder.path().join("data")), rounds).await;
        measure("store in memory", StoreChoice::Ephemeral, rounds).await;
    });
}

async fn measure(name: &str, store: StoreChoice, rounds: usize) {
    let files = tempfile::tempdir().expect("a folder");
    std::fs::write(files.path().join("flags.yaml"), FLAG).expect("written");
    std::fs::write(files.path().join("rollout.yaml"), ROLLOUT).expect("written");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let settings = Settings {
        paths: vec![files.path().to_path_buf()],
        evaluation: Listener { address: any, key: None },
        control: Listener { address: any, key: None },
        store,
        strict: true,
        prometheus: None,
        connections: Vec::new(),
        metric_addresses: Vec::new(),
        bucketing: Bucketing::V3,
        event_streams: None,
        cors_origins: Origins::default(),
        log: LogFormat::Text,
        triggers: Vec::new(),
        remarks: Vec::new(),
    };
    let stop = CancellationToken::new();
    let server = Server::start(&settings, Clock::system(), stop.clone()).await.expect("a server");
    let (began, last) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for asker in 0..ASKERS {
        tokio::spawn(ask(client.clone(), server.evaluation, asker, began, Arc::clone(&last), stop.clone()));
    }
    let (mut to_last, mut to_answer) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let verb = if round == 0 { "start" } else { "retry" };
        post(&client, server.control, &format!("rollouts/search/{verb}"), &json!({})).await;
        sleep(Duration::from_millis(30)).await;
        let posted = Instant::now();
        let answer = post(&client, server.control, "triggers/alertmanager", &alert("firing", round)).await;
        let answered = posted.elapsed();
        assert_eq!(answer["closed"], json!(["search"]), "the alert closed it");
        sleep(Duration::from_millis(30)).await;
        let since = u64::try_from((posted - began).as_micros()).expect("small");
        to_last.push(Duration::from_micros(last.load(Ordering::Relaxed).saturating_sub(since)));
        to_answer.push(answered);
        // Nothing begins anew against an alert that fires.
        post(&client, server.control, "triggers/alertmanager", &alert("resolved", round)).await;
    }
    report(&format!("{name}: alert posted -> last answer with the candidate"), to_last);
    report(&format!("{name}: alert posted -> answered as durable"), to_answer);
    stop.cancel();
    server.stopped().await;
}

async fn ask(
    client: reqwest::Client,
    address: SocketAddr,
    asker: usize,
    began: Instant,
    last: Arc<AtomicU64>,
    stop: CancellationToken,
) {
    let address = format!("http://{address}/ofrep/v1/evaluate/flags/search");
    let body = json!({ "context": { "targetingKey": format!("user-{asker}") } });
    while !stop.is_cancelled() {
        let Ok(answer) = client.post(&address).json(&body).send().await else { continue };
        let Ok(answer) = answer.json::<Value>().await else { continue };
        if answer["value"] == true {
            let now = u64::try_from(began.elapsed().as_micros()).expect("small");
            last.fetch_max(now, Ordering::Relaxed);
        }
    }
}

async fn post(client: &reqwest::Client, address: SocketAddr, path: &str, body: &Value) -> Value {
    let answer = client.post(format!("http://{address}/api/v1/{path}")).json(body).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {answer:?}");
    answer.json().await.expect("JSON")
}

fn alert(status: &str, round: usize) -> Value {
    json!({
        "version": "4", "groupKey": "g", "status": status, "receiver": "tidegate", "groupLabels": {},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "",
        "alerts": [{
            "status": status, "labels": { "alertname": "SearchDown", "severity": "critical" }, "annotations": {},
            "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "",
            "fingerprint": format!("f{round}"),
        }],
    })
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{name}: median {median:.2?}, worst of {} {worst:.2?}", times.len());
}
