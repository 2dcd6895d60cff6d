//! One listener's stream.

use super::herald::News;
use super::place::Place;
use crate::units::Generation;
use futures_util::Stream;
use futures_util::stream::unfold;
use hyper::body::Bytes;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// A comment, which listeners pass over. It keeps proxies from taking a quiet stream for a dead one, and
/// finds out that a listener is gone.
const KEEP_ALIVE: &[u8] = b":\n\n";

/// A stream's bytes, event by event.
pub(in crate::http::evaluation) type Events = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

/// What a listener has and has not been told.
pub(super) struct Listener {
    pub(super) place: Place,
    pub(super) news: watch::Receiver<News>,
    /// The generation that it has answers of; `None` when nobody knows.
    pub(super) known: Option<Generation>,
    /// What is said before anything else.
    pub(super) greeting: Option<Bytes>,
    pub(super) keep_alive: Duration,
}

impl Listener {
    /// The stream to this listener. It ends when the door closes.
    pub(super) fn stream(self) -> Events {
        Box::pin(unfold(self, |mut listener| async move { Some((listener.next().await?, listener)) }))
    }

    async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            // Whoever is slow gets one event for all that happened meanwhile, and that is the newest.
            self.place.until_taken().await;
            if let Some(event) = self.unknown() {
                return Some(event);
            }
            tokio::select! {
                changed = self.news.changed() => if changed.is_err() { return None },
                () = sleep(self.keep_alive) => return Some(Bytes::from_static(KEEP_ALIVE)),
            }
        }
    }

    /// The newest event, unless it is known already.
    fn unknown(&mut self) -> Option<Bytes> {
        let news = self.news.borrow_and_update();
        let newer = self.known < Some(news.generation);
        self.known = self.known.max(Some(news.generation));
        newer.then(|| news.event.clone())
    }
}
