//! Alerts from outside: which rollouts they go to, and what became of them there.

use super::handle::{Controller, LaneHandle};
use super::inbox::{TriggerKind, Triggered};
use super::may_close::MayClose;
use super::view::{AlertAnswer, CommandError};
use crate::analysis::Alert;
use crate::live::Live;
use crate::rollout::{self, Bearing, Concern, Effect, Event, Plan, concern, decide};
use crate::units::{FlagKey, RolloutName, UnixMillis};
use futures_util::future::join_all;
use std::sync::Arc;
use tokio::time::Instant;

/// An alert with what it can do to one rollout.
type Borne<'a> = (Bearing, &'a Alert);

impl Controller {
    /// Takes firing and resolved alerts of somebody who may close everything. Answers once every closing is durable.
    ///
    /// # Errors
    /// When a closing is served but could not be made durable.
    pub async fn alert(&self, firing: &[Alert], resolved: &[Alert]) -> Result<AlertAnswer, CommandError> {
        self.alert_within(&Arc::default(), firing, resolved).await
    }

    /// Takes firing and resolved alerts of a source that may close some rollouts and not others. Those that it may
    /// not close hear nothing of it. Answers once every closing is durable.
    ///
    /// # Errors
    /// When a closing is served but could not be made durable.
    pub async fn alert_within(
        &self,
        scope: &Arc<MayClose>,
        firing: &[Alert],
        resolved: &[Alert],
    ) -> Result<AlertAnswer, CommandError> {
        let accepted = Instant::now();
        let shared = self.shared();
        let ended = shared.firing.note(scope, firing, resolved, shared.world.clock.now());
        let lanes = self.every_lane();
        let mut answer = AlertAnswer::default();
        let told = lanes.iter().flat_map(|(name, lane)| {
            let (plan, live) = lane.last.plan_and_life();
            let borne = self.borne(scope, name, &plan, live, firing, &mut answer);
            let fire: Vec<_> = borne.into_iter().map(|(_, alert)| TriggerKind::Firing(alert.clone())).collect();
            let heard_of = |before: &Option<Alert>, fingerprint: &str| match before {
                Some(before) => {
                    rollout::bearing(&plan, before) != Bearing::None || lane.last.remembers_alert(fingerprint)
                }
                // Forgotten here, and perhaps not there.
                None => true,
            };
            let ended = ended.iter().filter(|(fingerprint, before)| heard_of(before, fingerprint));
            let resolve: Vec<_> =
                ended.map(|(fingerprint, _)| TriggerKind::Resolved { fingerprint: fingerprint.clone() }).collect();
            fire.into_iter().chain(resolve).map(move |kind| async move { (name, lane.trigger(kind, accepted).await) })
        });
        let told: Vec<_> = told.collect();
        for (name, outcome) in join_all(told).await {
            match outcome? {
                Triggered::Closed(_) => answer.closed.push(name.clone()),
                Triggered::AlreadyClosed(_) => answer.already_closed.push(name.clone()),
                Triggered::Noted | Triggered::Repeated => answer.concerned.push(name.clone()),
                Triggered::NotConcerned => {}
            }
        }
        answer.settle();
        Ok(answer)
    }

    /// What these alerts would do now, and does nothing: what would be closed is answered as closed.
    #[must_use]
    pub fn would_alert(&self, scope: &Arc<MayClose>, firing: &[Alert]) -> AlertAnswer {
        let now = self.shared().world.clock.now();
        let mut answer = AlertAnswer::default();
        for (name, lane) in self.every_lane() {
            let (plan, live) = lane.last.plan_and_life();
            let borne = self.borne(scope, &name, &plan, live, firing, &mut answer);
            if !live || borne.is_empty() {
                continue;
            }
            let mut state = lane.last.state();
            let closes = borne.iter().any(|(_, alert)| {
                let Ok(decision) = decide(&plan, &state, &Event::Firing((*alert).clone()), now) else { return false };
                state = Arc::new(decision.next);
                matches!(decision.effect, Effect::Close(_))
            });
            if closes { answer.closed.push(name) } else { answer.concerned.push(name) }
        }
        answer.settle();
        answer
    }

    /// The alerts of a source that fire now, with when each was last heard of; `None` is the one without settings.
    #[must_use]
    pub fn firing_of(&self, source: Option<&str>) -> Vec<(Alert, UnixMillis)> {
        self.shared().firing.of(source, self.shared().world.clock.now())
    }

    /// Whether there is a rollout of that name.
    #[must_use]
    pub fn has_rollout(&self, name: &str) -> bool {
        self.lanes().contains_key(name)
    }

    /// Whether a rollout drives a flag, or did last.
    #[must_use]
    pub fn drives(&self, flag: &FlagKey) -> bool {
        self.holder(flag).is_some()
    }

    /// What is served.
    #[must_use]
    pub fn live(&self) -> &Arc<Live> {
        self.shared().world.publisher.live()
    }

    /// The alerts that can do something to a rollout, those that can close it first, however many others stand
    /// before them in the notification. None where the source may not close it.
    fn borne<'a>(
        &self,
        scope: &MayClose,
        name: &RolloutName,
        plan: &Plan,
        live: bool,
        firing: &'a [Alert],
        answer: &mut AlertAnswer,
    ) -> Vec<Borne<'a>> {
        let mut borne: Vec<Borne<'_>> = firing.iter().map(|alert| (rollout::bearing(plan, alert), alert)).collect();
        borne.retain(|(bearing, _)| *bearing != Bearing::None);
        let concerned = live && firing.iter().any(|alert| concern(plan, alert) != Concern::No);
        if borne.is_empty() && !concerned {
            return borne;
        }
        if !self.shared().may(scope, plan) {
            if live && !borne.is_empty() {
                answer.out_of_scope.push(name.clone());
            }
            return Vec::new();
        }
        if concerned {
            answer.concerned.push(name.clone());
        }
        borne.sort_by_key(|(bearing, _)| std::cmp::Reverse(*bearing));
        borne
    }

    fn every_lane(&self) -> Vec<(RolloutName, LaneHandle)> {
        self.lanes().iter().map(|(name, lane)| (name.clone(), lane.clone())).collect()
    }
}

impl AlertAnswer {
    /// One line a rollout: what closed did so once, however many alerts spoke of it.
    pub(super) fn settle(&mut self) {
        for list in [&mut self.closed, &mut self.already_closed, &mut self.concerned, &mut self.out_of_scope] {
            list.sort();
            list.dedup();
        }
        let closed = &self.closed;
        self.already_closed.retain(|name| !closed.contains(name));
        let already = &self.already_closed;
        self.concerned.retain(|name| !closed.contains(name) && !already.contains(name));
    }
}
