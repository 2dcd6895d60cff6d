//! The command `tidegate`: a server, and a client of its control door.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm))]

mod cli;

use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match Cli::read() {
        Ok(cli) => cli.command,
        Err(shown) => return shown,
    };
    let outcome = match command {
        Command::Serve(args) => cli::serve::run(&args),
        Command::Demo(args) => cli::demo::run(&args),
        Command::Validate(args) => cli::validate::run(&args),
        Command::Flag(args) => cli::flag::run(args),
        Command::Rollout(args) => cli::rollout::run(args),
        Command::Train(args) => cli::train::run(args),
        Command::Trigger(args) => cli::trigger::run(args),
        Command::Completions(args) => cli::completions::run(&args),
    };
    cli::finish(outcome)
}
