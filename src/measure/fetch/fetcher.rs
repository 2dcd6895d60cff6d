//! One connection to another system.

use super::allowance::Allowances;
use super::asked::{Answer, Asked, origin};
use super::body::body;
use super::failure::{Failure, failure, forbidden};
use super::patience::{MOST_ATTEMPTS, passes, pause, retry_after};
use super::redacted::redacted;
use super::resolver::{ByTheSystem, Guarded};
use crate::analysis::NoData;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, redirect};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

/// How to reach another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetcherSettings {
    /// How long one attempt may take, its answer included.
    pub timeout: Duration,
    /// How many requests may be under way at once.
    pub in_flight: usize,
    /// Sent with each request. Those that are secret are marked as such.
    pub headers: HeaderMap,
    /// The certificates, as PEM, of the authorities that are trusted instead of the system's.
    pub authorities: Option<Arc<[u8]>>,
    /// Whether it may go through the proxy that the environment names.
    pub proxied: bool,
    /// Where it may lead.
    pub reach: Reach,
}

impl Default for FetcherSettings {
    /// Five seconds, 64 at once, anywhere, with nothing of its own.
    fn default() -> Self {
        let (timeout, in_flight) = (Duration::from_secs(5), 64);
        Self { timeout, in_flight, headers: HeaderMap::new(), authorities: None, proxied: true, reach: Reach::Anywhere }
    }
}

/// Where addresses may lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Anywhere: for addresses of the server's own settings.
    Anywhere,
    /// To the public internet and what is allowed beside it: for addresses that others write. Never through a proxy,
    /// for nobody here knows where a name leads that a proxy resolves.
    Public(Arc<Allowances>),
}

/// Asks one system, or several at addresses of others. Clones share the connections.
#[derive(Debug, Clone)]
pub struct Fetcher {
    settings: Arc<FetcherSettings>,
    /// Made when it is first needed: the certificates that it trusts would take memory of servers that ask nobody.
    http: Arc<OnceLock<Client>>,
    room: Arc<Semaphore>,
}

impl Fetcher {
    /// One that has sent nothing yet.
    #[must_use]
    pub fn new(settings: FetcherSettings) -> Self {
        let room = Self::room(&settings);
        Self { settings: Arc::new(settings), http: Arc::default(), room }
    }

    /// How long one attempt may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// Another one that shares the connections, and has as many requests under way beside those of this one.
    #[must_use]
    pub fn with_own_room(&self) -> Self {
        Self { room: Self::room(&self.settings), ..self.clone() }
    }

    /// Whether each request has that header already, from the connection.
    #[must_use]
    pub fn sends(&self, header: &HeaderName) -> bool {
        self.settings.headers.contains_key(header)
    }

    /// The reason without the connection's secrets, should the other side have repeated one of them.
    #[must_use]
    pub fn without_secrets(&self, why: NoData) -> NoData {
        let secret = self.settings.headers.values().filter(|value| value.is_sensitive());
        redacted(why, &secret.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>())
    }

    fn room(settings: &FetcherSettings) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(settings.in_flight.clamp(1, Semaphore::MAX_PERMITS)))
    }

    /// Sends a request, and again when what went wrong may pass, and gives the answer whatever its status is. Nothing is
    /// waited for beyond the deadline, nor longer than the timeout for one attempt. Redirects are not followed.
    ///
    /// # Errors
    /// Why there is no complete answer. It shows nothing but the address's scheme, host and port.
    pub async fn fetch(&self, asked: Asked, deadline: Instant) -> Result<Answer, NoData> {
        self.check(&asked)?;
        let mut attempt = 1_u32;
        loop {
            let (outcome, asked_for) = self.attempt(&asked, deadline).await;
            let again = match &outcome {
                Ok(answer) => passes(answer.status),
                Err(failure) => failure.passes,
            };
            let pause = pause(attempt, asked_for);
            // An attempt that has no time to be answered is not worth being made.
            let late = Instant::now().checked_add(pause).is_none_or(|then| then >= deadline);
            if !again || attempt >= MOST_ATTEMPTS || late {
                return outcome.map_err(|failure| failure.why);
            }
            sleep(pause).await;
            attempt = attempt.saturating_add(1);
        }
    }

    fn check(&self, asked: &Asked) -> Result<(), NoData> {
        if !matches!(asked.url.scheme(), "http" | "https") || asked.url.host_str().is_none() {
            return Err(NoData::NotAsked("the address must begin with `http://` or `https://`".to_owned()));
        }
        match &self.settings.reach {
            Reach::Anywhere => Ok(()),
            Reach::Public(allowed) => match allowed.forbids_literal(&asked.url) {
                Some((address, kind)) => Err(forbidden(&asked.url, address, kind)),
                None => Ok(()),
            },
        }
    }

    /// One attempt, and how long the other side wants to be left alone after it.
    async fn attempt(&self, asked: &Asked, deadline: Instant) -> (Result<Answer, Failure>, Option<Duration>) {
        let passing = |why| Failure { why, passes: false };
        let Ok(Ok(_room)) = timeout_at(deadline, self.room.acquire()).await else {
            let busy = format!("{}: {} questions are under way already", origin(&asked.url), self.settings.in_flight);
            return (Err(passing(NoData::Unreachable(busy))), None);
        };
        let begun = Instant::now();
        let until = begun.checked_add(self.settings.timeout).map_or(deadline, |until| until.min(deadline));
        match timeout_at(until, self.send(asked)).await {
            Ok(Ok((answer, asked_for))) => (Ok(answer), asked_for),
            Ok(Err(failure)) => (Err(failure), None),
            Err(_elapsed) => (Err(passing(NoData::TimedOut(until.saturating_duration_since(begun)))), None),
        }
    }

    async fn send(&self, asked: &Asked) -> Result<(Answer, Option<Duration>), Failure> {
        let Asked { method, url, headers, body: sent, most } = asked;
        let http = self.http().map_err(|error| failure(url, &error))?;
        let mut all = self.settings.headers.clone();
        all.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        for (name, value) in headers {
            all.insert(name, value.clone());
        }
        let mut request = http.request(method.clone(), url.clone()).headers(all);
        if let Some(sent) = sent {
            request = request.body(sent.clone());
        }
        let mut response = request.send().await.map_err(|error| failure(url, &error))?;
        let (status, asked_for) = (response.status(), retry_after(response.headers()));
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let body = body(url, &mut response, *most).await?;
        Ok((Answer { status, content_type, body }, asked_for))
    }

    fn http(&self) -> Result<&Client, reqwest::Error> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = match &self.settings.authorities {
            Some(authorities) => self.client().tls_certs_only(Certificate::from_pem_bundle(authorities)?).build()?,
            // Without any CA certificate on the system TLS cannot be set up. Plain HTTP needs none: then
            // nobody is trusted, and only https addresses are out of reach.
            None => self.client().build().or_else(|_| self.client().tls_certs_only([]).build())?,
        };
        Ok(self.http.get_or_init(|| http))
    }

    /// A redirect would take the credentials, or the question, to where nobody meant them to go.
    fn client(&self) -> ClientBuilder {
        let agent = concat!("tidegate/", env!("CARGO_PKG_VERSION"));
        let client = Client::builder().redirect(redirect::Policy::none()).user_agent(agent);
        match &self.settings.reach {
            Reach::Anywhere if self.settings.proxied => client.dns_resolver(Arc::new(ByTheSystem)),
            Reach::Anywhere => client.no_proxy().dns_resolver(Arc::new(ByTheSystem)),
            Reach::Public(allowed) => client.no_proxy().dns_resolver(Arc::new(Guarded(Arc::clone(allowed)))),
        }
    }
}
