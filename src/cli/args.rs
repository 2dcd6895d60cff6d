//! The commands and what they are called with.

use super::completions::CompletionsArgs;
use super::demo::DemoArgs;
use super::flag::FlagArgs;
use super::rollout::RolloutArgs;
use super::serve::ServeArgs;
use super::train::TrainArgs;
use super::trigger::TriggerArgs;
use super::validate::ValidateArgs;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use std::time::Duration;

const AFTER: &str = "Exit codes: 0 done, 1 error, 2 wrong usage or settings, 3 rolled back, 5 out of time, \
                     6 a person is needed.";

/// Progressive delivery: flags that are evaluated fast, rollouts that open in waves on good evidence
/// and close by themselves on bad.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, after_help = AFTER, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve flags and drive rollouts
    Serve(ServeArgs),
    /// Watch two rollouts of a synthetic shop, hours in seconds: one completes, one closes by itself
    Demo(DemoArgs),
    /// Check files and folders with flags, rollouts and trains, without a server
    Validate(ValidateArgs),
    /// Look at flags and evaluate them
    Flag(FlagArgs),
    /// Apply, look at and steer rollouts
    Rollout(RolloutArgs),
    /// Apply, look at and steer trains: rollouts that are opened one after the other and close together
    Train(TrainArgs),
    /// Look at the sources of alerts
    Trigger(TriggerArgs),
    /// Print the completions for a shell
    Completions(CompletionsArgs),
}

impl Cli {
    /// Reads the command line. What is no command (help, the version, wrong usage) has been shown
    /// when this returns an exit code: 0 when it was asked for, 2 when not.
    pub(crate) fn read() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| {
            // Nobody is left to be told when even the message cannot be printed.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        })
    }
}

/// Reads a duration such as `90s` or `1h30m` as an option's value.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    tidegate::units::parse_duration(text).map_err(|error| error.to_string())
}
