//! An endpoint's answer, read with suspicion.

use crate::analysis::{NoData, Reading};
use crate::measure::judge::{enough, fresh, json};
use crate::measure::picked;
use crate::rollout::AskWeb;
use crate::units::UnixMillis;
use std::time::Duration;

/// The value of an answer with its samples and its time.
pub(super) fn reading(body: &[u8], ask: &AskWeb, now: UnixMillis, max_age: Duration) -> Result<Reading, NoData> {
    let document = json(body)?;
    let value = picked::value(&document, &ask.value)?;
    let at = ask.time.as_ref().map_or(Ok(now), |path| picked::time(&document, path))?;
    fresh(at, now, max_age)?;
    let samples = ask.samples.as_ref().map(|path| picked::count(&document, path)).transpose()?;
    enough(value, at, samples, ask.min_samples)
}
