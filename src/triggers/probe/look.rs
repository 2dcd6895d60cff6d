//! One look: whether something answers as it should, within its time and without reading more than is needed.

use super::settings::{ProbeSettings, Target};
use reqwest::redirect;
use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// As much of a body as is looked through, in bytes.
const MOST_READ: usize = 65_536;

/// Looks at one target again and again. Each look makes its own connection: a connection that is kept tells nothing
/// of whether another comes about.
#[derive(Debug)]
pub struct Prober {
    target: Target,
    within: Duration,
    client: Option<reqwest::Client>,
}

impl Prober {
    /// A prober for these settings.
    ///
    /// # Errors
    /// When no client can be made, with why.
    pub fn new(settings: &ProbeSettings) -> Result<Self, String> {
        let client = match &settings.target {
            Target::Http { url, .. } => {
                let builder = reqwest::Client::builder()
                    .redirect(redirect::Policy::none())
                    .timeout(settings.timeout)
                    .pool_max_idle_per_host(0)
                    .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION"), " (probe)"));
                // A proxy is for the network; asking it for this machine's own loopback reaches the wrong machine.
                let builder = if is_loopback(url.host_str()) { builder.no_proxy() } else { builder };
                Some(builder.build().map_err(|error| error.to_string())?)
            }
            Target::Tcp { .. } => None,
        };
        Ok(Self { target: settings.target.clone(), within: settings.timeout, client })
    }

    /// Looks once.
    ///
    /// # Errors
    /// What is not as it should be, in words without anything secret.
    pub async fn look(&self) -> Result<(), String> {
        let look = async {
            match (&self.target, &self.client) {
                (Target::Http { url, token, status, body }, Some(client)) => {
                    let request = client.get(url.clone());
                    let request = match token {
                        Some(token) => request.bearer_auth(token.reveal()),
                        None => request,
                    };
                    http(request, status, body.as_deref()).await
                }
                (Target::Http { .. }, None) => Err("no client".to_owned()),
                (Target::Tcp { host, port }, _) => {
                    TcpStream::connect((host.as_str(), *port)).await.map(drop).map_err(|error| error.to_string())
                }
            }
        };
        match timeout(self.within, look).await {
            Ok(seen) => seen,
            Err(_) => Err(format!("no answer within {}", crate::units::format_duration(self.within))),
        }
    }
}

async fn http(request: reqwest::RequestBuilder, right: &[u16], wanted: Option<&str>) -> Result<(), String> {
    let mut response = request.send().await.map_err(|error| innermost(&error))?;
    let status = response.status();
    if !right.contains(&status.as_u16()) {
        return Err(format!("it answers {status}"));
    }
    let Some(wanted) = wanted else { return Ok(()) };
    let mut read = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| innermost(&error))? {
        let room = MOST_READ.saturating_sub(read.len());
        read.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
        if memchr::memmem::find(&read, wanted.as_bytes()).is_some() {
            return Ok(());
        }
        if read.len() >= MOST_READ {
            return Err(format!("the first {MOST_READ} bytes of its body do not have the text in them"));
        }
    }
    Err("its body does not have the text in it".to_owned())
}

/// The innermost reason is the one that says something, such as "connection refused". The outer ones have the address
/// in them, and so what may be a key.
fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut why = None;
    let mut source = error.source();
    while let Some(inner) = source {
        why = Some(inner.to_string());
        source = inner.source();
    }
    let why = why.unwrap_or_else(|| "the connection failed".to_owned());
    why.chars().take(200).collect()
}

fn is_loopback(host: Option<&str>) -> bool {
    host.is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}
