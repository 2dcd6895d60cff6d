//! `tidegate rollout history` and `tidegate train history`.

use super::client::Client;
use super::exit::{Exit, Outcome};
use super::output::{self, Format};
use super::remote::converse;
use clap::Args;
use tidegate::http::api::wire;

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Its name; without it the history of all rollouts and trains
    name: Option<String>,
    /// Only entries with a higher number
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    after: u64,
    /// At most so many entries
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
}

/// Of one at its place in the API, such as `rollouts`, or of all.
pub(crate) fn run(client: &Client, format: Format, place: &str, args: &HistoryArgs) -> Outcome {
    let path = match &args.name {
        Some(name) => vec![place, name, "history"],
        None => vec!["history"],
    };
    let history = converse(async {
        let mut entries: Vec<wire::HistoryEntry> = Vec::new();
        // An answer is bounded in bytes, so it can have fewer entries than asked for: go on where it ends.
        loop {
            let had = u32::try_from(entries.len()).unwrap_or(u32::MAX);
            let after = entries.last().map_or(args.after, |entry| entry.sequence);
            let left = args.limit.saturating_sub(had);
            if left == 0 {
                break;
            }
            let query = [("after", after.to_string()), ("limit", left.to_string())];
            let part: wire::History = client.get(&path, &query).await?;
            if part.entries.is_empty() {
                break;
            }
            entries.extend(part.entries);
        }
        Ok(wire::History { entries })
    })?;
    output::print(format, &history, table)?;
    Ok(Exit::Done)
}

fn table(history: &wire::History) -> String {
    if history.entries.is_empty() {
        return "no entries".to_owned();
    }
    let rows = history.entries.iter().map(|entry| {
        vec![
            entry.sequence.to_string(),
            entry.at.clone(),
            entry.rollout.clone(),
            entry.kind.clone(),
            entry.actor.clone(),
            entry.sentence.clone(),
        ]
    });
    output::columns(&["#", "AT", "NAME", "WHAT", "WHO", "IN WORDS"], rows)
}

/// One entry on one line, for a log.
pub(crate) fn line(entry: &wire::HistoryEntry) -> String {
    format!("{}  {}  {}  {}", entry.at, entry.rollout, entry.kind, entry.sentence)
}
