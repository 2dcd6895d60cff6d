//! What a command printed, read with suspicion.

use crate::analysis::{NoData, Reading};
use crate::measure::judge::{enough, json, number_in_text};
use crate::measure::picked;
use crate::rollout::AskExec;
use crate::units::UnixMillis;

/// The value of what was printed: a number and no more, or JSON where the plan says where to look.
pub(super) fn reading(printed: &[u8], ask: &AskExec, now: UnixMillis) -> Result<Reading, NoData> {
    if printed.iter().all(u8::is_ascii_whitespace) {
        return Err(NoData::Empty);
    }
    let Some(path) = &ask.value else {
        let text = std::str::from_utf8(printed).map_err(|_| NoData::Malformed("it is no text".to_owned()))?;
        return enough(number_in_text(text, "what it printed")?, now, None, ask.min_samples);
    };
    let document = json(printed)?;
    let value = picked::value(&document, path)?;
    let samples = ask.samples.as_ref().map(|path| picked::count(&document, path)).transpose()?;
    enough(value, now, samples, ask.min_samples)
}
