//! A traced application and nothing else: OpenTelemetry's own SDKs export to the server, OpenFeature's own hooks tell
//! which variant each request had, and the rollouts are judged by that.

use crate::packages::installed;
use crate::tidegate::{Addresses, Tidegate};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/traced");

/// Longer than anything here takes on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    tidegate: Tidegate,
    _home: TempDir,
}

impl World {
    /// A server with two rollouts, both begun: half of the customers have the new variants.
    async fn start() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let plans = home.path().join("plans");
        fs::create_dir(&plans).expect("a folder");
        for file in ["flags.yaml", "plans.yaml"] {
            fs::copy(Path::new(HERE).join(file), plans.join(file)).expect("copied");
        }
        let tidegate = Tidegate::start(home.path(), Addresses::choose(), "http://127.0.0.1:9");
        let mut world = Self { tidegate, _home: home };
        world.until("it is ready", async |tidegate| tidegate.get("/readyz").await.map(drop)).await;
        for rollout in ["new-checkout", "new-price"] {
            world.until("it begins", async |tidegate| tidegate.command(&["rollout", "start", rollout]).map(drop)).await;
        }
        world
    }

    async fn until(&mut self, what: &str, look: impl AsyncFn(&Tidegate) -> Result<(), String>) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while let Err(why) = look(&self.tidegate).await {
            if let Some(ended) = self.tidegate.process.ended() {
                panic!("{ended}\n{}", self.tidegate.process.log_tail(20));
            }
            assert!(tokio::time::Instant::now() < deadline, "not within {PATIENCE:?}: {what}: {why}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Runs the shop to its end; what it says that it did.
    fn shop(&self, mut program: Command, form: &str, packed: bool) -> Value {
        let settings = json!({
            "evaluate": format!("http://{}", self.tidegate.evaluation),
            "export": format!("http://{}", self.tidegate.control),
            "form": form,
            "packed": packed,
        });
        for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            program.env_remove(variable);
        }
        let output = program.arg(settings.to_string()).output().expect("run `tests/run`, it installs it");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.trim().is_empty(), "{said}");
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(told["exported"], true, "{said}");
        told["seen"].clone()
    }

    /// Waits until the rollouts know what the shop did with its customers.
    async fn until_judged(&mut self, seen: &Value, times: u64) {
        for (rollout, has_value) in [("new-checkout", true), ("new-price", false)] {
            let on = &seen[rollout]["on"];
            let (count, failed) = (on["seen"].as_f64().unwrap(), on["failed"].as_f64().unwrap());
            let mut wanted = vec![("seen", count * times as f64), ("failed", failed / count)];
            if has_value {
                wanted.push(("total", on["total"].as_f64().unwrap() / count));
            }
            self.until("what was exported is counted", async |tidegate| {
                let found = tidegate.rollout(rollout).await?;
                for (metric, value) in &wanted {
                    is_near(&found, metric, *value)?;
                }
                // A histogram knows no more than between which of its bounds something lies: here 75 and 100.
                let p95 = shown(&found, "p95")?;
                let bounds = if has_value { 79.0..=81.0 } else { 75.0..=100.0 };
                bounds.contains(&p95).then_some(()).ok_or_else(|| format!("p95 is {p95}"))
            })
            .await;
        }
    }

    async fn counted(&self, signal: &str, result: &str) -> f64 {
        let metrics = self.tidegate.get("/metrics").await.expect("metrics");
        let name = format!("tidegate_telemetry_total{{result=\"{result}\",signal=\"{signal}\"}} ");
        let found = metrics.as_str().expect("a text").lines().find_map(|line| line.strip_prefix(&name)?.parse().ok());
        found.unwrap_or(0.0)
    }
}

/// The number that a metric shows now.
fn shown(rollout: &Value, metric: &str) -> Result<f64, String> {
    let readings = rollout["readings"].as_array().ok_or("no readings")?;
    let reading = readings.iter().find(|reading| reading["metric"] == metric).ok_or(format!("no {metric}"))?;
    let shown = reading["value"].as_str().unwrap_or_default();
    let digits: String = shown.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let number: f64 = digits.replace(',', "").parse().map_err(|_| format!("{metric} shows {shown}"))?;
    Ok(if shown.contains('%') { number / 100.0 } else { number })
}

fn is_near(rollout: &Value, metric: &str, wanted: f64) -> Result<(), String> {
    let found = shown(rollout, metric)?;
    let near = (found - wanted).abs() <= 0.006 * wanted.max(0.1);
    if near { Ok(()) } else { Err(format!("{metric} is {found} and should be {wanted}")) }
}

fn python() -> Command {
    let packages = installed("tests/real/traced/python/requirements.txt");
    let mut command = Command::new(packages.join("venv/bin/python"));
    command.arg(Path::new(HERE).join("python/shop.py"));
    command
}

fn node() -> Command {
    let packages = installed("tests/real/traced/node/package.json");
    let mut command = Command::new("node");
    command.arg(Path::new(HERE).join("node/shop.mjs")).env("CLIENT_PACKAGES", packages);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_shop_is_judged_by_what_its_sdk_exports() {
    let mut world = World::start().await;
    let seen = world.shop(python(), "protobuf", true);
    world.until_judged(&seen, 1).await;
    assert_eq!(world.counted("spans", "counted").await, 300.0, "both variants, and no other spans");
    assert_eq!(world.counted("spans", "no_flag").await, 300.0, "those inside the requests");
    let again = world.shop(python(), "protobuf", false);
    assert_eq!(seen, again, "the same customers");
    world.until_judged(&seen, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_shop_is_judged_by_what_its_sdk_exports_in_both_forms() {
    let mut world = World::start().await;
    let seen = world.shop(node(), "json", false);
    world.until_judged(&seen, 1).await;
    assert_eq!(world.counted("spans", "counted").await, 300.0);
    // The hook's own spans are evaluations and no requests.
    assert_eq!(world.counted("spans", "not_chosen").await, 600.0);
    world.shop(node(), "protobuf", true);
    world.until_judged(&seen, 2).await;
}
