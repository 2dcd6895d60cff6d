//! A span as far as an outcome is read from it.

use super::attribute::Attributes;
use crate::rollout::SpanKind;
use crate::units::UnixMillis;
use std::borrow::Cow;

/// How many evaluations that were noted as events of one span are looked at.
const MOST_EVENTS: usize = 128;

/// A span. The same one is filled again and again, so that a body of many costs few allocations.
#[derive(Debug, Default)]
pub(super) struct Span<'b> {
    /// Its name.
    pub name: Cow<'b, str>,
    /// Its kind; `None` when it has none that is known.
    pub kind: Option<SpanKind>,
    /// When it began, in nanoseconds since 1970.
    pub start: u64,
    /// When it ended.
    pub end: u64,
    /// Its status is an error.
    pub failed: bool,
    /// Its attributes.
    pub attributes: Attributes<'b>,
    /// The attributes of those of its events that tell of an evaluation.
    pub evaluations: Vec<Attributes<'b>>,
}

impl<'b> Span<'b> {
    /// Empty again, with the room kept.
    pub(super) fn clear(&mut self) {
        self.name = Cow::Borrowed("");
        (self.kind, self.start, self.end, self.failed) = (None, 0, 0, false);
        self.attributes.clear();
        self.evaluations.clear();
    }

    /// Takes an event's attributes if they tell of an evaluation.
    pub(super) fn take_event(&mut self, attributes: &mut Attributes<'b>) {
        if self.evaluations.len() < MOST_EVENTS && attributes.get(super::KEY).is_some() {
            self.evaluations.push(std::mem::take(attributes));
        }
    }

    /// When it ended; `None` when that is nowhere near our time.
    #[must_use]
    pub(super) fn ended(&self) -> Option<UnixMillis> {
        moment(self.end)
    }

    /// How long it took, in milliseconds; `None` when it ended before it began, or took over a day.
    #[must_use]
    pub(super) fn took(&self) -> Option<f64> {
        let nanos = self.end.checked_sub(self.start).filter(|_| self.start > 0)?;
        #[expect(clippy::cast_precision_loss, reason = "a latency is told within 1 %")]
        let millis = nanos as f64 / 1_000_000.0;
        (millis <= 86_400_000.0).then_some(millis)
    }
}

/// A moment from nanoseconds since 1970, of which 0 means that there is none.
pub(super) fn moment(nanos: u64) -> Option<UnixMillis> {
    let millis = nanos.checked_div(1_000_000).filter(|millis| *millis > 0)?;
    i64::try_from(millis).ok().map(UnixMillis::new)
}

/// The kind by OTLP's number.
pub(super) const fn kind(number: u64) -> Option<SpanKind> {
    match number {
        1 => Some(SpanKind::Internal),
        2 => Some(SpanKind::Server),
        3 => Some(SpanKind::Client),
        4 => Some(SpanKind::Producer),
        5 => Some(SpanKind::Consumer),
        _ => None,
    }
}
