//! The waves of a rollout document, and the watch after them.

use super::clauses::{Placed, clauses, in_order};
use super::fields::Fields;
use super::group::group;
use super::metrics::Metrics;
use super::ramp::{Ramp, ramp};
use super::reader::Reader;
use super::shape;
use crate::analysis::Place;
use crate::flag::{Expression, Part, Parts, lower_expression};
use crate::rollout::{After, List, Wave};
use crate::source::{Entry, Node, Value};
use crate::units::{Exposure, WaveName, format_duration};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The time between checks when nothing is said.
const EVERY: Duration = Duration::from_secs(60);

const SHORTEST_EVERY: Duration = Duration::from_secs(1);
const LONGEST_EVERY: Duration = Duration::from_secs(7 * 86_400);
const SHORTEST_BAKE: Duration = Duration::from_secs(1);
const LONGEST_BAKE: Duration = Duration::from_secs(366 * 86_400);

/// The most waves of one rollout.
const MOST: usize = 100;

/// The most waves of one rollout with all steps of its ramps.
const MOST_WITH_STEPS: usize = 200;

/// More outcomes than any wave will have.
const MOST_SAMPLES: u64 = 1_000_000_000_000;

/// More is no holdback but a wave of its own.
const MOST_HELD_BACK: Exposure = match Exposure::from_ppm(500_000) {
    Some(half) => half,
    None => Exposure::ALL,
};

/// Reads `always`: what is looked at in every wave.
pub(super) fn always(node: &Node<'_>, metrics: &Metrics, reader: &mut Reader<'_>) -> Option<Vec<Placed>> {
    let fields = Fields::read(node, &shape::ALWAYS, reader)?;
    let lists = [List::Close, List::StepBack, List::Hold, List::Notify];
    clauses(&fields, &lists, metrics.everywhere(), metrics, reader)
}

/// A wave with the places of its conditions.
#[derive(Debug)]
pub(super) struct WaveRead {
    pub(super) wave: Wave,
    pub(super) clauses: Vec<Placed>,
    /// It is a step of a ramp, and not its end.
    pub(super) step: bool,
}

/// Reads `waves`: at least one, each with its own name, and none that takes back what the one before gave.
pub(super) fn waves(
    node: &Node<'_>,
    always: &[Placed],
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) -> Option<Vec<WaveRead>> {
    let Some(items) = node.as_array() else {
        reader.problems.add(node.span, format!("`waves` is {} where a list is expected", node.kind()));
        return None;
    };
    if items.is_empty() || items.len() > MOST {
        let message = format!("`waves` has {} waves", items.len());
        reader.complain(node.span, message, format!("write at least one and at most {MOST}"));
        return None;
    }
    let mut seen = Seen::default();
    let read: Vec<Option<Vec<WaveRead>>> =
        items.iter().enumerate().map(|item| wave(item, always, metrics, &mut seen, reader)).collect();
    steps_have_their_own_names(items, &read, &seen, reader);
    let waves: Vec<WaveRead> = read.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    if waves.len() > MOST_WITH_STEPS {
        let message = format!("with all steps of its ramps the plan has {} waves", waves.len());
        reader.complain(node.span, message, format!("write at most {MOST_WITH_STEPS} waves and steps"));
        return None;
    }
    Some(waves)
}

/// The steps of a ramp `grow` are waves named `grow.0`, `grow.1` and so on, which no other wave may be.
fn steps_have_their_own_names(
    items: &[Node<'_>],
    read: &[Option<Vec<WaveRead>>],
    seen: &Seen,
    reader: &mut Reader<'_>,
) {
    for (item, waves) in items.iter().zip(read) {
        let Some((last, steps)) = waves.as_deref().and_then(|waves| waves.split_last()) else { continue };
        let taken = steps.iter().map(|step| &step.wave.name).find(|name| seen.names.contains(*name));
        if let (Some(taken), Some(node)) = (taken, item.get("name")) {
            let message = format!("a step of the ramp `{}` is named `{taken}`, as another wave is", last.wave.name);
            reader.complain(node.span, message, "give one of them another name");
        }
    }
}

/// What the waves so far were.
#[derive(Debug, Default)]
struct Seen {
    names: BTreeSet<WaveName>,
    /// Who has the candidate by then; `None` before the first wave.
    parts: Option<Parts>,
    /// What the last wave brought.
    last: Option<Part>,
}

fn wave(
    (index, node): (usize, &Node<'_>),
    always: &[Placed],
    metrics: &Metrics,
    seen: &mut Seen,
    reader: &mut Reader<'_>,
) -> Option<Vec<WaveRead>> {
    let fields = Fields::read(node, &shape::WAVE, reader)?;
    let name = wave_name(&fields, seen, reader);
    let (part, ramp) = part(&fields, seen, reader).unzip();
    let timing = timing(&fields, "bake", "how long the wave is observed at least, for instance `bake: 24h`", reader);
    let approval = fields.get("approval").map_or(Some(None), |node| approval(node, reader));
    let min_samples = match fields.get("min_samples") {
        Some(node) => min_samples(node, metrics, reader),
        None => Some(0),
    };
    let lists = [List::Close, List::StepBack, List::Hold, List::Notify, List::Early, List::Advance];
    let own = clauses(&fields, &lists, Place::Wave(index), metrics, reader);
    let (bake, every) = timing?;
    let Part { exposure, audience, .. } = part?;
    let mut clauses = in_order(&[always, metrics.thresholds(), &own?]);
    clauses.retain(|placed| metrics.has_waves_before(&placed.clause.when, index));
    let wave = Wave {
        name: name?,
        exposure,
        audience,
        bake,
        every,
        min_samples: min_samples?,
        approval: approval?,
        clauses: clauses.iter().map(|placed| placed.clause.clone()).collect(),
    };
    let read = WaveRead { wave, clauses, step: false };
    match ramp? {
        Some(ramp) => ramp.waves(read, reader),
        None => Some(vec![read]),
    }
}

/// What is counted must be something that applications post.
fn min_samples(node: &Node<'_>, metrics: &Metrics, reader: &mut Reader<'_>) -> Option<u64> {
    let least = reader.whole_number(node, "min_samples", 1..=MOST_SAMPLES, "min_samples: 500")?;
    if !metrics.have_outcomes() {
        let message = "`min_samples` counts outcomes, and no metric here counts any";
        reader.complain(
            node.span,
            message,
            "define one, such as `errors: { provider: outcomes, measure: error_ratio }`",
        );
        return None;
    }
    Some(least)
}

fn wave_name(fields: &Fields<'_>, seen: &mut Seen, reader: &mut Reader<'_>) -> Option<WaveName> {
    let node = fields.needed("name", "for instance `name: beta`", reader)?;
    let name = reader.name(node, "name", WaveName::new)?;
    if !seen.names.insert(name.clone()) {
        reader.complain(node.span, format!("a wave before this one is named `{name}`"), "give each wave its own name");
    }
    Some(name)
}

/// Whom a wave opens to at first, a group or a share and perhaps an audience, and how it goes on from there.
fn part(fields: &Fields<'_>, seen: &mut Seen, reader: &mut Reader<'_>) -> Option<(Part, Option<Ramp>)> {
    let (part, node) = match fields.entry("group") {
        Some(entry) => (named_group(entry, fields, reader), &entry.value),
        None => {
            let node = fields.needed("exposure", "for instance `exposure: 25%`, or a `group`", reader);
            let exposure = node.and_then(|node| exposure(node, reader));
            let audience = match fields.get("audience") {
                Some(node) => audience(node, "audience", reader).map(Some),
                None => Some(None),
            };
            (Some(Part { step: 0, exposure: exposure?, audience: audience? }), node?)
        }
    };
    let part = part?;
    must_grow(&part, seen, node, reader);
    seen.parts = Some(match seen.parts.take() {
        Some(before) => before.with(part.clone()),
        None => Parts::of(part.clone()),
    });
    // That a group has none is told already.
    let ramp = match fields.get("ramp").filter(|_| fields.entry("group").is_none()) {
        Some(node) => Some(ramp(node, part.exposure, reader)?),
        None => None,
    };
    let end = Part { exposure: ramp.map_or(part.exposure, |ramp| ramp.to), ..part.clone() };
    if ramp.is_some() {
        seen.parts = seen.parts.take().map(|parts| parts.with(end.clone()));
    }
    seen.last = Some(end);
    Some((part, ramp))
}

fn named_group(entry: &Entry<'_>, fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Part> {
    for (field, hint) in [
        ("exposure", "write it inside the group"),
        ("audience", "write it as the group's `rule`"),
        ("ramp", "a group is opened at once: write the ramp as a wave of its own"),
    ] {
        if let Some(beside) = fields.entry(field) {
            reader.complain(beside.key_span, format!("the wave has both `group` and `{field}`"), hint);
        }
    }
    // That it has no value is told already.
    (entry.value.value != Value::Null).then(|| group(&entry.value, reader)).flatten()
}

/// Each wave opens to somebody new, or looks once more at just those that the one before opened to.
fn must_grow(part: &Part, seen: &Seen, node: &Node<'_>, reader: &mut Reader<'_>) {
    let Some(before) = seen.parts.as_ref().filter(|_| !reader.kept) else { return };
    if let Some(share) = before.of_the_audience_of(part).filter(|share| part.exposure < *share) {
        let message = format!("the exposure falls from {share} to {}", part.exposure);
        reader.complain(node.span, message, "put the waves in order: whoever has the candidate must not lose it");
    } else if before.covers(part) && seen.last.as_ref() != Some(part) {
        let message = "the wave opens to nobody new: the waves before it have opened to everybody it names";
        reader.complain(node.span, message, "remove it, or give it a larger exposure or another audience");
    }
}

/// Reads a share that is not nobody.
pub(super) fn exposure(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Exposure> {
    if let Value::Number(number) = &node.value {
        let message = format!("`exposure` is the number {number} where a percentage is expected");
        reader.complain(node.span, message, format!("write `{number}%` if that is meant"));
        return None;
    }
    let text = reader.text(node, "exposure")?;
    let exposure = Exposure::parse(text).map_err(|error| reader.problems.add(node.span, error.to_string())).ok()?;
    if exposure == Exposure::NONE {
        reader.complain(node.span, "an exposure of 0% opens nothing", "the smallest step is 0.0001%");
        return None;
    }
    Some(exposure)
}

fn approval(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Option<Arc<str>>> {
    match &node.value {
        Value::Bool(false) => Some(None),
        Value::Bool(true) => Some(Some(Arc::from("a person"))),
        Value::String(_) => reader.text(node, "approval").map(|who| Some(Arc::from(who))),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            let message = format!("`approval` is {}", node.kind());
            reader.complain(
                node.span,
                message,
                "write who must agree, such as `release-managers`, or `true` or `false`",
            );
            None
        }
    }
}

/// Reads `after`. What is always looked at is looked at here too; what would step back closes, for the watch opened
/// nothing that could be taken back alone.
pub(super) fn after(
    node: &Node<'_>,
    always: &[Placed],
    metrics: &Metrics,
    reader: &mut Reader<'_>,
) -> Option<(After, Vec<Placed>)> {
    let fields = Fields::read(node, &shape::AFTER, reader)?;
    let timing = timing(&fields, "watch", "how long to watch, for instance `watch: 14d`", reader);
    let holdback = match fields.get("holdback") {
        Some(node) => holdback(node, reader),
        None => Some(Exposure::NONE),
    };
    let lists = [List::Close, List::StepBack, List::Hold, List::Notify];
    let own = clauses(&fields, &lists, Place::Watch, metrics, reader);
    let ((watch, every), holdback) = (timing?, holdback?);
    let mut clauses = in_order(&[always, metrics.thresholds(), &own?]);
    // Nothing follows the watch that a target could let it go on to.
    clauses.retain(|placed| lists.contains(&placed.clause.list));
    let after = After { watch, every, holdback, clauses: clauses.iter().map(|placed| placed.clause.clone()).collect() };
    Some((after, clauses))
}

fn holdback(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Exposure> {
    let text = reader.text(node, "holdback")?;
    let holdback = Exposure::parse(text).map_err(|error| reader.problems.add(node.span, error.to_string())).ok()?;
    if holdback == Exposure::NONE || holdback > MOST_HELD_BACK {
        let message = format!("a holdback of {holdback} is not from 0.0001% to {MOST_HELD_BACK}");
        reader.complain(node.span, message, "for instance `holdback: 1%`; leave it out to hold nobody back");
        return None;
    }
    Some(holdback)
}

/// How long and how often to look.
fn timing(fields: &Fields<'_>, name: &str, hint: &str, reader: &mut Reader<'_>) -> Option<(Duration, Duration)> {
    let node = fields.needed(name, hint, reader);
    let every = match fields.get("every") {
        Some(node) => reader.duration(node, "every", SHORTEST_EVERY..=LONGEST_EVERY),
        None => Some(EVERY),
    };
    let node = node?;
    let length = reader.duration(node, name, SHORTEST_BAKE..=LONGEST_BAKE)?;
    let every = every?;
    if length >= SHORTEST_BAKE && every >= SHORTEST_EVERY && length < every {
        let (written, between) = (format_duration(length), format_duration(every));
        let message = format!("`{name}` is {written}, shorter than `every`, the {between} between two checks");
        reader.complain(node.span, message, format!("write a shorter `every`, or a longer `{name}`"));
    }
    Some((length, every))
}

/// Reads a rule in JSONLogic. A value that is no rule would mean everybody or nobody, by accident.
pub(super) fn audience(node: &Node<'_>, field: &str, reader: &mut Reader<'_>) -> Option<Arc<Expression>> {
    if node.value == Value::Null {
        return None;
    }
    if node.as_object().is_none() {
        let message = format!("`{field}` is {} where a rule in JSONLogic is expected", node.kind());
        reader.complain(node.span, message, "for instance `{ ends_with: [ { var: email }, \"@company.example\" ] }`");
        return None;
    }
    lower_expression(node, &mut reader.problems).map(Arc::new)
}
