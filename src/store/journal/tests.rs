//! A closing that was promised is remembered, whatever a crash did to the file.

use super::{ClosingRecord, Journal, NarrowingRecord};
use crate::rollout::Cause;
use crate::units::{MetricName, RolloutName, UnixMillis};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tempfile::TempDir;

fn name(text: &str) -> RolloutName {
    RolloutName::new(text).unwrap()
}

fn closing(rollout: &str, attempt: u32) -> ClosingRecord {
    let cause = Cause::Person { by: "Ada \"the second\"\n".to_owned(), reason: Some("çà et là".to_owned()) };
    ClosingRecord { rollout: name(rollout), attempt, at: UnixMillis::new(-5), cause }
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("closings.ndjson");
    (folder, place)
}

#[test]
fn what_was_appended_is_pending_after_a_restart_in_order() {
    let (_folder, place) = place();
    let alert = Cause::Alert { fingerprint: "f".to_owned(), name: "High".to_owned(), condition: None };
    let metric = Cause::Metric {
        condition: "errors > 5".to_owned(),
        readings: vec![(MetricName::new("errors").unwrap(), "7".to_owned())],
    };
    let all = [
        closing("a", 1),
        ClosingRecord { cause: alert, ..closing("b", 1) },
        ClosingRecord { cause: metric, ..closing("a", 2) },
    ];
    let journal = Journal::open(&place).unwrap();
    for record in &all {
        journal.append(record).unwrap();
    }
    drop(journal);
    assert_eq!(Journal::open(&place).unwrap().pending(), all);
    assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_storm_for_one_attempt_is_one_line() {
    let (_folder, place) = place();
    let journal = Journal::open(&place).unwrap();
    for _ in 0..1_000 {
        journal.append(&closing("a", 1)).unwrap();
    }
    assert_eq!(fs::read_to_string(&place).unwrap().lines().count(), 1);
}

/// A crash can stop the last write at every byte. The closings before it are there, and the next one is
/// not written onto the torn end.
#[test]
fn a_torn_last_line_is_ignored_wherever_it_is_torn() {
    let (_folder, place) = place();
    let journal = Journal::open(&place).unwrap();
    journal.append(&closing("a", 1)).unwrap();
    let first = fs::read(&place).unwrap().len();
    journal.append(&closing("b", 1)).unwrap();
    drop(journal);
    let whole = fs::read(&place).unwrap();
    for length in first..whole.len() {
        fs::write(&place, &whole[..length]).unwrap();
        let journal = Journal::open(&place).unwrap();
        assert_eq!(journal.pending(), [closing("a", 1)], "torn at {length}");
        journal.append(&closing("c", 1)).unwrap();
        drop(journal);
        assert_eq!(Journal::open(&place).unwrap().pending(), [closing("a", 1), closing("c", 1)], "torn at {length}");
    }
}

#[test]
fn a_damaged_line_is_counted_and_hides_no_other() {
    let (_folder, place) = place();
    let journal = Journal::open(&place).unwrap();
    for rollout in ["a", "b", "c"] {
        journal.append(&closing(rollout, 1)).unwrap();
    }
    drop(journal);
    let damaged = fs::read_to_string(&place).unwrap().replace(r#""rollout":"b""#, r#""rollout":"x""#);
    fs::write(&place, damaged).unwrap();
    OpenOptions::new().append(true).open(&place).unwrap().write_all(b"\xff\0not a line\n").unwrap();
    let journal = Journal::open(&place).unwrap();
    assert_eq!(journal.pending(), [closing("a", 1), closing("c", 1)]);
    assert_eq!(journal.damaged(), 2);
}

#[test]
fn what_is_cleared_stays_cleared_and_nothing_else_goes() {
    let (_folder, place) = place();
    let journal = Journal::open(&place).unwrap();
    for record in [closing("a", 1), closing("a", 2), closing("a", 3), closing("b", 1)] {
        journal.append(&record).unwrap();
    }
    journal.clear(&name("a"), 2).unwrap();
    journal.clear(&name("unknown"), 9).unwrap();
    assert_eq!(journal.pending(), [closing("a", 3), closing("b", 1)]);
    // What comes after the rewriting goes into the file that is in place now.
    journal.append(&closing("c", 1)).unwrap();
    drop(journal);
    let journal = Journal::open(&place).unwrap();
    assert_eq!(journal.pending(), [closing("a", 3), closing("b", 1), closing("c", 1)]);
    for rollout in ["a", "b", "c"] {
        journal.clear(&name(rollout), 3).unwrap();
    }
    assert_eq!(fs::read(&place).unwrap(), b"");
}

#[test]
fn a_journal_that_cannot_be_made_says_so() {
    let (folder, _) = place();
    assert!(Journal::open(&folder.path().join("missing/closings.ndjson")).is_err());
}

fn narrowing(rollout: &str, attempt: u32, step: u32) -> NarrowingRecord {
    let seen = "error_rate 12% > 10%\n".to_owned();
    NarrowingRecord { rollout: name(rollout), attempt, step, wave: 1, at: UnixMillis::new(7), seen }
}

#[test]
fn steps_back_are_kept_beside_closings_and_forgotten_when_the_store_is_past_them() {
    let (_folder, place) = place();
    let journal = Journal::open(&place).unwrap();
    journal.append(&closing("b", 1)).unwrap();
    let all = [narrowing("a", 1, 3), narrowing("a", 1, 5), narrowing("a", 2, 1), narrowing("b", 1, 1)];
    all.iter().for_each(|record| journal.append_narrowing(record).unwrap());
    drop(journal);
    let journal = Journal::open(&place).unwrap();
    assert_eq!((journal.damaged(), journal.pending(), journal.narrowings()), (0, vec![closing("b", 1)], all.to_vec()));
    journal.clear_narrowing(&name("a"), 1, 4).unwrap();
    assert_eq!(journal.narrowings(), all[1..]);
    // The store has the closing, and what came before it is nothing any more.
    journal.clear(&name("b"), 1).unwrap();
    drop(journal);
    let journal = Journal::open(&place).unwrap();
    assert_eq!((journal.pending(), journal.narrowings()), (vec![], all[1..3].to_vec()));
}

/// A file of a version that knew closings only.
#[test]
fn a_line_of_an_earlier_version_is_read() {
    let (_folder, place) = place();
    let line = r#"{"sum":"SUM","closing":{"rollout":"a","attempt":1,"at":5,"cause":{"by":"person","name":"ada","reason":null}}}"#;
    let text = &line[line.find(r#"{"rollout"#).unwrap()..line.len() - 1];
    let sum: String =
        <sha2::Sha256 as sha2::Digest>::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    fs::write(&place, format!("{}\n", line.replace("SUM", &sum))).unwrap();
    let journal = Journal::open(&place).unwrap();
    assert_eq!((journal.pending().len(), journal.damaged()), (1, 0));
}
