//! What the answers of one check mean by the plan, as far as they tell: what rests on more than they is left
//! open, for the lean driver judges that.

use crate::shape::{Bound, Facts, Leaf, List, Place, Scope, Shape, Silence, Told, Truth3, Verdict, When, judge};
use std::collections::BTreeMap;
use std::time::Duration;
use tidegate::analysis::Reading;
use tidegate::rollout::{Arm, Over};

/// The answers of one check, by metric.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    pub own: BTreeMap<usize, Reading>,
    pub others: BTreeMap<(usize, Arm, Over), Reading>,
}

/// What they mean in a wave or in the watch. Each is true only where it is certain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Grounds {
    pub closes: bool,
    /// It may go back by them.
    pub may_go_back: bool,
    pub holds: bool,
    pub blind: bool,
    /// Something that must be true to go on is not.
    pub bad: bool,
    /// The bake may end before its time.
    pub may_be_early: bool,
}

impl Grounds {
    pub const fn clear(self) -> bool {
        !self.closes && !self.holds && !self.blind
    }
}

fn told(reading: Option<&Reading>) -> Told {
    match reading {
        Some(Reading::Value { value, .. }) if value.is_finite() => Told::Is(*value),
        Some(_) => Told::None,
        None => Told::Hidden,
    }
}

struct Known<'k>(&'k Shape, &'k Answers);

impl Facts for Known<'_> {
    fn value(&self, metric: usize) -> Told {
        match self.0.metrics[metric].posted {
            Some(_) => Told::Hidden,
            None => told(self.1.own.get(&metric)),
        }
    }

    fn elsewhere(&self, metric: usize, place: Place) -> Told {
        match place {
            Place::Control => told(self.1.others.get(&(metric, Arm::Control, Over::Usual))),
            Place::Baseline | Place::Wave(_) | Place::Previous => Told::Hidden,
        }
    }

    fn over(&self, metric: usize, span: Duration) -> Told {
        told(self.1.others.get(&(metric, Arm::Candidate, Over::Span(span))))
    }

    fn fires(&self, _: &str) -> Truth3 {
        Truth3::Hidden
    }

    fn lasted(&mut self, _: usize, holds: Option<bool>, _: Duration) -> Truth3 {
        match holds {
            Some(false) => Truth3::False,
            Some(true) | None => Truth3::Hidden,
        }
    }

    fn statistical(&mut self, _: usize, leaf: &Leaf) -> Verdict {
        match leaf.metrics().iter().find(|metric| self.value(**metric) == Told::None) {
            Some(metric) => Verdict::missing(*metric),
            None => Verdict::of(Truth3::Hidden),
        }
    }
}

impl Answers {
    pub fn mean(&self, shape: &Shape, wave: usize, watching: bool) -> Grounds {
        let mut grounds = Grounds::default();
        let mut early = None;
        for index in shape.stage(wave, watching) {
            let rule = &shape.rules[*index];
            let verdict = judge(*index, rule, &mut Known(shape, self));
            if rule.observe || rule.list == List::Notify {
                continue;
            }
            match (rule.list, verdict.truth) {
                (List::Early, truth) => {
                    early = Some(early.unwrap_or(true) && matches!(truth, Truth3::True | Truth3::Hidden))
                }
                (List::Close, Truth3::True) => grounds.closes = true,
                (List::Back, Truth3::True | Truth3::Hidden) => grounds.may_go_back = true,
                (List::Hold, Truth3::True) => grounds.holds = true,
                // Without data it is not true, whatever else comes of having none.
                (List::Advance, Truth3::False | Truth3::Unknown) => grounds.bad = true,
                (_, Truth3::Unknown) => {
                    let ignored = |metric: usize| matches!(shape.metrics[metric].silence, Silence::IsIgnored(_));
                    let missing = (0..shape.metrics.len()).filter(|metric| verdict.missing & (1 << metric) != 0);
                    grounds.blind |= missing.into_iter().any(|metric| !ignored(metric));
                }
                _ => {}
            }
        }
        grounds.may_be_early = early == Some(true);
        grounds
    }

    /// They close in every wave, at once.
    pub fn close_at_once(&self, shape: &Shape) -> bool {
        shape.rules.iter().any(|rule| {
            let plain = |leaf: &Leaf| match leaf {
                Leaf::Compare { metric, above: true, bound: Bound::Fixed(bound), lasting: None } => {
                    self.is_over(*metric, *bound)
                }
                _ => false,
            };
            let everywhere = matches!(rule.scope, Scope::Always | Scope::Threshold);
            let closes = rule.list == List::Close && !rule.observe && everywhere;
            closes && matches!(&rule.when, When::One(leaf) if plain(leaf))
        })
    }

    fn is_over(&self, metric: usize, bound: f64) -> bool {
        matches!(told(self.own.get(&metric)), Told::Is(value) if value > bound)
    }

    /// Some rule may close, or go back from the first wave, by values like these.
    pub fn may_close(&self, shape: &Shape) -> bool {
        shape.rules.iter().enumerate().any(|(index, rule)| {
            let severe = matches!(rule.list, List::Close | List::Back) && !rule.observe;
            let verdict = || judge(index, rule, &mut Known(shape, self)).truth;
            let good = |metric: &usize| !self.is_over(*metric, shape.metrics[*metric].values[0] * 1.2);
            let remembers = rule.is_statistical() || rule.when.leaves().iter().any(|leaf| is_posted(shape, leaf));
            severe
                && match verdict() {
                    Truth3::True => true,
                    Truth3::Hidden => remembers || !rule.when.leaves().iter().flat_map(Leaf::metrics).all(good),
                    Truth3::False | Truth3::Unknown => false,
                }
        })
    }

    /// A metric whose silence closes says nothing.
    pub fn are_silent(&self, shape: &Shape) -> bool {
        let silent = |index: usize| told(self.own.get(&index)) == Told::None;
        (0..shape.metrics.len())
            .any(|index| matches!(shape.metrics[index].silence, Silence::Closes(_)) && silent(index))
    }
}

fn is_posted(shape: &Shape, leaf: &Leaf) -> bool {
    leaf.metrics().iter().any(|metric| shape.metrics[*metric].posted.is_some())
}
