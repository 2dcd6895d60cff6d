//! The influx provider.

mod answer;
mod question;
