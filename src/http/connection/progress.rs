//! What a connection is waiting for, and until when it may wait.
//!
//! A timer per request would cost a good part of what a whole evaluation costs. So the connection
//! notes only when its present wait began, and one timer per connection looks at the note when the
//! wait may be over.

use super::limits::Limits;
use arrayvec::ArrayVec;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Longer than any request is worked on.
const NO_LIMIT: Duration = Duration::from_secs(24 * 3_600);

/// In place of a moment that nobody has needed yet.
const NOT_YET: u64 = u64::MAX;

/// So many bytes are put together before they are written: that costs less than telling the system of
/// two places.
const SMALL: usize = 1_024;

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Wait {
    /// The first byte of the next request.
    Idle,
    /// The rest of a request's head.
    Head,
    /// The rest of a request's body.
    Body,
    /// The door itself, which has its own limits for what it does.
    Work,
    /// The client to take its answer.
    Answer,
    /// The next event of a stream: as long as it takes.
    Stream,
    /// The client to take what a stream sent it.
    Stalled,
}

/// The note of one connection. It is written in the connection's own task only. Whoever else reads it
/// may find the wait of one moment with the beginning of another, which costs nothing but precision.
#[derive(Debug)]
pub(in crate::http) struct Progress {
    accepted: Instant,
    wait: AtomicU8,
    since_nanos: AtomicU64,
}

impl Progress {
    /// Of a connection just accepted: its first request is due, as if it had begun already.
    pub(super) fn new(now: Instant) -> Self {
        Self { accepted: now, wait: AtomicU8::new(Wait::Head as u8), since_nanos: AtomicU64::new(0) }
    }

    /// A request's head is complete. Its body has its time on top of what is left of the head's.
    pub(in crate::http) fn head_read(&self) {
        self.wait.store(Wait::Body as u8, Ordering::Relaxed);
    }

    /// A request's head is complete, and whoever answers it sees to the time of its body and of the answer.
    pub(in crate::http) fn working(&self) {
        self.wait.store(Wait::Work as u8, Ordering::Relaxed);
    }

    /// A request is answered.
    pub(in crate::http) fn answered(&self, now: Instant) {
        self.enter(Wait::Idle, now);
    }

    /// The answer is a stream of events: it has no end, and only a client that does not take it is cut off.
    pub(in crate::http) fn streaming(&self, now: Instant) {
        self.enter(Wait::Stream, now);
    }

    /// Whether the client of a stream has not taken yet what was sent. The connection's task is woken when
    /// it has.
    pub(in crate::http) fn is_stalled(&self) -> bool {
        self.wait() == Wait::Stalled
    }

    /// Since when it is the client that has to go on: to ask, to finish asking, or to take its answer.
    /// `None` while a request is read further or worked on.
    pub(super) fn client_since(&self) -> Option<Instant> {
        match self.wait() {
            Wait::Idle | Wait::Head | Wait::Answer | Wait::Stalled => self.after(Duration::ZERO),
            Wait::Body | Wait::Work | Wait::Stream => None,
        }
    }

    /// The moment at which the present wait is over the limit.
    pub(super) fn deadline(&self, limits: &Limits) -> Instant {
        let allowed = match self.wait() {
            Wait::Idle => limits.idle_time,
            Wait::Head => limits.head_time,
            Wait::Body => limits.head_time.saturating_add(limits.body_time),
            Wait::Work | Wait::Stream => NO_LIMIT,
            Wait::Answer | Wait::Stalled => limits.body_time,
        };
        self.after(allowed).unwrap_or(self.accepted)
    }

    /// So long after the present wait began.
    fn after(&self, time: Duration) -> Option<Instant> {
        let since = Duration::from_nanos(self.since_nanos.load(Ordering::Relaxed));
        self.accepted.checked_add(since.saturating_add(time))
    }

    fn wait(&self) -> Wait {
        const IDLE: u8 = Wait::Idle as u8;
        const HEAD: u8 = Wait::Head as u8;
        const BODY: u8 = Wait::Body as u8;
        const WORK: u8 = Wait::Work as u8;
        const ANSWER: u8 = Wait::Answer as u8;
        const STREAM: u8 = Wait::Stream as u8;
        match self.wait.load(Ordering::Relaxed) {
            IDLE => Wait::Idle,
            HEAD => Wait::Head,
            BODY => Wait::Body,
            WORK => Wait::Work,
            ANSWER => Wait::Answer,
            STREAM => Wait::Stream,
            _ => Wait::Stalled,
        }
    }

    fn enter(&self, wait: Wait, now: Instant) {
        let since = now.saturating_duration_since(self.accepted);
        self.since_nanos.store(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.wait.store(wait as u8, Ordering::Relaxed);
    }

    /// Most heads come as a whole, and then nobody asks when they began.
    fn bytes_came(&self) {
        if self.wait() == Wait::Idle {
            self.since_nanos.store(NOT_YET, Ordering::Relaxed);
            self.wait.store(Wait::Head as u8, Ordering::Relaxed);
        }
    }

    /// Notes when a request began of which only a part has come. The connection's task calls it before it
    /// goes to sleep.
    pub(super) fn settle(&self) {
        if self.since_nanos.load(Ordering::Relaxed) == NOT_YET {
            self.enter(self.wait(), Instant::now());
        }
    }

    /// Only an answer that does not fit into the system's buffer ever waits. The waker is that of the
    /// connection's task: a stream that waited for its client goes on.
    fn wrote(&self, accepted: bool, task: &Waker) {
        match (self.wait(), accepted) {
            (Wait::Idle, false) => self.enter(Wait::Answer, Instant::now()),
            (Wait::Answer, true) => self.enter(Wait::Idle, Instant::now()),
            (Wait::Stream, true) => self.enter(Wait::Stream, Instant::now()),
            (Wait::Stream, false) => self.enter(Wait::Stalled, Instant::now()),
            (Wait::Stalled, true) => {
                self.enter(Wait::Stream, Instant::now());
                task.wake_by_ref();
            }
            (Wait::Idle | Wait::Head | Wait::Body | Wait::Work, _) | (Wait::Answer | Wait::Stalled, false) => {}
        }
    }
}

/// A stream whose reads and writes are noted.
#[derive(Debug)]
pub(super) struct Noted<S> {
    stream: S,
    progress: Arc<Progress>,
}

impl<S> Noted<S> {
    pub(super) fn new(stream: S, progress: Arc<Progress>) -> Self {
        Self { stream, progress }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Noted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.progress.bytes_came();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Noted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.progress.wrote(written.is_ready(), cx.waker());
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut together = ArrayVec::<u8, SMALL>::new();
        let fit = slices.len() > 1 && slices.iter().all(|slice| together.try_extend_from_slice(slice).is_ok());
        let written = match fit {
            true => Pin::new(&mut self.stream).poll_write(cx, &together),
            false => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
        };
        self.progress.wrote(written.is_ready(), cx.waker());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
