//! A condition of the stage, what the last check made of it, and how far it is from being otherwise.

use super::distance::Distance;
use super::part::Part;
use super::sight::Scene;
use crate::analysis::Condition;
use crate::rollout::{Clause, List};
use crate::units::format_duration;
use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

/// A condition and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Which of the plan's lists it stands in.
    pub list: List,
    /// Nothing comes of it.
    pub observe: bool,
    /// The condition in canonical form.
    pub condition: Arc<str>,
    /// `pass`, `fail`, `warn` or `no-data`; `None` while no check of this stage was made.
    pub verdict: Option<&'static str>,
    /// What the last check saw; empty while there was none.
    pub seen: String,
    /// The parts that it is made of.
    pub parts: Vec<Part>,
    /// How many times a value would have to grow, or shrink to how small a part, until it is true: 1 or more, the
    /// smaller the nearer. `None` where that is not known.
    pub factor: Option<f64>,
    /// When it comes true if all stays as it was at the last check: what is left of each `for` that runs. `None` where
    /// it does not come true by time alone.
    pub in_time: Option<Duration>,
    /// All of it in one sentence without a full stop: `error_rate is 2.1%, closes over 10% for 5m: 7.9 points away`.
    pub sentence: String,
}

impl Check {
    pub(super) fn of(scene: &Scene<'_>, position: usize, clause: &Clause) -> Self {
        let finding = scene.finding(position, &clause.text);
        let judgement = finding.map(|finding| &finding.judgement);
        let mut parts = Vec::new();
        clause.when.each_leaf(&mut |leaf| parts.push(Part::of(scene, clause, leaf, judgement)));
        let mut told = parts.iter();
        let in_time = together(&clause.when, &mut parts.iter(), in_time, Ord::cmp).filter(|_| finding.is_some());
        let sentence = if matches!(clause.when, Condition::All(_) | Condition::Any(_)) {
            let left = in_time.filter(|left| !left.is_zero()).map(format_duration);
            let left = left.map(|left| format!(": so it is in {left} unless it ends")).unwrap_or_default();
            format!("{}: {}{left}", comes_of(scene, clause), joined(&clause.when, &mut told))
        } else {
            alone(scene, clause, told.next())
        };
        Self {
            list: clause.list,
            observe: clause.observe,
            condition: Arc::clone(&clause.text),
            verdict: finding.map(crate::rollout::Finding::verdict),
            seen: judgement.map(|judgement| judgement.seen.clone()).unwrap_or_default(),
            factor: together(&clause.when, &mut parts.iter(), factor, f64::total_cmp),
            in_time,
            parts,
            sentence,
        }
    }
}

/// How far each part is, put together: of those that must all be true the farthest counts, else the nearest. `parts`
/// are the leaves in their order; what is not known of one of them is not known of all.
fn together<'p, T>(
    condition: &Condition,
    parts: &mut impl Iterator<Item = &'p Part>,
    of: fn(&Part) -> Option<T>,
    order: fn(&T, &T) -> Ordering,
) -> Option<T> {
    match condition {
        Condition::All(all) => {
            let all: Vec<Option<T>> = all.iter().map(|one| together(one, &mut *parts, of, order)).collect();
            all.into_iter().collect::<Option<Vec<T>>>()?.into_iter().max_by(order)
        }
        Condition::Any(any) => {
            let any: Vec<Option<T>> = any.iter().map(|one| together(one, &mut *parts, of, order)).collect();
            any.into_iter().flatten().min_by(order)
        }
        Condition::Compare(_)
        | Condition::Trend(_)
        | Condition::Burn(_)
        | Condition::Regresses(_)
        | Condition::ProvedSafe(_)
        | Condition::Score(_)
        | Condition::Alert(_) => of(parts.next()?),
    }
}

/// How many times a part's value would have to change.
fn factor(part: &Part) -> Option<f64> {
    match part.distance {
        Distance::There => Some(1.0),
        Distance::Away { times: Some(times), .. } if times > 0.0 => Some(times.max(1.0 / times)),
        Distance::Away { .. } | Distance::Unknown => None,
    }
}

/// When a part comes true by time alone. What is true already needs none; a `for` needs what is left of it; whatever
/// else is not true does not become so by waiting.
fn in_time(part: &Part) -> Option<Duration> {
    match (part.distance, part.lasting) {
        (Distance::There, None) => Some(Duration::ZERO),
        (Distance::There, Some(lasting)) => lasting.since.map(|_| lasting.left()),
        (Distance::Away { .. } | Distance::Unknown, _) => None,
    }
}

/// What comes of a condition that is true.
fn comes_of(scene: &Scene<'_>, clause: &Clause) -> &'static str {
    match (clause.observe, clause.list) {
        (true, _) => "is only observed",
        (false, List::Close) => "closes when it is so",
        (false, List::StepBack) if !scene.has_wave_before() => {
            "closes when it is so, for there is no way back from here"
        }
        (false, List::StepBack) => "goes back a wave when it is so",
        (false, List::Hold) => "holds while it is so",
        (false, List::Notify) => "is told when it is so",
        (false, List::Early) => "ends the bake when it is so",
        (false, List::Advance) => "must be so to go on",
    }
}

/// The same as a word before where it becomes true.
fn verb(scene: &Scene<'_>, clause: &Clause) -> Option<&'static str> {
    match (clause.observe, clause.list) {
        (true, _) => Some("is noted"),
        (false, List::Close) => Some("closes"),
        (false, List::StepBack) if !scene.has_wave_before() => Some("closes"),
        (false, List::StepBack) => Some("goes back a wave"),
        (false, List::Hold) => Some("holds"),
        (false, List::Notify) => Some("is told"),
        (false, List::Early | List::Advance) => None,
    }
}

/// A condition of one part. Of a comparison what comes of it is said between the value and the bound.
fn alone(scene: &Scene<'_>, clause: &Clause, part: Option<&Part>) -> String {
    let Some(part) = part else { return clause.text.to_string() };
    let (leaf, said) = (&clause.when, &part.sentence);
    match (verb(scene, clause), part.distance, part.lasting) {
        (Some(verb), Distance::Away { .. }, _) => {
            between(part, verb).unwrap_or_else(|| format!("{said} ({})", comes_of(scene, clause)))
        }
        (Some(verb), Distance::There, Some(lasting)) if !lasting.left().is_zero() => {
            format!("{said}: {verb} in {} unless it ends", format_duration(lasting.left()))
        }
        (Some(verb), Distance::Unknown, _) if matches!(leaf, Condition::Alert(_)) => {
            format!("{said}: one that does {verb} it")
        }
        (Some(verb), Distance::There, _) => format!("{said}: {verb}"),
        (None, Distance::Away { .. } | Distance::There, _) if matches!(leaf, Condition::Compare(_)) => said.clone(),
        (verb, Distance::Unknown, _) => {
            unknown(part, verb.unwrap_or("must be")).unwrap_or_else(|| format!("{said} ({})", comes_of(scene, clause)))
        }
        (None, Distance::Away { .. } | Distance::There, _) => format!("{said} ({})", comes_of(scene, clause)),
    }
}

/// `error_rate closes over 10% for 5m: it was not looked at yet`, of a comparison that nothing is known of.
fn unknown(part: &Part, verb: &str) -> Option<String> {
    let (metric, side) = (part.metric.as_ref()?, part.side.as_ref()?);
    let why = match (&part.missing, &part.figure) {
        (Some(why), _) => format!("that cannot be said ({})", why.of(metric)),
        (None, None) => "it was not looked at yet".to_owned(),
        (None, Some(figure)) => format!("it is {}, and the bound is not known", figure.quantity.format(figure.value)),
    };
    Some(format!("{metric} {verb} {side}: {why}"))
}

/// `error_rate is 2.1%, closes over 10% for 5m: 7.9 points away`.
fn between(part: &Part, verb: &str) -> Option<String> {
    let (metric, figure, side) = (part.metric.as_ref()?, part.figure.as_ref()?, part.side.as_ref()?);
    let away = part.distance.told(figure.quantity)?;
    Some(format!("{metric} is {}, {verb} {side}: {away}", figure.quantity.format(figure.value)))
}

/// The parts in the order in which they stand, with what joins them.
fn joined<'p>(condition: &Condition, told: &mut impl Iterator<Item = &'p Part>) -> String {
    let (parts, word) = match condition {
        Condition::All(parts) => (parts, " and "),
        Condition::Any(parts) => (parts, " or "),
        Condition::Compare(_)
        | Condition::Trend(_)
        | Condition::Burn(_)
        | Condition::Regresses(_)
        | Condition::ProvedSafe(_)
        | Condition::Score(_)
        | Condition::Alert(_) => return told.next().map(|part| format!("({})", part.sentence)).unwrap_or_default(),
    };
    let parts: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Condition::All(_) | Condition::Any(_) => format!("[{}]", joined(part, told)),
            Condition::Compare(_)
            | Condition::Trend(_)
            | Condition::Burn(_)
            | Condition::Regresses(_)
            | Condition::ProvedSafe(_)
            | Condition::Score(_)
            | Condition::Alert(_) => joined(part, told),
        })
        .collect();
    parts.join(word)
}
