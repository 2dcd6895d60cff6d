//! The CloudWatch provider: `GetMetricData`, signed.

mod answer;
mod credentials;
mod question;
mod sign;

pub use credentials::AwsPlaces;
