//! `tidegate demo`.

use super::exit::{Exit, Failure, Outcome};
use clap::Args;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use tidegate::app::demo::{self, DemoOptions, Ending};

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// End by itself when one rollout reached everybody and the other closed
    #[arg(long)]
    once: bool,
    /// How many seconds of the plans pass in one second [default: 3600]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_000))]
    speed: Option<u32>,
    /// Where flags are evaluated [default: 127.0.0.1:8016, or a free port when that is taken]
    #[arg(long, value_name = "ADDR")]
    evaluation: Option<SocketAddr>,
    /// Where Tidegate is controlled [default: 127.0.0.1:8080, or a free port when that is taken]
    #[arg(long, value_name = "ADDR")]
    control: Option<SocketAddr>,
}

pub(crate) fn run(args: &DemoArgs) -> Outcome {
    let options =
        DemoOptions { once: args.once, speed: args.speed, evaluation: args.evaluation, control: args.control };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // A reader that went away ends the lines, not the demo.
    let say = |line: &str| drop(writeln!(io::stdout().lock(), "{line}"));
    match runtime.block_on(demo::run(options, say)) {
        Ok(Ending::AsTold | Ending::Interrupted) => Ok(Exit::Done),
        Ok(Ending::Otherwise) => Err(Failure::error("the demo did not come to the end it should")),
        Err(error) => Err(Failure::error(error.to_string())),
    }
}
