//! `tidegate flag`.

use super::asking::Asking;
use super::exit::{Exit, Outcome};
use super::offline::Offline;
use super::output::{self, or_dash};
use super::remote::{Remote, converse};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tidegate::http::api::wire;

#[derive(Debug, Args)]
pub(crate) struct FlagArgs {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All flags
    List,
    /// One flag with its values and what a rollout lays over it
    Get {
        /// The flag's key
        key: String,
    },
    /// What a user gets
    Evaluate(Asking),
    /// What a user gets, and why: each condition, the bucket, the rollout
    Explain(Asking),
}

pub(crate) fn run(args: FlagArgs) -> Outcome {
    let client = args.remote.client()?;
    let format = args.remote.output;
    match args.action {
        Action::List => {
            let flags: wire::Flags = converse(async { Ok(client.get(&["flags"], &[]).await?) })?;
            output::print(format, &flags, list)?;
            Ok(Exit::Done)
        }
        Action::Get { key } => {
            let flag: wire::FlagDetail = converse(async { Ok(client.get(&["flags", &key], &[]).await?) })?;
            output::print(format, &flag, detail)?;
            Ok(Exit::Done)
        }
        Action::Evaluate(asking) => {
            let context = asking.context()?;
            let answer: Value = match Offline::read(&asking) {
                Some(offline) => offline.explain(&asking.key, &context)?.answer,
                None => {
                    let body = json!({ "context": context });
                    converse(async { Ok(client.post(&["flags", &asking.key, "evaluate"], &body).await?) })?
                }
            };
            output::print(format, &answer, evaluation)?;
            Ok(ending(&answer))
        }
        Action::Explain(asking) => {
            let context = asking.context()?;
            let explained: wire::Explanation = match Offline::read(&asking) {
                Some(offline) => offline.explain(&asking.key, &context)?,
                None => {
                    let body = json!({ "context": context });
                    converse(async { Ok(client.post(&["flags", &asking.key, "explain"], &body).await?) })?
                }
            };
            output::print(format, &explained, |explained| explained.sentences.join("\n"))?;
            Ok(ending(&explained.answer))
        }
    }
}

/// A flag that fails ends the command with an error.
fn ending(answer: &Value) -> Exit {
    if answer.get("errorCode").is_some() { Exit::Error } else { Exit::Done }
}

/// The flags, and below them what is wrong in the files until it is mended.
fn list(flags: &wire::Flags) -> String {
    let mut text = table(flags);
    if !flags.problems.is_empty() {
        text.push_str("\n\nproblems in the files:");
    }
    for problem in &flags.problems {
        text.push_str("\n  ");
        text.push_str(&problem.to_string());
    }
    if flags.more_problems > 0 {
        text.push_str(&format!("\n  and {} more", flags.more_problems));
    }
    text
}

fn table(flags: &wire::Flags) -> String {
    if flags.flags.is_empty() {
        return "no flags".to_owned();
    }
    let rows = flags.flags.iter().map(|flag| {
        vec![
            flag.key.clone(),
            flag.state.clone(),
            flag.variants.join(", "),
            or_dash(flag.default_variant.as_deref()),
            or_dash(flag.exposure.as_deref()),
            or_dash(flag.rollout.as_deref()),
            place(flag),
        ]
    });
    output::columns(&["KEY", "STATE", "VARIANTS", "DEFAULT", "EXPOSURE", "ROLLOUT", "FILE"], rows)
}

fn place(flag: &wire::Flag) -> String {
    match (&flag.file, flag.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        (None, _) => "-".to_owned(),
    }
}

fn detail(detail: &wire::FlagDetail) -> String {
    let flag = &detail.flag;
    let mut rows = vec![("key", flag.key.clone()), ("state", flag.state.clone())];
    rows.extend(flag.broken.clone().map(|broken| ("broken", broken)));
    rows.push(("default", or_dash(flag.default_variant.as_deref())));
    rows.extend(detail.values.iter().map(|value| ("variant", format!("{} = {}", value.variant, value.value))));
    rows.push(("file", place(flag)));
    if let Some(overlay) = &detail.overlay {
        let share = match (&overlay.exposure, overlay.closed) {
            (Some(_), false) if overlay.parts.len() > 1 => {
                let parts: Vec<_> = overlay.parts.iter().map(part).collect();
                format!("{} get {}, the others {}", parts.join(" and "), overlay.candidate, overlay.stable)
            }
            (Some(share), false) => format!("{share} get {}, the others {}", overlay.candidate, overlay.stable),
            (_, true) | (None, _) => format!("closed: nobody gets {}, but {}", overlay.candidate, overlay.stable),
        };
        rows.push(("rollout", overlay.rollout.clone()));
        rows.push(("exposure", share));
        rows.extend(overlay.bucket_by.clone().map(|attribute| ("bucketed by", attribute)));
        rows.extend(overlay.layer.as_ref().map(|layer| ("layer", layer.to_string())));
        rows.push(("audience", if overlay.audience { "some" } else { "everybody" }.to_owned()));
    }
    output::fields(rows)
}

fn part(part: &wire::SharePart) -> String {
    let of = if part.audience { format!(" of the audience of wave {}", part.wave) } else { String::new() };
    format!("{}{of}", part.exposure)
}

fn evaluation(answer: &Value) -> String {
    let text = |field: &str| match answer.get(field) {
        None => "-".to_owned(),
        Some(Value::String(text)) if field != "value" => text.clone(),
        Some(value) => value.to_string(),
    };
    match answer.get("errorCode") {
        Some(_) => {
            output::fields([("key", text("key")), ("error", text("errorCode")), ("details", text("errorDetails"))])
        }
        None => output::fields([
            ("key", text("key")),
            ("value", answer.get("value").map_or_else(|| "the caller's own default".to_owned(), |_| text("value"))),
            ("variant", text("variant")),
            ("reason", text("reason")),
        ]),
    }
}
