//! From what was exported to outcomes.

use super::attribute::{Attributes, Value};
use super::evaluation::{ERROR_TYPE, EVENTS, Evaluation};
use super::malformed::Malformed;
use super::point::{Counts, Point};
use super::span::{Span, moment};
use super::streams::{Added, Arrived, Streams};
use super::{json, protobuf};
use crate::measure::{Counted, Outcome, User};
use crate::rollout::{AttributeTest, Expected, Telemetry, TelemetrySource};
use crate::units::{FlagKey, UnixMillis, VariantName};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many outcomes one request may carry. An SDK's batch has 512 spans, a collector's 8,192.
const MOST_OUTCOMES: usize = 100_000;

/// How many numbers the cumulative histograms of one request may hold.
const MOST_NUMBERS: usize = 2_000_000;

/// How many flags that are named in one request are remembered. All others are looked up whenever they are named.
const MOST_NAMES: usize = 1_000;

/// The longest latency that counts, in milliseconds: a day.
const LONGEST_LATENCY: f64 = 86_400_000.0;

/// A request's body.
#[derive(Clone, Copy)]
pub enum Body<'b> {
    /// OTLP's binary form.
    Protobuf(&'b [u8]),
    /// OTLP's JSON form.
    Json(&'b str),
}

/// What the intake asks of what is served.
pub trait Vocabulary {
    /// A flag; `None` when there is none of that key.
    fn flag(&self, key: &str) -> Option<Known>;

    /// The variant that a user was served, where the key alone decides it.
    fn served(&self, flag: &FlagKey, user: &str, at: Option<UnixMillis>) -> Option<VariantName>;

    /// Whether a rollout counts the points of that metric.
    fn counts_points_of(&self, metric: &str) -> bool;
}

/// A flag as the intake knows it.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its key.
    pub flag: FlagKey,
    /// Its variants.
    pub variants: Vec<VariantName>,
    /// What counts of its telemetry.
    pub telemetry: Arc<Telemetry>,
}

/// What became of a request.
#[derive(Debug, Default)]
pub struct Taken {
    /// What is to be counted.
    pub outcomes: Vec<Counted>,
    /// What is not, by why not.
    pub passed: BTreeMap<Passed, u64>,
}

/// Why a span or a point is no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passed {
    /// It names no flag.
    NoFlag,
    /// There is no such flag here.
    UnknownFlag,
    /// The flag has no such variant.
    UnknownVariant,
    /// It names no variant, and the user alone does not tell it.
    NoVariant,
    /// The flag's rollout counts something else.
    NotChosen,
    /// It was counted before.
    Repeated,
    /// It is the first of a stream that counted before anybody listened.
    FirstOfStream,
    /// Too many streams are remembered.
    NoRoom,
}

impl Passed {
    /// The word for it, as metrics and answers have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoFlag => "no_flag",
            Self::UnknownFlag => "unknown_flag",
            Self::UnknownVariant => "unknown_variant",
            Self::NoVariant => "no_variant",
            Self::NotChosen => "not_chosen",
            Self::Repeated => "repeated",
            Self::FirstOfStream => "first_of_stream",
            Self::NoRoom => "no_room",
        }
    }

    /// Whether it was meant to be counted, so that its sender should hear that it was not.
    #[must_use]
    pub const fn is_rejection(self) -> bool {
        match self {
            Self::UnknownVariant | Self::NoVariant | Self::NoRoom => true,
            Self::NoFlag | Self::UnknownFlag | Self::NotChosen | Self::Repeated | Self::FirstOfStream => false,
        }
    }
}

/// Reads spans as outcomes.
///
/// # Errors
/// When the body cannot be read to its end: then nothing of it may be counted.
pub fn traces(body: Body<'_>, vocabulary: &dyn Vocabulary) -> Result<Taken, Malformed> {
    let mut intake = Intake::new(vocabulary);
    match body {
        Body::Protobuf(body) => protobuf::spans(body, |span| intake.span(span))?,
        Body::Json(body) => json::spans(body, |span| intake.span(span))?,
    }
    Ok(intake.taken)
}

/// Reads the points of metrics as outcomes.
///
/// # Errors
/// When the body cannot be read to its end: then nothing of it may be counted, and no stream has moved.
pub fn metrics(
    body: Body<'_>,
    vocabulary: &dyn Vocabulary,
    streams: &Streams,
    now: UnixMillis,
) -> Result<Taken, Malformed> {
    let mut intake = Intake::new(vocabulary);
    let mut pending = Vec::new();
    let wanted = |name: &str| vocabulary.counts_points_of(name);
    let each = |metric: &str, point: Point<'_>| intake.point(metric, point, &mut pending);
    match body {
        Body::Protobuf(body) => protobuf::points(body, wanted, each)?,
        Body::Json(body) => json::points(body, wanted, each)?,
    }
    let (read, arrived): (Vec<_>, Vec<_>) = pending.into_iter().map(|one| (one.read, one.arrived)).unzip();
    for (read, added) in read.into_iter().zip(streams.take(arrived, now)) {
        match added {
            // The stream has moved on: to refuse the request now would lose what all others add.
            Added::Counts { counts, since } if intake.count(&read, &counts, since) > 0 => intake.pass(Passed::NoRoom),
            Added::Counts { .. } => {}
            Added::Repeated => intake.pass(Passed::Repeated),
            Added::First => intake.pass(Passed::FirstOfStream),
            Added::NoRoom => intake.pass(Passed::NoRoom),
        }
    }
    Ok(intake.finished())
}

struct Intake<'v> {
    vocabulary: &'v dyn Vocabulary,
    known: BTreeMap<String, Option<Known>>,
    /// The last one that was looked up when there was no more room.
    not_remembered: Option<Known>,
    taken: Taken,
    /// What points counted, by what all of it has in common and by latency, as a float's bits: those of thousands of
    /// histograms with the same bounds are mostly alike.
    alike: BTreeMap<Alike, BTreeMap<Option<u64>, u64>>,
    /// How many different ones there are.
    different: usize,
    /// How many numbers the cumulative points hold.
    weight: usize,
}

/// The flag, the variant, from when on and until when it happened, and whether it went well.
type Alike = (FlagKey, VariantName, Option<UnixMillis>, Option<UnixMillis>, bool);

/// What all that a point counts has in common.
struct Read {
    outcome: Outcome,
    /// How many milliseconds the metric's unit has, where it is one of time.
    millis: Option<f64>,
}

/// A point of a cumulative stream, before it is known what it adds.
struct Pending {
    read: Read,
    arrived: Arrived,
}

/// A body is users' data: printing it shows how long it is.
impl std::fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Protobuf(body) => write!(f, "Protobuf({} bytes)", body.len()),
            Self::Json(body) => write!(f, "Json({} bytes)", body.len()),
        }
    }
}

impl<'v> Intake<'v> {
    fn new(vocabulary: &'v dyn Vocabulary) -> Self {
        Self {
            vocabulary,
            known: BTreeMap::new(),
            not_remembered: None,
            taken: Taken::default(),
            alike: BTreeMap::new(),
            different: 0,
            weight: 0,
        }
    }

    fn pass(&mut self, why: Passed) {
        let passed = self.taken.passed.entry(why).or_default();
        *passed = passed.saturating_add(1);
    }

    /// A span counts once for each flag whose evaluation it tells of: by its own attributes, or by an event. Of a flag
    /// that was evaluated several times the last answer counts.
    fn span(&mut self, span: &Span<'_>) -> Result<(), Malformed> {
        let mut told: Vec<Evaluation<'_>> = Vec::new();
        let events = span.evaluations.iter().filter_map(Evaluation::of);
        for evaluation in events.chain(Evaluation::of(&span.attributes)) {
            told.retain(|before| before.flag != evaluation.flag);
            told.push(evaluation);
        }
        if told.is_empty() {
            self.pass(Passed::NoFlag);
        }
        for evaluation in told {
            match self.outcome_of(span, &evaluation) {
                Ok(outcome) => self.keep(Counted { outcome, times: 1, began: None })?,
                Err(why) => self.pass(why),
            }
        }
        Ok(())
    }

    fn outcome_of(&mut self, span: &Span<'_>, evaluation: &Evaluation<'_>) -> Result<Outcome, Passed> {
        let vocabulary = self.vocabulary;
        let known = self.known(evaluation.flag).ok_or(Passed::UnknownFlag)?;
        let telemetry = &known.telemetry;
        let TelemetrySource::Spans { name, kind } = &telemetry.from else { return Err(Passed::NotChosen) };
        // Some hooks make a span for each evaluation: that is no request that could go well or not.
        let named = match name {
            Some(name) => **name == *span.name,
            None => !EVENTS.contains(&&*span.name),
        };
        if !named || kind.is_some_and(|kind| span.kind != Some(kind)) {
            return Err(Passed::NotChosen);
        }
        let own = telemetry.user.as_deref().and_then(|name| span.attributes.get(name)?.text());
        let user = own.as_deref().or(evaluation.user).filter(|user| !user.is_empty());
        let at = span.ended();
        let variant = match evaluation.variant {
            Some(variant) => known.variant(variant).ok_or(Passed::UnknownVariant)?,
            None if evaluation.failed => return Err(Passed::NoVariant),
            None => {
                // It asked while it went on, mostly at the beginning: what is served may have changed until its end.
                let asked = moment(span.start).filter(|start| at.is_none_or(|end| *start <= end)).or(at);
                user.and_then(|user| vocabulary.served(&known.flag, user, asked)).ok_or(Passed::NoVariant)?
            }
        };
        Ok(Outcome {
            flag: known.flag.clone(),
            variant,
            user: user.map(User::of),
            at,
            ok: !span.failed && !fails(&telemetry.failed_when, &span.attributes),
            latency_ms: span.took(),
            value: telemetry.value.as_deref().and_then(|name| span.attributes.get(name)?.number()),
        })
    }

    fn point(&mut self, name: &str, point: Point<'_>, pending: &mut Vec<Pending>) -> Result<(), Malformed> {
        let read = match self.read_point(name, &point) {
            Ok(read) => read,
            Err(why) => {
                self.pass(why);
                return Ok(());
            }
        };
        let Point { producer, metric, stream, start, time, cumulative, counts, .. } = point;
        if !cumulative {
            return match self.count(&read, &counts, start) {
                0 => Ok(()),
                _ => Err(Malformed::TooMany { of: "outcomes of flags", most: MOST_OUTCOMES }),
            };
        }
        if pending.len() >= MOST_OUTCOMES {
            return Err(Malformed::TooMany { of: "points of flags", most: MOST_OUTCOMES });
        }
        self.weight = self.weight.saturating_add(counts.weight());
        if self.weight > MOST_NUMBERS {
            return Err(Malformed::TooMany { of: "buckets of flags", most: MOST_NUMBERS });
        }
        let (began, flag) = (start.to_le_bytes(), read.outcome.flag.as_str());
        let producer = producer.of_flag(metric, flag);
        let (family, stream) = (metric.with(&began).with(flag.as_bytes()), stream.with(&began));
        pending.push(Pending { read, arrived: Arrived { producer, family, stream, start, time, counts } });
        Ok(())
    }

    fn read_point(&mut self, metric: &str, point: &Point<'_>) -> Result<Read, Passed> {
        let vocabulary = self.vocabulary;
        let evaluation = Evaluation::of(&point.attributes).ok_or(Passed::NoFlag)?;
        let known = self.known(evaluation.flag).ok_or(Passed::UnknownFlag)?;
        match &known.telemetry.from {
            TelemetrySource::Points { metric: chosen } if **chosen == *metric => {}
            TelemetrySource::Points { .. } | TelemetrySource::Spans { .. } => return Err(Passed::NotChosen),
        }
        let at = moment(point.time);
        let variant = match evaluation.variant {
            Some(variant) => known.variant(variant).ok_or(Passed::UnknownVariant)?,
            None => {
                let served = evaluation.user.and_then(|user| vocabulary.served(&known.flag, user, at));
                served.ok_or(Passed::NoVariant)?
            }
        };
        let failed = point.attributes.text(&[ERROR_TYPE]).is_some();
        let ok = !failed && !fails(&known.telemetry.failed_when, &point.attributes);
        let flag = known.flag.clone();
        let outcome = Outcome { flag, variant, user: None, at, ok, latency_ms: None, value: None };
        Ok(Read { outcome, millis: milliseconds(point.unit) })
    }

    /// Counts what a point has counted since then, in nanoseconds, and says how many of it there was no room for.
    fn count(&mut self, read: &Read, counts: &Counts, since: u64) -> u64 {
        let Outcome { flag, variant, at, ok, .. } = &read.outcome;
        let began = moment(since);
        let alike = self.alike.entry((flag.clone(), variant.clone(), began, *at, *ok)).or_default();
        let (different, mut over) = (&mut self.different, 0_u64);
        counts.portions(|portion| {
            let latency = portion.value.zip(read.millis).map(|(value, millis)| value * millis);
            let latency = latency.filter(|latency| (0.0..=LONGEST_LATENCY).contains(latency)).map(f64::to_bits);
            if let Some(times) = alike.get_mut(&latency) {
                *times = times.saturating_add(portion.times);
            } else if *different < MOST_OUTCOMES {
                *different = different.saturating_add(1);
                alike.insert(latency, portion.times);
            } else {
                over = over.saturating_add(portion.times);
            }
        });
        over
    }

    /// What became of a request with points.
    fn finished(mut self) -> Taken {
        for ((flag, variant, began, at, ok), latencies) in self.alike {
            for (latency, times) in latencies {
                let latency_ms = latency.map(f64::from_bits);
                let (flag, variant) = (flag.clone(), variant.clone());
                let outcome = Outcome { flag, variant, user: None, at, ok, latency_ms, value: None };
                // Nobody counts as many between two exports.
                let times = u32::try_from(times).unwrap_or(u32::MAX);
                self.taken.outcomes.push(Counted { outcome, times, began });
            }
        }
        self.taken
    }

    fn keep(&mut self, counted: Counted) -> Result<(), Malformed> {
        if self.taken.outcomes.len() >= MOST_OUTCOMES {
            return Err(Malformed::TooMany { of: "outcomes of flags", most: MOST_OUTCOMES });
        }
        self.taken.outcomes.push(counted);
        Ok(())
    }

    fn known(&mut self, key: &str) -> Option<&Known> {
        if !self.known.contains_key(key) {
            if self.known.len() >= MOST_NAMES {
                self.not_remembered = self.vocabulary.flag(key);
                return self.not_remembered.as_ref();
            }
            self.known.insert(key.to_owned(), self.vocabulary.flag(key));
        }
        self.known.get(key)?.as_ref()
    }
}

impl Known {
    fn variant(&self, name: &str) -> Option<VariantName> {
        self.variants.iter().find(|known| known.as_str() == name).cloned()
    }
}

/// Whether any of the tests says that it failed.
fn fails(tests: &[AttributeTest], attributes: &Attributes<'_>) -> bool {
    tests.iter().any(|test| {
        let Some(value) = attributes.get(&test.attribute) else { return false };
        match &test.is {
            Expected::Present => !matches!(value, Value::Bool(false)),
            Expected::AtLeast(bound) => value.number().is_some_and(|number| number >= *bound),
            Expected::OneOf(texts) => value.text().is_some_and(|text| texts.iter().any(|known| **known == *text)),
        }
    })
}

/// How many milliseconds a unit has, as UCUM writes those of time.
fn milliseconds(unit: &str) -> Option<f64> {
    match unit {
        "s" => Some(1_000.0),
        "ms" => Some(1.0),
        "us" => Some(0.001),
        "ns" => Some(0.000_001),
        "min" => Some(60_000.0),
        "h" => Some(3_600_000.0),
        _ => None,
    }
}
