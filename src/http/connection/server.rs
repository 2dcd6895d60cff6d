//! Accepts connections, as many as are allowed, until the shutdown.

use super::door::{Door, WhenFull};
use super::drain::Drain;
use super::open::Open;
use super::progress::Progress;
use super::workers::Workers;
use super::{drive, refusal};
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

/// Serves a door on `listener` until `shutdown`, then finishes the answers on their way and returns.
pub(in crate::http) async fn serve<D: Door>(
    listener: TcpListener,
    door: Arc<D>,
    workers: Workers,
    shutdown: CancellationToken,
) {
    let mut server = Server::new(door, workers);
    let mut complaint = Complaint::default();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(()) = server.open.ended() => {}
            Some(_) = server.refusals.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => server.take(stream),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    complaint.say(D::NAME, &error);
                    sleep(BACK_OFF).await;
                }
            }
        }
    }
    drop(listener);
    server.drain.begin();
    let finished = async { while server.open.ended().await.is_some() {} };
    if timeout(server.door.limits().drain_time, finished).await.is_err() {
        tracing::info!(door = D::NAME, connections = server.open.count(), "connections cut off at shutdown");
    }
    server.open.shutdown().await;
}

struct Server<D> {
    door: Arc<D>,
    workers: Workers,
    drain: Drain,
    open: Open,
    refusal: Arc<[u8]>,
    refusals: JoinSet<()>,
}

impl<D: Door> Server<D> {
    fn new(door: Arc<D>, workers: Workers) -> Self {
        let refusal = refusal::whole(D::REFUSAL).into();
        Self { door, workers, drain: Drain::default(), open: Open::default(), refusal, refusals: JoinSet::new() }
    }

    fn take(&mut self, stream: TcpStream) {
        if self.has_place() {
            let progress = Arc::new(Progress::new(Instant::now()));
            self.spawn(stream, progress);
        } else if self.refusals.len() < REFUSALS {
            self.door.refused();
            self.refusals.spawn(refusal::send(stream, Arc::clone(&self.refusal)));
        }
    }

    fn spawn(&mut self, stream: TcpStream, progress: Arc<Progress>) {
        let (door, drain, noted) = (Arc::clone(&self.door), self.drain.clone(), Arc::clone(&progress));
        let Some(worker) = self.workers.next() else {
            self.open.spawn(progress, drive::drive(stream, door, noted, drain), None);
            return;
        };
        // A connection whose socket cannot be handed over is closed: the system has no room for it.
        let Ok(stream) = stream.into_std() else { return };
        let connection = async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                drive::drive(stream, door, noted, drain).await;
            }
        };
        self.open.spawn(progress, connection, Some(worker));
    }

    fn has_place(&mut self) -> bool {
        let most = self.door.limits().connections;
        if self.open.count() >= most {
            self.open.forget_ended();
        }
        self.open.count() < most
            || match D::WHEN_FULL {
                WhenFull::Refuse => false,
                WhenFull::GiveWay => self.open.give_way(),
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
    fn say(&mut self, door: &str, error: &io::Error) {
        let now = Instant::now();
        if self.said.is_some_and(|said| now.saturating_duration_since(said) < LOG_EVERY) {
            return;
        }
        self.said = Some(now);
        tracing::warn!(door, %error, "cannot accept connections; raise the limit of open files (LimitNOFILE)");
    }
}
