//! `tidegate rollout apply` and `tidegate train apply`: all the plans of a file.

use super::client::{Client, ClientError};
use super::exit::{Exit, Failure, Outcome};
use super::output::{self, Format};
use super::remote::converse;
use super::{rollout, train};
use clap::Args;
use serde::Serialize;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use tidegate::app::sources::{self, Content};
use tidegate::flag::Catalog;
use tidegate::http::api::wire;
use tidegate::source;
use tidegate::store::PlanSource;

/// The most that is read from standard input.
const LARGEST_INPUT: u64 = 1 << 20;

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The file; `-` reads YAML from standard input
    file: PathBuf,
    /// Who applies it; it stands in the ledger
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
}

/// What a file must have at least: it is applied as a whole either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A rollout.
    Rollouts,
    /// A train.
    Trains,
}

/// What was applied.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Applied {
    Rollout(Box<wire::Applied>),
    Train(Box<wire::TrainApplied>),
}

/// The plans of a file, in the order in which they are sent: a train must find its rollouts.
struct Plans {
    rollouts: Vec<PlanSource>,
    trains: Vec<PlanSource>,
}

/// Checks the file here first, so that problems carry its name and lines, then sends each rollout and then each train.
pub(crate) fn run(client: &Client, format: Format, wanted: Wanted, args: &ApplyArgs) -> Outcome {
    let plans = plans(&args.file, wanted)?;
    let by: Vec<_> = args.by.iter().filter(|by| !by.is_empty()).map(|by| ("by", by.clone())).collect();
    let (mut applied, mut failure) = (Vec::new(), None);
    converse(async {
        failure = send(client, &by, plans, &mut applied).await.err();
        Ok(())
    })?;
    let Some(error) = failure else {
        output::print(format, &applied, |applied| applied.iter().map(line).collect::<Vec<_>>().join("\n"))?;
        return Ok(Exit::Done);
    };
    let mut failure = Failure::from(error);
    if !applied.is_empty() {
        let before = applied.iter().map(brief).collect::<Vec<_>>().join(", ");
        failure.message = format!("{}\nbefore that: {before}", failure.message);
    }
    Err(failure)
}

async fn send(
    client: &Client,
    by: &[(&str, String)],
    plans: Plans,
    applied: &mut Vec<Applied>,
) -> Result<(), ClientError> {
    for plan in plans.rollouts {
        let (content_type, body) = body(plan);
        let one = client.post_text(&["rollouts"], by, content_type, body).await?;
        applied.push(Applied::Rollout(Box::new(one)));
    }
    for plan in plans.trains {
        let (content_type, body) = body(plan);
        let one = client.post_text(&["trains"], by, content_type, body).await?;
        applied.push(Applied::Train(Box::new(one)));
    }
    Ok(())
}

/// What is sent: the document as it is, or with the files that it names.
pub(crate) fn body(plan: PlanSource) -> (&'static str, String) {
    let (kind, format) = match plan.format {
        source::Format::Json => ("application/json", wire::PlanFormat::Json),
        source::Format::Yaml => ("application/yaml", wire::PlanFormat::Yaml),
    };
    if plan.attachments.is_empty() {
        return (kind, plan.text);
    }
    let files = plan.attachments.iter().map(|(name, file)| (name.to_owned(), file.text().to_string())).collect();
    let sent = wire::PlanWithFiles { plan: plan.text, format, files };
    // Texts and their names are JSON whatever they say.
    (wire::PLAN_WITH_FILES, serde_json::to_string(&sent).unwrap_or_default())
}

fn plans(file: &Path, wanted: Wanted) -> Result<Plans, Failure> {
    let read = read(file)?;
    let problems = read.problems();
    if !problems.is_empty() {
        let lines = problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        return Err(Failure::error(lines.join("\n")).hint("nothing was sent"));
    }
    let rollouts: Vec<PlanSource> = read.rollouts().map(|(_, source)| source.clone()).collect();
    let trains: Vec<PlanSource> = read.trains().map(|(_, source)| source.clone()).collect();
    let (missing, hint) = match wanted {
        Wanted::Rollouts if rollouts.is_empty() && trains.is_empty() => ("rollouts", "a rollout says `kind: Rollout`"),
        Wanted::Trains if trains.is_empty() => ("trains", "a train says `kind: Train`"),
        Wanted::Rollouts | Wanted::Trains => return Ok(Plans { rollouts, trains }),
    };
    Err(Failure::error(format!("{} has no {missing}", file.display())).hint(hint))
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read(file: &Path) -> Result<Content, Failure> {
    if file.as_os_str().as_encoded_bytes() != b"-" {
        return Ok(sources::read(file));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(LARGEST_INPUT.saturating_add(1)).read_to_end(&mut bytes)?;
    // The beginning alone could be a whole file, with the train missing at its end.
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST_INPUT {
        let failure = Failure::error(format!("standard input has more than {} MiB", LARGEST_INPUT >> 20));
        return Err(failure.hint("apply a file"));
    }
    Ok(sources::content(Path::new("standard input"), &bytes, &Catalog::new()))
}

fn line(applied: &Applied) -> String {
    let (line, revision, difference) = match applied {
        Applied::Rollout(one) => (rollout::line(&one.rollout), one.rollout.revision, &one.difference),
        Applied::Train(one) => (format!("train {}", train::line(&one.train)), one.train.revision, &one.difference),
    };
    let line = format!("{} {line}", change(applied));
    match difference {
        Some(difference) => format!("{line}\nrevision {revision}:\n{}", difference.trim_end()),
        None => line,
    }
}

/// What was done to what, in three words.
fn brief(applied: &Applied) -> String {
    match applied {
        Applied::Rollout(one) => format!("{} {}", change(applied), one.rollout.name),
        Applied::Train(one) => format!("{} train {}", change(applied), one.train.name),
    }
}

const fn change(applied: &Applied) -> &'static str {
    let change = match applied {
        Applied::Rollout(one) => one.change,
        Applied::Train(one) => one.change,
    };
    match change {
        wire::Change::Created => "created",
        wire::Change::Updated => "updated",
        wire::Change::Unchanged => "unchanged",
    }
}
