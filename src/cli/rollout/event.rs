//! `tidegate rollout event`.

use super::super::client::Client;
use super::super::exit::{Exit, Outcome};
use super::super::output::{self, Format};
use super::super::remote::converse;
use clap::Args;
use tidegate::http::api::wire;

#[derive(Debug, Args)]
pub(super) struct EventArgs {
    /// The rollout's name
    name: String,
    /// What happened: the `event` of one of its metrics
    event: String,
    /// What tells this report from others, such as a ticket's number; sent again it counts once
    #[arg(long, value_name = "ID")]
    id: String,
    /// How many
    #[arg(long, value_name = "N")]
    count: Option<u32>,
    /// What there is to say of it; it stands in the ledger if this closes the flag
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
}

pub(super) fn run(client: &Client, format: Format, args: EventArgs) -> Outcome {
    let EventArgs { name, event, id, count, message } = args;
    let event = wire::Event { event, id, count, rollout: Some(name), flag: None, environment: None, message };
    let posted: wire::EventsPosted = converse(async { Ok(client.post(&["events"], &event).await?) })?;
    output::print(format, &posted, told)?;
    Ok(Exit::Done)
}

fn told(posted: &wire::EventsPosted) -> String {
    let lists = [
        ("closed", &posted.closed),
        ("counted by", &posted.counted),
        ("known already to", &posted.repeated),
        ("closed before:", &posted.already_closed),
    ];
    let of_rollouts =
        lists.into_iter().flat_map(|(what, names)| names.iter().map(move |name| format!("{what} {name}")));
    let of_none = posted.not_counted.iter().map(|none| {
        let hint = none.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("not counted: {}{hint}", none.why)
    });
    of_rollouts.chain(of_none).collect::<Vec<_>>().join("\n")
}
