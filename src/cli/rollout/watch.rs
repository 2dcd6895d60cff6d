//! `tidegate rollout watch`.

use super::super::client::Client;
use super::super::exit::{Exit, Failure, Outcome};
use super::super::output::Format;
use super::super::remote::converse;
use super::follow::Follow;
use super::report::Report;
use clap::Args;
use std::io::IsTerminal as _;
use std::time::Duration;
use tidegate::http::api::wire;
use tokio::time::timeout;

/// How long one question for news stays open. Shorter on a terminal, where the times run on.
const NEWS: Duration = Duration::from_secs(10);
const NEWS_ON_TERMINAL: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// The rollout's name
    name: String,
    /// Stay when a person is needed instead of ending with exit code 6; on a terminal it always stays
    #[arg(long)]
    wait_for_approval: bool,
}

pub(super) fn run(client: &Client, format: Format, limit: Option<Duration>, args: &WatchArgs) -> Outcome {
    converse(async {
        let watching = async {
            tokio::select! {
                ended = watch(client, format, args) => ended,
                _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
            }
        };
        let Some(limit) = limit else { return watching.await };
        timeout(limit, watching).await.unwrap_or_else(|_| {
            let limit = tidegate::units::format_duration(limit);
            Err(Failure::new(Exit::TimedOut, format!("{} did not end within {limit}", args.name)))
        })
    })
}

async fn watch(client: &Client, format: Format, args: &WatchArgs) -> Outcome {
    let terminal = std::io::stdout().is_terminal() && format == Format::Table;
    let mut follow = Follow::begin(client, &args.name).await?;
    let mut report = Report::open(format, terminal)?;
    loop {
        let fresh = follow.take_fresh();
        report.show(&follow.rollout, &fresh)?;
        if let Some(exit) = ended(&follow.rollout, terminal || args.wait_for_approval) {
            return Ok(exit);
        }
        follow.news(if terminal { NEWS_ON_TERMINAL } else { NEWS }).await?;
    }
}

fn ended(rollout: &wire::Rollout, stays: bool) -> Option<Exit> {
    match rollout.state {
        wire::State::Completed => Some(Exit::Done),
        wire::State::RolledBack => Some(Exit::RolledBack),
        wire::State::Pending | wire::State::Running | wire::State::Paused | wire::State::Watching => {
            (rollout.needs_person && !stays).then_some(Exit::NeedsPerson)
        }
    }
}
