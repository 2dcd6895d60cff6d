//! The InfluxDB provider: InfluxQL and Flux.

mod answer;
mod question;
mod reading;

pub use reading::InfluxConnection;
pub(super) use reading::{question, read};
