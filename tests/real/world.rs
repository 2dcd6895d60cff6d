//! All of it together: shop, Prometheus, Alertmanager, Tidegate.

use super::monitoring::{Alertmanager, Prometheus};
use super::shop::Shop;
use super::tidegate::{Addresses, Tidegate};
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The rollout that every case drives.
pub const ROLLOUT: &str = "new-cart";

/// Longer than anything here takes on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(60);

const FLAGS: &str = r#"{
  "flags": {
    "new-cart": { "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off" }
  }
}"#;

/// What every plan here begins with: rates over ten seconds, for a tenth of the shop's customers
/// fills such a window.
const METRICS: &str = r#"
kind: Rollout
name: new-cart
flag: new-cart
candidate: "on"
stable: "off"
metrics:
  error_rate:
    provider: prometheus
    unit: ratio
    window: 10s
    query: >-
      sum(rate(http_requests_total{flag="{{flag}}",variant="{{variant}}",code=~"5.."}[{{window}}]))
      / sum(rate(http_requests_total{flag="{{flag}}",variant="{{variant}}"}[{{window}}]))
  p95:
    provider: prometheus
    unit: seconds
    window: 10s
    query: >-
      histogram_quantile(0.95, sum by (le)
      (rate(http_request_duration_seconds_bucket{flag="{{flag}}",variant="{{variant}}"}[{{window}}])))
"#;

/// Everything that runs. What is dropped is killed, Tidegate first.
#[derive(Debug)]
pub struct World {
    pub tidegate: Tidegate,
    pub prometheus: Prometheus,
    pub alertmanager: Alertmanager,
    pub shop: Shop,
    #[expect(dead_code, reason = "keeps the folder until all else is gone")]
    home: TempDir,
}

impl World {
    /// Starts everything and waits until the shop's numbers are in Prometheus. `rules` is the plan
    /// behind its metrics: `always`, `waves`, `after`.
    pub async fn start(rules: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let plans = home.path().join("plans");
        fs::create_dir_all(&plans).expect("a folder");
        fs::write(plans.join("flags.json"), FLAGS).expect("written");
        fs::write(plans.join("rollout.yaml"), format!("{METRICS}{rules}")).expect("written");
        let addresses = Addresses::choose();
        let shop = Shop::open(&addresses.evaluation).await;
        let alertmanager = Alertmanager::start(home.path(), &addresses.control);
        let prometheus = Prometheus::start(home.path(), &shop.address, &addresses.control, &alertmanager.address);
        let tidegate = Tidegate::start(home.path(), addresses, &prometheus.url());
        let mut world = Self { tidegate, prometheus, alertmanager, shop, home };
        world.until_ready().await;
        world.until("the shop's requests are in Prometheus", async |world| world.prometheus_knows("off").await).await;
        world
    }

    /// Waits until Tidegate serves.
    pub async fn until_ready(&mut self) {
        self.until("Tidegate is ready", async |world| world.tidegate.get("/readyz").await.map(drop)).await;
    }

    /// Starts the rollout by the command line.
    pub fn start_rollout(&self) {
        self.tidegate.command(&["rollout", "start", ROLLOUT]).unwrap_or_else(|said| panic!("{said}"));
    }

    /// The rollout as it stands.
    pub async fn rollout(&self) -> Result<Value, String> {
        self.tidegate.rollout(ROLLOUT).await
    }

    /// Waits until the rollout is in that wave, from 1, or beyond it.
    pub async fn until_wave(&mut self, wave: u64) -> Value {
        self.until(&format!("wave {wave} is open"), async |world| {
            let rollout = world.rollout().await?;
            match rollout["wave"]["index"].as_u64() {
                Some(index) if index >= wave && rollout["state"] == "running" => Ok(rollout),
                Some(_) | None => Err(in_short(&rollout)),
            }
        })
        .await
    }

    /// Waits until the rollout is in that state.
    pub async fn until_state(&mut self, state: &str) -> Value {
        self.until(&format!("the rollout is {state}"), async |world| {
            let rollout = world.rollout().await?;
            if rollout["state"] == state { Ok(rollout) } else { Err(in_short(&rollout)) }
        })
        .await
    }

    /// Asks again until there is an answer. Without one in time the test fails, with the last reason,
    /// the rollout, and the ends of all logs.
    pub async fn until<T>(&mut self, what: &str, probe: impl AsyncFn(&Self) -> Result<T, String>) -> T {
        let begun = Instant::now();
        loop {
            let why = match probe(self).await {
                Ok(found) => return found,
                Err(why) => why,
            };
            let processes = [&mut self.tidegate.process, &mut self.prometheus.process, &mut self.alertmanager.process];
            let ended = processes.into_iter().find_map(|process| process.ended());
            if begun.elapsed() > PATIENCE || ended.is_some() {
                let ended = ended.unwrap_or_default();
                panic!("not after {:?}: {what}; {ended} last: {why}\n{}", begun.elapsed(), self.report().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everything one needs to see why a test failed.
    pub async fn report(&self) -> String {
        let rollout = self.rollout().await.map_or_else(|error| error, |rollout| format!("{rollout:#}"));
        [
            rollout,
            self.tidegate.process.log_tail(60),
            self.prometheus.process.log_tail(10),
            self.alertmanager.process.log_tail(10),
        ]
        .join("\n")
    }

    /// Whether Prometheus has a rate of the shop's requests with that variant.
    pub async fn prometheus_knows(&self, variant: &str) -> Result<(), String> {
        let query = format!(r#"sum(rate(http_requests_total{{variant="{variant}"}}[10s])) > 0"#);
        let answer = self.ask_prometheus("query", &[("query", &query)]).await?;
        match answer["data"]["result"].as_array().is_some_and(|series| !series.is_empty()) {
            true => Ok(()),
            false => Err(format!("no requests with `{variant}` yet: {answer}")),
        }
    }

    /// Prometheus' own API, beside Tidegate.
    pub async fn ask_prometheus(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let url = format!("{}/api/v1/{path}", self.prometheus.url());
        let client = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
        let response = client.get(url).query(parameters).send().await.map_err(|error| error.to_string())?;
        response.json().await.map_err(|error| error.to_string())
    }
}

/// A rollout on one line.
pub fn in_short(rollout: &Value) -> String {
    format!("{} in wave {} at {}: {}", rollout["state"], rollout["wave"], rollout["exposure"], rollout["reason"])
}
