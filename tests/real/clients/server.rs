//! A server with the flags of these tests.

use crate::ports::free_address;
use crate::process::Process;
use crate::tidegate::without_settings;
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const FLAGS: &str = include_str!("flags.yaml");
const ROLLOUT: &str = include_str!("rollout.yaml");

/// Longer than anything here takes on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; it ends with this.
#[derive(Debug)]
pub struct Server {
    evaluation: String,
    control: String,
    key: Option<&'static str>,
    process: Process,
    home: TempDir,
}

impl Server {
    /// Starts one and waits until it serves.
    pub async fn start() -> Self {
        Self::start_with_key(None).await
    }

    /// The same, with an evaluation key that every request must have.
    pub async fn start_with_key(key: Option<&'static str>) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("flags.yaml"), FLAGS).expect("written");
        fs::write(home.path().join("rollout.yaml"), ROLLOUT).expect("written");
        let (evaluation, control) = (free_address(), free_address());
        let process = run(&home, &evaluation, &control, key);
        let mut server = Self { evaluation, control, key, process, home };
        server.until_ready().await;
        server
    }

    /// Where clients ask.
    pub fn url(&self) -> String {
        format!("http://{}", self.evaluation)
    }

    /// Replaces a part of the flag file, as an editor does it: all at once.
    pub fn edit(&self, from: &str, to: &str) {
        let path = self.home.path().join("flags.yaml");
        let before = fs::read_to_string(&path).expect("readable");
        assert!(before.contains(from), "{from} is not in the flags");
        let beside = self.home.path().join(".flags.yaml.new");
        fs::write(&beside, before.replacen(from, to, 1)).expect("written");
        fs::rename(&beside, &path).expect("renamed");
    }

    /// Calls the command line, which must succeed.
    pub fn command(&self, arguments: &[&str]) {
        let output = without_settings()
            .args(arguments)
            .env("TIDEGATE_SERVER", format!("http://{}", self.control))
            .output()
            .expect("the binary runs");
        assert!(output.status.success(), "tidegate {}: {output:?}", arguments.join(" "));
    }

    /// Kills it.
    pub fn stop(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same addresses, with what it kept.
    pub async fn start_again(&mut self) {
        self.process = run(&self.home, &self.evaluation, &self.control, self.key);
        self.until_ready().await;
    }

    /// How many follow the event stream.
    pub async fn listeners(&self) -> u64 {
        let url = format!("http://{}/metrics", self.control);
        let metrics = client().get(url).send().await.expect("an answer").text().await.expect("a text");
        let count = metrics.lines().find_map(|line| line.strip_prefix("tidegate_event_streams "));
        count.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no count of streams in\n{metrics}"))
    }

    async fn until_ready(&mut self) {
        let begun = Instant::now();
        let http = client();
        let url = format!("http://{}/readyz", self.control);
        while !http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            if let Some(ended) = self.process.ended() {
                panic!("{ended}\n{}", self.process.log_tail(20));
            }
            assert!(begun.elapsed() < PATIENCE, "it is not ready\n{}", self.process.log_tail(20));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client")
}

fn run(home: &TempDir, evaluation: &str, control: &str, key: Option<&str>) -> Process {
    let mut command = without_settings();
    command.arg("serve").arg(home.path().join("flags.yaml")).arg(home.path().join("rollout.yaml"));
    command.args(["--evaluation", evaluation, "--control", control]).arg("--data").arg(home.path().join("data"));
    if let Some(key) = key {
        command.env("TIDEGATE_EVALUATION_KEY", key);
    }
    Process::start("tidegate", &mut command, &home.path().join("tidegate.log"))
}

/// The settings that a driver's first line holds.
pub fn settings(server: &Server, key: Option<&str>) -> Value {
    serde_json::json!({ "url": server.url(), "key": key })
}
