//! Trains as text.

use super::super::exit::Exit;
use super::super::output::{self, or_dash};
use super::super::watch::{Watched, gist_of};
use std::time::Duration;
use tidegate::http::api::wire;

pub(super) fn list(trains: &wire::Trains) -> String {
    if trains.trains.is_empty() {
        return "no trains".to_owned();
    }
    let rows = trains
        .trains
        .iter()
        .map(|train| vec![train.name.clone(), train.state.to_string(), begun(train), train.reason.clone()]);
    output::columns(&["NAME", "STATE", "BEGUN", "WHY"], rows)
}

/// A train on one line.
pub(crate) fn line(train: &wire::Train) -> String {
    format!("{}: {}, {} begun: {}", train.name, train.state, begun(train), train.reason)
}

/// A train on one line, and each of its rollouts on one.
pub(super) fn standing(train: &wire::Train) -> String {
    format!("{}\n{}", line(train), members(train))
}

pub(super) fn detail(train: &wire::Train) -> String {
    let mut rows = vec![
        ("name", train.name.clone()),
        ("environment", train.environment.clone()),
        ("state", train.state.to_string()),
        ("run", train.run.to_string()),
        ("begun", begun(train)),
        ("updated", train.updated.clone()),
        ("why", train.reason.clone()),
    ];
    rows.extend(train.problems.iter().map(|problem| ("problem", problem.clone())));
    rows.push(("plan", output::origin(&train.origin)));
    format!("{}\n\n{}", output::fields(rows), members(train))
}

fn members(train: &wire::Train) -> String {
    let rows = train.members.iter().map(|member| {
        vec![
            member.rollout.clone(),
            member.ride.map_or_else(|| "-".to_owned(), |ride| ride.to_string()),
            member.state.map_or_else(|| "-".to_owned(), |state| state.to_string()),
            output::wave(member.wave.as_ref()),
            or_dash(member.exposure.as_deref()),
            or_dash(member.reason.as_deref()),
        ]
    });
    output::columns(&["ROLLOUT", "RIDE", "STATE", "WAVE", "EXPOSURE", "WHY"], rows)
}

/// How many of its rollouts were told to begin and were not closed since, of how many.
fn begun(train: &wire::Train) -> String {
    let begun = train.members.iter().filter(|member| member.ride == Some(wire::Ride::Begun)).count();
    format!("{begun}/{}", train.members.len())
}

impl Watched for wire::Train {
    const PLACE: &'static str = "trains";

    // What its rollouts do is in their histories, which do not wake who waits for this one.
    const NEWS: Duration = Duration::from_secs(2);

    fn line(&self) -> String {
        line(self)
    }

    fn detail(&self) -> String {
        detail(self)
    }

    fn gist(&self) -> Vec<String> {
        let members =
            self.members.iter().map(|member| format!("{:?} {:?} {:?}", member.ride, member.state, member.exposure));
        gist_of([self.state.to_string(), self.run.to_string()].into_iter().chain(members), &self.waits)
    }

    fn ended(&self) -> Option<Exit> {
        match self.state {
            wire::TrainState::Completed => Some(Exit::Done),
            wire::TrainState::Stopped => Some(Exit::RolledBack),
            wire::TrainState::Pending | wire::TrainState::Running | wire::TrainState::Paused => None,
        }
    }

    fn needs_person(&self) -> bool {
        self.needs_person
    }
}
