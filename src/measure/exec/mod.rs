//! The exec provider: commands of the server's own machine, which the settings allow.

mod allowed;
mod answer;
mod arguments;
mod provider;
mod run;

pub use allowed::AllowedCommand;
pub use provider::ExecConnection;
pub(super) use provider::{question, read};
