//! From a train's document to its plan, or to all its problems at once.

use super::fields::Fields;
use super::lower::{environment_of, named};
use super::reader::Reader;
use super::shape;
use crate::rollout::Attachments;
use crate::rollout::train::{Extent, Member, Train};
use crate::source::{Node, Problem, Text, Value};
use crate::units::RolloutName;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a member is watched when nothing is said.
const WATCH: Duration = Duration::from_secs(120);
const SHORTEST_WATCH: Duration = Duration::from_secs(1);
const LONGEST_WATCH: Duration = Duration::from_secs(31 * 86_400);

/// The most rollouts of one train.
const MOST: usize = 100;

/// Reads one document of `kind: Train`. The spans of `document` refer to `text`.
///
/// # Errors
/// With everything that is wrong with it, in the order of the places.
pub fn lower_train(document: &Node<'_>, text: &Text) -> Result<Train, Vec<Problem>> {
    let none = Attachments::none();
    let mut reader = Reader::new(text, &none);
    match (train(document, &mut reader), reader.problems.count()) {
        (Some(train), 0) => Ok(train),
        _ => Err(reader.problems.into_vec()),
    }
}

fn train(document: &Node<'_>, reader: &mut Reader<'_>) -> Option<Train> {
    let name = document.get("name").and_then(Node::as_str);
    reader.problems.set_subject(name.map(|name| format!("train `{name}`")));
    let fields = Fields::read(document, &shape::TRAIN, reader)?;
    if let Some(node) = fields.needed("kind", "write `kind: Train`", reader) {
        reader.word(node, "kind", &[("Train", ())], shape::LATER_KINDS);
    }
    let name = named(&fields, "name", RolloutName::new, reader);
    let environment = environment_of(&fields, reader);
    let watch = match fields.get("watch") {
        Some(node) => reader.duration(node, "watch", SHORTEST_WATCH..=LONGEST_WATCH),
        None => Some(WATCH),
    };
    let rollback = match fields.get("rollback") {
        Some(node) => reader.word(node, "extent of a rollback", shape::EXTENTS, &[]),
        None => Some(Extent::default()),
    };
    let cohorts = match fields.get("cohorts") {
        Some(node) => reader.word(node, "kind of cohorts", shape::COHORTS, &[]).map(Some),
        None => Some(None),
    };
    let members = fields
        .needed("rollouts", "name its rollouts in the order in which they are opened", reader)
        .and_then(|node| members(node, watch.unwrap_or(WATCH), reader));
    watch?;
    Some(Train { name: name?, environment: environment?, rollback: rollback?, cohorts: cohorts?, members: members? })
}

/// A member with the places of what it needs.
struct MemberRead<'n> {
    member: Member,
    needs: Vec<(&'n Node<'n>, RolloutName)>,
}

fn members(node: &Node<'_>, watch: Duration, reader: &mut Reader<'_>) -> Option<Vec<Member>> {
    let Some(items) = node.as_array() else {
        reader.problems.add(node.span, format!("`rollouts` is {} where a list is expected", node.kind()));
        return None;
    };
    if items.len() < 2 || items.len() > MOST {
        let message = format!("the train has {} rollout(s)", items.len());
        reader.complain(node.span, message, format!("name at least two and at most {MOST}"));
        return None;
    }
    let read: Vec<_> = items.iter().map(|item| member(item, watch, reader)).collect();
    let read: Vec<MemberRead<'_>> = read.into_iter().collect::<Option<_>>()?;
    let faults = reader.problems.count();
    each_rides_once(items, &read, reader);
    needs_come_before(&read, reader);
    (reader.problems.count() == faults).then(|| read.into_iter().map(|read| read.member).collect())
}

fn member<'n>(node: &'n Node<'n>, usual: Duration, reader: &mut Reader<'_>) -> Option<MemberRead<'n>> {
    if let Value::String(_) = node.value {
        let rollout = reader.name(node, "rollout", RolloutName::new)?;
        let member = Member { rollout, watch: usual, needs: BTreeSet::new() };
        return Some(MemberRead { member, needs: Vec::new() });
    }
    let fields = Fields::read(node, &shape::MEMBER, reader)?;
    let rollout = fields
        .needed("rollout", "the name of the rollout", reader)
        .and_then(|node| reader.name(node, "rollout", RolloutName::new));
    let watch = match fields.get("watch") {
        Some(node) => reader.duration(node, "watch", SHORTEST_WATCH..=LONGEST_WATCH),
        None => Some(usual),
    };
    let needs = match fields.get("needs") {
        Some(node) => needs(node, reader),
        None => Some(Vec::new()),
    };
    let (rollout, watch, needs) = (rollout?, watch?, needs?);
    let names = needs.iter().map(|(_, name)| name.clone()).collect();
    Some(MemberRead { member: Member { rollout, watch, needs: names }, needs })
}

fn needs<'n>(node: &'n Node<'n>, reader: &mut Reader<'_>) -> Option<Vec<(&'n Node<'n>, RolloutName)>> {
    let Some(items) = node.as_array() else {
        let message = format!("`needs` is {} where a list is expected", node.kind());
        reader.complain(node.span, message, "for instance `needs: [ core ]`");
        return None;
    };
    if items.len() > MOST {
        reader.complain(node.span, format!("`needs` has {} names", items.len()), format!("name at most {MOST}"));
        return None;
    }
    let read: Vec<_> = items.iter().map(|item| Some((item, reader.name(item, "needs", RolloutName::new)?))).collect();
    let read: Vec<_> = read.into_iter().collect::<Option<_>>()?;
    let mut seen = BTreeSet::new();
    for (item, name) in &read {
        if !seen.insert(name) {
            reader.complain(item.span, format!("`needs` names {name} twice"), "once is enough");
        }
    }
    Some(read)
}

fn each_rides_once(items: &[Node<'_>], read: &[MemberRead<'_>], reader: &mut Reader<'_>) {
    let mut seen = BTreeSet::new();
    for (item, read) in items.iter().zip(read) {
        if !seen.insert(&read.member.rollout) {
            let message = format!("{} is in the train twice", read.member.rollout);
            reader.complain(item.get("rollout").unwrap_or(item).span, message, "each rollout rides once");
        }
    }
}

/// What a rollout needs is open before it: so it comes before it, and nothing needs itself in the end.
fn needs_come_before(read: &[MemberRead<'_>], reader: &mut Reader<'_>) {
    let places: BTreeMap<&RolloutName, usize> =
        read.iter().enumerate().rev().map(|(index, read)| (&read.member.rollout, index)).collect();
    let graph: Vec<Vec<usize>> = read
        .iter()
        .map(|read| read.member.needs.iter().filter_map(|name| places.get(name).copied()).collect())
        .collect();
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for (index, one) in read.iter().enumerate() {
        for (node, needed) in &one.needs {
            let rollout = &one.member.rollout;
            let Some(place) = places.get(needed).copied() else {
                let hint = crate::source::suggest(needed.as_str(), places.keys().map(|name| name.as_str()))
                    .unwrap_or_else(|| "name it in the train, before what needs it".to_owned());
                reader.complain(node.span, format!("{rollout} needs {needed}, which is not in the train"), hint);
                continue;
            };
            match circle(&graph, place, index) {
                Some(way) if way.iter().all(|step| !told.contains(step)) => {
                    let names = way.iter().filter_map(|step| read.get(*step)).map(|read| read.member.rollout.as_str());
                    let way = [rollout.as_str()].into_iter().chain(names).collect::<Vec<_>>().join(" needs ");
                    reader.complain(node.span, format!("a circle: {way}"), "one of them must be able to be open alone");
                    told.extend(circle(&graph, place, index).unwrap_or_default());
                }
                Some(_) => {}
                None if place > index => {
                    let message = format!("{rollout} needs {needed}, which comes after it");
                    reader.complain(node.span, message, format!("name {needed} before {rollout}"));
                }
                None => {}
            }
        }
    }
}

/// The way along what is needed from one to another, both included.
fn circle(graph: &[Vec<usize>], from: usize, to: usize) -> Option<Vec<usize>> {
    let (mut ways, mut seen) = (vec![vec![from]], BTreeSet::from([from]));
    while let Some(way) = ways.pop() {
        let last = way.last().copied()?;
        if last == to {
            return Some(way);
        }
        for next in graph.get(last).into_iter().flatten() {
            if seen.insert(*next) {
                ways.push(way.iter().copied().chain([*next]).collect());
            }
        }
    }
    None
}
