//! Who asks for a flag, as the command line says it.

use super::exit::{Exit, Failure};
use clap::Args;
use serde_json::{Map, Value};
use std::path::PathBuf;
use tidegate::eval::Bucketing;

#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// The flag's key
    pub(super) key: String,
    /// Who
    #[arg(long, value_name = "KEY")]
    targeting_key: Option<String>,
    /// What is known of them, as a JSON object, or `@` and the name of a file with one
    #[arg(long, value_name = "JSON|@FILE")]
    context: Option<String>,
    /// Ask these files or folders, without a server and without rollouts
    #[arg(long = "file", value_name = "PATH")]
    pub(super) files: Vec<PathBuf>,
    /// What the users of the files are told apart by: `v3`, or `v2` as flagd up to 0.16
    #[arg(long, value_name = "v3|v2", value_parser = bucketing, default_value = "v3", requires = "files")]
    pub(super) bucketing: Bucketing,
}

impl Asking {
    /// The context, as a request has it.
    pub(super) fn context(&self) -> Result<Map<String, Value>, Failure> {
        let usage = |what: String| {
            Failure::new(Exit::Usage, format!("--context: {what}")).hint("such as '{\"plan\": \"pro\"}'")
        };
        let text = match self.context.as_deref().map(|text| (text, text.strip_prefix('@'))) {
            None => "{}".to_owned(),
            Some((_, Some(file))) => {
                std::fs::read_to_string(file).map_err(|error| usage(format!("{file}: {error}")))?
            }
            Some((text, None)) => text.to_owned(),
        };
        let mut context = match serde_json::from_str(&text) {
            Ok(Value::Object(context)) => context,
            Ok(_) => return Err(usage("not a JSON object".to_owned())),
            Err(error) => return Err(usage(format!("not JSON: {error}"))),
        };
        if let Some(key) = &self.targeting_key {
            context.insert("targetingKey".to_owned(), Value::String(key.clone()));
        }
        Ok(context)
    }
}

fn bucketing(text: &str) -> Result<Bucketing, String> {
    let known = [Bucketing::V3, Bucketing::V2].into_iter().find(|known| known.as_str() == text);
    known.ok_or_else(|| "one of `v3` and `v2`".to_owned())
}
