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
        let verdict = check.verdict.as_deref().unwrap_or("-");
        format!("{verdict} {}{observed}: {}{}", check.list, check.sentence, samples(check))
    };
    let ratio = explained.split.as_ref().map(|split| {
        let verdict = if split.mismatch { "warn" } else { "pass" };
        format!("{verdict} sample ratio: by {}, {}", split.by, split.sentence)
    });
    paragraphs.push(titled(&format!("Checks{checked}:"), explained.checks.iter().map(check).chain(ratio)));
    let closers = explained.closers.iter().map(|closer| closer.sentence.clone());
    paragraphs.push(titled("What would close it, the nearest first:", closers));
    paragraphs.push(titled("Metrics, and what each asks:", explained.metrics.iter().map(metric)));
    if let Some(seen) = &explained.seen {
        let title = format!("Counted since {}:", seen.since);
        paragraphs.push(titled(&title, [&seen.candidate, &seen.stable].into_iter().map(counted)));
    }
    paragraphs.push(titled("Problems:", explained.rollout.problems.iter().cloned()));
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n")
}

/// On how many samples a check rests; nothing where nobody knows.
fn samples(check: &wire::Check) -> String {
    let mut known: Vec<u64> = check.parts.iter().filter_map(|part| part.samples).collect();
    known.dedup();
    let known: Vec<String> = known.iter().map(|count| plural(*count, "sample")).collect();
    if known.is_empty() { String::new() } else { format!(" [{}]", known.join(", ")) }
}

/// `error_rate (outcomes) = 2.1% of 1000 samples: the share that failed of ...`.
fn metric(metric: &wire::MetricFacts) -> String {
    let query = metric.query.as_ref().map(|query| query.split_whitespace().collect::<Vec<_>>().join(" "));
    let query = query.map(|query| format!(": {query}")).unwrap_or_default();
    let samples = metric.samples.map(|samples| format!(" of {}", plural(samples, "sample"))).unwrap_or_default();
    let shown = match (&metric.shown, metric.value) {
        (Some(shown), Some(_)) => format!(" = {shown}{samples}"),
        (Some(why), None) => format!(" has no data ({why})"),
        (None, _) => " has no value now".to_owned(),
    };
    format!("{} ({}){shown}{query}", metric.metric, metric.provider)
}

/// `"on": 1000 outcomes of 310 users, 21 failed; given to 400 users by 2000 evaluations`.
fn counted(seen: &wire::SeenVariant) -> String {
    let of = if seen.keyed > 0 { format!(" of {}", users(&seen.users)) } else { String::new() };
    let exposed = seen.exposed.as_ref().map(|exposed| {
        let to = wire::SeenUsers { users: exposed.users, failed: 0, of_million: exposed.of_million };
        format!("; given to {} by {}", users(&to), plural(exposed.times, "evaluation"))
    });
    let outcomes = plural(seen.outcomes, "outcome");
    format!("\"{}\": {outcomes}{of}, {} failed{}", seen.variant, seen.errors, exposed.unwrap_or_default())
}

/// So many users; of a part of them where there are too many to remember.
fn users(users: &wire::SeenUsers) -> String {
    let of_million = f64::from(users.of_million);
    match users.of_million {
        1_000_000.. => plural(users.users, "user"),
        _ => format!("{} among {}% of all", plural(users.users, "user"), of_million / 10_000.0),
    }
}

fn plural(count: u64, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

/// A title and lines below it; nothing where there are none.
fn titled(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.map(|line| format!("\n  {line}")).collect();
    if lines.is_empty() { String::new() } else { format!("{title}{}", lines.concat()) }
}
