//! What a train's task sees of its members, and how it tells them what to do.

use super::lane::TrainLane;
use crate::controller::inbox::{Command, TriggerKind};
use crate::controller::view::{CommandError, Verb, View};
use crate::planted::{self, Bug};
use crate::rollout::train::{MemberStanding, Order, Phase, Standings, disagreement, has_no_part, standing};
use crate::rollout::{self, Plan};
use crate::units::{RolloutName, UnixMillis};
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Leave for a member to begin, which its train takes back.
#[derive(Debug, Clone, Default)]
pub(in crate::controller) struct Permit(Arc<Taken>);

#[derive(Debug, Default)]
struct Taken {
    /// It is not to begin if it has not.
    back: AtomicBool,
    /// What it opens is closed: whatever it is doing, it must not be served.
    forever: AtomicBool,
}

impl Permit {
    /// The train stands still.
    pub(super) fn take_back(&self) {
        self.0.back.store(true, Ordering::SeqCst);
    }

    /// The train was stopped.
    pub(super) fn take_back_forever(&self) {
        self.0.forever.store(true, Ordering::SeqCst);
        self.take_back();
    }

    pub(in crate::controller) fn is_given(&self) -> bool {
        !self.0.back.load(Ordering::SeqCst) || planted::is(Bug::TrainBeginsWhatItStopped)
    }

    /// What begins by it is closed before it is served.
    pub(in crate::controller) fn is_gone(&self) -> bool {
        self.0.forever.load(Ordering::SeqCst) && !planted::is(Bug::TrainBeginsWhatItStopped)
    }
}

impl TrainLane {
    /// The members as they stand now.
    pub(super) fn standings(&self, now: UnixMillis) -> Standings {
        let one = |rollout: &RolloutName| Some((rollout.clone(), self.standing_of(rollout, now)?));
        self.train.members.iter().filter_map(|member| one(&member.rollout)).collect()
    }

    fn standing_of(&self, rollout: &RolloutName, now: UnixMillis) -> Option<MemberStanding> {
        let view = self.controller.member(rollout)?;
        let mut seen = standing(&view.plan, &view.state, now);
        // What was seen before this process began is no evidence.
        if let Phase::Open { clear, .. } = &mut seen.phase {
            *clear &= view.looked;
        }
        // A closing is served before the rollout's task has had time to say so.
        if let Some((attempt, because)) = self.shared.board.closing(rollout)
            && attempt == seen.attempt
            && matches!(seen.phase, Phase::Open { .. } | Phase::Completed)
        {
            seen.phase = Phase::Closed { because, recalled: false, alone: false };
        }
        let member = self.train.member(rollout)?;
        seen.problem = has_no_part(&self.train, member, &view.plan);
        Some(seen)
    }

    /// Why the members cannot ride together as they are planned now.
    pub(super) fn problem(&self) -> Option<String> {
        let views: Vec<View> =
            self.train.members.iter().filter_map(|member| self.controller.member(&member.rollout)).collect();
        let plans: Vec<&Plan> = views.iter().map(|view| &*view.plan).collect();
        let wrong = |view: &View| {
            self.train.member(&view.plan.name).and_then(|member| has_no_part(&self.train, member, &view.plan))
        };
        views.iter().find_map(wrong).or_else(|| disagreement(&self.train, &plans))
    }

    /// Closes members: what is served at once and in this order, then what is kept, all together. The answer to
    /// wait for says whether every closing is durable.
    pub(super) fn close(&mut self, orders: &[Order]) -> oneshot::Receiver<Result<(), CommandError>> {
        self.permit.take_back_forever();
        let accepted = Instant::now();
        let mut told = Vec::new();
        for order in orders {
            let Order::Close { rollout, because, alone } = order else { continue };
            if let Some(view) = self.controller.member(rollout)
                && let Some(overlay) = rollout::closing_overlay(&view.plan, &view.state)
            {
                self.shared.world.publisher.close(&view.plan.flag, &overlay);
            }
            let (train, because) = (self.train.name.clone(), because.clone());
            told.push((rollout.clone(), TriggerKind::Recalled { train, because, alone: *alone }));
        }
        let controller = self.controller.clone();
        let (reply, answer) = oneshot::channel();
        let count = Arc::clone(&self.closing);
        count.fetch_add(1, Ordering::SeqCst);
        self.controller.spawn_task(async move {
            let closing = told.into_iter().map(|(rollout, kind)| controller.recall(rollout, kind, accepted));
            let result = join_all(closing).await.into_iter().collect::<Result<(), _>>();
            count.fetch_sub(1, Ordering::SeqCst);
            drop(reply.send(result));
        });
        answer
    }

    /// Tells members to begin, to stand still or to go on. What becomes of a beginning comes back to the task.
    pub(super) fn tell(&mut self, orders: Vec<Order>) {
        for order in orders {
            match order {
                Order::Close { .. } => {}
                Order::Begin { rollout, attempt } => self.tell_to_begin(rollout, attempt),
                Order::Pause(rollout) => self.tell_verb(rollout, Verb::Pause),
                Order::Resume(rollout) => self.tell_verb(rollout, Verb::Resume),
            }
        }
    }

    fn tell_to_begin(&mut self, rollout: RolloutName, attempt: u32) {
        self.permit = Permit::default();
        self.beginning = true;
        let (controller, permit, done) = (self.controller.clone(), self.permit.clone(), self.begun.0.clone());
        let by = self.signature();
        self.controller.spawn_task(async move {
            let (reply, answer) = oneshot::channel();
            let sent = controller.order(&rollout, Command::Begin { attempt, by, permit, reply }).await;
            let result = match sent {
                Ok(()) => answer.await.unwrap_or_else(|_| Err(CommandError::stopping())),
                Err(error) => Err(error),
            };
            drop(done.send((rollout, result.map(drop))).await);
        });
    }

    fn tell_verb(&self, rollout: RolloutName, verb: Verb) {
        let (controller, by) = (self.controller.clone(), self.signature());
        self.controller.spawn_task(async move {
            if let Err(error) = controller.command(&rollout, verb, by, None).await {
                tracing::warn!(%rollout, %error, "a train's {} was not carried out", verb.as_str());
            }
        });
    }

    /// Who it is that tells a member something.
    fn signature(&self) -> String {
        format!("train {}", self.train.name)
    }
}
