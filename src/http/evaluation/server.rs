//! Accepts connections, as many as are allowed, until the shutdown.

use super::connection;
use super::drain::Drain;
use super::exchange::Door;
use super::refusal;
use super::settings::EvaluationSettings;
use crate::live::Live;
use crate::telemetry::Metrics;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long the door waits when the system has no descriptor or memory for another connection.
const BACK_OFF: Duration = Duration::from_millis(50);

/// How often that is said in the log.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// Connections over the limit that are told so at one time; the ones beyond are closed without a word.
const REFUSALS: usize = 64;

/// Serves evaluations on `listener` until `shutdown`, then finishes the answers on their way and
/// returns.
pub async fn serve(
    listener: TcpListener,
    live: Arc<Live>,
    settings: EvaluationSettings,
    metrics: Metrics,
    shutdown: CancellationToken,
) {
    let limits = settings.limits;
    let door = Arc::new(Door::new(live, settings, metrics));
    let mut server = Server { door, drain: Drain::default(), connections: JoinSet::new(), refusals: JoinSet::new() };
    let mut complaint = Complaint::default();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(_) = server.connections.join_next() => {}
            Some(_) = server.refusals.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => server.take(stream),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    complaint.say(&error);
                    sleep(BACK_OFF).await;
                }
            }
        }
    }
    drop(listener);
    server.drain.begin();
    let finished = async { while server.connections.join_next().await.is_some() {} };
    if timeout(limits.drain_time, finished).await.is_err() {
        tracing::info!(connections = server.connections.len(), "evaluation connections cut off at shutdown");
    }
    server.connections.shutdown().await;
}

struct Server {
    door: Arc<Door>,
    drain: Drain,
    connections: JoinSet<()>,
    refusals: JoinSet<()>,
}

impl Server {
    fn take(&mut self, stream: TcpStream) {
        if self.connections.len() < self.door.limits().connections {
            self.connections.spawn(connection::drive(stream, Arc::clone(&self.door), self.drain.clone()));
        } else if self.refusals.len() < REFUSALS {
            self.door.refused();
            self.refusals.spawn(refusal::send(stream));
        }
    }
}

/// The client went away between its connect and our accept; the next one is not concerned.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    [ConnectionAborted, ConnectionReset, Interrupted].contains(&error.kind())
}

/// Says at most once a second why nothing can be accepted.
#[derive(Default)]
struct Complaint {
    said: Option<Instant>,
}

impl Complaint {
    fn say(&mut self, error: &io::Error) {
        let now = Instant::now();
        if self.said.is_some_and(|said| now.saturating_duration_since(said) < LOG_EVERY) {
            return;
        }
        self.said = Some(now);
        tracing::warn!(%error, "cannot accept evaluation connections; raise the limit of open files (LimitNOFILE)");
    }
}
