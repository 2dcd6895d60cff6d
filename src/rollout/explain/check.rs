//! A condition of the stage, what the last check made of it, and how far it is from being otherwise.

use super::distance::Distance;
use super::part::Part;
use super::sight::Scene;
use crate::analysis::{Condition, Judgement};
use crate::rollout::reach::looks_back;
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
    /// When it is expected to come true at the rate so far, as of the last check: by what a test still needs. `None`
    /// where nobody can expect that.
    pub expected: Option<Duration>,
    /// All of it in one sentence without a full stop: `error_rate is 2.1%, closes over 10% for 5m: 7.9 points away`.
    pub sentence: String,
}

impl Check {
    pub(super) fn of(scene: &Scene<'_>, position: usize, clause: &Clause) -> Self {
        let finding = scene.finding(position, &clause.text);
        let judgement = finding.map(|finding| &finding.judgement);
        let mut parts = Vec::new();
        part_by_part(&clause.when, judgement, &mut |leaf, judgement| {
            parts.push(Part::of(scene, clause, leaf, judgement));
        });
        let mut told = parts.iter();
        let in_time = together(&clause.when, &mut parts.iter(), in_time, Ord::cmp).filter(|_| finding.is_some());
        let in_time = in_time.map(|left| window_left(scene, clause).map_or(left, |window| left.max(window)));
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
            expected: together(&clause.when, &mut parts.iter(), expected, Ord::cmp).filter(|_| in_time.is_none()),
            in_time,
            parts,
            sentence,
        }
    }
}

/// Calls `take` with each part that is not made of others, and with what was made of just that part.
fn part_by_part(
    condition: &Condition,
    judgement: Option<&Judgement>,
    take: &mut dyn FnMut(&Condition, Option<&Judgement>),
) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            for (index, part) in parts.iter().enumerate() {
                part_by_part(part, judgement.and_then(|judgement| judgement.parts.get(index)), take);
            }
        }
        Condition::Compare(_)
        | Condition::Trend(_)
        | Condition::Burn(_)
        | Condition::Regresses(_)
        | Condition::ProvedSafe(_)
        | Condition::Score(_)
        | Condition::Alert(_) => take(condition, judgement),
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
    if part.suspected {
        // It may be proved at any check.
        return Some(1.0);
    }
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

/// When a part is expected to be true: what is true by time alone then, and what a test is on its way to prove.
fn expected(part: &Part) -> Option<Duration> {
    in_time(part).or(part.expected)
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
        (false, List::Notify) => "notifies when it is so",
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
        (false, List::Notify) => Some("notifies"),
        (false, List::Early | List::Advance) => None,
    }
}

/// A condition of one part: what comes of it is said between what the part is and where that becomes true.
fn alone(scene: &Scene<'_>, clause: &Clause, part: Option<&Part>) -> String {
    let Some(part) = part else { return clause.text.to_string() };
    let (verb, words, said) = (verb(scene, clause), &part.words, &part.sentence);
    if let Condition::Alert(_) = clause.when {
        return of_alert(part, verb.unwrap_or("must be so to go on"));
    }
    if part.distance == Distance::There {
        let left = part.lasting.map(|lasting| lasting.left()).filter(|left| !left.is_zero()).map(format_duration);
        return match (verb, left) {
            (Some(verb), _) if window_left(scene, clause).is_some() => {
                let left = window_left(scene, clause).map(format_duration).unwrap_or_default();
                format!(
                    "{said}: holds, and {verb} in {left} if it is so then; until then it may see the wave it came from"
                )
            }
            (Some(verb), Some(left)) => format!("{said}: {verb} in {left} unless it ends"),
            (Some(verb), None) => format!("{said}: {verb}"),
            (None, Some(left)) => format!("{said}: {left} more"),
            (None, None) => format!("{said}, as it must be"),
        };
    }
    let wanted = match verb {
        Some(verb) => format!("{verb} {}", words.when),
        None => format!("must {}", words.must),
    };
    match (&words.is, &words.away, &part.missing) {
        (Some(is), Some(away), _) => format!("{is}, {wanted}: {away}"),
        (_, _, Some(why)) => format!("{} {wanted}: that cannot be said ({why})", words.of),
        (Some(is), None, None) => format!("{is}, {wanted}: how far that is, is not known"),
        (None, _, None) => format!("{} {wanted}: it was not looked at yet", words.of),
    }
}

/// `no alert(severity = "critical") fires: one that does closes it`.
fn of_alert(part: &Part, verb: &str) -> String {
    let said = &part.sentence;
    let comes = match verb {
        "closes" | "holds" => format!("{verb} it"),
        "goes back a wave" => "takes it back a wave".to_owned(),
        other => other.to_owned(),
    };
    match part.distance {
        Distance::There => format!("{said}: {verb}"),
        Distance::Away { .. } | Distance::Unknown => format!("{said}: one that does {comes}"),
    }
}

/// What takes it back holds only, until it sees nothing any more of the wave that it came back from: what is left of
/// that, as of the last check.
fn window_left(scene: &Scene<'_>, clause: &Clause) -> Option<Duration> {
    let stage = scene.stage;
    let waits = clause.list == List::StepBack && !clause.observe && stage.returned;
    let left = looks_back(scene.plan, clause).saturating_sub(stage.accounted().since(stage.entered));
    Some(left).filter(|left| waits && !left.is_zero())
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
