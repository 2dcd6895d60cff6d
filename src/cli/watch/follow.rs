//! What is followed and its history as they come in.

use super::super::client::{Client, ClientError};
use super::Watched;
use std::time::Duration;
use tidegate::http::api::wire;
use tokio::time::{Instant, sleep};

/// What a question may take longer than the server was asked to hold it.
const SLACK: Duration = Duration::from_secs(10);

/// How long a server may be away, as for a restart, before watching it makes no sense any more.
const AWAY: Duration = Duration::from_secs(60);

/// How many entries from before the beginning are kept.
const REMEMBERED: usize = 8;

/// One rollout or train, followed.
#[derive(Debug)]
pub(super) struct Follow<'a, W> {
    client: &'a Client,
    name: &'a str,
    pub(super) now: W,
    /// The number of the newest entry that was seen.
    seen: u64,
    /// Entries that were not shown yet.
    fresh: Vec<wire::HistoryEntry>,
    /// Since when the server is away.
    away: Option<Instant>,
}

impl<'a, W: Watched> Follow<'a, W> {
    /// Looks at it and reads its history up to now.
    pub(super) async fn begin(client: &'a Client, name: &'a str) -> Result<Self, ClientError> {
        let now = client.get(&[W::PLACE, name], &[]).await?;
        let mut follow = Self { client, name, now, seen: 0, fresh: Vec::new(), away: None };
        // To the end of what happened before; only the last of it is of interest.
        while follow.entries(Duration::ZERO).await? > 0 {
            let old = follow.fresh.len().saturating_sub(REMEMBERED);
            follow.fresh.drain(..old);
        }
        follow.now = client.get(&[W::PLACE, name], &[]).await?;
        Ok(follow)
    }

    /// The entries that came since this was last asked.
    pub(super) fn take_fresh(&mut self) -> Vec<wire::HistoryEntry> {
        std::mem::take(&mut self.fresh)
    }

    /// Waits for entries; returns how many came.
    async fn entries(&mut self, wait: Duration) -> Result<usize, ClientError> {
        let query = [("after", self.seen.to_string()), ("wait", format!("{}ms", wait.as_millis()))];
        let path = [W::PLACE, self.name, "history"];
        let history: wire::History = self.client.wait_for(&path, &query, wait.saturating_add(SLACK)).await?;
        self.seen = history.entries.last().map_or(self.seen, |last| last.sequence);
        let count = history.entries.len();
        self.fresh.extend(history.entries);
        Ok(count)
    }

    /// Waits for something new and looks at it again. A server that is away is waited for.
    pub(super) async fn news(&mut self, wait: Duration) -> Result<(), ClientError> {
        let asked = async {
            self.entries(wait).await?;
            self.client.get(&[W::PLACE, self.name], &[]).await
        };
        match asked.await {
            Ok(now) => {
                self.now = now;
                self.away = None;
                Ok(())
            }
            Err(error @ (ClientError::Down { .. } | ClientError::TimedOut { .. })) => {
                let since = *self.away.get_or_insert_with(Instant::now);
                if since.elapsed() > AWAY {
                    return Err(error);
                }
                sleep(Duration::from_secs(1)).await;
                Ok(())
            }
            Err(error @ (ClientError::Refused { .. } | ClientError::Stranger { .. })) => Err(error),
        }
    }
}
