//! Settings: as written on the command line, in the environment and in a file, then validated as one whole.

mod cloudwatch_connection;
mod connections;
mod credential;
mod datadog_connection;
mod environment;
mod exec_connection;
mod fault;
mod file;
mod influxdb_connection;
mod key;
mod listener;
mod load;
mod origins;
mod probe;
mod prometheus_connection;
mod raw;
mod secret;
mod section;
mod settings;
mod triggers;

pub use fault::{Fault, Origin};
pub use key::Key;
pub use listener::Listener;
pub use load::load;
pub use origins::Origins;
pub use raw::{Raw, Written};
pub use secret::Secret;
pub use settings::{DEFAULT_CONTROL, DEFAULT_DATA, DEFAULT_EVALUATION, Settings, StoreChoice};
