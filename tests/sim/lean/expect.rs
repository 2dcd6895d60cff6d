//! What the model makes of an event, and what keeps a rollout from going on, if anything does.

use super::look::{Check, Seen, differs};
use super::model::{Expected, Phase, Row, Standing, since};
use super::walk::Walk;
use crate::shape::Budget;
use crate::violation::Violation;
use std::time::Duration;
use tidegate::analysis::{Alert, Reading};
use tidegate::rollout::{Beginning, Event, Evidence, Finding, PostedEvent};

/// How long after its time a rollout may begin by itself.
const BEGINS_WITHIN: Duration = Duration::from_secs(3_600);

/// What should come of an event, and why not more.
type Judged = (Expected, &'static str);

impl Walk {
    pub fn expect(&mut self, event: &Event, findings: &[Finding], now: i64) -> Result<Judged, Violation> {
        let model = &mut self.model;
        Ok(match event {
            Event::Rollback { .. } | Event::Recalled { .. } => match model.phase {
                Phase::Pending => (Expected::Refused, ""),
                Phase::Closed => (Expected::Stays, ""),
                Phase::Running | Phase::Paused | Phase::Watching | Phase::Completed => {
                    model.close(now);
                    (Expected::Closes, "")
                }
            },
            Event::Firing(alert) => (self.expect_alert(alert, now), ""),
            Event::Resolved { fingerprint } => {
                model.firing.remove(&fingerprint.parse().unwrap());
                (Expected::Stays, "")
            }
            Event::Checked(evidence) => return self.expect_check(evidence, findings, now),
            Event::Promote { evidence, .. } => return self.expect_promotion(evidence, findings, now),
            Event::Start(beginning) => self.expect_beginning(Phase::Pending, beginning, now),
            Event::Retry(beginning) => self.expect_beginning(Phase::Closed, beginning, now),
            Event::Due(beginning) => self.expect_due(beginning, now),
            Event::Pause { .. } => match model.phase {
                Phase::Running => {
                    model.phase = Phase::Paused;
                    (Expected::Pauses, "")
                }
                Phase::Paused => (Expected::Stays, ""),
                _ => (Expected::Refused, ""),
            },
            Event::Resume { .. } => match model.phase {
                Phase::Paused => {
                    model.resume(now);
                    (Expected::Resumes, "")
                }
                Phase::Running => (Expected::Stays, ""),
                _ => (Expected::Refused, ""),
            },
            Event::Posted(report) => (self.expect_report(report, now), ""),
            Event::Recovered => {
                if model.live() {
                    model.recover(&self.shape, now);
                }
                (Expected::Stays, "")
            }
        })
    }

    fn said_closes(&self, now: i64) -> bool {
        let stage = self.shape.stage(self.model.wave, self.model.watching());
        let firing = self.model.severities();
        self.model.said_closes(&self.shape, stage, &firing, true, now)
    }

    fn closes_if(&mut self, closes: bool, now: i64) -> Expected {
        if closes {
            self.model.close(now);
            return Expected::Closes;
        }
        Expected::Stays
    }

    fn expect_alert(&mut self, alert: &Alert, now: i64) -> Expected {
        let severity = self.alerts[&alert.fingerprint.parse::<u64>().unwrap()];
        if !self.model.live() || !self.shape.speaks_of(severity) {
            return Expected::Stays;
        }
        let news = self.model.hear(&self.shape, alert.fingerprint.parse().unwrap(), severity, now);
        self.closes_if(news && self.said_closes(now), now)
    }

    fn expect_report(&mut self, report: &PostedEvent, now: i64) -> Expected {
        let counted = self.shape.metric(&report.name).is_some();
        if !self.model.live() || !counted {
            return Expected::Stays;
        }
        let new = self.model.posted.take(report.id.parse().unwrap(), u64::from(report.count), now);
        self.reached.reports += u64::from(new);
        if new {
            self.model.forget_silent_alerts(&self.shape, now);
        }
        self.closes_if(new && self.said_closes(now), now)
    }

    fn look(&mut self, evidence: &Evidence, findings: &[Finding], now: i64) -> Result<Seen, Violation> {
        let (wave, watching) = (self.model.wave, self.model.watching());
        let Self { shape, names, given, model, .. } = self;
        let seen = model.look(&Check { shape, names, evidence, given: *given, findings, now });
        if let Some((invariant, what)) = &seen.impossible {
            return Err(Violation::new(invariant, what.clone()));
        }
        self.differs = differs(&self.shape, self.shape.stage(wave, watching), &seen.verdicts, findings);
        Ok(seen)
    }

    fn expect_check(&mut self, evidence: &Evidence, findings: &[Finding], now: i64) -> Result<Judged, Violation> {
        if !self.model.live() {
            return Ok((Expected::Stays, "it-is-over"));
        }
        let seen = self.look(evidence, findings, now)?;
        if seen.closes {
            self.model.close(now);
            return Ok((Expected::Closes, ""));
        }
        if seen.goes_back {
            self.forget(&seen);
            return Ok((self.model.go_back(&self.shape, now), ""));
        }
        let (paused, was) = (self.model.phase == Phase::Paused, self.model.standing);
        self.model.pass(&self.shape, &seen, !paused, now);
        let watching = self.model.watching();
        let why = match () {
            () if paused => "pause-stands-still",
            () if seen.blind => "advance-needs-data",
            () if seen.holds => "hold-holds",
            () if !seen.good && !watching => "advance-needs-what-the-plan-asks-for",
            () if !seen.early && !self.model.baked_enough(&self.shape) => "bake-is-watched-time",
            () if self.model.returned && !watching => "stepped-back-waits-for-a-person",
            () => match self.stands_against_next() {
                Some(why) => why,
                None if self.model.needs_approval(&self.shape) => "approval-is-a-person's",
                None => {
                    self.forget(&seen);
                    self.model.go_on(&self.shape, now);
                    return Ok((Expected::GoesOn, ""));
                }
            },
        };
        self.row = match (was, self.model.standing) {
            (was, is) if was == is || paused => Row::None,
            (_, Standing::Clear) => Row::Released,
            _ => Row::Held,
        };
        match self.row {
            Row::None if !seen.noticed.is_empty() => self.row = Row::Noticed,
            Row::None => {}
            // One row at a time: what could not be told is told at the next check.
            _ => self.forget(&seen),
        }
        Ok((Expected::Stays, why))
    }

    fn forget(&mut self, seen: &Seen) {
        for rule in &seen.noticed {
            self.model.noticed.remove(rule);
        }
    }

    /// What keeps a wave from being left beside its conditions and its time.
    fn stands_against_next(&self) -> Option<&'static str> {
        let (shape, model) = (&self.shape, &self.model);
        if model.watching() {
            return None;
        }
        if self.given.samples < shape.waves[model.wave].min_samples {
            return Some("advance-needs-samples");
        }
        shape.waves.get(model.wave + 1)?;
        match shape.budget {
            Some(Budget::Nothing) => return Some("budget-holds"),
            Some(Budget::Everything) if model.cost_seen.is_zero() => return Some("budget-holds"),
            Some(Budget::Everything) | None => {}
        }
        let firing = model.severities();
        let closes = model.said_closes(shape, shape.stage(model.wave + 1, false), &firing, false, 0);
        closes.then_some("no-wave-opens-against-an-alert")
    }

    fn expect_promotion(&mut self, evidence: &Evidence, findings: &[Finding], now: i64) -> Result<Judged, Violation> {
        if self.model.phase != Phase::Running {
            return Ok((Expected::Refused, "promotion-is-legal-only-in-a-wave"));
        }
        let before = self.model.clone();
        let seen = self.look(evidence, findings, now)?;
        if seen.closes {
            self.model.close(now);
            return Ok((Expected::Closes, ""));
        }
        self.forget(&seen);
        if seen.goes_back {
            return Ok((self.model.go_back(&self.shape, now), ""));
        }
        let against = self.stands_against_next();
        if seen.blind || seen.holds || !seen.good || against.is_some() {
            self.model = before;
            return Ok((Expected::Refused, against.unwrap_or("promotion-is-no-evidence")));
        }
        self.model.go_on(&self.shape, now);
        Ok((Expected::GoesOn, ""))
    }

    fn expect_due(&mut self, beginning: &Beginning, now: i64) -> Judged {
        let Some(start) = self.shape.start.filter(|_| self.model.phase == Phase::Pending) else {
            return (Expected::Stays, "begins-only-at-its-time");
        };
        if start > now || since(now, start) > BEGINS_WITHIN {
            return (Expected::Stays, "begins-only-at-its-time");
        }
        match self.expect_beginning(Phase::Pending, beginning, now) {
            (Expected::Refused, why) => (Expected::Stays, why),
            begun => begun,
        }
    }

    fn expect_beginning(&mut self, from: Phase, beginning: &Beginning, now: i64) -> Judged {
        let refused = (Expected::Refused, "begins-only-where-it-may");
        let too_early = from == Phase::Pending && self.shape.start.is_some_and(|start| start > now);
        if self.model.phase != from || !beginning.flag_problems.is_empty() || too_early {
            return refused;
        }
        let compared = self.shape.baselines();
        // The time before it must be one in which nobody had the candidate.
        let span = self.shape.baseline.filter(|_| !compared.is_empty() && from == Phase::Closed);
        if span.is_some_and(|span| span > since(now, self.model.closed)) {
            return (Expected::Refused, "a-baseline-is-of-the-time-before");
        }
        let mut baseline = [None; super::model::METRICS];
        for metric in compared {
            match beginning.baseline.get(&self.names[metric]) {
                Some(Reading::Value { value, .. }) if value.is_finite() => baseline[metric] = Some(*value),
                _ => return (Expected::Refused, "nothing-begins-without-its-baseline"),
            }
        }
        let firing: Vec<&'static str> = self.alerts.values().copied().collect();
        if self.model.said_closes(&self.shape, self.shape.stage(0, false), &firing, false, now) {
            return refused;
        }
        self.model.begin(now);
        self.model.baseline = baseline;
        let remembered = self.alerts.iter().filter(|(_, severity)| self.shape.speaks_of(severity));
        self.model.firing = remembered.map(|(number, severity)| (*number, (*severity, now))).collect();
        if self.model.attempt > 1 {
            self.reached.retries += 1;
        }
        (Expected::Begins, "")
    }
}
