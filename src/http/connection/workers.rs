//! Threads of a door's own. Each drives its connections alone: nothing of them ever moves to another
//! processor, and nobody has to be woken to take work over.

use std::io;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The threads, which end when this is dropped.
#[derive(Debug)]
pub(in crate::http) struct Workers {
    handles: Vec<Handle>,
    next: usize,
    _end: DropGuard,
}

impl Workers {
    /// So many threads, or as many of them as the system gives; with none of them connections are driven
    /// where the door was opened.
    pub(in crate::http) fn start(threads: usize, door: &str) -> Self {
        let end = CancellationToken::new();
        let started = (0..threads).map_while(|number| {
            let worker = worker(format!("{door}-{number}"), end.clone());
            worker.map_err(|error| tracing::warn!(door, %error, "a thread could not be started")).ok()
        });
        Self { handles: started.collect(), next: 0, _end: end.drop_guard() }
    }

    /// The thread whose turn it is.
    pub(super) fn next(&mut self) -> Option<&Handle> {
        self.next = self.next.checked_add(1).filter(|next| *next < self.handles.len()).unwrap_or(0);
        self.handles.get(self.next)
    }
}

/// The thread makes its runtime itself: where there is no thread, a runtime made here would have to be dropped
/// here, which no runtime allows in the midst of another one.
fn worker(name: String, end: CancellationToken) -> io::Result<Handle> {
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let drive = move || match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            // Nobody listens any more when the door is gone already; then `end` says so.
            let _ = tell.send(Ok(runtime.handle().clone()));
            runtime.block_on(end.cancelled());
        }
        Err(error) => drop(tell.send(Err(error))),
    };
    std::thread::Builder::new().name(name).spawn(drive)?;
    told.recv().map_err(io::Error::other)?
}
