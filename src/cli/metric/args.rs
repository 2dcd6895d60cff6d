//! The actions on metrics and what they are called with.

use super::super::exit::Outcome;
use super::super::remote::Remote;
use super::test::{self, TestArgs};
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct MetricArgs {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Ask each query of a plan now and show what comes back; exit code 1 when one has no data
    Test(TestArgs),
}

pub(crate) fn run(args: MetricArgs) -> Outcome {
    match args.action {
        Action::Test(test) => test::run(&args.remote, &test),
    }
}
