//! Delivers what the outbox holds. Until there are other receivers, that is the log: one line a
//! change, with the same words as the ledger.

use crate::clock::Clock;
use crate::store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How often the outbox is looked at when nothing calls for it, and after the store refused.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The most messages taken at a time.
const BATCH: u32 = 100;

/// Delivers messages in their order until `shutdown`. A message is marked only after it was delivered,
/// so a crash in between repeats it and never loses it.
pub async fn deliver(
    store: Arc<dyn Store>,
    clock: Clock,
    mut changes: watch::Receiver<u64>,
    shutdown: CancellationToken,
) {
    loop {
        if let Err(error) = deliver_pending(&store, clock).await {
            tracing::warn!(%error, "messages wait in the outbox");
        }
        tokio::select! {
            () = shutdown.cancelled() => break,
            woken = timeout(LOOK_EVERY, changes.changed()) => {
                if matches!(woken, Ok(Err(_))) {
                    break;
                }
            }
        }
    }
    drop(deliver_pending(&store, clock).await);
}

async fn deliver_pending(store: &Arc<dyn Store>, clock: Clock) -> Result<(), StoreError> {
    loop {
        let rows = store.undelivered(BATCH).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            let sentence = row.message.body.get("sentence").and_then(|value| value.as_str()).unwrap_or_default();
            tracing::info!(target: "tidegate::notice", topic = row.message.topic, rollout = %row.rollout, "{sentence}");
        }
        let delivered: Vec<u64> = rows.iter().map(|row| row.sequence).collect();
        store.mark_delivered(&delivered, clock.now()).await?;
    }
}
