//! The Prometheus provider: one instant query, one number, or the reason why there is none.

mod address;
mod answer;
mod client;

pub use address::{Address, AddressError};
pub use client::{Prometheus, PrometheusSettings};
