//! Who asks for a flag, as the command line says it.

use super::context::{read_context, with_user};
use super::exit::Failure;
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
        Ok(with_user(read_context(self.context.as_deref())?, self.targeting_key.as_deref()))
    }
}

fn bucketing(text: &str) -> Result<Bucketing, String> {
    let known = [Bucketing::V3, Bucketing::V2].into_iter().find(|known| known.as_str() == text);
    known.ok_or_else(|| "one of `v3` and `v2`".to_owned())
}
