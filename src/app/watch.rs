//! Notices that files changed: by the operating system's word, by a signal, and by looking every few
//! seconds in case neither came.

use notify::{RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long after the first sign of a change the files are read: long enough for an editor to finish
/// its writing, short enough for a save to be live at once.
const SETTLE: Duration = Duration::from_millis(15);

/// How often the files are looked at without any sign.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// Signs of change under some paths.
#[derive(Debug)]
pub(super) struct Watch {
    woken: Arc<Notify>,
    /// Kept alive, for it stops watching when dropped. `None` where the system cannot watch.
    _watcher: Option<notify::RecommendedWatcher>,
}

impl Watch {
    /// Begins to watch. Where the operating system cannot, looking every few seconds remains.
    #[must_use]
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        let woken = Arc::new(Notify::new());
        let sign = Arc::clone(&woken);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| match event {
            // Reading the files is not a change; waking by it would never end.
            Ok(event) if event.kind.is_access() => {}
            Ok(_) | Err(_) => sign.notify_one(),
        });
        let not_watched = |error: notify::Error| {
            tracing::warn!(%error, "files are not watched; they are looked at every {}s", LOOK_EVERY.as_secs());
        };
        let mut watcher = watcher.map_err(not_watched).ok();
        for (folder, mode) in folders(paths) {
            // One that is not there must not cost the others their watching.
            if let Some(Err(error)) = watcher.as_mut().map(|watcher| watcher.watch(&folder, mode)) {
                not_watched(error);
            }
        }
        Self { woken, _watcher: watcher }
    }

    /// Waits until the files should be looked at.
    pub(super) async fn changed(&self) {
        if timeout(LOOK_EVERY, self.woken.notified()).await.is_ok() {
            sleep(SETTLE).await;
        }
    }

    /// Asks for a look at every SIGHUP, until `shutdown`.
    pub(super) fn wake_by_signal(&self, shutdown: CancellationToken) {
        let woken = Arc::clone(&self.woken);
        tokio::spawn(async move {
            let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
            loop {
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    _ = hangups.recv() => {
                        tracing::info!("SIGHUP: the files are read again");
                        woken.notify_one();
                    }
                }
            }
        });
    }
}

/// What to watch: folders with all that is in them, and the folder of each file that was named, for
/// files are replaced rather than written.
fn folders(paths: &[PathBuf]) -> Vec<(PathBuf, RecursiveMode)> {
    let of = |path: &PathBuf| match path.is_dir() {
        true => (path.clone(), RecursiveMode::Recursive),
        false => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            (parent.unwrap_or(Path::new(".")).to_path_buf(), RecursiveMode::NonRecursive)
        }
    };
    let mut seen = BTreeSet::new();
    paths.iter().map(of).filter(|(folder, _)| seen.insert(folder.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_path_that_is_not_there_costs_the_others_nothing() {
        let place = tempfile::tempdir().unwrap();
        let watch = Watch::new(&[place.path().join("no/such/file.yaml"), place.path().to_path_buf()]);
        std::fs::write(place.path().join("f.yaml"), "flags: {}").unwrap();
        assert!(timeout(Duration::from_secs(2), watch.woken.notified()).await.is_ok(), "nobody watches");
    }
}
