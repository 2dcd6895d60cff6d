//! `tidegate completions`.

use super::args::Cli;
use super::exit::{Exit, Outcome};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write as _;

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> Outcome {
    // The generator panics when its writer fails, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tidegate", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(Exit::Done)
}
