//! `tidegate serve` as a process: refusals at the start, and its end.

use super::command::{FLAGS, ran, run, tidegate};
use std::net::TcpListener;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

#[tokio::test]
async fn wrong_settings_are_told_all_at_once_with_where_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("settings.yaml");
    std::fs::write(&config, "bucketing: v4\n").unwrap();
    let args = ["serve", "--control", "0.0.0.0:8080", "--config", &config.to_string_lossy()];
    let ran = ran(tidegate(&args).env("TIDEGATE_LOG", "xml").spawn().unwrap()).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    for part in
        ["PATH: no files", "--control: 0.0.0.0:8080 can be reached", "settings.yaml:1:1: `v4`", "TIDEGATE_LOG: `xml`"]
    {
        assert!(ran.err.contains(part), "{part} in {}", ran.err);
    }
}

#[tokio::test]
async fn a_taken_address_and_a_bad_file_under_strict_refuse_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let flags = folder.path().join("flags.yaml");
    std::fs::write(&flags, FLAGS).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let flags_text = flags.to_string_lossy().into_owned();
    let refused =
        run(&["serve", &flags_text, "--ephemeral", "--evaluation", "127.0.0.1:0", "--control", &address]).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains(&address), "{refused:?}");

    std::fs::write(&flags, FLAGS.replace("ENABLED", "ENABLD")).unwrap();
    let strict =
        ["serve", &flags_text, "--ephemeral", "--strict", "--evaluation", "127.0.0.1:0", "--control", "127.0.0.1:0"];
    let refused = run(&strict).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("flags.yaml:3") && refused.err.contains("--strict"), "{refused:?}");
}

#[tokio::test]
async fn it_says_where_it_serves_and_ends_with_zero_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let flags = folder.path().join("flags.yaml");
    std::fs::write(&flags, FLAGS).unwrap();
    let args =
        ["serve", &flags.to_string_lossy(), "--log", "json", "--evaluation", "127.0.0.1:0", "--control", "127.0.0.1:0"];
    let mut child = tidegate(&args).current_dir(folder.path()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = loop {
        let line = timeout(Duration::from_secs(20), log.next_line()).await.unwrap().unwrap().expect("a start-up line");
        if line.contains("Tidegate serves") {
            break line;
        }
    };
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["data"], "./tidegate-data", "where things are kept is said");
    let pid = child.id().unwrap().to_string();
    assert!(tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    let status = timeout(Duration::from_secs(20), child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(folder.path().join("tidegate-data").is_dir());
}
