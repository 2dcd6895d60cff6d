//! The command line: options in, HTTP or a server in between, tables and exit codes out.

mod args;
mod asking;
mod client;
pub(crate) mod completions;
pub(crate) mod demo;
mod exit;
pub(crate) mod flag;
mod offline;
mod output;
mod remote;
pub(crate) mod rollout;
pub(crate) mod serve;
pub(crate) mod validate;

pub(crate) use args::{Cli, Command};
pub(crate) use exit::finish;
