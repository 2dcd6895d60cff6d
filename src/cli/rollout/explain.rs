//! `tidegate rollout explain`.

use super::super::client::Client;
use super::super::context::{read_context, with_user};
use super::super::exit::{Exit, Outcome};
use super::super::output::{self, Format};
use super::super::remote::converse;
use clap::Args;
use serde_json::json;
use tidegate::http::api::wire;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The rollout's name
    name: String,
    /// Where this user stands: what they get, and which wave reaches them
    #[arg(long, value_name = "KEY")]
    user: Option<String>,
    /// What is known of the user, as a JSON object, or `@` and the name of a file with one
    #[arg(long, value_name = "JSON|@FILE")]
    context: Option<String>,
}

pub(super) fn run(client: &Client, format: Format, args: &ExplainArgs) -> Outcome {
    let path = ["rollouts", args.name.as_str(), "explain"];
    let explained: wire::RolloutExplanation = if args.user.is_none() && args.context.is_none() {
        converse(async { Ok(client.get(&path, &[]).await?) })?
    } else {
        let context = with_user(read_context(args.context.as_deref())?, args.user.as_deref());
        // As a body: an address may be written down on its way, and a user's key is nobody's business there.
        converse(async { Ok(client.post(&path, &json!({ "context": context })).await?) })?
    };
    output::print(format, &explained, text)?;
    Ok(Exit::Done)
}

/// Paragraphs that can be pasted where others read them: the gist first, then what it rests on.
fn text(explained: &wire::RolloutExplanation) -> String {
    let mut paragraphs = Vec::new();
    if let Some(user) = &explained.user {
        paragraphs.push(user.sentence.clone());
        paragraphs.push(titled("What they get now:", user.answer.sentences.iter().cloned()));
    }
    paragraphs.push(explained.sentences.join("\n"));
    let checked = explained.checked.as_ref().map(|at| format!(" (last check {at})")).unwrap_or_default();
    let check = |check: &wire::Check| {
        let observed = if check.observe { " (observed)" } else { "" };
        format!("{} {}{observed}: {}", check.verdict.as_deref().unwrap_or("-"), check.list, check.sentence)
    };
    paragraphs.push(titled(&format!("Checks{checked}:"), explained.checks.iter().map(check)));
    let closers = explained.closers.iter().map(|closer| closer.sentence.clone());
    paragraphs.push(titled("What would close it, the nearest first:", closers));
    let metric = |metric: &wire::MetricFacts| {
        let query =
            metric.query.as_ref().map(|query| format!(": {}", query.split_whitespace().collect::<Vec<_>>().join(" ")));
        let shown = metric.shown.as_ref().map(|shown| format!(" = {shown}")).unwrap_or_default();
        let samples = metric.samples.map(|samples| format!(" of {samples} samples")).unwrap_or_default();
        format!("{}{shown}{samples}{}", metric.metric, query.unwrap_or_default())
    };
    paragraphs.push(titled("Metrics:", explained.metrics.iter().map(metric)));
    paragraphs.push(titled("Problems:", explained.rollout.problems.iter().cloned()));
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n")
}

/// A title and lines below it; nothing where there are none.
fn titled(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.map(|line| format!("\n  {line}")).collect();
    if lines.is_empty() { String::new() } else { format!("{title}{}", lines.concat()) }
}
