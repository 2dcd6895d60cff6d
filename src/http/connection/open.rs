//! The open connections and what each of them is waiting for.

use super::progress::Progress;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

/// All connections of a door.
#[derive(Debug, Default)]
pub(super) struct Open {
    tasks: JoinSet<()>,
    /// Those that were not told to give way.
    by_task: HashMap<Id, (Arc<Progress>, AbortHandle)>,
}

impl Open {
    /// How many there are, without those that gave way and are just ending.
    pub(super) fn count(&self) -> usize {
        self.by_task.len()
    }

    /// Drives a connection in this thread's runtime, or in that of the worker.
    pub(super) fn spawn(
        &mut self,
        progress: Arc<Progress>,
        connection: impl Future<Output = ()> + Send + 'static,
        worker: Option<&Handle>,
    ) {
        let handle = match worker {
            None => self.tasks.spawn(connection),
            Some(worker) => self.tasks.spawn_on(connection, worker),
        };
        self.by_task.insert(handle.id(), (progress, handle));
    }

    /// Waits for one to end and gives its place back; `None` when there are none.
    pub(super) async fn ended(&mut self) -> Option<()> {
        let ended = self.tasks.join_next_with_id().await?;
        self.forget(ended);
        Some(())
    }

    /// Gives back the places of all that have ended by now.
    pub(super) fn forget_ended(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.forget(ended);
        }
    }

    /// Ends the connection that has waited the longest for its client. Looking at each costs some
    /// microseconds, and only when all places are taken.
    pub(super) fn give_way(&mut self) -> bool {
        let waiting = self.by_task.iter().filter_map(|(task, (progress, _))| Some((progress.client_since()?, *task)));
        let longest = waiting.min_by_key(|(since, _)| *since).map(|(_, task)| task);
        let Some((_, handle)) = longest.and_then(|task| self.by_task.remove(&task)) else { return false };
        handle.abort();
        true
    }

    /// Ends all.
    pub(super) async fn shutdown(&mut self) {
        self.tasks.shutdown().await;
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let task = ended.map_or_else(|error| error.id(), |(task, ())| task);
        self.by_task.remove(&task);
    }
}
