//! The built binary: the server, and the command line against it.

use super::ports::free_address;
use super::process::Process;
use super::shop::{CUSTOMERS, FLAG, customer_name};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The program under test.
const BINARY: &str = env!("CARGO_BIN_EXE_tidegate");

/// A running server.
#[derive(Debug)]
pub struct Tidegate {
    pub control: String,
    pub evaluation: String,
    prometheus: String,
    home: PathBuf,
    http: reqwest::Client,
    pub process: Process,
}

/// Two addresses for a server that is not started yet: others must know them before.
#[derive(Debug)]
pub struct Addresses {
    pub control: String,
    pub evaluation: String,
}

impl Addresses {
    pub fn choose() -> Self {
        Self { control: free_address(), evaluation: free_address() }
    }
}

impl Tidegate {
    /// Serves what is in `home/plans`, with its store in `home/data`.
    pub fn start(home: &Path, addresses: Addresses, prometheus: &str) -> Self {
        let Addresses { control, evaluation } = addresses;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
        let (home, prometheus) = (home.to_owned(), prometheus.to_owned());
        let process = run(&home, &control, &evaluation, &prometheus);
        Self { control, evaluation, prometheus, home, http, process }
    }

    /// Starts it again, with the store it had.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process = run(&self.home, &self.control, &self.evaluation, &self.prometheus);
    }

    /// Calls the command line. `Err` has what it said.
    pub fn command(&self, arguments: &[&str]) -> Result<String, String> {
        let output = without_settings()
            .args(arguments)
            .env("TIDEGATE_SERVER", format!("http://{}", self.control))
            .output()
            .expect("the binary runs");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        match output.status.success() {
            true => Ok(out.into_owned()),
            false => Err(format!("tidegate {} ended with {}: {out}{err}", arguments.join(" "), output.status)),
        }
    }

    /// A page of the control listener.
    pub async fn get(&self, path: &str) -> Result<Value, String> {
        let url = format!("http://{}{path}", self.control);
        let response = self.http.get(url).send().await.map_err(|error| error.to_string())?;
        let (status, body) = (response.status(), response.text().await.map_err(|error| error.to_string())?);
        match status.is_success() {
            true => Ok(serde_json::from_str(&body).unwrap_or(Value::String(body))),
            false => Err(format!("GET {path}: {status}: {body}")),
        }
    }

    /// A rollout as the API shows it.
    pub async fn rollout(&self, name: &str) -> Result<Value, String> {
        self.get(&format!("/api/v1/rollouts/{name}")).await
    }

    /// Everything that happened to a rollout, oldest first.
    pub async fn history(&self, name: &str) -> Vec<Value> {
        let page = self.get(&format!("/api/v1/rollouts/{name}/history?limit=1000")).await.expect("the history");
        page["entries"].as_array().expect("a list").clone()
    }

    /// The customers that get the new cart now. All of them are asked.
    pub async fn customers_with_new_cart(&self) -> BTreeSet<u64> {
        let mut lucky = BTreeSet::new();
        for first in (0..CUSTOMERS).step_by(50) {
            let some = first..CUSTOMERS.min(first + 50);
            let answers = join_all(some.map(async |customer| (customer, self.evaluate(customer).await))).await;
            lucky.extend(
                answers.into_iter().filter(|(_, answer)| answer["value"] == true).map(|(customer, _)| customer),
            );
        }
        lucky
    }

    async fn evaluate(&self, customer: u64) -> Value {
        let url = format!("http://{}/ofrep/v1/evaluate/flags/{FLAG}", self.evaluation);
        let context = json!({ "context": { "targetingKey": customer_name(customer) } });
        let response = self.http.post(&url).json(&context).send().await.expect("an answer");
        let answer: Value = response.json().await.expect("JSON");
        assert!(answer["variant"].is_string(), "customer {customer}: {answer}");
        answer
    }
}

fn run(home: &Path, control: &str, evaluation: &str, prometheus: &str) -> Process {
    let mut command = without_settings();
    command
        .arg("serve")
        .arg(home.join("plans"))
        .args(["--control", control, "--evaluation", evaluation, "--prometheus", prometheus])
        .arg("--data")
        .arg(home.join("data"));
    Process::start("tidegate", &mut command, &home.join("tidegate.log"))
}

/// The program, without what the person who runs the tests has set for their own Tidegate.
pub fn without_settings() -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDEGATE_")) {
        command.env_remove(name);
    }
    command
}
