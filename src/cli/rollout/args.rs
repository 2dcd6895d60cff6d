//! The actions on rollouts and what they are called with.

use super::super::exit::{Exit, Outcome};
use super::super::output;
use super::super::remote::{Remote, converse};
use super::super::{apply, history, watch};
use super::{event, explain, rehearse, show, simulate, verb};
use clap::{Args, Subcommand};
use tidegate::controller::Verb;
use tidegate::http::api::wire;

#[derive(Debug, Args)]
pub(crate) struct RolloutArgs {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Send the rollouts of a file to the server, and after them its trains
    Apply(apply::ApplyArgs),
    /// All rollouts
    List,
    /// One rollout: where it stands and why
    Get {
        /// The rollout's name
        name: String,
    },
    /// Why it stands where it stands, when it can go on, and what would close it
    Explain(explain::ExplainArgs),
    /// Begin the first wave
    Start(verb::Spoken),
    /// Stop the clock; guardrails go on being checked
    Pause(verb::Spoken),
    /// Let the clock go on
    Resume(verb::Spoken),
    /// Go on to the next wave: that gives its approval and ends the bake
    Promote(verb::Spoken),
    /// Close the flag: nobody gets the candidate any more
    Rollback(verb::Spoken),
    /// Begin anew after a rollback
    Retry(verb::Spoken),
    /// Report something that the rollout counts, such as an escalation: it may close the flag
    Event(event::EventArgs),
    /// Follow a rollout until it completed (exit code 0) or was rolled back (3)
    Watch(watch::WatchArgs),
    /// What happened and why
    History(history::HistoryArgs),
    /// Try a plan out, without a server, in a made-up world under a virtual clock
    #[command(after_help = simulate::AFTER)]
    Simulate(simulate::SimulateArgs),
    /// Try a plan out in the past of its own metrics: what would have closed it for nothing, how soon it finds a fault
    #[command(after_help = rehearse::AFTER)]
    Rehearse(rehearse::RehearseArgs),
}

pub(crate) fn run(args: RolloutArgs) -> Outcome {
    let format = args.remote.output;
    // These talk to no server of ours.
    if let Action::Simulate(args) = &args.action {
        return simulate::run(format, args);
    }
    if let Action::Rehearse(args) = &args.action {
        return rehearse::run(format, args);
    }
    let client = args.remote.client()?;
    match args.action {
        Action::Simulate(args) => simulate::run(format, &args),
        Action::Rehearse(args) => rehearse::run(format, &args),
        Action::Apply(args) => apply::run(&client, format, apply::Wanted::Rollouts, &args),
        Action::List => {
            let rollouts: wire::Rollouts = converse(async { Ok(client.get(&["rollouts"], &[]).await?) })?;
            output::print(format, &rollouts, show::list)?;
            Ok(Exit::Done)
        }
        Action::Get { name } => {
            let rollout: wire::Rollout = converse(async { Ok(client.get(&["rollouts", &name], &[]).await?) })?;
            output::print(format, &rollout, show::detail)?;
            Ok(Exit::Done)
        }
        Action::Explain(args) => explain::run(&client, format, &args),
        Action::Start(spoken) => verb::run(&client, format, Verb::Start, spoken),
        Action::Pause(spoken) => verb::run(&client, format, Verb::Pause, spoken),
        Action::Resume(spoken) => verb::run(&client, format, Verb::Resume, spoken),
        Action::Promote(spoken) => verb::run(&client, format, Verb::Promote, spoken),
        Action::Rollback(spoken) => verb::run(&client, format, Verb::Rollback, spoken),
        Action::Retry(spoken) => verb::run(&client, format, Verb::Retry, spoken),
        Action::Event(args) => event::run(&client, format, args),
        Action::Watch(args_of_watch) => {
            watch::run::<wire::Rollout>(&client, format, args.remote.timeout, &args_of_watch)
        }
        Action::History(args) => history::run(&client, format, "rollouts", &args),
    }
}
