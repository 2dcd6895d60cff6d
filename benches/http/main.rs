//! How much of a bare hyper server's throughput the evaluation door keeps, and what the server takes of
//! the machine.
//!
//! Both servers run in a process of their own with one worker thread; `wrk` asks them in turn, several
//! rounds each, so that whatever else the machine does meets both. With `--bench` (as `cargo bench`
//! gives it) the rounds are long enough to compare; without, or with `--test`, it is a short smoke.
//! `--rounds N` and `--seconds N` change how long it takes.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench reports to whoever runs it")]

mod bare;
mod door;
mod flags;
mod memory;
mod report;
mod server;
mod wrk;

use report::{Busy, Comparison, Goals};
use server::Server;
use std::process::ExitCode;
use wrk::{BULK, Question, Script};

/// How long and how often each server is asked.
struct Plan {
    rounds: u32,
    seconds: u32,
}

const COMPARE: Plan = Plan { rounds: 5, seconds: 4 };
const SMOKE: Plan = Plan { rounds: 1, seconds: 1 };

/// What is asked over how many connections.
const QUESTIONS: [(Question, u32); 3] = [(Question::Single, 16), (Question::Single, 64), (Question::Bulk, 16)];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("serve-door") => door::serve(),
        Some("serve-bare") => bare::serve(arguments.get(1).map(String::as_str)),
        Some(_) | None => compare(&plan(&arguments)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("http: {error}");
            ExitCode::FAILURE
        }
    }
}

fn plan(arguments: &[String]) -> Plan {
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let number = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1)?.parse().ok();
    let usual = if asked("--bench") && !asked("--test") { COMPARE } else { SMOKE };
    Plan { rounds: number("--rounds").unwrap_or(usual.rounds), seconds: number("--seconds").unwrap_or(usual.seconds) }
}

fn compare(plan: &Plan) -> Result<(), String> {
    let door = Server::start(&["serve-door"])?;
    let bulk = std::env::temp_dir().join(format!("tidegate-http-bench-{}.json", std::process::id()));
    std::fs::write(&bulk, door.body(BULK, wrk::CONTEXT)?).map_err(|error| error.to_string())?;
    let (bare_single, bare_bulk) =
        (Server::start(&["serve-bare"])?, Server::start(&["serve-bare", &bulk.to_string_lossy()])?);
    let mut comparisons = Vec::new();
    for (question, connections) in QUESTIONS {
        let script = Script::written(question)?;
        let (name, bare) = match question {
            Question::Single => ("single", &bare_single),
            Question::Bulk => ("bulk", &bare_bulk),
        };
        let mut comparison = Comparison::new(format!("{name} c{connections}"), goals(question));
        for _ in 0..plan.rounds {
            let bare = bare.measured(&script, connections, plan.seconds)?;
            comparison.add(bare, door.measured(&script, connections, plan.seconds)?);
        }
        comparisons.push(comparison);
    }
    let _ = std::fs::remove_file(&bulk);
    let resident = memory::resident(|address| {
        for (question, connections) in QUESTIONS {
            wrk::run(&Script::written(question)?, address, connections, 1)?;
        }
        Ok(())
    })?;
    report::print(&comparisons, &resident);
    Ok(())
}

const fn goals(question: Question) -> Goals {
    match question {
        Question::Single => Goals { throughput: 0.9, p99: 1.3, busy: Busy::Ratio(1.12) },
        Question::Bulk => Goals { throughput: 0.6, p99: 1.3, busy: Busy::Micros(45.0) },
    }
}
