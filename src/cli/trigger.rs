//! `tidegate trigger`.

use super::exit::{Exit, Outcome};
use super::output::{self, or_dash};
use super::remote::{Remote, converse};
use clap::{Args, Subcommand};
use tidegate::http::api::wire;

/// The most firing alerts that are shown; `-o json` has more.
const SHOWN_FIRING: usize = 20;

#[derive(Debug, Args)]
pub(crate) struct TriggerArgs {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All sources, with what became of their posts
    List,
    /// One source with its last problems
    Get {
        /// Its name
        name: String,
    },
}

pub(crate) fn run(args: TriggerArgs) -> Outcome {
    let client = args.remote.client()?;
    let format = args.remote.output;
    match args.action {
        Action::List => {
            let all: wire::TriggerSources = converse(async { Ok(client.get(&["triggers"], &[]).await?) })?;
            output::print(format, &all, list)?;
        }
        Action::Get { name } => {
            let one: wire::TriggerSource = converse(async { Ok(client.get(&["triggers", &name], &[]).await?) })?;
            output::print(format, &one, detail)?;
        }
    }
    Ok(Exit::Done)
}

fn list(all: &wire::TriggerSources) -> String {
    let rows = all.sources.iter().map(|source| {
        vec![
            source.name.clone(),
            source.kind.clone(),
            source.proof.clone(),
            standing(source),
            or_dash(source.last_post.as_ref().map(|last| last.at.as_str())),
            counts(source),
            or_dash(source.problems.first().map(|problem| problem.what.as_str())),
        ]
    });
    output::columns(&["NAME", "KIND", "PROOF", "STATE", "LAST POST", "POSTS", "LAST PROBLEM"], rows)
}

fn standing(source: &wire::TriggerSource) -> String {
    let state = source.probe.as_ref().map_or("listening", |probe| probe.state.as_str());
    if source.dry_run { format!("{state}, dry run") } else { state.to_owned() }
}

fn counts(source: &wire::TriggerSource) -> String {
    let counts: Vec<_> = source.posts.iter().map(|(result, count)| format!("{result} {count}")).collect();
    if counts.is_empty() { "-".to_owned() } else { counts.join(", ") }
}

fn detail(source: &wire::TriggerSource) -> String {
    let mut rows = vec![
        ("name", source.name.clone()),
        ("kind", source.kind.clone()),
        ("proves itself by", source.proof.clone()),
        ("state", standing(source)),
        ("may close", source.may_close.as_ref().map_or_else(|| "everything".to_owned(), scope)),
        ("match", source.matches.clone().unwrap_or_else(|| "every alert".to_owned())),
    ];
    rows.extend(source.no_data_fires.then(|| ("no data", "fires".to_owned())));
    rows.extend(source.labels.iter().map(|(name, value)| ("label", format!("{name} = {value}"))));
    if source.probe.is_none() {
        rows.push(("per second", source.per_second.to_string()));
    }
    if let Some(probe) = &source.probe {
        rows.push(("looks at", format!("{} every {}", probe.target, probe.every)));
        rows.extend(probe.seen.as_ref().map(|seen| ("seen", format!("{seen} ({} in a row)", probe.in_a_row))));
    }
    rows.push(("posts", counts(source)));
    rows.extend(source.last_post.as_ref().map(|last| ("last post", format!("{}, {}", last.at, last.result))));
    rows.extend(
        source.last_closing.clone().map(|at| ("last closing", format!("{at}, {}", source.last_closed.join(", ")))),
    );
    let fires =
        |alert: &wire::FiringAlert| format!("{} ({}), last heard of {}", alert.name, alert.identity, alert.heard);
    rows.extend(source.firing.iter().take(SHOWN_FIRING).map(|alert| ("fires", fires(alert))));
    let more = source.firing_count.saturating_sub(u64::try_from(source.firing.len().min(SHOWN_FIRING)).unwrap_or(0));
    rows.extend((more > 0).then(|| ("fires", format!("and {more} more"))));
    rows.extend(source.problems.iter().map(|problem| {
        let times = if problem.count == 1 { String::new() } else { format!(" ({} times)", problem.count) };
        ("problem", format!("{}: {}{times}", problem.last, problem.what))
    }));
    output::fields(rows)
}

fn scope(scope: &wire::MayClose) -> String {
    let labels: Vec<_> = scope.labels.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    [("environments", &scope.environments), ("flags", &scope.flags), ("flags with", &labels)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what} {}", names.join(", ")))
        .collect::<Vec<_>>()
        .join("; ")
}
