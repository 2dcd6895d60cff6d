//! `ExportMetricsServiceRequest`. Field numbers:
//! <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto>.

use super::cursor::{Fields, Wire, take, varint};
use super::traces::attribute;
use crate::otlp::attribute::Attributes;
use crate::otlp::point::{Counts, MOST_BUCKETS, Point, Producer, StreamId};
use crate::otlp::{Malformed, zigzag};
use std::collections::BTreeMap;

/// The parts of a metric that hold points, by the number of their field.
const SUM: u32 = 7;
const HISTOGRAM: u32 = 9;
const EXPONENTIAL: u32 = 10;

/// Calls `each` with every point of the metrics whose names are wanted. Gauges, summaries and sums that may fall
/// count nothing that happened.
///
/// # Errors
/// When it cannot be read to its end. `each` may have been called for a part of it then.
pub(crate) fn points<'b>(
    body: &'b [u8],
    wanted: impl Fn(&str) -> bool,
    mut each: impl FnMut(&str, Point<'b>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    for resource in Fields::of(body).messages(1) {
        let resource = resource?;
        let producer = Producer::of(last(resource, 1)?);
        for scope in Fields::of(resource).messages(2) {
            let scope = scope?;
            let named = last(scope, 1)?;
            for metric in Fields::of(scope).messages(2) {
                let metric = Metric::read(metric?)?;
                if wanted(metric.name) {
                    let stream = StreamId::of_metric(producer, named, metric.name);
                    metric.points(producer, stream, &mut each)?;
                }
            }
        }
    }
    Ok(())
}

/// The last of a message's fields of a number, which is the one that counts.
fn last(message: &[u8], number: u32) -> Result<&[u8], Malformed> {
    Fields::of(message).messages(number).try_fold(&[][..], |_, found| found)
}

/// A metric before its points are read. Its name may come after them.
struct Metric<'b> {
    name: &'b str,
    unit: &'b str,
    data: Vec<(u32, &'b [u8])>,
}

impl<'b> Metric<'b> {
    fn read(message: &'b [u8]) -> Result<Self, Malformed> {
        let mut metric = Self { name: "", unit: "", data: Vec::new() };
        for field in Fields::of(message) {
            match field? {
                (1, wire) => metric.name = wire.text()?,
                (3, wire) => metric.unit = wire.text()?,
                (number @ (SUM | HISTOGRAM | EXPONENTIAL), wire) => metric.data = vec![(number, wire.bytes()?)],
                _ => {}
            }
        }
        Ok(metric)
    }

    fn points(
        &self,
        producer: Producer,
        stream: StreamId,
        each: &mut impl FnMut(&str, Point<'b>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        for (kind, data) in &self.data {
            let (mut temporality, mut rises) = (0, *kind != SUM);
            for field in Fields::of(data) {
                match field? {
                    (2, wire) => temporality = wire.varint()?,
                    (3, wire) if *kind == SUM => rises = wire.varint()? != 0,
                    _ => {}
                }
            }
            // 1 is delta, 2 is cumulative; without either nobody knows what the numbers mean.
            if !rises || !matches!(temporality, 1 | 2) {
                continue;
            }
            for message in Fields::of(data).messages(1) {
                let mut point = Point {
                    unit: self.unit,
                    start: 0,
                    time: 0,
                    cumulative: temporality == 2,
                    producer,
                    metric: stream,
                    stream,
                    attributes: Attributes::new(),
                    counts: Counts::Sum(0),
                };
                if read(*kind, message?, &mut point)? == Recorded::Yes {
                    each(self.name, point)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a point has a value: one of a stream that ended has none.
#[derive(PartialEq, Eq)]
enum Recorded {
    Yes,
    No,
}

fn read<'b>(kind: u32, message: &'b [u8], point: &mut Point<'b>) -> Result<Recorded, Malformed> {
    let (attributes, flags) = match kind {
        SUM => (7, 8),
        HISTOGRAM => (9, 10),
        _ => (1, 10),
    };
    let mut recorded = Recorded::Yes;
    for field in Fields::of(message) {
        match field? {
            (2, wire) => point.start = wire.fixed64()?,
            (3, wire) => point.time = wire.fixed64()?,
            (number, wire) if number == attributes => {
                let raw = wire.bytes()?;
                point.stream = point.stream.with(raw);
                attribute(raw, &mut point.attributes)?;
            }
            (number, wire) if number == flags && wire.varint()? & 1 == 1 => recorded = Recorded::No,
            _ => {}
        }
    }
    point.counts = match kind {
        SUM => sum(message)?,
        HISTOGRAM => explicit(message)?,
        _ => exponential(message)?,
    };
    Ok(recorded)
}

fn sum(message: &[u8]) -> Result<Counts, Malformed> {
    let mut counted = 0;
    for field in Fields::of(message) {
        match field? {
            (4, wire) => counted = crate::otlp::whole(f64::from_bits(wire.fixed64()?))?,
            (6, wire) => counted = crate::otlp::not_negative(wire.fixed64()?.cast_signed())?,
            _ => {}
        }
    }
    Ok(Counts::Sum(counted))
}

fn explicit(message: &[u8]) -> Result<Counts, Malformed> {
    let (mut bounds, mut counts, mut max, mut total) = (Vec::new(), Vec::new(), None, 0);
    for field in Fields::of(message) {
        match field? {
            (4, wire) => total = wire.fixed64()?,
            (6, wire) => fixed64s(wire, &mut counts)?,
            (7, wire) => fixed64s(wire, &mut bounds)?,
            (12, wire) => max = Some(f64::from_bits(wire.fixed64()?)).filter(|max| max.is_finite()),
            _ => {}
        }
    }
    if counts.is_empty() {
        return Ok(Counts::Sum(total));
    }
    Counts::Explicit { bounds: bounds.into_iter().map(f64::from_bits).collect(), counts, max }.checked()
}

fn exponential(message: &[u8]) -> Result<Counts, Malformed> {
    let (mut scale, mut zero, mut counts) = (0, 0_u64, BTreeMap::new());
    for field in Fields::of(message) {
        match field? {
            (6, wire) => scale = zigzag(wire.varint()?)?,
            (7, wire) => zero = zero.saturating_add(wire.fixed64()?),
            (8, wire) => counts = buckets(wire.bytes()?)?,
            // Nothing takes less than no time.
            (9, wire) => zero = buckets(wire.bytes()?)?.values().fold(zero, |sum, count| sum.saturating_add(*count)),
            _ => {}
        }
    }
    Ok(Counts::Exponential { scale, zero, counts })
}

fn buckets(message: &[u8]) -> Result<BTreeMap<i32, u64>, Malformed> {
    let (mut offset, mut counts) = (0_i32, Vec::new());
    for field in Fields::of(message) {
        match field? {
            (1, wire) => offset = zigzag(wire.varint()?)?,
            (2, wire) => varints(wire, &mut counts)?,
            _ => {}
        }
    }
    Ok((0_i32..)
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(index, count)| (offset.saturating_add(index), count))
        .collect())
}

/// A list of fixed numbers, packed or one by one.
fn fixed64s(wire: Wire<'_>, list: &mut Vec<u64>) -> Result<(), Malformed> {
    match wire {
        Wire::Bytes(mut bytes) => {
            while !bytes.is_empty() {
                push(u64::from_le_bytes(*take(&mut bytes)?), list)?;
            }
            Ok(())
        }
        Wire::Varint(_) | Wire::Fixed64(_) | Wire::Fixed32(_) => push(wire.fixed64()?, list),
    }
}

/// A list of numbers of any length, packed or one by one.
fn varints(wire: Wire<'_>, list: &mut Vec<u64>) -> Result<(), Malformed> {
    match wire {
        Wire::Bytes(mut bytes) => {
            while !bytes.is_empty() {
                push(varint(&mut bytes)?, list)?;
            }
            Ok(())
        }
        Wire::Varint(_) | Wire::Fixed64(_) | Wire::Fixed32(_) => push(wire.varint()?, list),
    }
}

fn push(number: u64, list: &mut Vec<u64>) -> Result<(), Malformed> {
    if list.len() >= MOST_BUCKETS {
        return Err(Malformed::TooMany { of: "buckets in one histogram", most: MOST_BUCKETS });
    }
    list.push(number);
    Ok(())
}
