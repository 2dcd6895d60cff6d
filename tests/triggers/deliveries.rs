//! Posts of each kind of sender, good and bad.
//!
//! Each file in `deliveries/KIND` is a body; the `.txt` beside it is what is read of it, or what its sender is told.
//! `UPDATE_EXPECT=1` writes those texts anew: read the difference before you keep it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use tidegate::triggers::{Delivery, Malformed, Told, read};
use tidegate::units::UnixMillis;

pub(crate) fn reader(kind: &str) -> fn(&[u8]) -> Result<Delivery, Malformed> {
    match kind {
        "alertmanager" => read::alertmanager,
        "grafana" => read::grafana,
        "pagerduty" => read::pagerduty,
        "datadog" => read::datadog,
        "webhook" => |body| read::webhook(body, Some(UnixMillis::new(1_767_225_600_000))),
        other => panic!("no reader for {other}"),
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn in_words(read: &Result<Delivery, Malformed>) -> String {
    let mut text = String::new();
    match read {
        Err(Malformed { message, hint }) => {
            writeln!(text, "refused: {message}").unwrap();
            if let Some(hint) = hint {
                writeln!(text, "hint: {hint}").unwrap();
            }
        }
        Ok(Delivery { told, left_out, beside }) => {
            told.iter().for_each(|told| alert(&mut text, told));
            if *left_out > 0 {
                writeln!(text, "{left_out} left out").unwrap();
            }
            if let Some(beside) = beside {
                writeln!(text, "nothing: {beside}").unwrap();
            }
        }
    }
    text
}

fn alert(text: &mut String, told: &Told) {
    write!(text, "{} {}", told.standing.as_str(), told.alert.fingerprint).unwrap();
    for (name, moment) in [("since", told.began), ("at", told.at), ("until", told.until)] {
        if let Some(moment) = moment {
            write!(text, " {name} {}", moment.get()).unwrap();
        }
    }
    if let Some(message) = &told.message {
        write!(text, " message {message}").unwrap();
    }
    writeln!(text, "{}", if told.no_data { " without data" } else { "" }).unwrap();
    for (name, value) in &told.alert.labels {
        let shown: String = value.chars().take(60).collect();
        writeln!(text, "  {name} = {shown:?}").unwrap();
    }
}

#[test]
fn every_post_is_read_or_refused_with_its_field() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/triggers/deliveries");
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut looked_at, mut wrong) = (0, String::new());
    for folder in files(&root) {
        let kind = folder.file_name().unwrap().to_str().unwrap().to_owned();
        for file in files(&folder).into_iter().filter(|file| file.extension().is_some_and(|end| end == "json")) {
            let told = in_words(&reader(&kind)(&std::fs::read(&file).unwrap()));
            let expected_in = file.with_extension("txt");
            if update {
                std::fs::write(&expected_in, &told).unwrap();
            }
            let expected = std::fs::read_to_string(&expected_in).unwrap_or_default();
            if told != expected {
                writeln!(wrong, "{}:\n{told}\ninstead of\n{expected}", file.display()).unwrap();
            }
            looked_at += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(looked_at > 80, "{looked_at}");
}

#[test]
fn a_label_of_any_length_is_taken_and_cut() {
    let long = "é".repeat(4_000);
    let body = serde_json::json!({ "alerts": [{ "status": "firing", "labels": { "a": long } }] }).to_string();
    let read = read::alertmanager(body.as_bytes()).unwrap();
    assert_eq!(read.told[0].alert.labels["a"].len(), 4_096);
}

#[test]
fn an_alert_without_a_fingerprint_gets_the_same_one_each_time() {
    let fingerprint = |labels: &str| {
        let body = format!(r#"{{"alerts": [{{"status": "firing", "labels": {labels}}}]}}"#);
        read::alertmanager(body.as_bytes()).unwrap().told.remove(0).alert.fingerprint
    };
    assert_eq!(fingerprint(r#"{"a": "1", "b": "2"}"#), fingerprint(r#"{"b": "2", "a": "1"}"#));
    assert_ne!(fingerprint(r#"{"a": "1b2"}"#), fingerprint(r#"{"a": "1", "b": "2"}"#));
}
