//! The promises of the port. Each function is given an empty store.

use crate::samples::{change, entry, message, name, states};
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use tidegate::rollout::train::{Ride, Run, TrainState};
use tidegate::source::Format;
use tidegate::store::{Change, CommitError, LedgerCheck, Origin, PlanSource, Store};
use tidegate::units::UnixMillis;

/// One test per promise for the store that `$empty` makes: an async function that returns the store and
/// whatever must live as long as it.
#[macro_export]
macro_rules! contract {
    ($empty:path; $($promise:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $promise() {
            let (store, _keep) = $empty().await;
            $crate::contract::$promise(&store).await;
        })+
    };
    ($empty:path) => {
        $crate::contract!($empty;
            an_empty_store_says_so,
            what_is_committed_is_read_back,
            a_plan_of_which_one_part_changes_is_stored_anew,
            a_train_is_kept_beside_rollouts_and_shares_their_names,
            a_change_decided_on_another_version_is_refused,
            of_two_writers_exactly_one_wins,
            a_refused_change_leaves_nothing_behind,
            history_is_paged_by_sequence,
            limits_are_kept_within_bounds,
            the_ledger_of_many_rollouts_is_one_sound_chain,
            messages_are_handed_out_in_order_until_delivered,
            a_version_is_never_seen_before_its_ledger_row,
            commits_given_up_half_way_leave_a_sound_store,
        );
    };
}

pub async fn an_empty_store_says_so(store: &impl Store) {
    store.ping().await.unwrap();
    assert_eq!(store.rollouts().await.unwrap(), []);
    assert_eq!(store.rollout(&name("unknown")).await.unwrap(), None);
    assert_eq!(store.history(None, 0, 10).await.unwrap(), []);
    assert_eq!(store.history(Some(&name("unknown")), 0, 10).await.unwrap(), []);
    assert_eq!(store.undelivered(10).await.unwrap(), []);
    assert_eq!(store.verify().await.unwrap(), LedgerCheck::Sound { rows: 0 });
}

pub async fn a_train_is_kept_beside_rollouts_and_shares_their_names(store: &impl Store) {
    let rollout = change("search", None);
    store.commit(&rollout).await.unwrap();
    let train = |name: &str, expected, state| {
        let Change { rollout, plan, entries, messages, at, .. } = change(name, expected);
        Change { rollout, expected, plan, state, entries, messages, at }
    };
    let rides = [(name("search"), Ride::Begun(1)), (name("other"), Ride::Waiting)].into();
    let running = TrainState::Running(Run { number: 1, rides });
    assert_eq!(store.commit_train(&train("hybrid", None, TrainState::Pending)).await.unwrap(), 1);
    let second = train("hybrid", Some(1), running);
    assert_eq!(store.commit_train(&second).await.unwrap(), 2);
    let kept = store.train(&name("hybrid")).await.unwrap().unwrap();
    assert_eq!((&kept.state, kept.version, &kept.plan), (&second.state, 2, &second.plan));
    assert_eq!(store.trains().await.unwrap(), [kept]);
    // Each is of its kind alone.
    assert_eq!(store.rollout(&name("hybrid")).await.unwrap(), None);
    assert_eq!(store.train(&name("search")).await.unwrap(), None);
    assert_eq!(store.rollouts().await.unwrap().len(), 1);
    // And no other can have its name, at whatever version.
    for expected in [None, Some(2)] {
        let told = store.commit(&change("hybrid", expected)).await;
        assert!(matches!(told, Err(CommitError::Conflict { current: Some(2) })), "{told:?}");
    }
    for expected in [None, Some(1)] {
        let told = store.commit_train(&train("search", expected, TrainState::Pending)).await;
        assert!(matches!(told, Err(CommitError::Conflict { current: Some(1) })), "{told:?}");
    }
    let history = store.history(Some(&name("hybrid")), 0, 10).await.unwrap();
    assert_eq!(history.iter().map(|row| row.version).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(store.verify().await.unwrap(), LedgerCheck::Sound { rows: 3 });
    assert_eq!(store.undelivered(10).await.unwrap().len(), 3);
}

pub async fn what_is_committed_is_read_back(store: &impl Store) {
    let mut written = change("batch", None);
    for (step, state) in states().into_iter().enumerate() {
        written.state = state;
        written.at = UnixMillis::new(i64::try_from(step).unwrap());
        if step % 2 == 1 {
            written.plan.text = "{\"kind\": \"Rollout\", \"odd\": \"\u{0} 🌊\"}".to_owned();
            written.plan.format = Format::Json;
            written.plan.origin = Origin::Api;
        }
        let version = store.commit(&written).await.unwrap();
        let record = store.rollout(&written.rollout).await.unwrap().unwrap();
        assert_eq!((record.version, &record.name), (version, &written.rollout));
        assert_eq!((&record.state, &record.plan, record.updated), (&written.state, &written.plan, written.at));
        let row = store.history(Some(&written.rollout), 0, 1_000).await.unwrap().pop().unwrap();
        assert_eq!((row.version, row.at, &row.rollout), (version, written.at, &written.rollout));
        assert_eq!([row.entry], written.entries[..]);
        let told = store.undelivered(1_000).await.unwrap().pop().unwrap();
        assert_eq!((told.at, &told.rollout), (written.at, &written.rollout));
        assert_eq!([told.message], written.messages[..]);
        written.expected = Some(version);
    }
    store.commit(&change("another", None)).await.unwrap();
    let names: Vec<_> = store.rollouts().await.unwrap().into_iter().map(|record| record.name).collect();
    assert_eq!(names, [name("another"), name("batch")]);
}

pub async fn a_plan_of_which_one_part_changes_is_stored_anew(store: &impl Store) {
    let mut next = change("a", None);
    let parts: [fn(&mut PlanSource); 11] = [
        |_| {},
        |plan| plan.text.push_str("\u{0}one"),
        |plan| plan.text = plan.text.replace("one", "two"),
        |plan| plan.format = Format::Json,
        |plan| plan.origin = Origin::File("flags/moved.json".to_owned()),
        |plan| plan.origin = Origin::Api,
        |plan| plan.origin = Origin::File("flags/moved.json".to_owned()),
        |plan| plan.attachments.add("beta.txt", "ann\nb\u{0}b 🌊\n"),
        |plan| plan.attachments.add("staff.txt", "cleo"),
        |plan| plan.attachments.add("beta.txt", "ann"),
        |plan| plan.attachments.keep(&["staff.txt"]),
    ];
    for change_part in parts {
        change_part(&mut next.plan);
        next.expected = Some(store.commit(&next).await.unwrap());
        assert_eq!(store.rollout(&next.rollout).await.unwrap().unwrap().plan, next.plan);
    }
    store.commit(&change("b", None)).await.unwrap();
    assert_eq!(store.rollout(&next.rollout).await.unwrap().unwrap().plan, next.plan, "each has its own");
}

fn conflict(result: Result<u64, CommitError>) -> Option<u64> {
    match result.unwrap_err() {
        CommitError::Conflict { current } => current,
        other => panic!("{other}"),
    }
}

pub async fn a_change_decided_on_another_version_is_refused(store: &impl Store) {
    assert_eq!(conflict(store.commit(&change("a", Some(1))).await), None, "there is none to change");
    assert_eq!(store.commit(&change("a", None)).await.unwrap(), 1);
    assert_eq!(conflict(store.commit(&change("a", None)).await), Some(1), "there is one already");
    assert_eq!(store.commit(&change("a", Some(1))).await.unwrap(), 2);
    assert_eq!(conflict(store.commit(&change("a", Some(1))).await), Some(2), "it has moved on");
    assert_eq!(conflict(store.commit(&change("a", Some(3))).await), Some(2), "it was never there");
    assert_eq!(store.commit(&change("b", None)).await.unwrap(), 1, "each rollout counts for itself");
}

pub async fn of_two_writers_exactly_one_wins(store: &impl Store) {
    store.commit(&change("a", None)).await.unwrap();
    for version in 1..=20 {
        let (mut first, mut second) = (change("a", Some(version)), change("a", Some(version)));
        first.entries = vec![entry("first")];
        second.entries = vec![entry("second")];
        let results = tokio::join!(store.commit(&first), store.commit(&second));
        let winner = match results {
            (Ok(won), Err(CommitError::Conflict { current })) if Some(won) == current => "first",
            (Err(CommitError::Conflict { current }), Ok(won)) if Some(won) == current => "second",
            other => panic!("{other:?}"),
        };
        let rows = store.history(None, version, 10).await.unwrap();
        assert_eq!(rows.len(), 1, "the loser wrote nothing");
        assert_eq!(rows[0].entry.sentence, winner);
    }
}

pub async fn a_refused_change_leaves_nothing_behind(store: &impl Store) {
    store.commit(&change("a", None)).await.unwrap();
    let before = (
        store.rollouts().await.unwrap(),
        store.history(None, 0, 10).await.unwrap(),
        store.undelivered(10).await.unwrap(),
    );
    let mut refused = change("a", Some(7));
    refused.entries = vec![entry("one"), entry("two")];
    refused.messages = vec![message("one"), message("two")];
    conflict(store.commit(&refused).await);
    let after = (
        store.rollouts().await.unwrap(),
        store.history(None, 0, 10).await.unwrap(),
        store.undelivered(10).await.unwrap(),
    );
    assert_eq!(after, before);
    assert_eq!(store.verify().await.unwrap(), LedgerCheck::Sound { rows: 1 });
}

pub async fn history_is_paged_by_sequence(store: &impl Store) {
    for version in 0..4 {
        for rollout in ["a", "b"] {
            store.commit(&change(rollout, (version > 0).then_some(version))).await.unwrap();
        }
    }
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let page = store.history(None, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 3);
        after = last.sequence;
        seen.extend(page.iter().map(|row| row.sequence));
    }
    assert_eq!(seen, (1..=8).collect::<Vec<_>>(), "without gaps, each once");
    let of_b = store.history(Some(&name("b")), 2, 2).await.unwrap();
    assert_eq!(of_b.iter().map(|row| (row.sequence, row.version)).collect::<Vec<_>>(), [(4, 2), (6, 3)]);
    assert_eq!(store.history(None, u64::MAX, 10).await.unwrap(), []);
}

pub async fn limits_are_kept_within_bounds(store: &impl Store) {
    let mut many = change("a", None);
    many.entries = (0..1_005).map(|number| entry(&number.to_string())).collect();
    many.messages = (0..1_005).map(|number| message(&number.to_string())).collect();
    store.commit(&many).await.unwrap();
    for (limit, rows) in [(0, 1), (1, 1), (1_000, 1_000), (1_001, 1_000), (u32::MAX, 1_000)] {
        assert_eq!(store.history(None, 0, limit).await.unwrap().len(), rows, "limit {limit}");
        assert_eq!(store.undelivered(limit).await.unwrap().len(), rows, "limit {limit}");
    }
    let rest = store.history(None, 1_000, 1_000).await.unwrap();
    assert_eq!(
        rest.iter().map(|row| row.entry.sentence.as_str()).collect::<Vec<_>>(),
        ["1000", "1001", "1002", "1003", "1004"]
    );
}

pub async fn the_ledger_of_many_rollouts_is_one_sound_chain(store: &impl Store) {
    for version in 0..10_u64 {
        for rollout in ["a", "b", "c"] {
            let mut next = change(rollout, (version > 0).then_some(version));
            // Some changes have nothing to say, and some have much.
            next.entries = (0..version % 4).map(|number| entry(&format!("{rollout} {version} {number}"))).collect();
            store.commit(&next).await.unwrap();
        }
    }
    let rows = store.history(None, 0, 1_000).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), (1..=39).collect::<Vec<_>>());
    assert_eq!(rows.iter().map(|row| row.hash).collect::<BTreeSet<_>>().len(), rows.len());
    assert_eq!(store.verify().await.unwrap(), LedgerCheck::Sound { rows: 39 });
}

pub async fn messages_are_handed_out_in_order_until_delivered(store: &impl Store) {
    let mut first = change("a", None);
    first.messages = vec![message("1"), message("2")];
    store.commit(&first).await.unwrap();
    let mut second = change("b", None);
    second.messages = vec![message("3"), message("4"), message("5")];
    store.commit(&second).await.unwrap();
    let topics = async || {
        let rows = store.undelivered(1_000).await.unwrap();
        assert!(rows.is_sorted_by(|one, next| one.sequence < next.sequence));
        rows.into_iter().map(|row| row.message.topic).collect::<Vec<_>>()
    };
    assert_eq!(topics().await, ["1", "2", "3", "4", "5"]);
    assert_eq!(topics().await, ["1", "2", "3", "4", "5"], "asking delivers nothing");
    let sequences: Vec<_> = store.undelivered(4).await.unwrap().iter().map(|row| row.sequence).collect();
    store.mark_delivered(&[sequences[1], sequences[3]], UnixMillis::new(1)).await.unwrap();
    assert_eq!(topics().await, ["1", "3", "5"], "what failed in between stays and is first again");
    // Marking twice, and marking what never was, is harmless.
    store.mark_delivered(&[sequences[1], 999, u64::MAX], UnixMillis::new(2)).await.unwrap();
    store.mark_delivered(&[], UnixMillis::new(2)).await.unwrap();
    assert_eq!(topics().await, ["1", "3", "5"]);
}

pub async fn a_version_is_never_seen_before_its_ledger_row(store: &impl Store) {
    let a = name("a");
    store.commit(&change("a", None)).await.unwrap();
    let writing = async {
        for version in 1..=100 {
            store.commit(&change("a", Some(version))).await.unwrap();
        }
    };
    let reading = async {
        loop {
            let version = store.rollout(&a).await.unwrap().unwrap().version;
            let rows = store.history(Some(&a), version - 1, 1).await.unwrap();
            assert_eq!(rows.len(), 1, "version {version} has its row");
            assert!(matches!(store.verify().await.unwrap(), LedgerCheck::Sound { rows } if rows >= version));
            if version == 101 {
                return;
            }
        }
    };
    tokio::join!(writing, reading);
}

/// A caller that stops waiting (its deadline passed, its client went away) must not leave a transaction
/// open, or lose the store, at whatever point it stopped.
pub async fn commits_given_up_half_way_leave_a_sound_store(store: &impl Store) {
    let version = async || store.rollout(&name("a")).await.unwrap().map(|record| record.version);
    store.commit(&change("kept", None)).await.unwrap();
    let mut finished = false;
    for polls in 0..200 {
        let next = change("a", version().await);
        finished |= given_up_after(polls, store.commit(&next)).await.is_some_and(|result| result.is_ok());
    }
    assert!(finished, "the last ones were given the time to get to the end");
    let rows = version().await.unwrap() + 1;
    assert_eq!(store.verify().await.unwrap(), LedgerCheck::Sound { rows });
    assert!(store.rollout(&name("kept")).await.unwrap().is_some());
}

/// Polls a future so many times, then drops it.
async fn given_up_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}
