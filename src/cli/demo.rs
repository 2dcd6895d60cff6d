//! `tidegate demo`.

use super::exit::Outcome;
use clap::Args;
use std::net::SocketAddr;

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// End by itself when one rollout completed and the other closed
    #[arg(long)]
    once: bool,
    /// How many seconds of the plans pass in one second
    #[arg(long, value_name = "N")]
    speed: Option<u32>,
    /// Where flags are evaluated [default: 127.0.0.1:8016, or a free port when that is taken]
    #[arg(long, value_name = "ADDR")]
    evaluation: Option<SocketAddr>,
    /// Where Tidegate is controlled [default: 127.0.0.1:8080, or a free port when that is taken]
    #[arg(long, value_name = "ADDR")]
    control: Option<SocketAddr>,
}

pub(crate) fn run(args: &DemoArgs) -> Outcome {
    let _ = (args.once, args.speed, args.evaluation, args.control);
    Err(super::exit::Failure::error("the demo is not here"))
}
