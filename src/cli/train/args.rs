//! The actions on trains and what they are called with.

use super::super::exit::{Exit, Outcome};
use super::super::output;
use super::super::remote::{Remote, converse};
use super::super::{apply, history, watch};
use super::{show, verb};
use clap::{Args, Subcommand};
use tidegate::controller::TrainVerb;
use tidegate::http::api::wire;

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Send the trains of a file to the server, and before them its rollouts
    Apply(apply::ApplyArgs),
    /// All trains
    List,
    /// One train: where it stands and why, and each of its rollouts
    #[command(visible_alias = "get")]
    Show {
        /// The train's name
        name: String,
    },
    /// Begin with the first rollout
    Start(verb::Spoken),
    /// Let nothing begin; what is open goes on being checked
    Pause(verb::Spoken),
    /// Let it go on
    Resume(verb::Spoken),
    /// Close all that it opened, the last one first; with --rollout only those and what needs them
    Rollback(verb::SpokenOfSome),
    /// Open again, one by one, what was closed and was sound; with --rollout only those
    Reenable(verb::SpokenOfSome),
    /// Begin anew with everything that is closed
    Retry(verb::Spoken),
    /// Follow a train until it completed (exit code 0) or was stopped (3)
    Watch(watch::WatchArgs),
    /// What happened and why
    History(history::HistoryArgs),
}

pub(crate) fn run(args: TrainArgs) -> Outcome {
    let format = args.remote.output;
    let client = args.remote.client()?;
    match args.action {
        Action::Apply(args) => apply::run(&client, format, apply::Wanted::Trains, &args),
        Action::List => {
            let trains: wire::Trains = converse(async { Ok(client.get(&["trains"], &[]).await?) })?;
            output::print(format, &trains, show::list)?;
            Ok(Exit::Done)
        }
        Action::Show { name } => {
            let train: wire::Train = converse(async { Ok(client.get(&["trains", &name], &[]).await?) })?;
            output::print(format, &train, show::detail)?;
            Ok(Exit::Done)
        }
        Action::Start(spoken) => verb::run(&client, format, TrainVerb::Start, spoken.into()),
        Action::Pause(spoken) => verb::run(&client, format, TrainVerb::Pause, spoken.into()),
        Action::Resume(spoken) => verb::run(&client, format, TrainVerb::Resume, spoken.into()),
        Action::Rollback(spoken) => verb::run(&client, format, TrainVerb::Rollback, spoken),
        Action::Reenable(spoken) => verb::run(&client, format, TrainVerb::Reenable, spoken),
        Action::Retry(spoken) => verb::run(&client, format, TrainVerb::Retry, spoken.into()),
        Action::Watch(args_of_watch) => watch::run::<wire::Train>(&client, format, args.remote.timeout, &args_of_watch),
        Action::History(args) => history::run(&client, format, "trains", &args),
    }
}
