//! The CloudWatch provider: `GetMetricData`, signed.

mod answer;
mod api;
mod credentials;
mod question;
mod reading;
mod sign;

pub use api::CloudWatchConnection;
pub use credentials::AwsPlaces;
pub(super) use reading::{past, question, read};
