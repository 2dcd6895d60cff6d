//! The graphite provider.

mod answer;
mod question;
