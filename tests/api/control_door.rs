//! A whole server on free ports, asked through its control door.

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tidegate::app::Server;
use tidegate::clock::Clock;
use tidegate::config::{Key, Origin, Raw, load};
use tokio_util::sync::CancellationToken;

/// The key of doors that have one.
pub(crate) const KEY: &str = "correct-horse-battery-staple";

pub(crate) const FLAGS: &str = "
flags:
  search:
    state: ENABLED
    variants: { 'on': true, 'off': false }
    defaultVariant: 'off'
  limit:
    state: ENABLED
    variants: { small: 10, large: 2.50 }
    defaultVariant: small
  broken:
    state: ENABLED
    variants: { a: 1 }
    defaultVariant: b
";

pub(crate) const ROLLOUT: &str = "kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
metrics:
  errors: { provider: outcomes, measure: error_ratio, window: 1m }
always:
  close_when: [ 'alert(severity = \"critical\")' ]
waves:
  - { name: some, exposure: 50%, bake: 1h, every: 1m, advance_when: [ errors < 1% ] }
  - { name: all, exposure: 100%, bake: 1h, every: 1m, advance_when: [ errors < 1% ] }
";

/// A server that is told to stop when this is dropped.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) control: SocketAddr,
    pub(crate) evaluation: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) server: Server,
    client: Client,
    folder: TempDir,
}

impl Drop for Control {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Control {
    /// With the flags above and no key.
    pub(crate) async fn open() -> Self {
        Self::start(&[]).await
    }

    /// With the flags above, and settings as from the environment.
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_with("", variables).await
    }

    /// The same with a settings file.
    pub(crate) async fn start_with(settings: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_in(settings, variables, (Key::Ephemeral, "true")).await
    }

    /// With the flags above, and with a data folder that outlives it.
    pub(crate) async fn keeping_in(data: &Path) -> Self {
        Self::start_in("", &[], (Key::Data, &data.to_string_lossy())).await
    }

    async fn start_in(settings: &str, variables: &[(&str, &str)], store: (Key, &str)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Beside the files that are served, which would be taken for flags.
        let settings_folder = tempfile::tempdir().unwrap();
        let settings_file = settings_folder.path().join("settings.yaml");
        std::fs::write(&settings_file, settings).unwrap();
        let settings_file = (!settings.is_empty()).then_some(settings_file.as_path());
        std::fs::write(folder.path().join("flags.yaml"), FLAGS).unwrap();
        let mut raw = Raw::default();
        raw.set(Key::Paths, vec![folder.path().to_string_lossy().into_owned()], Origin::Flag("PATH"));
        for (key, value) in [(Key::Evaluation, "127.0.0.1:0"), (Key::Control, "127.0.0.1:0"), store] {
            raw.set_flag(key, Some(value.to_owned()));
        }
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let settings = load(raw, settings_file, &variables).unwrap();
        let shutdown = CancellationToken::new();
        let server = Server::start(&settings, Clock::system(), shutdown.clone()).await.unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { control: server.control, evaluation: server.evaluation, shutdown, server, client, folder }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.control))
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<String>) -> (StatusCode, Value) {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        answer(request.body(body.into())).await
    }

    pub(crate) async fn apply(&self, rollout: &str) -> (StatusCode, Value) {
        let request = self.request(Method::POST, "/api/v1/rollouts").header("content-type", "application/yaml");
        answer(request.body(rollout.to_owned())).await
    }

    pub(crate) async fn apply_train(&self, train: &str) -> (StatusCode, Value) {
        let request = self.request(Method::POST, "/api/v1/trains").header("content-type", "application/yaml");
        answer(request.body(train.to_owned())).await
    }

    /// What the evaluation door serves a user.
    pub(crate) async fn served(&self, flag: &str, user: &str) -> Value {
        let url = format!("http://{}/ofrep/v1/evaluate/flags/{flag}", self.evaluation);
        let body = serde_json::json!({ "context": { "targetingKey": user } });
        self.client.post(url).json(&body).send().await.unwrap().json().await.unwrap()
    }
}

/// Status and JSON; a body that is no JSON becomes a text.
pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
