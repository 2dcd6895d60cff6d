//! The command line: options in, HTTP or a server in between, tables and exit codes out.

mod apply;
mod args;
mod asking;
mod client;
pub(crate) mod completions;
mod context;
pub(crate) mod demo;
mod exit;
pub(crate) mod flag;
mod history;
mod offline;
mod output;
mod remote;
pub(crate) mod rollout;
pub(crate) mod serve;
pub(crate) mod train;
mod train_check;
pub(crate) mod trigger;
pub(crate) mod validate;
mod watch;

pub(crate) use args::{Cli, Command};
pub(crate) use exit::finish;
