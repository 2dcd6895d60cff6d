//! Trains, from what the program knows to what goes over the wire.

use super::{render, wire};
use crate::controller::{MemberView, TrainView};
use crate::rollout::train::{Ride, Run, TrainState};

pub(super) fn train(view: &TrainView) -> wire::Train {
    wire::Train {
        name: view.train.name.to_string(),
        environment: view.train.environment.to_string(),
        state: state(&view.state),
        run: view.state.run().map_or(0, |run: &Run| run.number),
        reason: view.reason.clone(),
        waits: view.waits.iter().map(|wait| render::wait(wait.kind(), wait)).collect(),
        needs_person: view.needs_person,
        members: view.members.iter().map(member).collect(),
        updated: render::time(view.updated),
        version: view.version,
        origin: render::origin(&view.source.origin),
        revision: view.source.revision,
        problems: view.problems.clone(),
        plan: Some(view.source.text.clone()),
    }
}

fn member(member: &MemberView) -> wire::TrainMember {
    let rollout = member.view.as_deref().map(render::rollout_alone);
    let ride = member.ride.and_then(|ride| match ride {
        Ride::Waiting => Some(wire::Ride::Waiting),
        Ride::Begun(_) => Some(wire::Ride::Begun),
        Ride::Closed(_) => Some(wire::Ride::Closed),
        Ride::Left => None,
    });
    wire::TrainMember {
        rollout: member.rollout.to_string(),
        ride,
        attempt: rollout.as_ref().map(|rollout| rollout.attempt),
        state: rollout.as_ref().map(|rollout| rollout.state),
        wave: rollout.as_ref().and_then(|rollout| rollout.wave.clone()),
        exposure: rollout.as_ref().map(|rollout| rollout.exposure.clone()),
        reason: rollout.map(|rollout| rollout.reason),
    }
}

const fn state(state: &TrainState) -> wire::TrainState {
    match state {
        TrainState::Pending => wire::TrainState::Pending,
        TrainState::Running(_) => wire::TrainState::Running,
        TrainState::Paused { .. } => wire::TrainState::Paused,
        TrainState::Completed { .. } => wire::TrainState::Completed,
        TrainState::Stopped { .. } => wire::TrainState::Stopped,
    }
}
