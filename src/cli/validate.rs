//! `tidegate validate`.

use super::exit::{Exit, Outcome};
use super::output::{self, Format};
use super::train_check;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tidegate::app::{Loader, sources};
use tidegate::flag::{CatalogEntry, Definition};
use tidegate::http::api::wire;
use tidegate::rollout;
use tidegate::source::Problem;

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Files and folders with flags, rollouts and trains
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// How the answer is printed
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

/// What a validation found.
#[derive(Debug, Serialize)]
struct Report {
    valid: bool,
    files: usize,
    flags: usize,
    rollouts: usize,
    trains: usize,
    problems: Vec<wire::Problem>,
}

pub(crate) fn run(args: &ValidateArgs) -> Outcome {
    let report = examine(&args.paths);
    output::print(args.output, &report, text)?;
    Ok(if report.valid { Exit::Done } else { Exit::Error })
}

/// The loader of the server reads the files, so that what is valid here is what is served there.
fn examine(paths: &[PathBuf]) -> Report {
    let mut loader = Loader::new(paths.to_vec());
    loader.look();
    let mut problems = loader.problems();
    problems.extend(misfits(&loader));
    problems.extend(train_check::misfits(&loader, &problems));
    problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    Report {
        valid: problems.is_empty(),
        files: sources::find(paths).files.len(),
        flags: loader.catalog().flags().count(),
        rollouts: loader.plans().len(),
        trains: loader.trains().len(),
        problems: problems.iter().map(wire::Problem::from).collect(),
    }
}

/// Rollouts that the flags of these files cannot carry.
fn misfits(loader: &Loader) -> Vec<Problem> {
    let flags: BTreeMap<_, _> = loader.catalog().flags().collect();
    let mut problems = Vec::new();
    for (plan, source) in loader.plans() {
        let definition: Option<&Arc<Definition>> = match flags.get(&plan.flag) {
            Some(CatalogEntry::Serving(definition)) => Some(definition),
            // What is wrong with that flag is told already.
            Some(CatalogEntry::Broken(_)) => continue,
            None => None,
        };
        let (line, column) = sources::place_in_file(&source, "flag");
        problems.extend(rollout::check_against(&plan, definition.map(Arc::as_ref)).into_iter().map(|message| {
            Problem {
                file: Arc::from(source.origin.to_string()),
                line,
                column,
                subject: Some(format!("rollout `{}`", plan.name)),
                message,
                excerpt: String::new(),
                hint: None,
            }
        }));
    }
    problems
}

fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    for problem in &report.problems {
        lines.push(problem.to_string());
        if !problem.excerpt.is_empty() {
            lines.push(format!("    {}", problem.excerpt));
        }
    }
    let files = counted(report.files, "file");
    let (flags, rollouts) = (counted(report.flags, "flag"), counted(report.rollouts, "rollout"));
    let read = match report.trains {
        0 => format!("{flags} and {rollouts}"),
        trains => format!("{flags}, {rollouts} and {}", counted(trains, "train")),
    };
    lines.push(match report.problems.len() {
        0 => format!("{read} in {files}: valid"),
        problems => format!("{} in {files}", counted(problems, "problem")),
    });
    lines.join("\n")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
