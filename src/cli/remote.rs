//! The options of every command that talks to a server.

use super::args::duration;
use super::client::Client;
use super::exit::{Exit, Failure};
use super::output::Format;
use clap::Args;
use std::future::Future;
use std::time::Duration;
use tidegate::config::Secret;

/// The variable with the key of the control listener.
const KEY: &str = "TIDEGATE_CONTROL_KEY";

/// How long a command waits for its answer unless something else is said.
const PATIENCE: Duration = Duration::from_secs(30);

/// The key is read from TIDEGATE_CONTROL_KEY: on the command line everybody on the machine could see it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Remote {
    /// The control address of a running Tidegate; its key, if it has one, is read from TIDEGATE_CONTROL_KEY
    #[arg(long, global = true, value_name = "URL", env = "TIDEGATE_SERVER", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Give up after this time, such as `30s` or `2h`, with exit code 5
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub(super) timeout: Option<Duration>,
    /// How the answer is printed
    #[arg(short, long, global = true, value_enum, default_value_t)]
    pub(super) output: Format,
}

impl Remote {
    /// The client for this server.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let key = match std::env::var(KEY) {
            Ok(text) if !text.is_empty() => {
                Some(Secret::new(&text).map_err(|message| Failure::new(Exit::Usage, format!("{KEY}: {message}")))?)
            }
            Ok(_) | Err(_) => None,
        };
        Client::new(&self.server, key, self.timeout.unwrap_or(PATIENCE))
    }
}

/// Runs one command's conversation with a server.
pub(crate) fn converse<T>(conversation: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(conversation);
    // A look-up of a host name cannot be called off; nothing waits for it.
    runtime.shutdown_background();
    outcome
}
