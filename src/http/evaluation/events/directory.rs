//! Where the stream is, who may listen, and how many.

use super::herald::{self, News};
use super::place::Place;
use super::position::Position;
use super::stream::{Events, Listener};
use crate::http::Gate;
use crate::http::connection::Progress;
use crate::http::evaluation::settings::{Clock, EventSettings};
use crate::live::Live;
use crate::telemetry::RequestMetrics;
use crate::units::Generation;
use hyper::HeaderMap;
use hyper::body::Bytes;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// After how long a page that nobody looks at gives up its stream, in seconds. It is what clients do
/// when nothing is said.
const INACTIVITY_SECONDS: u32 = 120;

/// Between which times a listener comes again after its stream broke off, in milliseconds. Each is told
/// another one, so that not all come at once after a restart.
const COME_AGAIN: std::ops::Range<u32> = 1_000..5_000;

/// All streams of a door.
pub(in crate::http::evaluation) struct Directory {
    process: u64,
    places: Arc<Semaphore>,
    most: usize,
    keep_alive: Duration,
    ticket: Option<String>,
    mark: u128,
    news: watch::Receiver<News>,
}

impl Directory {
    /// The streams of what `live` serves, and the work that feeds them, which ends with `shutdown`.
    pub(in crate::http::evaluation) fn new(
        settings: EventSettings,
        gate: &Gate,
        live: &Live,
        clock: Clock,
        shutdown: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let process = rand::random();
        let mut changes = live.changes();
        let first = News::new(process, *changes.borrow_and_update(), clock());
        let (sender, news) = watch::channel(first);
        let work = herald::proclaim(process, clock, changes, sender, shutdown);
        let places = Arc::new(Semaphore::new(settings.most.min(Semaphore::MAX_PERMITS)));
        let EventSettings { most, keep_alive } = settings;
        let ticket = gate.ticket();
        let mark = match (most, &ticket) {
            (0, _) => 0,
            (_, None) => 1,
            (_, Some(ticket)) => one_way(ticket),
        };
        (Self { process, places, most, keep_alive, ticket, mark, news }, work)
    }

    /// Whether there are streams at all.
    pub(in crate::http::evaluation) const fn is_open(&self) -> bool {
        self.most > 0
    }

    /// Whether the query has the ticket that bulk answers give out. A browser's event source can send no
    /// headers, so no key; and a key in an address would end up in the logs of everything on the way.
    pub(in crate::http::evaluation) fn admits(&self, query: Option<&str>, gate: &Gate) -> bool {
        parameter(query, "ticket").is_some_and(|ticket| gate.is_ticket(ticket))
    }

    /// The member of a bulk answer that names the stream, with a comma before it. It says of which
    /// generation the answers are: whatever changes until the client listens it is told at once then.
    pub(in crate::http::evaluation) fn write_member(&self, changed: Generation, out: &mut Vec<u8>) {
        if !self.is_open() {
            return;
        }
        let position = Position::new(self.process, changed);
        let ticket = self.ticket.as_ref().map_or_else(String::new, |ticket| format!("&ticket={ticket}"));
        let member = format!(
            r#","eventStreams":[{{"type":"sse","endpoint":{{"requestUri":"{}?since={position}{ticket}"}},"inactivityDelaySec":{INACTIVITY_SECONDS}}}]"#,
            super::super::route::EVENTS,
        );
        out.extend_from_slice(member.as_bytes());
    }

    /// What a bulk answer's tag must depend on besides the flags: a client that is told "not modified"
    /// goes on with the stream that it was told of before.
    pub(in crate::http::evaluation) const fn mark(&self) -> u128 {
        self.mark
    }

    /// A stream for the client on the connection of this progress; `None` when there are as many as may be.
    pub(in crate::http::evaluation) fn listen(
        &self,
        query: Option<&str>,
        headers: &HeaderMap,
        progress: &Arc<Progress>,
        metrics: &RequestMetrics,
    ) -> Option<Events> {
        let place = Place::take(&self.places, progress, metrics)?;
        let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
        let said = last.filter(|last| !last.is_empty()).or_else(|| parameter(query, "since"));
        let known = match said {
            Some(said) => Position::parse(said).and_then(|position| position.known_in(self.process)),
            // Somebody who just wants to listen from now on.
            None => Some(self.news.borrow().generation),
        };
        let mut listener =
            Listener { place, news: self.news.clone(), known, greeting: None, keep_alive: self.keep_alive };
        listener.greeting = Some(self.greeting(known));
        Some(listener.stream())
    }

    fn greeting(&self, known: Option<Generation>) -> Bytes {
        let mut text = format!("retry: {}\n", rand::random_range(COME_AGAIN)).into_bytes();
        let news = self.news.borrow();
        match known < Some(news.generation) {
            true => text.push(b'\n'),
            false => text.extend_from_slice(&news.standing),
        }
        Bytes::from(text)
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A ticket is as good as a key here, and belongs into no log.
        f.debug_struct("Directory").field("most", &self.most).finish_non_exhaustive()
    }
}

/// Tells tickets apart without telling the ticket: whoever knows the flags can take a tag apart, and tags
/// end up in logs and caches.
fn one_way(ticket: &str) -> u128 {
    let digest = Sha256::new().chain_update("tidegate bulk tag\0").chain_update(ticket).finalize();
    digest.first_chunk().map_or(1, |half| u128::from_be_bytes(*half))
}

fn parameter<'q>(query: Option<&'q str>, name: &str) -> Option<&'q str> {
    query?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}
