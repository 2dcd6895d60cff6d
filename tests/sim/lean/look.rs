//! What a check comes to.

use super::model::{METRICS, Model, Standing, since};
use super::proof::Look;
use crate::shape::{Facts, Leaf, List, Place, Shape, Silence, Since, Told, Truth3, Verdict, WINDOW, judge};
use std::time::Duration;
use tidegate::analysis::{Compared, Group, NoData, Reading, Truth};
use tidegate::rollout::{Arm, Evidence, Finding, Over, Question};
use tidegate::units::MetricName;

/// What a check comes to.
#[derive(Debug, Default)]
pub struct Seen {
    /// Something closes, whatever it is.
    pub closes: bool,
    pub goes_back: bool,
    pub holds: bool,
    pub blind: bool,
    /// All that must be true to go on is.
    pub good: bool,
    pub early: bool,
    /// Rules that somebody is told of now.
    pub noticed: Vec<usize>,
    /// What each condition is, in the order in which they are looked at.
    pub verdicts: Vec<Verdict>,
    /// What the program says of a test although it cannot be so.
    pub impossible: Option<(&'static str, String)>,
}

impl Seen {
    pub const fn standing(&self) -> Standing {
        match (self.blind, self.holds) {
            (true, _) => Standing::Blind,
            (false, true) => Standing::Held,
            (false, false) => Standing::Clear,
        }
    }
}

/// What the world gave a check, beside what stands in the evidence.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given {
    /// Users are not split as they should be, and that was told.
    pub skewed: bool,
    /// Outcomes of the candidate since the wave began.
    pub samples: u64,
}

/// A check as the simulator judges it.
pub struct Check<'c> {
    pub shape: &'c Shape,
    pub names: &'c [MetricName],
    pub evidence: &'c Evidence,
    pub given: Given,
    /// What the program found, for what rests on more than one reading.
    pub findings: &'c [Finding],
    pub now: i64,
}

struct Known<'k> {
    check: &'k Check<'k>,
    model: &'k mut Model,
    gap: Duration,
    finding: Option<&'k Finding>,
    impossible: Option<(&'static str, String)>,
}

fn finite(reading: Option<&Reading>) -> Option<f64> {
    match reading {
        Some(Reading::Value { value, .. }) if value.is_finite() => Some(*value),
        _ => None,
    }
}

impl Model {
    /// Looks at a set of answers, and remembers what must be remembered of it.
    pub fn look(&mut self, check: &Check<'_>) -> Seen {
        let Check { shape, now, .. } = *check;
        let (gap, unwatched) = (since(now, self.last), self.unwatched(shape, now));
        if unwatched {
            self.slow_since.clear();
        }
        self.forget_silent_alerts(shape, now);
        self.take_up(check, if unwatched { Duration::ZERO } else { gap });
        let mut seen = Seen { good: true, holds: check.given.skewed, ..Seen::default() };
        seen.blind = !check.evidence.flag_problems.is_empty();
        let mut early = None;
        for (place, rule) in shape.stage(self.wave, self.watching()).iter().enumerate() {
            let finding = check.findings.get(place);
            let mut known = Known { check, model: self, gap, finding, impossible: None };
            let verdict = judge(*rule, &shape.rules[*rule], &mut known);
            seen.impossible = seen.impossible.or(known.impossible);
            seen.verdicts.push(verdict);
            if shape.rules[*rule].list == List::Early {
                early = Some(early.unwrap_or(true) && verdict.truth == Truth3::True);
            }
            self.weigh(shape, *rule, verdict, &mut seen, now);
        }
        seen.early = early == Some(true);
        seen
    }

    /// What the attempt remembers of the answers.
    fn take_up(&mut self, check: &Check<'_>, watched: Duration) {
        let Check { shape, names, evidence, now, .. } = *check;
        for (metric, name) in names.iter().enumerate() {
            let Some(reading) = evidence.readings.get(name) else { continue };
            let value = finite(Some(reading));
            self.silent[metric] = match (self.silent[metric], value) {
                (_, Some(_)) => None,
                (None, None) => Some(Duration::ZERO),
                (Some(span), None) => Some(span + watched),
            };
            if let (false, Some(value)) = (self.watching(), value) {
                if self.means.len() <= self.wave {
                    self.means.resize(self.wave + 1, [(0.0, 0); METRICS]);
                }
                let (sum, count) = &mut self.means[self.wave][metric];
                (*sum, *count) = (*sum + value, *count + 1);
            }
        }
        if let Some(Ok(Compared::Counts(counts))) = names.first().and_then(|name| evidence.compared.get(name)) {
            let of = |group: Group| (group.exposed, group.bad);
            let look = Look { candidate: of(counts.candidate), control: of(counts.control) };
            self.count(shape, look, now);
        }
    }

    fn weigh(&mut self, shape: &Shape, rule: usize, verdict: Verdict, seen: &mut Seen, now: i64) {
        let (list, observe) = (shape.rules[rule].list, shape.rules[rule].observe);
        if list == List::Notify || observe {
            match verdict.truth {
                Truth3::True if self.noticed.insert(rule) => seen.noticed.push(rule),
                Truth3::False => drop(self.noticed.remove(&rule)),
                _ => {}
            }
            return;
        }
        match (list, verdict.truth) {
            (List::Close, Truth3::True) => seen.closes = true,
            // What it sees may still be of the wave that it came back from.
            (List::Back, Truth3::True) if self.returned && since(now, self.entered) < reach(shape, rule) => {
                seen.holds = true;
            }
            (List::Back, Truth3::True) => seen.goes_back = true,
            (List::Close | List::Back, Truth3::False) => seen.holds |= verdict.pending,
            (List::Hold, Truth3::True) => seen.holds = true,
            (List::Advance, Truth3::False) => seen.good = false,
            (List::Early, Truth3::Unknown) => {}
            (_, Truth3::Unknown) => self.blind(shape, list, verdict.missing, seen),
            _ => {}
        }
    }

    /// What comes of metrics without data, each as its plan says.
    fn blind(&self, shape: &Shape, list: List, missing: u32, seen: &mut Seen) {
        for (index, metric) in shape.metrics.iter().enumerate() {
            if missing & (1 << index) == 0 {
                continue;
            }
            let silent = self.silent[index];
            let over = |grace: Duration| silent.unwrap_or_default() >= grace;
            match metric.silence {
                Silence::Closes(grace) if silent.is_some() && over(grace) => seen.closes = true,
                Silence::IsIgnored(grace) if silent.is_none() || over(grace) => seen.good &= list != List::Advance,
                _ => seen.blind = true,
            }
        }
    }
}

/// For how long after a change of the exposure a rule still sees what was before it.
fn reach(shape: &Shape, rule: usize) -> Duration {
    let leaf = |leaf: &Leaf| match leaf {
        Leaf::Compare { metric, .. } => match shape.metrics[*metric].posted {
            Some(Since::Within(span)) => span,
            Some(_) => Duration::ZERO,
            None => WINDOW,
        },
        Leaf::Regresses { .. } | Leaf::Safe { .. } => WINDOW,
        Leaf::Trend { over, .. } => *over,
        Leaf::Burn { short, .. } => *short,
        Leaf::Score { .. } | Leaf::Alert(_) => Duration::ZERO,
    };
    shape.rules[rule].when.leaves().iter().map(leaf).max().unwrap_or_default()
}

impl Known<'_> {
    fn asked(&self, metric: usize, arm: Arm, over: Over) -> Option<&Reading> {
        let question = Question { metric: self.check.names[metric].clone(), arm, over };
        self.check.evidence.others.get(&question)
    }

    fn mean(&self, wave: usize, metric: usize) -> Told {
        match self.model.means.get(wave).map(|means| means[metric]) {
            Some((sum, count)) if count > 0 => Told::Is(sum / count as f64),
            _ => Told::None,
        }
    }

    /// Whether the test may say that at all, by what it rests on.
    fn bounds(&self, rule: usize, leaf: &Leaf, said: Truth3) -> Option<(&'static str, String)> {
        let has = |metric: usize| self.value(metric) != Told::None;
        let control = |metric: usize| {
            let reading = self.asked(metric, Arm::Control, Over::Usual);
            let few = matches!(reading, Some(Reading::NoData(NoData::TooFew { .. })));
            (finite(reading).is_some(), few)
        };
        let proofs = &self.model.proofs;
        let compared =
            |metric: usize| matches!(self.check.evidence.compared.get(&self.check.names[metric]), Some(Ok(_)));
        let broken = |what: &str| Some(("proofs-rest-on-what-was-counted", format!("{leaf:?} is {said:?}: {what}")));
        match leaf {
            Leaf::Regresses { metric, .. } | Leaf::Safe { metric, .. } => {
                let safe = matches!(leaf, Leaf::Safe { .. });
                let (value, few) = control(*metric);
                let known = has(*metric) && (value || few) && compared(*metric) && !proofs.none(rule, safe);
                match (leaf, said) {
                    (_, Truth3::Unknown) if known => broken("all is known"),
                    (_, Truth3::True | Truth3::False) if !known => broken("not all is known"),
                    (Leaf::Regresses { by, .. }, Truth3::True) if !proofs.may_be_worse(rule, 1.0 + by) => {
                        broken("it was never worse")
                    }
                    (Leaf::Regresses { .. }, Truth3::False) if proofs.must_be_worse(rule) => broken("it is worse"),
                    (Leaf::Safe { within, .. }, Truth3::True) if !proofs.may_be_safe(rule, 1.0 + within) => {
                        broken("it is not safe")
                    }
                    _ => None,
                }
            }
            Leaf::Trend { metric, .. } if !has(*metric) && said != Truth3::Unknown => broken("it has no value"),
            Leaf::Score { metrics, .. } if said != Truth3::Unknown => {
                let fresh = metrics.iter().all(|metric| has(*metric) && control(*metric).0);
                if fresh { None } else { broken("a group has no value") }
            }
            _ => None,
        }
    }
}

impl Facts for Known<'_> {
    fn value(&self, metric: usize) -> Told {
        if let Some(since) = self.check.shape.metrics[metric].posted {
            return Told::Is(self.model.posted.count(since, self.check.now) as f64);
        }
        finite(self.check.evidence.readings.get(&self.check.names[metric])).map_or(Told::None, Told::Is)
    }

    fn elsewhere(&self, metric: usize, place: Place) -> Told {
        let shape = self.check.shape;
        match place {
            Place::Baseline => self.model.baseline[metric].map_or(Told::None, Told::Is),
            Place::Control => finite(self.asked(metric, Arm::Control, Over::Usual)).map_or(Told::None, Told::Is),
            Place::Wave(doc) => self.mean(shape.last_of(doc), metric),
            Place::Previous if self.model.watching() => self.mean(self.model.wave, metric),
            Place::Previous => self.model.wave.checked_sub(1).map_or(Told::None, |wave| self.mean(wave, metric)),
        }
    }

    fn over(&self, metric: usize, span: Duration) -> Told {
        finite(self.asked(metric, Arm::Candidate, Over::Span(span))).map_or(Told::None, Told::Is)
    }

    fn fires(&self, severity: &str) -> Truth3 {
        let fires = self.model.severities().contains(&severity);
        if fires { Truth3::True } else { Truth3::False }
    }

    fn lasted(&mut self, rule: usize, holds: Option<bool>, lasting: Duration) -> Truth3 {
        let now = self.check.now;
        match holds {
            Some(false) => {
                self.model.slow_since.remove(&rule);
                Truth3::False
            }
            None => {
                let gap = i64::try_from(self.gap.as_millis()).unwrap();
                if let Some(moment) = self.model.slow_since.get_mut(&rule) {
                    *moment = moment.saturating_add(gap).min(now);
                }
                Truth3::Unknown
            }
            Some(true) => {
                let began = self.model.slow_since.get(&rule).map_or(now, |moment| (*moment).min(now));
                self.model.slow_since.insert(rule, began);
                if since(now, began) >= lasting { Truth3::True } else { Truth3::False }
            }
        }
    }

    fn statistical(&mut self, rule: usize, leaf: &Leaf) -> Verdict {
        let Some(finding) = self.finding else { return Verdict::of(Truth3::Hidden) };
        let judgement = &finding.judgement;
        let truth = match judgement.truth {
            Truth::True => Truth3::True,
            Truth::False => Truth3::False,
            Truth::Unknown => Truth3::Unknown,
        };
        let bit = |(name, _): &(MetricName, _)| self.check.names.iter().position(|own| own == name);
        let missing = judgement.missing.iter().filter_map(bit).fold(0, |bits, metric| bits | 1 << metric);
        if self.impossible.is_none() {
            self.impossible = self.bounds(rule, leaf, truth);
        }
        Verdict { truth, pending: judgement.pending, missing }
    }
}

/// What the program found of each condition of which the simulator knows better.
pub fn differs(shape: &Shape, stage: &[usize], verdicts: &[Verdict], findings: &[Finding]) -> Option<String> {
    if stage.len() != findings.len() {
        return Some(format!("{} conditions were judged, and there are {}", findings.len(), stage.len()));
    }
    let different = |((rule, verdict), finding): &((&usize, &Verdict), &Finding)| {
        let judgement = &finding.judgement;
        let truth = match judgement.truth {
            Truth::True => Truth3::True,
            Truth::False => Truth3::False,
            Truth::Unknown => Truth3::Unknown,
        };
        let of_list = finding.list.as_str() == shape.rules[**rule].list.field();
        !of_list || truth != verdict.truth || judgement.pending != verdict.pending
    };
    let mut all = stage.iter().zip(verdicts).zip(findings);
    let ((rule, verdict), finding) = all.find(different)?;
    Some(format!("{:?} is {verdict:?}, and was found {finding:?}", shape.rules[*rule]))
}

/// Metrics by their names, as far as there is room for them.
pub fn names(shape: &Shape) -> Vec<MetricName> {
    assert!(shape.metrics.len() <= METRICS, "{} metrics", shape.metrics.len());
    shape.metrics.iter().map(|metric| MetricName::new(metric.name).unwrap()).collect()
}
