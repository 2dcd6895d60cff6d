//! `tidegate rollout watch` and `tidegate train watch`.

use super::super::client::Client;
use super::super::exit::{Exit, Failure, Outcome};
use super::super::output::Format;
use super::super::remote::converse;
use super::Watched;
use super::follow::Follow;
use super::report::Report;
use clap::Args;
use std::io::IsTerminal as _;
use std::time::Duration;
use tokio::time::timeout;

/// How long one question for news stays open on a terminal, where the times run on.
const NEWS_ON_TERMINAL: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Its name
    name: String,
    /// Stay when a person is needed instead of ending with exit code 6; on a terminal it always stays
    #[arg(long)]
    wait_for_approval: bool,
}

pub(crate) fn run<W: Watched>(client: &Client, format: Format, limit: Option<Duration>, args: &WatchArgs) -> Outcome {
    converse(async {
        let watching = async {
            tokio::select! {
                ended = watch::<W>(client, format, args) => ended,
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

async fn watch<W: Watched>(client: &Client, format: Format, args: &WatchArgs) -> Outcome {
    let terminal = std::io::stdout().is_terminal() && format == Format::Table;
    let mut follow: Follow<'_, W> = Follow::begin(client, &args.name).await?;
    let mut report = Report::open(format, terminal)?;
    loop {
        let fresh = follow.take_fresh();
        report.show(&follow.now, &fresh)?;
        if let Some(exit) = ended(&follow.now, terminal || args.wait_for_approval) {
            return Ok(exit);
        }
        follow.news(if terminal { NEWS_ON_TERMINAL } else { W::NEWS }).await?;
    }
}

fn ended<W: Watched>(watched: &W, stays: bool) -> Option<Exit> {
    watched.ended().or_else(|| (watched.needs_person() && !stays).then_some(Exit::NeedsPerson))
}
