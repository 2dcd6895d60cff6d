//! `ExportMetricsServiceRequest` as JSON.

use super::traces::attributes;
use super::walk::{double, list, object, raw, signed, text, truth, unsigned};
use crate::json::{Kind, Reader};
use crate::otlp::attribute::Attributes;
use crate::otlp::point::{Counts, MOST_BUCKETS, Point, Producer, StreamId};
use crate::otlp::{Malformed, not_negative, whole};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Calls `each` with every point of the metrics whose names are wanted. Gauges, summaries and sums that may fall
/// count nothing that happened.
///
/// # Errors
/// When it cannot be read to its end. `each` may have been called for a part of it then.
pub(crate) fn points<'b>(
    body: &'b str,
    wanted: impl Fn(&str) -> bool,
    mut each: impl FnMut(&str, Point<'b>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut reader = Reader::new(body);
    object(&mut reader, |key, reader| match key {
        "resourceMetrics" => list(reader, |reader| {
            let producer = Producer::of(raw(reader, body, "resource")?.as_bytes());
            object(reader, |key, reader| match key {
                "scopeMetrics" => list(reader, |reader| {
                    let scope = raw(reader, body, "scope")?;
                    object(reader, |key, reader| match key {
                        "metrics" => list(reader, |reader| {
                            let head = Head::read(reader)?;
                            if !wanted(&head.name) {
                                return Ok(reader.skip()?);
                            }
                            let stream = StreamId::of_metric(producer, scope.as_bytes(), &head.name);
                            metric(
                                reader,
                                body,
                                &Origin { name: head.name, unit: head.unit, producer, stream },
                                &mut each,
                            )
                        }),
                        _ => Ok(reader.skip()?),
                    })
                }),
                _ => Ok(reader.skip()?),
            })
        }),
        _ => Ok(reader.skip()?),
    })?;
    Ok(reader.end()?)
}

/// What a metric is called and measured in.
struct Head<'b> {
    name: Cow<'b, str>,
    unit: &'b str,
}

impl<'b> Head<'b> {
    /// Reads ahead; the reader stays where it is.
    fn read(reader: &Reader<'b>) -> Result<Self, Malformed> {
        let mut head = Self { name: Cow::Borrowed(""), unit: "" };
        object(&mut reader.clone(), |key, reader| {
            match key {
                "name" => head.name = text(reader)?,
                // A unit with escapes is none that is known.
                "unit" => head.unit = if let Cow::Borrowed(unit) = text(reader)? { unit } else { "" },
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(head)
    }
}

/// What the points of a metric have in common.
struct Origin<'b> {
    name: Cow<'b, str>,
    unit: &'b str,
    producer: Producer,
    stream: StreamId,
}

fn metric<'b>(
    reader: &mut Reader<'b>,
    body: &'b str,
    origin: &Origin<'b>,
    each: &mut impl FnMut(&str, Point<'b>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    object(reader, |key, reader| {
        let read = match key {
            "sum" => sum,
            "histogram" => explicit,
            "exponentialHistogram" => exponential,
            _ => return Ok(reader.skip()?),
        };
        let (mut temporality, mut rises) = (0, key != "sum");
        object(&mut reader.clone(), |key, reader| {
            match key {
                "aggregationTemporality" => temporality = temporality_of(reader)?,
                "isMonotonic" if !rises => rises = truth(reader)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        // Without a temporality nobody knows what the numbers mean.
        if !rises || !matches!(temporality, 1 | 2) {
            return Ok(reader.skip()?);
        }
        object(reader, |key, reader| match key {
            "dataPoints" => list(reader, |reader| {
                let mut point = Point {
                    unit: origin.unit,
                    start: 0,
                    time: 0,
                    cumulative: temporality == 2,
                    producer: origin.producer,
                    metric: origin.stream,
                    stream: identity(reader, body, origin.stream)?,
                    attributes: Attributes::new(),
                    counts: Counts::Sum(0),
                };
                let recorded = common(&mut reader.clone(), &mut point)?;
                point.counts = read(reader)?;
                if recorded { each(&origin.name, point) } else { Ok(()) }
            }),
            _ => Ok(reader.skip()?),
        })
    })
}

/// The stream of the point that begins here: its attributes are the same in whatever order they come. The reader stays
/// where it is.
fn identity<'b>(reader: &Reader<'b>, body: &'b str, metric: StreamId) -> Result<StreamId, Malformed> {
    let mut stream = metric;
    object(&mut reader.clone(), |key, reader| match key {
        "attributes" => list(reader, |reader| {
            reader.peek()?;
            let start = reader.offset();
            reader.skip()?;
            stream = stream.with(body.get(start..reader.offset()).unwrap_or("").as_bytes());
            Ok(())
        }),
        _ => Ok(reader.skip()?),
    })?;
    Ok(stream)
}

/// A number, or its name.
fn temporality_of(reader: &mut Reader<'_>) -> Result<u64, Malformed> {
    if reader.peek()? != Kind::Text {
        return unsigned(reader);
    }
    Ok(match &*text(reader)? {
        "1" | "AGGREGATION_TEMPORALITY_DELTA" => 1,
        "2" | "AGGREGATION_TEMPORALITY_CUMULATIVE" => 2,
        _ => 0,
    })
}

/// What all kinds of points have; whether it has a value.
fn common<'b>(reader: &mut Reader<'b>, point: &mut Point<'b>) -> Result<bool, Malformed> {
    let mut flags = 0;
    object(reader, |key, reader| {
        match key {
            "startTimeUnixNano" => point.start = unsigned(reader)?,
            "timeUnixNano" => point.time = unsigned(reader)?,
            "attributes" => attributes(reader, &mut point.attributes)?,
            "flags" => flags = unsigned(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(flags & 1 == 0)
}

fn sum(reader: &mut Reader<'_>) -> Result<Counts, Malformed> {
    let mut counted = 0;
    object(reader, |key, reader| {
        match key {
            "asDouble" => counted = whole(double(reader)?)?,
            "asInt" => counted = not_negative(signed(reader)?)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(Counts::Sum(counted))
}

fn explicit(reader: &mut Reader<'_>) -> Result<Counts, Malformed> {
    let (mut bounds, mut counts, mut max, mut total) = (Vec::new(), Vec::new(), None, 0);
    object(reader, |key, reader| {
        match key {
            "count" => total = unsigned(reader)?,
            "bucketCounts" => numbers(reader, &mut counts, unsigned)?,
            "explicitBounds" => numbers(reader, &mut bounds, double)?,
            "max" => max = Some(double(reader)?).filter(|max| max.is_finite()),
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    if counts.is_empty() {
        return Ok(Counts::Sum(total));
    }
    Counts::Explicit { bounds, counts, max }.checked()
}

fn exponential(reader: &mut Reader<'_>) -> Result<Counts, Malformed> {
    let (mut scale, mut zero, mut counts) = (0, 0_u64, BTreeMap::new());
    object(reader, |key, reader| {
        match key {
            "scale" => scale = small(reader)?,
            "zeroCount" => zero = zero.saturating_add(unsigned(reader)?),
            "positive" => counts = buckets(reader)?,
            // Nothing takes less than no time.
            "negative" => zero = buckets(reader)?.values().fold(zero, |sum, count| sum.saturating_add(*count)),
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(Counts::Exponential { scale, zero, counts })
}

fn buckets(reader: &mut Reader<'_>) -> Result<BTreeMap<i32, u64>, Malformed> {
    let (mut offset, mut counts) = (0_i32, Vec::new());
    object(reader, |key, reader| {
        match key {
            "offset" => offset = small(reader)?,
            "bucketCounts" => numbers(reader, &mut counts, unsigned)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    let counts = (0_i32..).zip(counts).filter(|(_, count)| *count > 0);
    Ok(counts.map(|(index, count)| (offset.saturating_add(index), count)).collect())
}

fn small(reader: &mut Reader<'_>) -> Result<i32, Malformed> {
    i32::try_from(signed(reader)?).map_err(|_| Malformed::Wrong("a scale is out of bounds"))
}

fn numbers<'b, T>(
    reader: &mut Reader<'b>,
    numbers: &mut Vec<T>,
    read: fn(&mut Reader<'b>) -> Result<T, Malformed>,
) -> Result<(), Malformed> {
    list(reader, |reader| {
        if numbers.len() >= MOST_BUCKETS {
            return Err(Malformed::TooMany { of: "buckets in one histogram", most: MOST_BUCKETS });
        }
        numbers.push(read(reader)?);
        Ok(())
    })
}
