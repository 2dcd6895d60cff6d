//! One look: whether something answers as it should, within its time and without reading more than is needed.

use super::settings::{ProbeSettings, Target};
use crate::measure::{ByTheSystem, addresses};
use reqwest::{Certificate, Client, Url, redirect};
use std::error::Error as _;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
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
    client: Option<Client>,
}

impl Prober {
    /// A prober for these settings.
    ///
    /// # Errors
    /// When no client can be made, with why.
    pub fn new(settings: &ProbeSettings) -> Result<Self, String> {
        let client = match &settings.target {
            Target::Http { url, authorities, .. } => {
                Some(client(settings, url, authorities.as_deref()).map_err(|error| error.to_string())?)
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
                (Target::Http { url, token, status, body, .. }, Some(client)) => {
                    let request = client.get(url.clone());
                    let request = match token {
                        Some(token) => request.bearer_auth(token.reveal()),
                        None => request,
                    };
                    http(request, status, body.as_deref()).await
                }
                (Target::Http { .. }, None) => Err("no client".to_owned()),
                (Target::Tcp { host, port }, _) => connect(host, *port).await.map_err(|error| error.to_string()),
            }
        };
        match timeout(self.within, look).await {
            Ok(seen) => seen,
            Err(_) => Err(format!("no answer within {}", crate::units::format_duration(self.within))),
        }
    }
}

fn client(settings: &ProbeSettings, url: &Url, authorities: Option<&[u8]>) -> reqwest::Result<Client> {
    let builder = || {
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(settings.timeout)
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(ByTheSystem))
            .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION"), " (probe)"));
        // A proxy is for the network; asking it for this machine's own loopback reaches the wrong machine.
        if is_loopback(url.host_str()) { builder.no_proxy() } else { builder }
    };
    match authorities {
        Some(authorities) => builder().tls_certs_only(Certificate::from_pem_bundle(authorities)?).build(),
        // Without any CA certificate on the system TLS cannot be set up. Plain HTTP needs none; over TLS one that trusts
        // nobody would only ever fail, and close what is sound.
        None if url.scheme() == "http" => builder().build().or_else(|_| builder().tls_certs_only([]).build()),
        None => builder().build(),
    }
}

/// To the first of its addresses that takes it.
async fn connect(host: &str, port: u16) -> io::Result<()> {
    let found = addresses(host, port).await?;
    TcpStream::connect(found.as_slice()).await.map(drop)
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
