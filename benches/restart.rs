//! How long a restart takes, from the start of the process to its first right answer, and how long a save
//! takes to be live, from the file's last byte to the first answer that follows it.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a bench that cannot start its server has nothing to measure"
)]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const FLAGS: usize = 10_000;

fn main() {
    let rounds = if std::env::args().any(|argument| argument == "--test") { 2 } else { 11 };
    for format in ["json", "yaml"] {
        let folder = tempfile::tempdir().expect("a folder");
        let flags = folder.path().join(format!("flags.{format}"));
        // JSON is YAML too, so both files say the same.
        std::fs::write(&flags, document(FLAGS, "off")).expect("written");
        let mut times: Vec<Duration> = (0..rounds).map(|_| start(&flags, &folder.path().join("data"))).collect();
        times.sort();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("restart to serving, {FLAGS} flags as {format}: median {median:.0?}, worst of {rounds} {worst:.0?}");
    }
    for count in [100, FLAGS] {
        let (median, worst) = saves(count, rounds);
        println!("save to live, {count} flags in the file: median {median:.0?}, worst of {rounds} {worst:.0?}");
    }
}

/// Saves a file again and again, and waits each time for the last flag's other variant.
fn saves(count: usize, rounds: usize) -> (Duration, Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("flags.json");
    std::fs::write(&file, document(count, "off")).expect("written");
    let (mut server, evaluation) = serve(&file, &folder.path().join("data"));
    let last = count - 1;
    until(evaluation, last, "off");
    let mut times: Vec<Duration> = (0..rounds)
        .map(|round| {
            let variant = if round % 2 == 0 { "on" } else { "off" };
            let content = document(count, variant);
            std::fs::write(&file, content).expect("written");
            let saved = Instant::now();
            until(evaluation, last, variant);
            saved.elapsed()
        })
        .collect();
    end(&mut server);
    times.sort();
    (times[times.len() / 2], times[times.len() - 1])
}

fn document(count: usize, variant: &str) -> String {
    let mut text = String::from("{\"flags\": {\n");
    for number in 0..count {
        let comma = if number + 1 < count { "," } else { "" };
        let _ = writeln!(
            text,
            r#"  "flag-{number:05}": {{"state": "ENABLED", "variants": {{"on": true, "off": false}}, "defaultVariant": "{variant}", "targeting": {{"if": [{{"ends_with": [{{"var": "email"}}, "@company.example"]}}, "on", null]}}}}{comma}"#
        );
    }
    text.push_str("}}\n");
    text
}

fn start(flags: &Path, data: &Path) -> Duration {
    let began = Instant::now();
    let (mut server, evaluation) = serve(flags, data);
    until(evaluation, FLAGS - 1, "off");
    let took = began.elapsed();
    end(&mut server);
    took
}

fn serve(flags: &Path, data: &Path) -> (Child, SocketAddr) {
    let (evaluation, control) = (free_address(), free_address());
    let server = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .arg("serve")
        .arg(flags)
        .args(["--evaluation", &evaluation.to_string(), "--control", &control.to_string(), "--data"])
        .arg(data)
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    (server, evaluation)
}

/// Asks until the flag is served in that variant.
fn until(address: SocketAddr, flag: usize, variant: &str) {
    let began = Instant::now();
    while !answers(address, flag, variant) {
        assert!(began.elapsed() < Duration::from_secs(60), "the server does not answer");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn answers(address: SocketAddr, flag: usize, variant: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let path = format!("/ofrep/v1/evaluate/flags/flag-{flag:05}");
    let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.contains(&format!(r#""variant":"{variant}""#))
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

fn end(server: &mut Child) {
    server.kill().expect("it was running");
    server.wait().expect("it ended");
}
