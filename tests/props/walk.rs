//! The walk of one rollout through any events, and what must be true at every step of it.

use tidegate::analysis::Reading;
use tidegate::flag::{Gate, Rank};
use tidegate::rollout::{self, Change, Effect, Event, Evidence, Plan, State};
use tidegate::units::{Exposure, UnixMillis};

/// Whether a reading is a number that a decision may rest on.
pub(crate) fn is_finite(reading: &Reading) -> bool {
    matches!(reading, Reading::Value { value, .. } if value.is_finite())
}

pub(crate) fn is_live(state: &State) -> bool {
    matches!(state, State::Running(_) | State::Paused { .. } | State::Watching(_))
}

pub(crate) fn wave(state: &State) -> Option<usize> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => Some(stage.wave),
        _ => None,
    }
}

/// The walk of one rollout: what it was, and the ranks it has laid so far.
pub(crate) struct Walk {
    pub(crate) plan: Plan,
    pub(crate) state: State,
    /// Asserts that a check lets the rollout go on from a state.
    passes: fn(&State, &Evidence),
    /// The index of the wave that needs a person.
    approved: usize,
    highest: Option<Rank>,
    pub(crate) opened: usize,
}

impl Walk {
    pub(crate) const fn new(plan: Plan, approved: usize, passes: fn(&State, &Evidence)) -> Self {
        Self { plan, state: State::Pending { attempts: 0 }, passes, approved, highest: None, opened: 0 }
    }

    pub(crate) fn take(&mut self, event: &Event, now: UnixMillis) {
        let before = self.state.clone();
        let decision = match rollout::decide(&self.plan, &before, event, now) {
            Ok(decision) => decision,
            Err(refused) => {
                let command = matches!(
                    event,
                    Event::Start(_)
                        | Event::Retry(_)
                        | Event::Pause { .. }
                        | Event::Resume { .. }
                        | Event::Promote { .. }
                        | Event::Rollback { .. }
                );
                assert!(command, "only commands are refused, not {event:?}: {refused}");
                let dead = matches!(before, State::Pending { .. });
                assert!(dead || !matches!(event, Event::Rollback { .. }), "a rollback was refused in {before:?}");
                return;
            }
        };
        let again = rollout::decide(&self.plan, &before, event, now).unwrap();
        // What was measured may be NaN, which is like itself only as text.
        let alike = again == decision || format!("{again:?}") == format!("{decision:?}");
        assert!(alike, "it is no function: {decision:?} and {again:?}");
        self.exposure_falls_only_by_closing(&before, &decision.next, &decision.effect);
        self.ends_are_left_only_by_a_person(&before, event, &decision.next);
        if matches!(event, Event::Rollback { .. }) && (is_live(&before) || matches!(before, State::Completed { .. })) {
            assert!(matches!(decision.next, State::RolledBack { .. }), "{before:?}");
            assert!(matches!(decision.effect, Effect::Close(_)), "{before:?}");
        }
        if let Effect::Open(_) = &decision.effect {
            self.opens_on_evidence(&before, event, &decision.next);
        }
        self.ranks_only_grow(&decision.effect, &decision.next);
        self.record_fits(&before, &decision.next, &decision.effect, decision.change.as_ref());
        assert_eq!(decision.waits.is_empty(), matches!(decision.next, State::Completed { .. }), "{:?}", decision.waits);
        self.state = decision.next;
    }

    fn exposure_falls_only_by_closing(&self, before: &State, after: &State, effect: &Effect) {
        let (was, is) = (rollout::exposure(&self.plan, before), rollout::exposure(&self.plan, after));
        match effect {
            Effect::Close(_) => assert_eq!(is, Exposure::NONE),
            Effect::Open(_) => assert!(is >= was && is > Exposure::NONE, "{was} to {is}"),
            Effect::Narrow(_) => {
                assert!(is <= was && is > Exposure::NONE, "{was} to {is}");
                assert_eq!(wave(after).map(|wave| wave + 1), wave(before), "one wave at a time");
            }
            Effect::Keep => assert_eq!(is, was, "nothing is served other than before"),
        }
    }

    fn ends_are_left_only_by_a_person(&self, before: &State, event: &Event, after: &State) {
        match before {
            State::RolledBack { .. } if after != before => {
                assert!(matches!(event, Event::Retry(_)), "{event:?} left a closed rollout");
            }
            State::Completed { .. } if after != before => {
                assert!(matches!(event, Event::Rollback { .. }), "{event:?} left a completed rollout");
            }
            State::Pending { .. } if after != before => {
                assert!(matches!(event, Event::Start(_) | Event::Due(_)), "{event:?}");
            }
            _ => {}
        }
    }

    /// A wave after the first opens on a check or a promotion that had data for everything, and one at a time.
    fn opens_on_evidence(&self, before: &State, event: &Event, after: &State) {
        match event {
            Event::Start(beginning) | Event::Retry(beginning) | Event::Due(beginning) => {
                assert!(beginning.flag_problems.is_empty());
                for question in rollout::questions_at_start(&self.plan) {
                    let known = beginning.baseline.get(&question.metric).is_some_and(is_finite);
                    assert!(known, "it began without a baseline of {}", question.metric);
                }
                assert_eq!(wave(after), Some(0));
            }
            Event::Checked(evidence) | Event::Promote { evidence, .. } => {
                assert!(evidence.flag_problems.is_empty());
                (self.passes)(before, evidence);
                let State::Running(stage) = before else {
                    // Who was held back gets it too.
                    assert!(matches!((before, after), (State::Watching(_), State::Completed { .. })), "{before:?}");
                    return;
                };
                assert_eq!(wave(after), Some(stage.wave + 1));
                let by_person = matches!(event, Event::Promote { .. });
                assert!(by_person || wave(after) != Some(self.approved), "a wave opened without its approval");
                assert!(by_person || !stage.returned, "what came back went on by itself");
            }
            event => panic!("{event:?} opened a wave"),
        }
    }

    /// A publisher that takes only higher ranks serves the last of them, in whatever order they reach it.
    fn ranks_only_grow(&mut self, effect: &Effect, next: &State) {
        let overlay = match effect {
            Effect::Keep => return,
            Effect::Open(opening) => {
                self.opened += 1;
                opening.clone().into_overlay()
            }
            Effect::Narrow(narrowing) => narrowing.overlay().clone(),
            Effect::Close(closing) => closing.overlay().clone(),
        };
        assert!(self.highest.is_none_or(|highest| overlay.rank > highest), "{overlay:?} after {:?}", self.highest);
        assert_eq!(matches!(overlay.gate, Gate::Closed), matches!(effect, Effect::Close(_)));
        assert_eq!(rollout::overlay(&self.plan, next).as_ref(), Some(&overlay), "a restart serves the same");
        self.highest = Some(overlay.rank);
    }

    /// What changes what is served, or where it stands, is in the record; each wave and each end once.
    fn record_fits(&self, before: &State, after: &State, effect: &Effect, change: Option<&Change>) {
        assert!(matches!(effect, Effect::Keep) || change.is_some());
        let moved = std::mem::discriminant(before) != std::mem::discriminant(after) || wave(before) != wave(after);
        assert!(!moved || change.is_some(), "{before:?} became {after:?} without a word");
        let closed = matches!(change, Some(Change::Closed { .. }));
        assert_eq!(closed, matches!(effect, Effect::Close(_)));
        assert_eq!(matches!(change, Some(Change::SteppedBack { .. })), matches!(effect, Effect::Narrow(_)));
    }
}
