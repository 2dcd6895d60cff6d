//! The web provider.

mod answer;
mod question;
