//! Turns each change of what is served into the one event that all listeners get.

use super::position::Position;
use crate::http::evaluation::Clock;
use crate::units::{Generation, UnixMillis};
use hyper::body::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What is said to a listener that does not know this generation yet.
#[derive(Debug, Clone)]
pub(super) struct News {
    pub(super) generation: Generation,
    /// For a listener that knows it: where it stands, so that it can say so when it comes again.
    pub(super) standing: Bytes,
    /// For one that does not: ask anew.
    pub(super) event: Bytes,
}

impl News {
    pub(super) fn new(process: u64, generation: Generation, now: UnixMillis) -> Self {
        let position = Position::new(process, generation);
        let seconds = now.get().div_euclid(1_000);
        let data = format!(r#"{{"type":"refetchEvaluation","etag":"{position}","lastModified":{seconds}}}"#);
        Self {
            generation,
            standing: Bytes::from(format!("id: {position}\n\n")),
            event: Bytes::from(format!("event: message\nid: {position}\ndata: {data}\n\n")),
        }
    }
}

/// Follows `changes` until the shutdown. The end of this future ends every stream: nobody else holds the
/// sender.
pub(super) async fn proclaim(
    process: u64,
    clock: Clock,
    mut changes: watch::Receiver<Generation>,
    news: watch::Sender<News>,
    shutdown: CancellationToken,
) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        let generation = *changes.borrow_and_update();
        news.send_replace(News::new(process, generation, clock()));
    }
}
