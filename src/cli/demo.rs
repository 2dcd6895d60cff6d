//! `tidegate demo`.

use super::exit::{Exit, Failure, Outcome};
use super::output;
use clap::Args;
use std::net::SocketAddr;
use tidegate::app::demo::{self, DemoOptions, Ending};

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// End by itself once one rollout completed and the other closed; exit code 1 when that does not happen
    #[arg(long)]
    once: bool,
    /// How many seconds of the plans pass in one second
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
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
    // A reader that went away misses the story; its end is still told by the exit code.
    let say = |line: &str| drop(output::line(line));
    let ending = runtime.block_on(demo::run(options, say)).map_err(|error| Failure::error(error.to_string()))?;
    match ending {
        Ending::AsTold => Ok(Exit::Done),
        Ending::Interrupted if args.once => Ok(Exit::Interrupted),
        Ending::Interrupted => Ok(Exit::Done),
        Ending::Otherwise => Err(Failure::error("the demo did not end as it should; what happened is told above")),
    }
}
