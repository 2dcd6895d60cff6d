//! Events that people and systems post: which rollouts they go to, and what became of them there.

use super::handle::{Controller, LaneHandle};
use super::inbox::{TriggerKind, Triggered};
use super::view::CommandError;
use crate::rollout::{Plan, PostedEvent, counted_events, counts_event};
use crate::source::suggest;
use crate::telemetry::EventResult;
use crate::units::{FlagKey, RolloutName};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::time::Instant;

/// An event with whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// What happened.
    pub event: PostedEvent,
    /// Whom it is for.
    pub to: Addressee,
    /// Only rollouts of this environment, where they name one.
    pub environment: Option<String>,
    /// What its sender says of it.
    pub message: Option<String>,
}

/// Whom an event is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Addressee {
    /// One rollout.
    Rollout(RolloutName),
    /// The rollout that drives a flag.
    Flag(FlagKey),
    /// Every rollout that counts it.
    All,
}

/// What posted events did. All of it is durable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostAnswer {
    /// Rollouts that closed because of them.
    pub closed: BTreeSet<RolloutName>,
    /// Rollouts that were closed before.
    pub already_closed: BTreeSet<RolloutName>,
    /// Rollouts that counted at least one of them now.
    pub counted: BTreeSet<RolloutName>,
    /// Rollouts that had counted at least one of them before.
    pub repeated: BTreeSet<RolloutName>,
    /// The events that nobody counts, in their order.
    pub not_counted: Vec<NotCounted>,
}

/// An event that nobody counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCounted {
    /// Its place among those posted, from 0.
    pub item: usize,
    /// Why nobody does.
    pub why: String,
    /// What may have been meant.
    pub hint: Option<String>,
}

/// A rollout that events may go to.
struct Target {
    lane: LaneHandle,
    plan: Arc<Plan>,
}

impl Controller {
    /// Takes posted events. Answers once all that they did is durable.
    ///
    /// # Errors
    /// When something of it could not be made durable. Posted again, what was counted is not counted again.
    pub async fn post(&self, postings: &[Posting]) -> Result<PostAnswer, CommandError> {
        let accepted = Instant::now();
        let targets: BTreeMap<RolloutName, Target> = self.targets();
        // Whom an event is for is looked up once for all of its kind: there may be thousands of both.
        let mut known: BTreeMap<_, Vec<(&RolloutName, &Target)>> = BTreeMap::new();
        let sent = postings.iter().enumerate().flat_map(|(item, posting)| {
            let kind = (&posting.event.name, &posting.to, &posting.environment);
            let addressed = known.entry(kind).or_insert_with(|| self.addressed(posting, &targets));
            addressed.clone().into_iter().map(move |(name, target)| async move {
                let kind = TriggerKind::Posted { event: posting.event.clone(), message: posting.message.clone() };
                (item, name, target.lane.trigger(kind, accepted).await)
            })
        });
        let outcomes = join_all(sent.collect::<Vec<_>>()).await;
        let mut answer = PostAnswer::default();
        let mut results: BTreeMap<usize, EventResult> = BTreeMap::new();
        let mut failed = None;
        for (item, name, outcome) in outcomes {
            let result = match outcome {
                Err(error) => {
                    failed = failed.or(Some(error));
                    EventResult::Unavailable
                }
                Ok(triggered) => {
                    let Some(result) = result_of(&triggered) else { continue };
                    answer.list(result).extend([name.clone()]);
                    result
                }
            };
            results.entry(item).and_modify(|best| *best = result.min(*best)).or_insert(result);
        }
        for (item, posting) in postings.iter().enumerate() {
            let result = results.get(&item).copied().unwrap_or(EventResult::NotCounted);
            self.metrics().posted(result);
            if result == EventResult::NotCounted {
                answer.not_counted.push(self.not_counted(item, posting, &targets));
            }
        }
        answer.settle();
        failed.map_or(Ok(answer), Err)
    }

    fn targets(&self) -> BTreeMap<RolloutName, Target> {
        let target = |lane: &LaneHandle| Target { lane: lane.clone(), plan: lane.last.plan() };
        self.lanes().iter().map(|(name, lane)| (name.clone(), target(lane))).collect()
    }

    /// The rollouts that an event goes to. Whether they are under way they know best themselves: one may just
    /// be beginning.
    fn addressed<'t>(
        &self,
        posting: &Posting,
        targets: &'t BTreeMap<RolloutName, Target>,
    ) -> Vec<(&'t RolloutName, &'t Target)> {
        let fits = |target: &Target| posting.fits(&target.plan) && counts_event(&target.plan, &posting.event.name);
        match self.named(posting) {
            Named::One(name) => targets.get_key_value(&name).filter(|(_, target)| fits(target)).into_iter().collect(),
            Named::None => Vec::new(),
            Named::All => targets.iter().filter(|(_, target)| fits(target)).collect(),
        }
    }

    fn named(&self, posting: &Posting) -> Named {
        match &posting.to {
            Addressee::Rollout(name) => Named::One(name.clone()),
            Addressee::Flag(flag) => self.holder(flag).map_or(Named::None, Named::One),
            Addressee::All => Named::All,
        }
    }

    fn not_counted(&self, item: usize, posting: &Posting, targets: &BTreeMap<RolloutName, Target>) -> NotCounted {
        let event = posting.event.name.as_str();
        let hint = |plan: &Plan| suggest(event, counted_events(plan));
        let (why, hint) = match self.named(posting) {
            Named::None => match &posting.to {
                Addressee::Flag(flag) => (format!("no rollout of the flag `{flag}` has begun"), None),
                Addressee::Rollout(_) | Addressee::All => ("there is no such rollout".to_owned(), None),
            },
            Named::One(name) => match targets.get(&name).map(|target| &*target.plan) {
                None => (format!("there is no rollout `{name}`"), None),
                Some(plan) if !posting.fits(plan) => {
                    (format!("rollout `{name}` is of the environment `{}`", plan.environment), None)
                }
                Some(plan) if !counts_event(plan, event) => {
                    (format!("rollout `{name}` counts no event `{event}`"), hint(plan))
                }
                Some(_) => (format!("rollout `{name}` is not under way"), None),
            },
            Named::All => {
                let mut fitting = targets.values().filter(|target| posting.fits(&target.plan)).peekable();
                match fitting.peek() {
                    None => ("there is no rollout that it could be for".to_owned(), None),
                    Some(_)
                        if targets.values().any(|one| posting.fits(&one.plan) && counts_event(&one.plan, event)) =>
                    {
                        (format!("no rollout that counts `{event}` is under way"), None)
                    }
                    Some(_) => {
                        let known: Vec<Arc<Plan>> = fitting.map(|target| Arc::clone(&target.plan)).collect();
                        let known = known.iter().flat_map(|plan| counted_events(plan));
                        (format!("no rollout counts an event `{event}`"), suggest(event, known))
                    }
                }
            }
        };
        NotCounted { item, why, hint }
    }
}

/// The rollouts that a posting names.
enum Named {
    One(RolloutName),
    None,
    All,
}

impl Posting {
    /// As with alerts, a plan that names no environment must miss nothing.
    fn fits(&self, plan: &Plan) -> bool {
        let own = &*plan.environment;
        own == "default" || self.environment.as_deref().is_none_or(|environment| environment == own)
    }
}

const fn result_of(triggered: &Triggered) -> Option<EventResult> {
    match triggered {
        Triggered::Closed(_) => Some(EventResult::Closed),
        Triggered::AlreadyClosed(_) => Some(EventResult::AlreadyClosed),
        Triggered::Noted => Some(EventResult::Counted),
        Triggered::Repeated => Some(EventResult::Repeated),
        Triggered::NotConcerned => None,
    }
}

impl PostAnswer {
    const fn list(&mut self, result: EventResult) -> &mut BTreeSet<RolloutName> {
        match result {
            EventResult::Closed => &mut self.closed,
            EventResult::AlreadyClosed => &mut self.already_closed,
            EventResult::Repeated => &mut self.repeated,
            EventResult::Counted | EventResult::NotCounted | EventResult::Unavailable => &mut self.counted,
        }
    }

    /// What closed counts no more, and did so once, however many events spoke of it.
    fn settle(&mut self) {
        let Self { closed, already_closed, counted, repeated, .. } = self;
        already_closed.retain(|name| !closed.contains(name));
        for list in [counted, repeated] {
            list.retain(|name| !closed.contains(name) && !already_closed.contains(name));
        }
    }
}
