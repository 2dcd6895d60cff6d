//! What a person tells a train.

use super::super::client::Client;
use super::super::exit::{Exit, Outcome};
use super::super::output::{self, Format};
use super::super::remote::converse;
use super::show;
use clap::Args;
use tidegate::controller::TrainVerb;
use tidegate::http::api::wire;

#[derive(Debug, Args)]
pub(super) struct Spoken {
    /// The train's name
    name: String,
    /// Why; it stands in the ledger
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who asks; it stands in the ledger
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct SpokenOfSome {
    #[command(flatten)]
    spoken: Spoken,
    /// Only this rollout; may be said several times
    #[arg(long = "rollout", value_name = "NAME")]
    rollouts: Vec<String>,
}

impl From<Spoken> for SpokenOfSome {
    fn from(spoken: Spoken) -> Self {
        Self { spoken, rollouts: Vec::new() }
    }
}

pub(super) fn run(client: &Client, format: Format, verb: TrainVerb, said: SpokenOfSome) -> Outcome {
    let SpokenOfSome { spoken, rollouts } = said;
    let order = wire::TrainOrder {
        reason: spoken.reason,
        by: spoken.by.filter(|by| !by.is_empty()),
        rollouts: Some(rollouts).filter(|rollouts| !rollouts.is_empty()),
    };
    let path = ["trains", &spoken.name, verb.as_str()];
    let train: wire::Train = converse(async { Ok(client.post(&path, &order).await?) })?;
    output::print(format, &train, show::standing)?;
    Ok(Exit::Done)
}
