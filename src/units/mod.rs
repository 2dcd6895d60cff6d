//! Numbers and names with their units. Constructors validate; what exists is right.

mod credential;
mod duration;
mod exposure;
mod generation;
mod name;
mod time;
mod user;

pub use credential::Credential;
pub use duration::{DurationError, format_duration, parse_duration};
pub use exposure::{Exposure, ExposureError};
pub use generation::Generation;
pub use name::{FlagKey, LayerName, MetricName, NameError, RolloutName, VariantName, WaveName};
pub use time::UnixMillis;
pub use user::User;
