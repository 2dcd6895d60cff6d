//! `tidegate rollout apply`.

use super::super::client::Client;
use super::super::exit::{Exit, Failure, Outcome};
use super::super::output::{self, Format};
use super::super::remote::converse;
use clap::Args;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use tidegate::app::sources;
use tidegate::flag::Catalog;
use tidegate::http::api::wire;
use tidegate::source;
use tidegate::store::PlanSource;

/// The most that is read from standard input.
const LARGEST_INPUT: u64 = 1 << 20;

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// The file; `-` reads YAML from standard input
    file: PathBuf,
    /// Who applies it; it stands in the ledger
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
}

/// Checks the file here first, so that problems carry its name and lines, then sends each rollout.
pub(super) fn run(client: &Client, format: Format, args: &ApplyArgs) -> Outcome {
    let plans = plans(&args.file)?;
    let by: Vec<_> = args.by.iter().filter(|by| !by.is_empty()).map(|by| ("by", by.clone())).collect();
    let applied: Vec<wire::Applied> = converse(async {
        let mut applied = Vec::new();
        for plan in plans {
            let (content_type, body) = body(plan);
            applied.push(client.post_text(&["rollouts"], &by, content_type, body).await?);
        }
        Ok(applied)
    })?;
    output::print(format, &applied, |applied| applied.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Done)
}

/// What is sent: the document as it is, or with the files that it names.
fn body(plan: PlanSource) -> (&'static str, String) {
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

fn plans(file: &Path) -> Result<Vec<PlanSource>, Failure> {
    let read = match file.as_os_str().as_encoded_bytes() {
        b"-" => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().take(LARGEST_INPUT).read_to_end(&mut bytes)?;
            sources::content(Path::new("standard input"), &bytes, &Catalog::new())
        }
        _ => sources::read(file),
    };
    let problems = read.problems();
    if !problems.is_empty() {
        let lines = problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        return Err(Failure::error(lines.join("\n")).hint("nothing was sent"));
    }
    let plans: Vec<PlanSource> = read.rollouts().map(|(_, source)| source.clone()).collect();
    match plans.is_empty() {
        true => {
            Err(Failure::error(format!("{} has no rollouts", file.display())).hint("a rollout says `kind: Rollout`"))
        }
        false => Ok(plans),
    }
}

fn line(applied: &wire::Applied) -> String {
    let change = match applied.change {
        wire::Change::Created => "created",
        wire::Change::Updated => "updated",
        wire::Change::Unchanged => "unchanged",
    };
    let line = format!("{change} {}", super::show::line(&applied.rollout));
    match &applied.difference {
        Some(difference) => format!("{line}\nrevision {}:\n{}", applied.rollout.revision, difference.trim_end()),
        None => line,
    }
}
