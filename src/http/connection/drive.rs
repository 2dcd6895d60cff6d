//! One connection from its accept to its end.

use super::door::Door;
use super::drain::Drain;
use super::progress::{Noted, Progress};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

/// The most that is buffered of a connection's input: a head is at most a fourth of it, and a body is
/// taken out in parts.
const BUFFER_BYTES: usize = 64 << 10;

/// How long a client may leave what was sent to it unacknowledged.
#[cfg(target_os = "linux")]
const UNREACHABLE: std::time::Duration = std::time::Duration::from_secs(30);

/// Answers a connection's requests until the client goes, a wait gets too long, or the door closes.
pub(super) async fn drive<D: Door>(stream: TcpStream, door: Arc<D>, progress: Arc<Progress>, drain: Drain) {
    // Small answers go out at once. A socket that refuses this is dead already, and reading will say so.
    let _ = stream.set_nodelay(true);
    give_up_on_the_dead(&stream);
    let input = TokioIo::new(Noted::new(stream, Arc::clone(&progress)));
    let service = service_fn(|request| door.answer(&progress, request));
    let mut connection = pin!(protocol(&*door).serve_connection(input, service));
    let mut alarm = pin!(sleep_until(progress.deadline(door.limits())));
    let mut wake_up = pin!(drain.wake_up());
    let (mut registered, mut told, mut armed) = (false, false, false);

    poll_fn(|cx| {
        // Polled once only: that leaves this task's waker with it, and each further poll would take a
        // lock that all connections share.
        if !registered {
            registered = true;
            let _ = wake_up.as_mut().poll(cx);
        }
        if !told && drain.begun() {
            told = true;
            connection.as_mut().graceful_shutdown();
        }
        // How it ends makes no difference here: a client that breaks off owes nobody an explanation.
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        progress.settle();
        let deadline = progress.deadline(door.limits());
        if deadline < alarm.deadline() {
            alarm.as_mut().reset(deadline);
            armed = false;
        }
        // The alarm is left at an earlier moment while requests go on; only when it rings is it set
        // to the moment that holds by then. It too keeps this task's waker, and is polled no more than
        // it must be.
        while !armed || alarm.is_elapsed() {
            armed = true;
            if alarm.as_mut().poll(cx).is_pending() {
                break;
            }
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
            armed = false;
        }
        Poll::Pending
    })
    .await;
}

/// A client that vanishes without a word would hold its place for a quarter of an hour, which is how long
/// the system tries to reach it.
#[cfg(target_os = "linux")]
fn give_up_on_the_dead(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(UNREACHABLE));
}

#[cfg(not(target_os = "linux"))]
fn give_up_on_the_dead(_: &TcpStream) {}

fn protocol(door: &impl Door) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    // The connection's own alarm does what this one would, without a timer per request.
    protocol.header_read_timeout(None).max_header_size(door.limits().head).max_buf_size(BUFFER_BYTES);
    protocol
}
