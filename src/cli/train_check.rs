//! Whether trains and rollouts of the same files agree. A server would refuse each of these trains.

use std::collections::BTreeMap;
use std::sync::Arc;
use tidegate::app::{Loader, sources};
use tidegate::rollout::Plan;
use tidegate::rollout::train::{Train, disagreement, has_no_part};
use tidegate::source::{Problem, suggest};
use tidegate::store::PlanSource;
use tidegate::units::RolloutName;

type Plans<'a> = BTreeMap<&'a RolloutName, &'a Plan>;

/// Trains that their rollouts do not suit. A rollout that is in none of the files is a problem, as a flag that is in
/// none is one for a rollout: what is checked together is what is deployed together, and a name that is misspelt must
/// not wait for the server to be found. Rollouts of which `told` says already that something is wrong are left out.
pub(super) fn misfits(loader: &Loader, told: &[Problem]) -> Vec<Problem> {
    let (plans, trains) = (loader.plans(), loader.trains());
    let known: Plans<'_> = plans.iter().map(|(plan, _)| (&plan.name, &**plan)).collect();
    let mut seats: BTreeMap<&RolloutName, &RolloutName> = BTreeMap::new();
    let mut problems = Vec::new();
    for (train, source) in &trains {
        let is_told = |rollout: &RolloutName| {
            let subject = format!("rollout `{rollout}`");
            told.iter().any(|problem| problem.subject.as_ref() == Some(&subject))
        };
        for member in &train.members {
            let rollout = &member.rollout;
            if let Some(other) = seats.insert(rollout, &train.name) {
                problems.push(problem(train, source, format!("{rollout} rides in the train {other} already"), None));
            }
            match known.get(rollout) {
                Some(plan) => {
                    let why = has_no_part(train, member, plan);
                    problems.extend(why.map(|why| problem(train, source, why, None)));
                }
                None if is_told(rollout) => {}
                None => problems.push(missing(train, source, rollout, &known)),
            }
        }
        let aboard: Vec<&Plan> =
            train.members.iter().filter_map(|member| known.get(&member.rollout).copied()).collect();
        problems.extend(disagreement(train, &aboard).map(|why| problem(train, source, why, None)));
    }
    problems
}

fn missing(train: &Train, source: &PlanSource, rollout: &RolloutName, known: &Plans<'_>) -> Problem {
    let hint = suggest(rollout.as_str(), known.keys().map(|name| name.as_str()))
        .unwrap_or_else(|| "name the file that it is in as well".to_owned());
    problem(train, source, format!("there is no rollout {rollout} in these files"), Some(hint))
}

fn problem(train: &Train, source: &PlanSource, message: String, hint: Option<String>) -> Problem {
    let (line, column) = sources::place_in_file(source, "rollouts");
    Problem {
        file: Arc::from(source.origin.to_string()),
        line,
        column,
        subject: Some(format!("train `{}`", train.name)),
        message,
        excerpt: String::new(),
        hint,
    }
}
