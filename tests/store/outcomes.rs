//! What was posted, kept and taken up again.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use std::path::Path;
use std::time::Duration;
use tidegate::analysis::Reading;
use tidegate::measure::{BatchId, KeptPart, KeptSeries, Once, Outcome, Outcomes, Recorded, User};
use tidegate::rollout::Measure;
use tidegate::store::sqlite::{self, DATABASE};
use tidegate::store::{OutcomeStore as _, ServedBefore};
use tidegate::units::{FlagKey, UnixMillis, VariantName};

const NOW: i64 = 1_795_341_600_000;

fn flag() -> FlagKey {
    FlagKey::new("search").unwrap()
}

fn variant(name: &str) -> VariantName {
    VariantName::new(name).unwrap()
}

fn post(outcomes: &Outcomes, name: &str, at: i64, users: std::ops::Range<u32>) {
    let outcome = |user: u32| Outcome {
        flag: flag(),
        variant: variant(name),
        user: Some(User::of(&format!("user-{user}"))),
        at: None,
        ok: !user.is_multiple_of(10),
        latency_ms: Some(f64::from(user)),
        value: Some(f64::from(user) / 3.0),
    };
    outcomes.record(&users.map(outcome).collect::<Vec<_>>(), UnixMillis::new(at));
}

/// Every figure over several windows and since a moment.
fn figures(outcomes: &Outcomes, now: i64) -> Vec<Reading> {
    let measures = [
        Measure::Count,
        Measure::Errors,
        Measure::LatencyP50,
        Measure::LatencyP99,
        Measure::SlowRatio(200_000),
        Measure::ValueMean,
    ];
    let now = UnixMillis::new(now);
    let mut figures = Vec::new();
    for measure in measures {
        for name in ["on", "off"] {
            for seconds in [10, 60, 600, 5_400, 86_400] {
                let window = Duration::from_secs(seconds);
                figures.push(outcomes.read(&flag(), &variant(name), measure, window, 0, now));
            }
            figures.push(outcomes.since(&flag(), &variant(name), measure, UnixMillis::new(NOW - 60_000), 0, now));
        }
    }
    figures
}

async fn keep(outcomes: &Outcomes, so_far: &mut KeptSeries, folder: &Path, now: i64) -> Vec<KeptPart> {
    let store = sqlite::open(folder).await.unwrap();
    let mut parts = Vec::new();
    for piece in outcomes.changed(so_far, UnixMillis::new(now)) {
        store.keep_outcomes(piece.kept()).await.unwrap();
        parts.extend(piece.kept().parts.iter().cloned());
        piece.is_kept(so_far);
    }
    store.close().await;
    parts
}

async fn restored(folder: &Path, now: i64) -> (Outcomes, Vec<(FlagKey, VariantName)>) {
    let store = sqlite::open(folder).await.unwrap();
    let before = store.kept_outcomes().await.unwrap();
    let outcomes = Outcomes::new();
    let damaged = outcomes.restore(before, UnixMillis::new(now));
    store.close().await;
    (outcomes, damaged)
}

#[tokio::test]
async fn what_was_counted_is_counted_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (outcomes, mut so_far) = (Outcomes::new(), KeptSeries::default());
    let mut now = NOW;
    for round in 0..40 {
        now += 7_000;
        post(&outcomes, "on", now, round..round + 300);
        post(&outcomes, "off", now, 1_000..1_000 + 40 * round);
        let _ = figures(&outcomes, now);
        if round % 5 == 4 {
            keep(&outcomes, &mut so_far, folder.path(), now).await;
        }
    }
    let (again, damaged) = restored(folder.path(), now).await;
    assert!(damaged.is_empty());
    assert_eq!(figures(&again, now), figures(&outcomes, now));
    // And both go on alike.
    for outcomes in [&outcomes, &again] {
        post(outcomes, "on", now + 5_000, 0..50);
    }
    assert_eq!(figures(&again, now + 6_000), figures(&outcomes, now + 6_000));
}

#[tokio::test]
async fn only_what_has_changed_is_written_and_what_is_gone_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (outcomes, mut so_far) = (Outcomes::new(), KeptSeries::default());
    for second in 0..600 {
        post(&outcomes, "on", NOW + second * 1_000, 0..3);
    }
    let all = keep(&outcomes, &mut so_far, folder.path(), NOW + 600_000).await;
    assert!(all.len() > 120, "{}", all.len());
    assert!(keep(&outcomes, &mut so_far, folder.path(), NOW + 600_000).await.is_empty());
    post(&outcomes, "on", NOW + 601_000, 0..3);
    let one_more = keep(&outcomes, &mut so_far, folder.path(), NOW + 601_000).await;
    assert!(one_more.len() <= 5, "the head and a slot of each ring: {}", one_more.len());
    // Nothing of a minute ago is left of the finest ring.
    post(&outcomes, "on", NOW + 900_000, 0..3);
    keep(&outcomes, &mut so_far, folder.path(), NOW + 900_000).await;
    let store = sqlite::open(folder.path()).await.unwrap();
    let parts = store.kept_outcomes().await.unwrap().parts;
    assert_eq!(parts.iter().filter(|part| part.ring == 0).count(), 1);
}

/// An exporter may send hundreds of requests a second: a day of them must neither fill the disk nor the memory of the
/// next start.
#[tokio::test]
async fn no_more_batches_are_kept_than_are_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (outcomes, mut so_far) = (Outcomes::new(), KeptSeries::default());
    for round in 0..3 {
        for number in 0..30_000 {
            let id = BatchId::new(&format!("{round}-{number}")).unwrap();
            outcomes.batches().once(id, b"x", UnixMillis::new(NOW), Default::default);
        }
        keep(&outcomes, &mut so_far, folder.path(), NOW).await;
    }
    let store = sqlite::open(folder.path()).await.unwrap();
    let batches = store.kept_outcomes().await.unwrap().batches;
    store.close().await;
    drop(store);
    assert_eq!(batches.len(), 65_536);
    let mut database =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(folder.path().join(DATABASE)))
            .await
            .unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM outcome_batches").fetch_one(&mut database).await.unwrap();
    assert_eq!(rows, 65_536);
    let (again, _) = restored(folder.path(), NOW).await;
    let newest = BatchId::new("2-29999").unwrap();
    let repeat = again.batches().once(newest, b"x", UnixMillis::new(NOW), || panic!("counted twice"));
    assert!(matches!(repeat, Once::Repeated(_)));
}

#[tokio::test]
async fn a_batch_is_remembered_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (outcomes, mut so_far) = (Outcomes::new(), KeptSeries::default());
    let id = BatchId::new("b-1").unwrap();
    let count = |outcomes: &Outcomes| {
        post(outcomes, "on", NOW, 0..7);
        tidegate::measure::Recorded { kept: 7, late: 2, ..Default::default() }
    };
    let first = outcomes.batches().once(id, b"x", UnixMillis::new(NOW), || count(&outcomes));
    keep(&outcomes, &mut so_far, folder.path(), NOW).await;
    let (again, _) = restored(folder.path(), NOW + 5_000).await;
    let Once::Counted(recorded) = first else { panic!("{first:?}") };
    let repeat = again.batches().once(id, b"x", UnixMillis::new(NOW + 5_000), || panic!("counted twice"));
    assert_eq!(repeat, Once::Repeated(recorded));
    // After a day it is forgotten, and so it is in the store.
    let later = NOW + 25 * 3_600_000;
    post(&again, "on", later, 0..1);
    keep(&again, &mut KeptSeries::default(), folder.path(), later).await;
    let store = sqlite::open(folder.path()).await.unwrap();
    assert!(store.kept_outcomes().await.unwrap().batches.is_empty());
}

/// Thousands of processes export every few seconds. The name of a batch that may be sent again must outlive them.
#[tokio::test]
async fn however_many_exports_come_the_batches_are_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (outcomes, mut so_far) = (Outcomes::new(), KeptSeries::default());
    let now = UnixMillis::new(NOW);
    let (batch, counted) = (BatchId::new("b-1").unwrap(), Recorded { kept: 7, ..Recorded::default() });
    outcomes.batches().once(batch, b"x", now, || counted);
    let exported = |number: u32| (BatchId::of_content(&number.to_le_bytes()), number.to_le_bytes());
    for number in 0..70_000 {
        let (id, body) = exported(number);
        outcomes.exports().once(id, &body, now, || counted);
        if number % 10_000 == 0 {
            keep(&outcomes, &mut so_far, folder.path(), NOW).await;
        }
    }
    keep(&outcomes, &mut so_far, folder.path(), NOW).await;
    let (again, _) = restored(folder.path(), NOW).await;
    for outcomes in [&outcomes, &again] {
        let repeat = outcomes.batches().once(batch, b"x", now, || panic!("counted twice"));
        assert_eq!(repeat, Once::Repeated(counted));
        let (id, body) = exported(69_999);
        assert_eq!(outcomes.exports().once(id, &body, now, || panic!("counted twice")), Once::Repeated(counted));
        let (id, body) = exported(0);
        assert_eq!(outcomes.exports().before(id, &body, now), None, "the memory for exports is bounded too");
    }
}

#[tokio::test]
async fn a_damaged_series_begins_afresh_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (outcomes, mut so_far) = (Outcomes::new(), KeptSeries::default());
    post(&outcomes, "on", NOW, 0..20);
    post(&outcomes, "off", NOW, 0..20);
    keep(&outcomes, &mut so_far, folder.path(), NOW).await;
    let options = SqliteConnectOptions::new().filename(folder.path().join(DATABASE));
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let damage = "UPDATE outcome_parts SET data = CAST(substr(data, 1, 40) || x'A5' || substr(data, 42) AS BLOB) \
                  WHERE variant = 'on' AND ring = 1";
    assert_eq!(sqlx::raw_sql(damage).execute(&mut raw).await.unwrap().rows_affected(), 1);
    raw.close().await.unwrap();
    let (again, damaged) = restored(folder.path(), NOW).await;
    assert_eq!(damaged, [(flag(), variant("on"))]);
    let count = |name: &str| {
        let now = UnixMillis::new(NOW);
        again.read(&flag(), &variant(name), Measure::Count, Duration::from_secs(60), 0, now)
    };
    assert!(matches!(count("on"), Reading::NoData(_)));
    assert!(matches!(count("off"), Reading::Value { samples: Some(20), .. }));
}

#[tokio::test]
async fn what_is_older_than_the_longest_window_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let outcomes = Outcomes::new();
    post(&outcomes, "on", NOW, 0..20);
    keep(&outcomes, &mut KeptSeries::default(), folder.path(), NOW).await;
    let (again, damaged) = restored(folder.path(), NOW + 73 * 3_600_000).await;
    assert!(damaged.is_empty());
    assert_eq!(again.series_count(), 0);
}

#[tokio::test]
async fn what_was_served_is_kept_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite::open(folder.path()).await.unwrap();
    assert_eq!(store.kept_served().await.unwrap(), None);
    let served = [ServedBefore { flag: flag(), eras: "{}".to_owned() }];
    store.keep_served(Some(&served), UnixMillis::new(5)).await.unwrap();
    store.keep_served(None, UnixMillis::new(9)).await.unwrap();
    assert_eq!(store.kept_served().await.unwrap(), Some((served.to_vec(), UnixMillis::new(9))));
    store.keep_served(Some(&[]), UnixMillis::new(11)).await.unwrap();
    assert_eq!(store.kept_served().await.unwrap(), Some((Vec::new(), UnixMillis::new(11))));
}
