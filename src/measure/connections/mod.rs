//! The systems outside that metrics are asked from: those of the settings by their names, those of plans by their
//! addresses.

mod address;
mod connection;
mod registry;

pub use address::{Address, AddressError};
pub use connection::{Connection, ConnectionKind, ConnectionSettings, PrometheusConnection};
pub use registry::Connections;
