//! `tidegate rollout rehearse` with two weeks of past in Debian's Prometheus.

use super::ports::free_address;
use super::process::Process;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime};

const PLAN: &str = r#"kind: Rollout
name: search-v2
flag: search
candidate: "on"
stable: "off"
metrics:
  error_rate: { provider: prometheus, unit: ratio, query: 'shop_errors{variant="{{variant}}"}' }
  p99: { provider: prometheus, unit: seconds, query: 'shop_p99_seconds{variant="{{variant}}"}' }
always:
  close_when: [ error_rate > 10% for 5m, p99 > 60s ]
  hold_when: [ p99 > 300ms ]
waves:
  - { name: some, exposure: 10%, bake: 12h, every: 2m }
  - { name: all, exposure: 100%, bake: 12h, every: 2m }
"#;

const DAY: u64 = 86_400;

/// Every two minutes, as the plan looks.
const STEP: u64 = 120;

/// A Prometheus that scrapes nobody and has two weeks of past.
struct Remembering {
    address: String,
    _process: Process,
}

/// Errors of 1% with twenty minutes of 30% each week; a p99 of 200 ms. Until that second since 1970.
fn past(until: u64) -> String {
    let mut text = "# TYPE shop_errors gauge\n".to_owned();
    let times = || (0..=14 * DAY / STEP).map(move |step| (step * STEP, until - 14 * DAY + step * STEP));
    for (since, at) in times() {
        let spike = since % (7 * DAY) >= 3 * DAY && since % (7 * DAY) < 3 * DAY + 1_200;
        writeln!(text, "shop_errors{{variant=\"off\"}} {} {at}", if spike { 0.3 } else { 0.01 }).expect("a String");
    }
    text.push_str("# TYPE shop_p99_seconds gauge\n");
    for (_, at) in times() {
        writeln!(text, "shop_p99_seconds{{variant=\"off\"}} 0.2 {at}").expect("a String");
    }
    text.push_str("# EOF\n");
    text
}

impl Remembering {
    fn start(home: &Path, until: u64) -> Self {
        let (written, data) = (home.join("past.txt"), home.join("data"));
        fs::write(&written, past(until)).expect("written");
        let made = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&written, &data])
            .output()
            .expect("promtool runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        fs::write(home.join("prometheus.yml"), "global: { scrape_interval: 1m }\n").expect("written");
        let address = free_address();
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", home.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg("--storage.tsdb.retention.time=60d")
            .arg(format!("--web.listen-address={address}"));
        let process = Process::start("prometheus", &mut command, &home.join("log"));
        Self { address, _process: process }
    }

    async fn page(&self, path: &str) -> Option<String> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
        let answer = http.get(format!("http://{}{path}", self.address)).send().await.ok()?;
        answer.error_for_status().ok()?.text().await.ok()
    }

    async fn ready(&self) {
        let begun = Instant::now();
        while self.page("/-/ready").await.is_none() {
            assert!(begun.elapsed() < Duration::from_secs(60), "Prometheus does not come up");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// How often it was asked for a past, by its own count.
    async fn asked(&self) -> u64 {
        let page = self.page("/metrics").await.expect("its metrics");
        let of = |line: &&str| {
            line.starts_with("prometheus_http_requests_total{") && line.contains("handler=\"/api/v1/query_range\"")
        };
        let count = |line: &str| line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok()).expect("a count");
        page.lines().filter(of).map(count).sum()
    }
}

fn rehearse(home: &Path, address: &str, until: u64, more: &[&str]) -> Output {
    let plan: PathBuf = home.join("plan.yaml");
    fs::write(&plan, PLAN).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDEGATE_")) {
        command.env_remove(name);
    }
    let until = rfc_3339(until);
    command
        .args(["rollout", "rehearse", "-o", "json", "--step", "2m", "--pause", "1ms", "--until", &until])
        .args(["--prometheus", &format!("http://{address}"), "--keep"])
        .arg(home.join("kept"))
        .args(more)
        .arg(&plan)
        .output()
        .expect("the binary runs")
}

/// A moment in RFC 3339, by Howard Hinnant's `civil_from_days`.
fn rfc_3339(seconds: u64) -> String {
    let (days, rest) = (seconds / DAY, seconds % DAY);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

/// What a release manager asks before a plan is used: would it have closed for nothing, and would it have seen a fault?
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_rehearsed_in_the_past_of_a_real_prometheus() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    let until = now / 3_600 * 3_600 - 3_600;
    let prometheus = Remembering::start(home, until);
    prometheus.ready().await;

    let refused = rehearse(home, &prometheus.address, until, &["--most-requests", "3"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("requests would be made for 2 metrics over 14d, and 3 are allowed"), "{said}");
    assert_eq!(prometheus.asked().await, 0, "nothing is asked before the number is known");

    let rehearsed = rehearse(home, &prometheus.address, until, &[]);
    let said = String::from_utf8_lossy(&rehearsed.stderr).into_owned();
    assert!(rehearsed.status.success() && said.is_empty(), "without a terminal it is quiet: {said}");
    let report: Value = serde_json::from_slice(&rehearsed.stdout).expect("JSON");
    assert_eq!(report["weather"]["closings"], 2, "one for each week's spike: {:#}", report["weather"]);
    let error_rate =
        report["metrics"].as_array().expect("a list").iter().find(|metric| metric["metric"] == "error_rate");
    let error_rate = error_rate.expect("it is there");
    assert_eq!((&error_rate["source"], &error_rate["highest"]), (&Value::from("past"), &Value::from(0.3)));
    let threshold = |condition: &str| {
        let all = report["thresholds"].as_array().expect("a list");
        all.iter().find(|one| one["condition"] == condition).unwrap_or_else(|| panic!("{report:#}")).clone()
    };
    let closes = threshold("error_rate > 10% for 5m");
    assert_eq!((&closes["rating"], &closes["fired"]), (&Value::from("trigger-happy"), &Value::from(2)), "{closes}");
    assert_eq!(threshold("p99 > 1m")["rating"], "idle", "200 ms never come near a minute, nor ten times as much");
    let holds = threshold("p99 > 300ms");
    assert_eq!((&holds["rating"], &holds["fires_at_ten"]), (&Value::from("sound"), &Value::from(true)), "{holds}");
    let found = report["detection"].as_array().expect("a list");
    let doubled = found.iter().find(|one| one["metric"] == "p99" && one["times"] == 2).expect("it is there");
    assert_eq!(doubled["median_hold_seconds"], 120.0, "400 ms hold at the first check: {doubled}");

    let asked = prometheus.asked().await;
    assert_eq!(report["requests"].as_u64(), Some(asked), "as many requests as it says");
    assert!((10..=14).contains(&asked), "some six for each metric: {asked}");

    // Interrupted: what is missing is asked for, and nothing else.
    let mut kept: Vec<_> =
        fs::read_dir(home.join("kept")).expect("a folder").map(|file| file.expect("a file").path()).collect();
    kept.sort();
    assert_eq!(kept.len() as u64, asked);
    kept.iter().take(3).for_each(|file| fs::remove_file(file).expect("removed"));
    let resumed = rehearse(home, &prometheus.address, until, &[]);
    let again: Value = serde_json::from_slice(&resumed.stdout).expect("JSON");
    assert_eq!((&again["requests"], again["kept"].as_u64()), (&Value::from(3), Some(asked - 3)));
    assert_eq!(prometheus.asked().await, asked + 3);
    assert_eq!(again["weather"], report["weather"], "and it finds the same");

    // Gone: what is kept is enough.
    let address = prometheus.address.clone();
    drop(prometheus);
    let offline = rehearse(home, &address, until, &[]);
    assert!(offline.status.success(), "{}", String::from_utf8_lossy(&offline.stderr));
    fs::remove_dir_all(home.join("kept")).expect("removed");
    let down = rehearse(home, &address, until, &[]);
    let said = String::from_utf8_lossy(&down.stderr).into_owned();
    assert_eq!(down.status.code(), Some(1), "{said}");
    assert!(said.contains("asking for error_rate failed") && said.contains("run it again to go on"), "{said}");
}
