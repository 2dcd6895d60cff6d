//! What a connection is waiting for, and until when it may wait.
//!
//! A timer per request would cost a good part of what a whole evaluation costs. So the connection
//! notes only when its present wait began, and one timer per connection looks at the note when the
//! wait may be over.

use super::settings::Limits;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// The first byte of the next request.
    Idle,
    /// The rest of a request's head.
    Head,
    /// The rest of a request's body.
    Body,
    /// The client to take its answer.
    Answer,
}

/// The note of one connection. It is read and written in the connection's own task only; the atomics
/// make it shareable between that task's parts.
#[derive(Debug)]
pub(super) struct Progress {
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
    pub(super) fn head_read(&self) {
        self.wait.store(Wait::Body as u8, Ordering::Relaxed);
    }

    /// A request is answered.
    pub(super) fn answered(&self, now: Instant) {
        self.enter(Wait::Idle, now);
    }

    /// The moment at which the present wait is over the limit.
    pub(super) fn deadline(&self, limits: &Limits) -> Instant {
        let allowed = match self.wait() {
            Wait::Idle => limits.idle_time,
            Wait::Head => limits.head_time,
            Wait::Body => limits.head_time.saturating_add(limits.body_time),
            Wait::Answer => limits.body_time,
        };
        let since = Duration::from_nanos(self.since_nanos.load(Ordering::Relaxed));
        self.accepted.checked_add(since.saturating_add(allowed)).unwrap_or(self.accepted)
    }

    fn wait(&self) -> Wait {
        let noted = self.wait.load(Ordering::Relaxed);
        [Wait::Idle, Wait::Head, Wait::Body].into_iter().find(|wait| *wait as u8 == noted).unwrap_or(Wait::Answer)
    }

    fn enter(&self, wait: Wait, now: Instant) {
        let since = now.saturating_duration_since(self.accepted);
        self.since_nanos.store(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.wait.store(wait as u8, Ordering::Relaxed);
    }

    fn bytes_came(&self) {
        if self.wait() == Wait::Idle {
            self.enter(Wait::Head, Instant::now());
        }
    }

    /// Only an answer that does not fit into the system's buffer ever waits.
    fn wrote(&self, accepted: bool) {
        match (self.wait(), accepted) {
            (Wait::Idle, false) => self.enter(Wait::Answer, Instant::now()),
            (Wait::Answer, true) => self.enter(Wait::Idle, Instant::now()),
            (Wait::Idle | Wait::Head | Wait::Body, _) | (Wait::Answer, false) => {}
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
        self.progress.wrote(written.is_ready());
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
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.progress.wrote(written.is_ready());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
