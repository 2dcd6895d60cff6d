//! Whether state, effect, overlay and row all say the same, and what it is called when they do not.

use super::model::{Expected, Phase, Row};
use super::walk::{Before, Walk};
use crate::violation::Violation;
use tidegate::analysis::Reading;
use tidegate::flag::{Gate, Overlay, Share};
use tidegate::rollout::{self, Change, Decision, Effect, Event, Evidence, State};
use tidegate::units::UnixMillis;

type Fits = Result<(), Violation>;

fn broken(invariant: &'static str, what: String) -> Fits {
    Err(Violation::new(invariant, what))
}

impl Walk {
    pub fn fits(&mut self, before: Before, expected: &Expected, decision: &Decision) -> Fits {
        self.place_fits(decision)?;
        self.stage_fits(decision)?;
        self.row_fits(before, expected, decision)?;
        self.overlay_fits(before, decision)
    }

    fn place_fits(&self, decision: &Decision) -> Fits {
        let (next, model) = (&decision.next, &self.model);
        let (phase, wave) = place(next);
        if next.attempt() != model.attempt {
            return broken("attempts-count-up", format!("attempt {} instead of {}", next.attempt(), model.attempt));
        }
        if phase != model.phase || (model.live() && wave != Some(model.wave)) {
            let what = format!("{phase:?} in wave {wave:?} instead of {:?} in wave {}", model.phase, model.wave);
            return broken("one-wave-at-a-time", what);
        }
        let (full, _) = self.shape.open_in(usize::MAX - 1, true);
        let last = self.shape.waves[self.shape.waves.len() - 1];
        let share = match model.phase {
            Phase::Pending | Phase::Closed => 0,
            Phase::Completed if last.group.is_some() => last.ppm,
            Phase::Completed => full,
            _ => self.shape.held(model.wave),
        };
        let told = rollout::exposure(&self.plan, next);
        if u64::from(told.ppm()) != share {
            return broken("exposure-is-the-wave's", format!("{told} instead of {share} parts of a million"));
        }
        Ok(())
    }

    fn stage_fits(&self, decision: &Decision) -> Fits {
        let model = &self.model;
        let (Some(stage), true) = (stage(&decision.next), model.live()) else { return Ok(()) };
        if (stage.step, stage.returned) != (model.step, model.returned) {
            let what = format!("step {}, returned {}, in {model:?}", stage.step, stage.returned);
            return broken("one-wave-at-a-time", what);
        }
        if stage.baked != model.baked {
            return broken("bake-is-watched-time", format!("{:?} baked instead of {:?}", stage.baked, model.baked));
        }
        if !stage.firing.keys().map(|key| key.parse::<u64>().unwrap()).eq(model.firing.keys().copied()) {
            let what = format!("{:?} instead of {:?}", stage.firing, model.firing);
            return broken("firing-alerts-are-remembered", what);
        }
        let every = self.shape.every(model.wave, model.watching());
        let due = rollout::next_check_in(&self.plan, &decision.next, UnixMillis::new(self.now()));
        if due.is_none_or(|due| due > every) {
            return broken("checks-go-on", format!("the next check is due in {due:?}"));
        }
        Ok(())
    }

    /// One row for each change, and for each time that something begins or ends to hold, or is to be told.
    fn row_fits(&self, before: Before, expected: &Expected, decision: &Decision) -> Fits {
        let wanted = match expected {
            Expected::Refused | Expected::Stays => self.row,
            _ => Row::Move,
        };
        let got = match &decision.change {
            None => Row::None,
            Some(Change::Held(_)) => Row::Held,
            Some(Change::Released) => Row::Released,
            Some(Change::Noticed(_)) => Row::Noticed,
            Some(_) => Row::Move,
        };
        if got != wanted {
            let what = format!("{:?} where {wanted:?} was right, from {before:?}", decision.change);
            return broken("one-row-per-change", what);
        }
        if decision.waits.is_empty() != (self.model.phase == Phase::Completed) {
            return broken("what-stays-says-why", format!("{:?} in {:?}", decision.waits, self.model.phase));
        }
        Ok(())
    }

    fn overlay_fits(&mut self, before: Before, decision: &Decision) -> Fits {
        let (overlay, closes) = match &decision.effect {
            Effect::Keep if decision.change.is_none() => return Ok(()),
            Effect::Keep => {
                let (was, is) =
                    (rollout::overlay(&self.plan, &self.state), rollout::overlay(&self.plan, &decision.next));
                if is != was {
                    return broken("one-effect-per-change", format!("{was:?} became {is:?} without an effect"));
                }
                return Ok(());
            }
            Effect::Open(opening) => (opening.clone().into_overlay(), false),
            Effect::Narrow(narrowing) => (narrowing.overlay().clone(), false),
            Effect::Close(closing) => (closing.overlay().clone(), true),
        };
        let lies = rollout::overlay(&self.plan, &decision.next);
        if lies.as_ref() != Some(&overlay) {
            return broken("a-restart-serves-the-same", format!("{overlay:?}, and after a restart {lies:?}"));
        }
        if self.highest.is_some_and(|highest| overlay.rank <= highest) {
            return broken("ranks-only-grow", format!("{:?} after {:?}", overlay.rank, self.highest));
        }
        if matches!(overlay.gate, Gate::Closed) != closes {
            return broken("closing-wins", format!("{overlay:?} for {:?}", decision.effect));
        }
        if !closes && before.attempt == self.model.attempt {
            self.grows(&overlay, decision)?;
        }
        self.highest = Some(overlay.rank);
        match &overlay.gate {
            Gate::Open(share) => self.opens_what_the_plan_says(share),
            Gate::Closed => Ok(()),
        }
    }

    /// Within an attempt nobody loses the candidate, but by stepping back; and that gives it to nobody.
    fn grows(&self, overlay: &Overlay, decision: &Decision) -> Fits {
        let was = rollout::overlay(&self.plan, &self.state).map(|overlay| overlay.gate);
        let (Some(Gate::Open(was)), Gate::Open(is)) = (was, &overlay.gate) else {
            return broken("closed-stays-closed", format!("{overlay:?} in the same attempt"));
        };
        let back = matches!(decision.effect, Effect::Narrow(_));
        let named = |share: &Share| share.parts.as_slice().iter().filter(|part| part.audience.is_some()).count();
        let loses = everybody(is) < everybody(&was) || (everybody(is) < ALL && named(is) < named(&was));
        let gains = everybody(is) > everybody(&was) || (everybody(&was) < ALL && named(is) > named(&was));
        if (loses && !back) || (&is.salt, &is.bucket_by) != (&was.salt, &was.bucket_by) {
            return broken("nobody-loses-it-while-it-grows", format!("{was:?} became {is:?}"));
        }
        if gains && back {
            return broken("nobody-gets-it-by-a-step-back", format!("{was:?} became {is:?}"));
        }
        Ok(())
    }

    /// The users of all waves so far, and those who are held back not among them until it is completed.
    fn opens_what_the_plan_says(&self, share: &Share) -> Fits {
        let completed = self.model.phase == Phase::Completed;
        let wave = if completed { usize::MAX - 1 } else { self.model.wave };
        let (wanted, _) = self.shape.open_in(wave, completed);
        if everybody(share) != wanted {
            let what = format!("{share:?} is open, and the plan has {wanted} parts of a million");
            return broken("the-plan's-users-have-it", what);
        }
        let groups = self.shape.waves.iter().take(wave.saturating_add(1)).filter(|wave| wave.group.is_some()).count();
        let named = share.parts.as_slice().iter().filter(|part| part.audience.is_some()).count();
        if wanted < ALL && named != groups {
            return broken("the-plan's-users-have-it", format!("{share:?} has {named} of {groups} groups"));
        }
        let attempt = self.model.attempt;
        let fresh = self.shape.fresh && attempt > 1;
        let salt = if fresh { format!("{}-{attempt}", self.shape.salt) } else { self.shape.salt.clone() };
        if *share.salt != *salt {
            return broken("another-attempt-has-the-users-that-its-plan-says", format!("{} for {salt}", share.salt));
        }
        Ok(())
    }

    pub fn write_down(&mut self, decision: &Decision) {
        match &decision.effect {
            Effect::Open(_) => self.reached.openings += 1,
            Effect::Narrow(_) => self.reached.steps_back += 1,
            Effect::Close(_) => self.reached.closings += 1,
            Effect::Keep => {}
        }
        let Some(change) = &decision.change else { return };
        if matches!(change, Change::Completed { .. }) {
            self.reached.completions += 1;
        }
        // FNV-1a over the ledger's sentences.
        for byte in change.to_string().bytes() {
            self.ledger = (self.ledger ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

const ALL: u64 = 1_000_000;

/// The share of everybody.
fn everybody(share: &Share) -> u64 {
    let parts = share.parts.as_slice().iter().filter(|part| part.audience.is_none());
    parts.map(|part| u64::from(part.exposure.ppm())).max().unwrap_or(0)
}

fn stage(state: &State) -> Option<&rollout::Stage> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => Some(stage),
        _ => None,
    }
}

fn place(state: &State) -> (Phase, Option<usize>) {
    let wave = stage(state).map(|stage| stage.wave);
    match state {
        State::Pending { .. } => (Phase::Pending, wave),
        State::Running(_) => (Phase::Running, wave),
        State::Paused { .. } => (Phase::Paused, wave),
        State::Watching(_) => (Phase::Watching, wave),
        State::Completed { .. } => (Phase::Completed, wave),
        State::RolledBack { wave, .. } => (Phase::Closed, Some(*wave)),
    }
}

/// What a decision came to.
pub fn outcome(before: &State, decision: &Decision) -> Expected {
    let (was, is) = (place(before), place(&decision.next));
    match (was.0, is.0) {
        (Phase::Closed, Phase::Closed) => Expected::Stays,
        (_, Phase::Closed) => Expected::Closes,
        (Phase::Pending | Phase::Closed, Phase::Running) => Expected::Begins,
        (Phase::Running, Phase::Paused) => Expected::Pauses,
        (Phase::Paused, Phase::Running) if was.1 == is.1 => Expected::Resumes,
        _ if is.1 < was.1 && is.1.is_some() => Expected::GoesBack,
        _ if was == is && before.attempt() == decision.next.attempt() => Expected::Stays,
        _ => Expected::GoesOn,
    }
}

/// The promise that is broken when one thing was right and another was done.
pub fn mismatch(
    before: Before,
    expected: &Expected,
    got: &Expected,
    why: &'static str,
    decision: &Decision,
) -> Violation {
    let invariant = match (expected, got) {
        (Expected::Closes, _) => "closing-wins",
        (_, Expected::Closes) => "closes-only-for-a-reason",
        _ if before.phase == Phase::Completed && place(&decision.next).0 != Phase::Completed => "terminal-is-terminal",
        (Expected::Refused | Expected::Stays, _) if !why.is_empty() => why,
        _ if before.phase == Phase::Closed && place(&decision.next).0 != Phase::Closed => "terminal-is-terminal",
        (Expected::GoesOn, _) => "goes-on-when-it-may",
        (Expected::GoesBack, _) => "steps-back-when-it-must",
        (_, Expected::GoesBack) => "steps-back-only-for-a-reason",
        _ => "does-what-it-is-told",
    };
    let cause = match &decision.next {
        State::RolledBack { cause, .. } => format!(" ({cause})"),
        _ => String::new(),
    };
    Violation::new(invariant, format!("{got:?}{cause} where {expected:?} was right ({why}); before: {before:?}"))
}

pub fn told(event: &Event) -> String {
    match event {
        Event::Checked(evidence) => format!("check {}", readings(evidence)),
        Event::Promote { evidence, .. } => format!("promote {}", readings(evidence)),
        other => format!("{other:?}"),
    }
}

fn readings(evidence: &Evidence) -> String {
    let reading = |reading: &Reading| match reading {
        Reading::Value { value, .. } => value.to_string(),
        Reading::NoData(why) => why.to_string(),
    };
    let own = evidence.readings.iter().map(|(name, told)| format!("{name}={}", reading(told)));
    let others = evidence.others.iter().map(|(question, told)| {
        format!("{} of {:?} over {:?}={}", question.metric, question.arm, question.over, reading(told))
    });
    let compared = evidence.compared.iter().map(|(name, told)| format!("{name}: {told:?}"));
    let rest = [format!("seen {:?}", evidence.seen), format!("split {:?}", evidence.split)];
    let rest = rest.into_iter().filter(|told| !told.ends_with("None"));
    let problems = evidence.flag_problems.iter().cloned();
    own.chain(others).chain(compared).chain(rest).chain(problems).collect::<Vec<_>>().join(", ")
}
