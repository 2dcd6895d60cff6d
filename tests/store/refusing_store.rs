//! The store that fails on demand does as it is told: tests elsewhere rest on it.

use crate::refusing::{Mood, Refusing};
use crate::samples::{change, name};
use std::time::Duration;
use tidegate::store::{CommitError, Store, sqlite};

#[tokio::test]
async fn it_does_as_it_is_told() {
    let (store, switch) = Refusing::around(sqlite::ephemeral().await.unwrap());
    assert_eq!(store.commit(&change("a", None)).await.unwrap(), 1);

    switch.set(Mood::Refusing);
    assert!(matches!(store.commit(&change("a", Some(1))).await, Err(CommitError::Unavailable(_))));
    assert!(store.ping().await.is_err());
    assert_eq!(store.rollout(&name("a")).await.unwrap().unwrap().version, 1);

    switch.set(Mood::Hanging);
    let next = change("a", Some(1));
    let mut hanging = std::pin::pin!(store.commit(&next));
    assert!(tokio::time::timeout(Duration::from_millis(20), &mut hanging).await.is_err());
    assert_eq!(switch.hanging(), 1);
    switch.set(Mood::Willing);
    assert_eq!(hanging.await.unwrap(), 2);

    switch.set(Mood::Forgetful);
    assert!(matches!(store.commit(&change("a", Some(2))).await, Err(CommitError::Unavailable(_))));
    switch.set(Mood::Willing);
    assert!(matches!(store.commit(&change("a", Some(2))).await, Err(CommitError::Conflict { current: Some(3) })));
}
