//! Ramps: one wave of a document that is several in the plan.

use super::fields::Fields;
use super::reader::Reader;
use super::shape;
use super::waves::WaveRead;
use crate::source::{Node, Span};
use crate::units::{Exposure, WaveName, format_duration};
use std::time::Duration;

/// The most steps of a ramp.
const MOST: u64 = 100;

/// A ramp as it is written: from the wave's exposure up to another, in equal steps of equal time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ramp {
    pub(super) to: Exposure,
    steps: u32,
    each: Duration,
    at: Span,
}

/// Reads `ramp`.
pub(super) fn ramp(node: &Node<'_>, from: Exposure, reader: &mut Reader<'_>) -> Option<Ramp> {
    let fields = Fields::read(node, &shape::RAMP, reader)?;
    let to = fields.needed("to", "where it ends, for instance `to: 50%`", reader).and_then(|node| {
        let text = reader.text(node, "to")?;
        let to = Exposure::parse(text).map_err(|error| reader.problems.add(node.span, error.to_string())).ok()?;
        if to <= from {
            let message = format!("the ramp ends at {to}, which is not more than its beginning, {from}");
            reader.complain(node.span, message, "`exposure` is where it begins, `to` where it ends");
            return None;
        }
        Some(to)
    });
    let over = fields
        .needed("over", "how long it takes, for instance `over: 4h`", reader)
        .and_then(|node| reader.duration(node, "over", Duration::from_secs(1)..=Duration::from_secs(366 * 86_400)));
    let steps = fields
        .needed("steps", "in how many steps, for instance `steps: 8`", reader)
        .and_then(|node| reader.whole_number(node, "steps", 1..=MOST, "steps: 8"));
    let (to, over, steps) = (to?, over?, u32::try_from(steps?).ok()?);
    let rise = to.ppm().saturating_sub(from.ppm());
    if steps > rise {
        let message = format!("from {from} to {to} there are not {steps} steps: the smallest is 0.0001%");
        reader.complain(node.span, message, "write fewer steps, or a larger `to`");
        return None;
    }
    Some(Ramp { to, steps, each: over.checked_div(steps)?, at: node.span })
}

impl Ramp {
    /// One wave for each exposure. The last has the wave's own name, bake and minimum of samples; those
    /// before it are named by their number.
    pub(super) fn waves(&self, read: WaveRead, reader: &mut Reader<'_>) -> Option<Vec<WaveRead>> {
        let from = read.wave.exposure;
        if self.each < read.wave.every {
            let (each, every) = (format_duration(self.each), format_duration(read.wave.every));
            let message = format!("each step lasts {each}, shorter than `every`, the {every} between two checks");
            reader.complain(self.at, message, "write fewer steps, a longer `over`, or a shorter `every`");
            return None;
        }
        let mut waves = Vec::new();
        for step in 0..self.steps {
            let mut wave = read.wave.clone();
            let name = format!("{}.{step}", read.wave.name);
            let told = |error| reader.complain(self.at, format!("of a step: {error}"), "give the wave a shorter name");
            wave.name = WaveName::new(&name).map_err(told).ok()?;
            wave.exposure = self.at_step(from, step);
            wave.bake = self.each;
            wave.min_samples = 0;
            if step > 0 {
                wave.approval = None;
            }
            waves.push(WaveRead { wave, clauses: read.clauses.clone(), step: true });
        }
        let mut last = read;
        last.wave.exposure = self.to;
        last.wave.approval = None;
        waves.push(last);
        Some(waves)
    }

    /// In whole parts of a million, never more than the end.
    fn at_step(&self, from: Exposure, step: u32) -> Exposure {
        let rise = u64::from(self.to.ppm().saturating_sub(from.ppm()));
        let risen = rise.saturating_mul(u64::from(step)).checked_div(u64::from(self.steps)).unwrap_or(0);
        let parts = u64::from(from.ppm()).saturating_add(risen);
        u32::try_from(parts).ok().and_then(Exposure::from_ppm).unwrap_or(self.to)
    }
}
