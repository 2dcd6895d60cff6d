//! How long a restart takes with 10,000 flags and a rollout under way: from the start of the process to
//! its first right answer.
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
        std::fs::write(&flags, document()).expect("written");
        let mut times: Vec<Duration> = (0..rounds).map(|_| start(&flags, &folder.path().join("data"))).collect();
        times.sort();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("restart to serving, {FLAGS} flags as {format}: median {median:.0?}, worst of {rounds} {worst:.0?}");
    }
}

fn document() -> String {
    let mut text = String::from("{\"flags\": {\n");
    for number in 0..FLAGS {
        let comma = if number + 1 < FLAGS { "," } else { "" };
        let _ = writeln!(
            text,
            r#"  "flag-{number:05}": {{"state": "ENABLED", "variants": {{"on": true, "off": false}}, "defaultVariant": "off", "targeting": {{"if": [{{"ends_with": [{{"var": "email"}}, "@company.example"]}}, "on", null]}}}}{comma}"#
        );
    }
    text.push_str("}}\n");
    text
}

fn start(flags: &Path, data: &Path) -> Duration {
    let (evaluation, control) = (free_address(), free_address());
    let began = Instant::now();
    let mut server = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .arg("serve")
        .arg(flags)
        .args(["--evaluation", &evaluation.to_string(), "--control", &control.to_string(), "--data"])
        .arg(data)
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    while !answers(evaluation) {
        assert!(began.elapsed() < Duration::from_secs(60), "the server does not answer");
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = began.elapsed();
    end(&mut server);
    took
}

fn answers(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let request = "POST /ofrep/v1/evaluate/flags/flag-09999 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.contains(r#""variant":"off""#)
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

fn end(server: &mut Child) {
    server.kill().expect("it was running");
    server.wait().expect("it ended");
}
