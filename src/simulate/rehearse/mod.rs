//! A plan rehearsed in the past of its own metrics: how often it would have closed for nothing, how soon it would have
//! closed for a fault, and which of its thresholds say nothing or too much.

mod detection;
mod past;
mod rehearsal;
mod replay;
mod suggestion;
mod threshold;
mod weather;

pub use detection::{Detection, FACTORS};
pub use past::{Course, Past, PastError, Source};
pub use rehearsal::{Limits, Rehearsal, rehearse};
pub use replay::{End, Hold, Replayed};
pub use threshold::{Nearest, Rating, Threshold};
pub(super) use weather::Weather;
pub use weather::{InTheWeather, ToFull};
