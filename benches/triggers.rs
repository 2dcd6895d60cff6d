//! A storm of alerts: posts of eight senders at an even rate, each sent twice, while applications evaluate. Tells how
//! long posts and evaluations took, and fails unless each rollout closed exactly once.
//!
//! `cargo bench --bench triggers` sends 100,000 posts at 2,000 a second; `-- POSTS RATE` sends others.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a bench that cannot set up its server has nothing to measure"
)]

use futures_util::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tidegate::app::Server;
use tidegate::clock::Clock;
use tidegate::config::{Key, Origin, Raw, load};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

const SENDERS: [&str; 8] =
    ["alertmanager-1", "alertmanager-2", "grafana-1", "grafana-2", "datadog-1", "datadog-2", "pagerduty", "webhook"];
const ROLLOUTS: usize = 200;
/// Applications that evaluate all the time.
const ASKERS: usize = 4;
/// The most posts that wait for their answers at one time: as many connections as monitoring systems may hold.
const IN_FLIGHT: usize = 256;

/// How long applications evaluate before the storm, to compare with.
const CALM: Duration = Duration::from_secs(3);

struct Run {
    client: reqwest::Client,
    control: SocketAddr,
    posted: Mutex<Vec<Duration>>,
    statuses: Mutex<BTreeMap<u16, usize>>,
}

/// The senders and the applications run in processes of their own, made of this program again: what they need of the
/// machine is not the server's, and a client that is late is not taken for a server that is.
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |word: &str| {
        let place = arguments.iter().position(|argument| argument == word)?;
        Some(arguments.get(place + 1).expect("an address").parse::<SocketAddr>().expect("an address"))
    };
    let numbers: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let smoke = arguments.iter().any(|argument| argument == "--test");
    let posts = numbers.first().copied().unwrap_or(if smoke { 2_000 } else { 100_000 });
    let rate = numbers.get(1).copied().unwrap_or(2_000);
    if let Some(control) = after("--senders") {
        return runtime(1).block_on(senders(control, posts, rate));
    }
    if let Some(evaluation) = after("--applications") {
        return runtime(1).block_on(applications(evaluation));
    }
    runtime(std::thread::available_parallelism().map_or(2, usize::from)).block_on(storm(posts, rate));
}

fn runtime(threads: usize) -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build().expect("a runtime")
}

async fn storm(posts: usize, rate: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, stop) = serve(folder.path()).await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for number in 0..ROLLOUTS {
        let url = format!("http://{}/api/v1/rollouts/r{number}/start", server.control);
        let answer = client.post(url).json(&json!({})).send().await.expect("an answer");
        assert!(answer.status().is_success(), "r{number}: {:?}", answer.text().await);
    }
    let applications = || again(&["--applications".to_owned(), server.evaluation.to_string()]);
    let calm = applications();
    sleep(CALM).await;
    let mut before = times(&over(calm).await);

    let meanwhile = applications();
    let begun = Instant::now();
    let control = server.control.to_string();
    let senders = again(&["--senders".to_owned(), control, posts.to_string(), rate.to_string()]);
    let said = senders.wait_with_output().await.expect("senders");
    assert!(said.status.success(), "the senders failed: {}", said.status);
    let took = begun.elapsed();
    let mut during = times(&over(meanwhile).await);
    let said: Value = serde_json::from_slice(&said.stdout).expect("JSON");

    let closings = closings(&client, server.control).await;
    let wrong: Vec<_> = closings.iter().filter(|(_, count)| **count != 1).collect();
    println!(
        "{posts} posts, half of them sent before, of {} senders in {took:.1?}: {:.0} a second of {rate} asked for",
        SENDERS.len(),
        as_f64(posts) / took.as_secs_f64()
    );
    println!("answers by status: {}", said["statuses"]);
    println!("rollouts closed exactly once: {} of {ROLLOUTS}", closings.len() - wrong.len());
    report("a post answered", &mut times(&said));
    report("an evaluation, nobody posting", &mut before);
    report("an evaluation meanwhile", &mut during);
    assert!(wrong.is_empty() && closings.len() == ROLLOUTS, "not exactly once: {wrong:?}");
    stop.cancel();
    server.stopped().await;
}

/// This program once more, as something else.
fn again(arguments: &[String]) -> Child {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    command.spawn().expect("another process")
}

/// Has applications end, by ending what they read, and tell.
async fn over(mut applications: Child) -> Value {
    drop(applications.stdin.take());
    let said = applications.wait_with_output().await.expect("applications");
    assert!(said.status.success(), "the applications failed: {}", said.status);
    serde_json::from_slice(&said.stdout).expect("JSON")
}

fn times(said: &Value) -> Vec<Duration> {
    let nanos = said["nanos"].as_array().expect("a list").iter();
    nanos.map(|nanos| Duration::from_nanos(nanos.as_u64().expect("a number"))).collect()
}

fn nanos(times: &[Duration]) -> Vec<u64> {
    times.iter().map(|time| u64::try_from(time.as_nanos()).expect("small")).collect()
}

async fn senders(control: SocketAddr, posts: usize, rate: usize) {
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(IN_FLIGHT).build().expect("a client");
    let run = Arc::new(Run { client, control, posted: Mutex::default(), statuses: Mutex::default() });
    send(&run, posts, rate).await;
    let statuses = run.statuses.lock().expect("whole").clone();
    let nanos = nanos(&run.posted.lock().expect("whole"));
    println!("{}", json!({ "statuses": statuses, "nanos": nanos }));
}

async fn applications(evaluation: SocketAddr) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let (seen, over) = (Arc::new(Mutex::new(Vec::new())), CancellationToken::new());
    let askers = (0..ASKERS).map(|asker| ask(client.clone(), evaluation, asker, Arc::clone(&seen), over.clone()));
    let end = async {
        let read = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        read.await.expect("read").expect("its end");
        over.cancel();
    };
    tokio::join!(join_all(askers), end);
    println!("{}", json!({ "nanos": nanos(&seen.lock().expect("whole")) }));
}

async fn serve(folder: &Path) -> (Server, CancellationToken) {
    let files = folder.join("files");
    std::fs::create_dir_all(&files).expect("a folder");
    let (mut flags, mut settings) = ("flags:\n".to_owned(), "triggers:\n".to_owned());
    for number in 0..ROLLOUTS {
        writeln!(
            flags,
            "  f{number}: {{ state: ENABLED, variants: {{ 'on': true, 'off': false }}, defaultVariant: 'off' }}"
        )
        .expect("written");
        let plan = format!(
            "kind: Rollout\nname: r{number}\nflag: f{number}\ncandidate: 'on'\nstable: 'off'\n\
             always: {{ close_when: [ 'alert(severity = \"critical\")' ] }}\n\
             waves: [ {{ name: everyone, exposure: 100%, bake: 1h }} ]\n"
        );
        std::fs::write(files.join(format!("r{number}.rollout.yaml")), plan).expect("written");
    }
    std::fs::write(files.join("flags.yaml"), flags).expect("written");
    for sender in SENDERS {
        let kind = sender.split('-').next().expect("a kind");
        let proof = if matches!(kind, "pagerduty" | "webhook") { "secret_env" } else { "key_env" };
        // An incident names no flag, so all of PagerDuty's are about one.
        let flag = if kind == "pagerduty" { ", flag: f0" } else { "" };
        let variable = variable(sender);
        let source = format!("{{ kind: {kind}, {proof}: {variable}, labels: {{ severity: critical{flag} }} }}");
        writeln!(settings, "  {sender}: {source}").expect("written");
    }
    let settings_file = folder.join("settings.yaml");
    std::fs::write(&settings_file, settings).expect("written");
    let mut raw = Raw::default();
    let path = |name: &str| vec![folder.join(name).to_string_lossy().into_owned()];
    raw.set(Key::Paths, path("files"), Origin::Flag("PATH"));
    raw.set(Key::Data, path("data"), Origin::Flag("--data"));
    for key in [Key::Evaluation, Key::Control] {
        raw.set_flag(key, Some("127.0.0.1:0".to_owned()));
    }
    let variables: Vec<_> = SENDERS.iter().map(|sender| (variable(sender), secret(sender))).collect();
    let settings = load(raw, Some(&settings_file), &variables).expect("settings");
    let stop = CancellationToken::new();
    let server = Server::start(&settings, Clock::system(), stop.clone()).await.expect("a server");
    (server, stop)
}

fn variable(sender: &str) -> String {
    format!("KEY_OF_{}", sender.to_ascii_uppercase().replace('-', "_"))
}

fn secret(sender: &str) -> String {
    format!("the-key-of-{sender}-alone")
}

/// Sends each post twice, the second time a thousand posts later, and the alerts of one rollout after the other.
async fn send(run: &Arc<Run>, posts: usize, rate: usize) {
    let places = Arc::new(Semaphore::new(IN_FLIGHT));
    let (distinct, later) = (posts / 2, 1_000.min(posts / 2));
    let order = (0..distinct + later).flat_map(|number| {
        let again = number.checked_sub(later);
        [(number < distinct).then_some(number), again].into_iter().flatten()
    });
    let begun = Instant::now();
    let sent = AtomicUsize::new(0);
    let mut tasks = Vec::with_capacity(posts);
    for number in order {
        let due = u64::try_from(sent.fetch_add(1, Ordering::Relaxed) * 1_000_000 / rate).expect("small");
        sleep_until(begun + Duration::from_micros(due)).await;
        let place = Arc::clone(&places).acquire_owned().await.expect("open");
        let run = Arc::clone(run);
        tasks.push(tokio::spawn(async move {
            let rollout = number * ROLLOUTS / distinct;
            post(&run, SENDERS[number % SENDERS.len()], number, rollout).await;
            drop(place);
        }));
    }
    join_all(tasks).await;
}

async fn post(run: &Run, sender: &str, number: usize, rollout: usize) {
    let (body, headers) = said(sender, number, &format!("f{rollout}"));
    let mut request = run.client.post(format!("http://{}/api/v1/triggers/{sender}", run.control)).body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let begun = Instant::now();
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    answer.bytes().await.expect("all of it");
    run.posted.lock().expect("whole").push(begun.elapsed());
    *run.statuses.lock().expect("whole").entry(status).or_default() += 1;
}

/// A post as a sender makes it: the same number is the same alert at the same moment.
fn said(sender: &str, number: usize, flag: &str) -> (String, Vec<(&'static str, String)>) {
    let bearer = || vec![("authorization", format!("Bearer {}", secret(sender)))];
    match sender.split('-').next().expect("a kind") {
        "datadog" => {
            let body = json!({ "id": number, "scope": "", "transition": "Triggered", "date": "1767225600000",
                               "event": number.to_string(), "tags": format!("flag:{flag}") });
            (body.to_string(), bearer())
        }
        "pagerduty" => {
            let body = json!({ "event": {
                "id": format!("e{number}"), "event_type": "incident.triggered", "resource_type": "incident",
                "occurred_at": "2026-01-01T00:00:00Z",
                "data": { "id": format!("P{number}"), "type": "incident", "status": "triggered",
                          "title": flag, "service": { "id": "S", "summary": flag } } } });
            let body = body.to_string();
            let signed = signature(sender, &[body.as_bytes()]);
            (body, vec![("x-pagerduty-signature", signed)])
        }
        "webhook" => {
            let body =
                json!({ "id": number.to_string(), "status": "firing", "at": "2026-01-01T00:00:00Z", "flag": flag });
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs().to_string();
            let body = body.to_string();
            let signed = signature(sender, &[now.as_bytes(), b".", body.as_bytes()]);
            (body, vec![("tidegate-timestamp", now), ("tidegate-signature", signed)])
        }
        _ => {
            let body = json!({ "version": "4", "status": "firing", "alerts": [{
                "status": "firing", "labels": { "alertname": "Down", "flag": flag },
                "startsAt": "2026-01-01T00:00:00Z", "fingerprint": format!("{number:x}") }] });
            (body.to_string(), bearer())
        }
    }
}

fn signature(sender: &str, parts: &[&[u8]]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret(sender).as_bytes()).expect("any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().iter().fold("v1=".to_owned(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("written");
        hex
    })
}

async fn ask(
    client: reqwest::Client,
    address: SocketAddr,
    asker: usize,
    seen: Arc<Mutex<Vec<Duration>>>,
    over: CancellationToken,
) {
    let body = json!({ "context": { "targetingKey": format!("user-{asker}") } });
    let mut number = asker;
    while !over.is_cancelled() {
        number = (number + 7) % ROLLOUTS;
        let begun = Instant::now();
        let answer = client.post(format!("http://{address}/ofrep/v1/evaluate/flags/f{number}")).json(&body).send();
        let answer: Value = answer.await.expect("an answer").json().await.expect("JSON");
        assert!(answer["variant"].is_string(), "{answer}");
        seen.lock().expect("whole").push(begun.elapsed());
        // Applications do more than to ask.
        sleep(Duration::from_millis(1)).await;
    }
}

async fn closings(client: &reqwest::Client, control: SocketAddr) -> BTreeMap<String, usize> {
    let (mut found, mut after) = (BTreeMap::new(), 0);
    loop {
        let url = format!("http://{control}/api/v1/history?limit=1000&after={after}");
        let page: Value = client.get(url).send().await.expect("an answer").json().await.expect("JSON");
        let entries = page["entries"].as_array().expect("a list");
        let Some(last) = entries.last() else { return found };
        after = last["sequence"].as_u64().expect("a number");
        for entry in entries.iter().filter(|entry| entry["kind"] == "closed") {
            *found.entry(entry["rollout"].as_str().expect("a name").to_owned()).or_default() += 1;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn as_f64(number: usize) -> f64 {
    number as f64
}

fn report(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 1_000];
    let (median, high, higher, worst) = (at(500), at(990), at(999), at(1_000));
    println!("{name}: median {median:.2?}, p99 {high:.2?}, p99.9 {higher:.2?}, worst of {} {worst:.2?}", times.len());
}
