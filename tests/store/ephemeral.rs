//! The contract over the store in memory.

use crate::samples::change;
use tidegate::store::Store;
use tidegate::store::sqlite::{self, SqliteStore};

async fn empty() -> (SqliteStore, ()) {
    (sqlite::ephemeral().await.unwrap(), ())
}

crate::contract!(empty);

#[tokio::test]
async fn two_of_them_share_nothing() {
    let (one, other) = (sqlite::ephemeral().await.unwrap(), sqlite::ephemeral().await.unwrap());
    one.commit(&change("a", None)).await.unwrap();
    assert_eq!(other.rollouts().await.unwrap(), []);
}
