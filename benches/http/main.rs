//! How much of a bare hyper server's throughput the evaluation door keeps.
//!
//! Both servers run in a process of their own with one worker thread; `wrk` asks them in turn, several
//! rounds each, so that whatever else the machine does meets both. With `--bench` (as `cargo bench`
//! gives it) the rounds are long enough to compare; without, or with `--test`, it is a short smoke.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench reports to whoever runs it")]

mod bare;
mod door;
mod report;
mod wrk;

use report::{Comparison, Measured};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, Stdio};

/// How long and how often each server is asked.
struct Plan {
    rounds: usize,
    seconds: u32,
    connections: &'static [u32],
}

const COMPARE: Plan = Plan { rounds: 5, seconds: 4, connections: &[16, 64] };
const SMOKE: Plan = Plan { rounds: 1, seconds: 1, connections: &[16] };

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let plan = if asked("--bench") && !asked("--test") { COMPARE } else { SMOKE };
    let done = match arguments.first().map(String::as_str) {
        Some("serve-door") => door::serve(),
        Some("serve-bare") => bare::serve(),
        Some(_) | None => compare(&plan),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("http: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(plan: &Plan) -> Result<(), String> {
    let script = wrk::Script::written()?;
    let bare = Server::start("serve-bare")?;
    let door = Server::start("serve-door")?;
    for connections in plan.connections {
        let mut comparison = Comparison::new(*connections);
        for _ in 0..plan.rounds {
            comparison.add(
                bare.measured(&script, *connections, plan.seconds)?,
                door.measured(&script, *connections, plan.seconds)?,
            );
        }
        println!("{comparison}");
    }
    Ok(())
}

/// A server in a process of its own, which ends with this value.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts this program as a server; its first line says where it listens.
    fn start(which: &str) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut process = Command::new(program)
            .arg(which)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {which}: {error}"))?;
        let output = process.stdout.take().ok_or("the server has no output")?;
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        let address = read.ok().and_then(|_| line.trim().parse().ok());
        let address = address.ok_or_else(|| format!("{which} said `{}` instead of its address", line.trim()))?;
        Ok(Self { process, address })
    }

    /// Asks this server, and notes what its processor time was meanwhile.
    fn measured(&self, script: &wrk::Script, connections: u32, seconds: u32) -> Result<Measured, String> {
        let before = self.busy_nanos()?;
        let asked = wrk::run(script, self.address, connections, seconds)?;
        let busy = self.busy_nanos()? - before;
        Ok(Measured { asked, busy_micros_per_request: busy / 1e3 / asked.requests })
    }

    /// The processor time of the server's one thread so far, as the kernel counts it. Unlike the
    /// throughput it does not depend on what else the machine has to do.
    fn busy_nanos(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/schedstat", self.process.id());
        let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read {path}: {error}"))?;
        let nanos = text.split_whitespace().next().and_then(|word| word.parse().ok());
        nanos.ok_or_else(|| format!("{path} has no time in it"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
