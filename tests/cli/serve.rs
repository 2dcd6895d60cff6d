//! `tidegate serve` as a process: refusals at the start, and its end.

use super::command::{FLAGS, ran, run, tidegate};
use std::net::TcpListener;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
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

/// Each page that follows the event stream is an open file. When those are at their end an alert could not come
/// in, and a probe would have the server restarted.
#[tokio::test]
async fn pages_that_listen_leave_open_files_for_control_and_for_evaluations() {
    let folder = tempfile::tempdir().unwrap();
    let flags = folder.path().join("flags.yaml");
    std::fs::write(&flags, FLAGS).unwrap();
    let mut child = tokio::process::Command::new("sh")
        .args(["-c", "ulimit -n 256; exec \"$0\" serve \"$1\" --ephemeral --log json --evaluation 127.0.0.1:0 --control 127.0.0.1:0"])
        .args([env!("CARGO_BIN_EXE_tidegate"), &flags.to_string_lossy()])
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let serves = loop {
        let line = timeout(Duration::from_secs(20), log.next_line()).await.unwrap().unwrap().expect("a start-up line");
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        if line["evaluation"].is_string() {
            break line;
        }
    };
    let (evaluation, control) = (serves["evaluation"].as_str().unwrap(), serves["control"].as_str().unwrap());
    let mut listening = Vec::new();
    for _ in 0..300 {
        let asked =
            ask(evaluation, "GET /ofrep/v1/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
        let (stream, status) = asked.expect("an answer");
        listening.extend((status == 200).then_some(stream));
    }
    assert_eq!(listening.len(), 64, "a quarter of the open files");
    let evaluated = "POST /ofrep/v1/evaluate/flags HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(ask(evaluation, evaluated).await.map(|(_, status)| status), Some(200));
    let alive = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert_eq!(ask(control, alive).await.map(|(_, status)| status), Some(200));
}

/// The status that a request on a connection of its own gets; `None` when there is none within 5 s.
async fn ask(address: &str, request: &str) -> Option<(BufReader<TcpStream>, u16)> {
    let mut stream = BufReader::new(TcpStream::connect(address).await.ok()?);
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut line = String::new();
    timeout(Duration::from_secs(5), stream.read_line(&mut line)).await.ok()?.ok()?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    Some((stream, status))
}
