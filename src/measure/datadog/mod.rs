//! The datadog provider.

mod answer;
mod question;
