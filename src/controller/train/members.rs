//! What a train's task sees of its members, and how it tells them what to do.

use super::lane::TrainLane;
use crate::controller::inbox::{Command, TriggerKind};
use crate::controller::view::{CommandError, Verb, View};
use crate::planted::{self, Bug};
use crate::rollout::train::{MemberStanding, Order, Phase, Standings, disagreement, has_no_part, standing};
use crate::rollout::{self, Plan};
use crate::units::{RolloutName, UnixMillis};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

/// How often, and after what pause, a member is told to stand still or to go on while the store does not take it.
const TOLD_SO_OFTEN: u32 = 30;
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The rollouts of which a closing is on its way.
#[derive(Debug, Clone, Default)]
pub(in crate::controller) struct InFlight(Arc<Mutex<BTreeSet<RolloutName>>>);

impl InFlight {
    fn add(&self, rollout: &RolloutName) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(rollout.clone())
    }

    fn remove(&self, rollout: &RolloutName) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(rollout);
    }

    pub(super) fn has(&self, rollout: &RolloutName) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(rollout)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// Leave for a member to begin, which its train takes back.
#[derive(Debug, Clone)]
pub(in crate::controller) struct Permit {
    /// Whose leave it is.
    pub(in crate::controller) train: RolloutName,
    taken: Arc<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// It is not to begin if it has not.
    back: AtomicBool,
    /// What it opens is closed: whatever it is doing, it must not be served.
    forever: AtomicBool,
}

impl Permit {
    fn of(train: &RolloutName) -> Self {
        Self { train: train.clone(), taken: Arc::default() }
    }

    /// The train stands still, or what it saw does not hold any more.
    pub(super) fn take_back(&self) {
        self.taken.back.store(true, Ordering::SeqCst);
    }

    /// The train was stopped.
    pub(super) fn take_back_forever(&self) {
        self.taken.forever.store(true, Ordering::SeqCst);
        self.take_back();
    }

    pub(in crate::controller) fn is_given(&self) -> bool {
        !self.taken.back.load(Ordering::SeqCst) || planted::is(Bug::TrainBeginsWhatItStopped)
    }

    /// What begins by it is closed before it is served.
    pub(in crate::controller) fn is_gone(&self) -> bool {
        self.taken.forever.load(Ordering::SeqCst) && !planted::is(Bug::TrainBeginsWhatItStopped)
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
        let mut seen = standing(&self.train.name, &view.plan, &view.state, now);
        // What was seen before this process began is no evidence.
        if let Phase::Open { clear, .. } = &mut seen.phase {
            *clear &= view.looked;
        }
        // What another rollout does with its flag since is not its own.
        let holder = self.shared.world.publisher.holder(&view.plan.flag);
        if seen.phase == Phase::Completed && holder.is_some_and(|holder| holder != *rollout) {
            seen.phase = Phase::TakenOver;
        }
        // A closing is served before the rollout's task has had time to say so.
        if let Some((attempt, because)) = self.shared.board.closing(rollout)
            && attempt == seen.attempt
            && seen.phase.is_open()
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
    /// wait for says whether every closing is durable. One that is on its way already is not sent once more.
    pub(super) fn close(&self, orders: &[Order]) -> oneshot::Receiver<Result<(), CommandError>> {
        let accepted = Instant::now();
        let mut told = Vec::new();
        for order in orders {
            let Order::Close { rollout, because, alone } = order else { continue };
            let Some(view) = self.controller.member(rollout) else { continue };
            if let Some(overlay) = rollout::closing_overlay(&view.plan, &view.state) {
                self.shared.world.publisher.close(&view.plan.flag, &overlay);
            }
            if self.closing.add(rollout) {
                let (train, attempt, because) = (self.train.name.clone(), view.state.attempt(), because.clone());
                told.push((rollout.clone(), TriggerKind::Recalled { train, attempt, because, alone: *alone }));
            }
        }
        let (reply, answer) = oneshot::channel();
        if told.is_empty() {
            // Nothing to wait for here: whoever sent it before rings when it is done.
            drop(reply.send(Ok(())));
            return answer;
        }
        let (controller, in_flight, bell) = (self.controller.clone(), self.closing.clone(), Arc::clone(&self.bell));
        self.controller.spawn_task(async move {
            let names: Vec<RolloutName> = told.iter().map(|(rollout, _)| rollout.clone()).collect();
            let closing = told.into_iter().map(|(rollout, kind)| controller.recall(rollout, kind, accepted));
            let result = join_all(closing).await.into_iter().collect::<Result<(), _>>();
            names.iter().for_each(|rollout| in_flight.remove(rollout));
            drop(reply.send(result));
            bell.notify_one();
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
        let permit = Permit::of(&self.train.name);
        self.beginning = Some(permit.clone());
        let (controller, done, by) = (self.controller.clone(), self.begun.0.clone(), self.signature());
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

    /// Again for a while, where the store does not take it.
    fn tell_verb(&self, rollout: RolloutName, verb: Verb) {
        let (controller, by) = (self.controller.clone(), self.signature());
        self.controller.spawn_task(async move {
            for _ in 0..TOLD_SO_OFTEN {
                match controller.command(&rollout, verb, by.clone(), None).await {
                    Ok(_) => return,
                    Err(CommandError::Refused(_) | CommandError::Unknown(_)) => break,
                    Err(CommandError::Unavailable(_)) => sleep(TOLD_AGAIN_AFTER).await,
                }
            }
            tracing::warn!(%rollout, "the rollout did not {} as its train told it", verb.as_str());
        });
    }

    /// Who it is that tells a member something.
    fn signature(&self) -> String {
        format!("train {}", self.train.name)
    }
}
