//! A store that fails when it is told to, to see what the rest does meanwhile. Reads go on working.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidegate::rollout::train::TrainState;
use tidegate::store::{Change, CommitError, LedgerCheck, LedgerRow, OutboxRow, Record, Store, StoreError};
use tidegate::units::{RolloutName, UnixMillis};
use tokio::sync::watch;

/// What happens to a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It goes through.
    Willing,
    /// It is refused at once.
    Refusing,
    /// It has no answer until the mood changes; then it goes the new mood's way.
    Hanging,
    /// It is done, and then the answer is lost: the caller is told that it failed.
    Forgetful,
    /// It panics, as a fault in the program would make it.
    Faulty,
}

/// A store around another one.
#[derive(Debug)]
pub struct Refusing<S> {
    inner: S,
    mood: watch::Receiver<Mood>,
    hanging: Arc<AtomicUsize>,
}

/// Changes the mood from outside, also while the store is in use.
#[derive(Debug, Clone)]
pub struct MoodSwitch {
    mood: Arc<watch::Sender<Mood>>,
    hanging: Arc<AtomicUsize>,
}

impl MoodSwitch {
    pub fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// How many commits came while it hung, from the beginning.
    pub fn hanging(&self) -> usize {
        self.hanging.load(Ordering::SeqCst)
    }
}

impl<S: Store> Refusing<S> {
    /// Willing at first.
    pub fn around(inner: S) -> (Self, MoodSwitch) {
        let (sender, mood) = watch::channel(Mood::Willing);
        let hanging = Arc::new(AtomicUsize::new(0));
        let switch = MoodSwitch { mood: Arc::new(sender), hanging: Arc::clone(&hanging) };
        (Self { inner, mood, hanging }, switch)
    }

    /// The mood, once it is not to hang. A dropped switch leaves the last mood in place.
    async fn settled(&self) -> Mood {
        let mut mood = self.mood.clone();
        if *mood.borrow() == Mood::Hanging {
            self.hanging.fetch_add(1, Ordering::SeqCst);
        }
        let settled = mood.wait_for(|mood| *mood != Mood::Hanging).await.map(|mood| *mood);
        match settled {
            Ok(mood) => mood,
            Err(_) => std::future::pending().await,
        }
    }
}

fn refusal() -> StoreError {
    StoreError::unavailable("commit a change", "told to fail by the test")
}

#[async_trait::async_trait]
impl<S: Store> Store for Refusing<S> {
    async fn rollouts(&self) -> Result<Vec<Record>, StoreError> {
        self.inner.rollouts().await
    }

    async fn rollout(&self, name: &RolloutName) -> Result<Option<Record>, StoreError> {
        self.inner.rollout(name).await
    }

    async fn commit(&self, change: &Change) -> Result<u64, CommitError> {
        match self.settled().await {
            Mood::Willing => self.inner.commit(change).await,
            Mood::Refusing | Mood::Hanging => Err(refusal().into()),
            Mood::Faulty => panic!("told to panic by the test"),
            Mood::Forgetful => {
                self.inner.commit(change).await?;
                Err(refusal().into())
            }
        }
    }

    async fn trains(&self) -> Result<Vec<Record<TrainState>>, StoreError> {
        self.inner.trains().await
    }

    async fn train(&self, name: &RolloutName) -> Result<Option<Record<TrainState>>, StoreError> {
        self.inner.train(name).await
    }

    async fn commit_train(&self, change: &Change<TrainState>) -> Result<u64, CommitError> {
        match self.settled().await {
            Mood::Willing => self.inner.commit_train(change).await,
            Mood::Refusing | Mood::Hanging => Err(refusal().into()),
            Mood::Faulty => panic!("told to panic by the test"),
            Mood::Forgetful => {
                self.inner.commit_train(change).await?;
                Err(refusal().into())
            }
        }
    }

    async fn history(
        &self,
        rollout: Option<&RolloutName>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        self.inner.history(rollout, after, limit).await
    }

    async fn verify(&self) -> Result<LedgerCheck, StoreError> {
        self.inner.verify().await
    }

    async fn undelivered(&self, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.inner.undelivered(limit).await
    }

    async fn mark_delivered(&self, sequences: &[u64], at: UnixMillis) -> Result<(), StoreError> {
        self.inner.mark_delivered(sequences, at).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        match *self.mood.borrow() {
            Mood::Willing | Mood::Forgetful | Mood::Faulty => {}
            Mood::Refusing | Mood::Hanging => return Err(refusal()),
        }
        self.inner.ping().await
    }
}
