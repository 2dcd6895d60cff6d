//! The doors as a client meets them.

mod evaluation_door;
mod ofrep;
mod ofrep_connections;
mod ofrep_limits;
mod raw_client;
