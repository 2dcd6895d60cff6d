//! A client of the control door.

use super::exit::{Exit, Failure};
use reqwest::{Method, RequestBuilder, StatusCode, Url, header, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;
use tidegate::config::Secret;
use tidegate::http::api::wire;

/// The longest answer that is read.
const LARGEST_ANSWER: usize = 64_000_000;

/// A server and how to talk to it.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    key: Option<Secret>,
    patience: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum ClientError {
    /// Nobody answers.
    Down { server: String, why: String },
    /// No answer in time.
    TimedOut { server: String, after: Duration },
    /// Tidegate says no.
    Refused { status: StatusCode, error: wire::FailureDetail },
    /// Somebody else answers.
    Stranger { server: String, what: String },
}

impl Client {
    /// A client for the server at `address`, with or without scheme.
    pub(crate) fn new(address: &str, key: Option<Secret>, patience: Duration) -> Result<Self, Failure> {
        let wrong = || {
            Failure::new(Exit::Usage, format!("`{address}` is not the address of a server"))
                .hint("write it as `http://127.0.0.1:8080`, in --server or TIDEGATE_SERVER")
        };
        let address = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let base = Url::parse(&address).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(wrong());
        }
        // A proxy is for the network; asking it for this machine's own loopback reaches the wrong machine.
        let loopback = base.host_str().is_some_and(|host| {
            host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        });
        let builder = reqwest::Client::builder().redirect(redirect::Policy::none());
        let builder = if loopback { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| Failure::error(format!("cannot start a client: {error}")))?;
        Ok(Self { http, base, key, patience })
    }

    /// Asks for something.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, ClientError> {
        self.answer(self.request(Method::GET, path).query(query), self.patience).await
    }

    /// Asks for something that may take until `patience` is over.
    pub(crate) async fn wait_for<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        patience: Duration,
    ) -> Result<T, ClientError> {
        self.answer(self.request(Method::GET, path).query(query), patience).await
    }

    /// Sends something as JSON.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.answer(self.request(Method::POST, path).json(body), self.patience).await
    }

    /// Sends a document.
    pub(crate) async fn post_text<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        content_type: &str,
        text: String,
    ) -> Result<T, ClientError> {
        let request = self.request(Method::POST, path).query(query);
        let request = request.header(header::CONTENT_TYPE, content_type).body(text);
        self.answer(request, self.patience).await
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        // Cannot fail: an address with a host is a base.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        let request = self.http.request(method, url);
        match &self.key {
            Some(key) => request.bearer_auth(key.reveal()),
            None => request,
        }
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder, patience: Duration) -> Result<T, ClientError> {
        let mut response = request.timeout(patience).send().await.map_err(|error| self.broken(&error, patience))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error, patience))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_ANSWER {
                return Err(self.stranger(format!("an answer of more than {LARGEST_ANSWER} bytes")));
            }
        }
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| self.stranger(format!("{status}, but {error}")));
        }
        match serde_json::from_slice::<wire::Failure>(&body) {
            Ok(failure) => Err(ClientError::Refused { status, error: failure.error }),
            Err(_) => Err(self.stranger(format!("{status} without Tidegate's own words"))),
        }
    }

    fn stranger(&self, what: String) -> ClientError {
        ClientError::Stranger { server: self.server(), what }
    }

    fn broken(&self, error: &reqwest::Error, patience: Duration) -> ClientError {
        if error.is_timeout() {
            return ClientError::TimedOut { server: self.server(), after: patience };
        }
        // The innermost reason is the one that says something: "connection refused".
        let mut why = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            why = inner.to_string();
            source = inner.source();
        }
        ClientError::Down { server: self.server(), why }
    }

    /// The address for messages: without a password that may stand in it.
    fn server(&self) -> String {
        let mut shown = self.base.clone();
        let _ = shown.set_password(None);
        shown.as_str().trim_end_matches('/').to_owned()
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Down { server, why } => {
                Self::error(format!("no Tidegate answers at {server}, start one with `tidegate serve` ({why})"))
                    .hint("name another address with --server or TIDEGATE_SERVER")
            }
            ClientError::TimedOut { server, after } => {
                let after = tidegate::units::format_duration(after);
                Self::new(Exit::TimedOut, format!("no answer from {server} within {after}"))
            }
            ClientError::Refused { status: StatusCode::UNAUTHORIZED, error } => {
                Self::error(format!("not let in: {}", error.message))
                    .hint("put the control key into TIDEGATE_CONTROL_KEY")
            }
            ClientError::Refused { error, .. } => {
                let more = (error.more_problems > 0).then(|| format!("and {} more", error.more_problems));
                let problems = error.problems.iter().map(ToString::to_string);
                let lines = std::iter::once(error.message).chain(problems).chain(more);
                Self { exit: Exit::Error, message: lines.collect::<Vec<_>>().join("\n"), hint: error.hint }
            }
            ClientError::Stranger { server, what } => {
                Self::error(format!("what answers at {server} is no Tidegate: {what}"))
                    .hint("is --server the control address? It is 8080 unless it was changed, not 8016")
            }
        }
    }
}
