//! What a person tells a rollout to do.

use super::super::client::Client;
use super::super::exit::{Exit, Outcome};
use super::super::output::{self, Format};
use super::super::remote::converse;
use super::show;
use clap::Args;
use tidegate::controller::Verb;
use tidegate::http::api::wire;

#[derive(Debug, Args)]
pub(super) struct Spoken {
    /// The rollout's name
    name: String,
    /// Why; it stands in the ledger
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who asks; it stands in the ledger
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
}

pub(super) fn run(client: &Client, format: Format, verb: Verb, spoken: Spoken) -> Outcome {
    let order = wire::Order { reason: spoken.reason, by: spoken.by.filter(|by| !by.is_empty()) };
    let path = ["rollouts", &spoken.name, verb.as_str()];
    let rollout: wire::Rollout = converse(async { Ok(client.post(&path, &order).await?) })?;
    output::print(format, &rollout, show::line)?;
    Ok(Exit::Done)
}
