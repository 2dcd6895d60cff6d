//! A course of metrics that somebody wrote down: a table of comma-separated values.

use crate::analysis::{Bound, Condition};
use crate::rollout::{Arm, Metric, Plan};
use crate::source::suggest;
use crate::units::{MetricName, parse_duration};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest table, in bytes.
pub const LONGEST_RECORDING: usize = 8 << 20;

/// The most lines of a table.
const MOST_LINES: usize = 100_000;

/// The most columns of a table.
const MOST_COLUMNS: usize = 201;

/// What stands behind a metric's name in a heading when it is of the stable variant.
const CONTROL: &str = "@control";

/// Values of metrics from some moments on. The last one stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording {
    values: BTreeMap<(MetricName, Arm), Vec<Point>>,
}

/// From when on, since the beginning, and in the base unit; `None` is no data.
type Point = (Duration, Option<f64>);

/// What is wrong with a table, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct RecordingError {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What a table is like.
enum Shape<'t> {
    /// `time,metric,value[,arm]`.
    Long { arm: bool },
    /// `time,error_rate,p95@control`.
    Wide(Vec<(MetricName, Arm, &'t Metric)>),
}

/// A field and where it begins, in characters from 1.
#[derive(Clone, Copy)]
struct Field<'t> {
    text: &'t str,
    line: usize,
    column: usize,
}

impl Recording {
    /// Reads a table. Its heading is `time,metric,value`, with a further `arm` (`candidate` or `control`) where
    /// that is needed; or `time` and the names of metrics, those of the stable variant with `@control` behind them.
    /// Times are durations since the beginning, in their order. Values have the units of conditions, or none: then
    /// they are in the metric's own unit. A value that is left out is no data.
    ///
    /// # Errors
    /// When it is no such table, names what the plan has not, or is too long.
    pub fn parse(text: &str, plan: &Plan) -> Result<Self, RecordingError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let whole = Field { text, line: 1, column: 1 };
        if text.len() > LONGEST_RECORDING {
            return Err(whole.wrong(format!("the table is longer than {} MiB", LONGEST_RECORDING >> 20)));
        }
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let Some((number, heading)) = lines.next() else {
            return Err(whole.wrong("the table is empty").hint("write a heading, such as `time,metric,value`"));
        };
        let shape = Shape::read(&fields(number, heading), plan)?;
        let (mut recording, mut before) = (Self::default(), Duration::ZERO);
        for (count, (number, line)) in lines.enumerate() {
            let fields = fields(number, line);
            let Some((time, values)) = fields.split_first() else { continue };
            if count >= MOST_LINES {
                return Err(time.wrong(format!("more than {MOST_LINES} lines of values")));
            }
            let at = time.time()?;
            if at < before {
                return Err(time
                    .wrong(format!("`{}` is before the line above it", time.text))
                    .hint("sort the lines by time"));
            }
            before = at;
            recording.take(&shape, at, time, values, plan)?;
        }
        match recording.values.is_empty() {
            true => {
                Err(whole.wrong("the table has a heading and no values").hint("write a line such as `0,error_rate,1%`"))
            }
            false => Ok(recording),
        }
    }

    fn take<'t>(
        &mut self,
        shape: &Shape<'t>,
        at: Duration,
        time: &Field<'t>,
        values: &[Field<'t>],
        plan: &Plan,
    ) -> Result<(), RecordingError> {
        let wanted = match shape {
            Shape::Long { arm: false } => 2,
            Shape::Long { arm: true } => 3,
            Shape::Wide(columns) => columns.len(),
        };
        if values.len() != wanted {
            let (has, needs) = (values.len().saturating_add(1), wanted.saturating_add(1));
            let place = values.get(wanted).unwrap_or(time);
            return Err(place.wrong(format!("the line has {has} fields where its heading has {needs}")));
        }
        match (shape, values) {
            (Shape::Wide(columns), values) => {
                for ((name, arm, metric), field) in columns.iter().zip(values) {
                    self.note(name, *arm, at, field.value(name, metric)?);
                }
            }
            (Shape::Long { .. }, [name, value, arm @ ..]) => {
                let (name, metric) = name.metric(name.text, plan)?;
                let arm = arm.first().map_or(Ok(Arm::Candidate), Field::arm)?;
                self.note(&name, arm, at, value.value(&name, metric)?);
            }
            (Shape::Long { .. }, _) => {}
        }
        Ok(())
    }

    fn note(&mut self, name: &MetricName, arm: Arm, at: Duration, value: Option<f64>) {
        self.values.entry((name.clone(), arm)).or_default().push((at, value));
    }

    /// Whether the table has anything of a metric of that group.
    pub(super) fn has(&self, metric: &MetricName, arm: Arm) -> bool {
        self.values.contains_key(&(metric.clone(), arm))
    }

    /// A value in the base unit at a moment since the beginning; `None` where there is none.
    pub(super) fn at(&self, metric: &MetricName, arm: Arm, at: Duration) -> Option<f64> {
        let values = self.values.get(&(metric.clone(), arm))?;
        let after = values.partition_point(|(from, _)| *from <= at);
        values.get(after.checked_sub(1)?)?.1
    }
}

impl<'t> Shape<'t> {
    fn read(heading: &[Field<'t>], plan: &'t Plan) -> Result<Self, RecordingError> {
        let Some((first, rest)) = heading.split_first() else { return Ok(Self::Wide(Vec::new())) };
        if first.text != "time" {
            let wrong = first.wrong(format!("the heading begins with `{}` where `time` is expected", first.text));
            return Err(wrong.hint("write `time,metric,value` or `time` and the names of metrics"));
        }
        let names: Vec<&str> = rest.iter().map(|field| field.text).collect();
        match names.as_slice() {
            ["metric", "value"] => return Ok(Self::Long { arm: false }),
            ["metric", "value", "arm"] => return Ok(Self::Long { arm: true }),
            [] => return Err(first.wrong("the heading has no column beside `time`").hint("add the names of metrics")),
            _ => {}
        }
        if let Some(field) = rest.get(MOST_COLUMNS.saturating_sub(1)) {
            return Err(field.wrong(format!("more than {MOST_COLUMNS} columns")));
        }
        let mut columns: Vec<(MetricName, Arm, &Metric)> = Vec::new();
        for field in rest {
            let (text, arm) = match field.text.strip_suffix(CONTROL) {
                Some(name) => (name, Arm::Control),
                None => (field.text, Arm::Candidate),
            };
            let (name, metric) = field.metric(text, plan)?;
            if columns.iter().any(|(known, of, _)| *known == name && *of == arm) {
                return Err(field.wrong(format!("the column `{}` is there twice", field.text)));
            }
            columns.push((name, arm, metric));
        }
        Ok(Self::Wide(columns))
    }
}

impl Field<'_> {
    fn wrong(&self, message: impl Into<String>) -> RecordingError {
        RecordingError { line: self.line, column: self.column, message: message.into(), hint: None }
    }

    fn time(&self) -> Result<Duration, RecordingError> {
        if self.text == "0" {
            return Ok(Duration::ZERO);
        }
        parse_duration(self.text)
            .map_err(|error| self.wrong(error.to_string()).hint("times are since the beginning: `0`, `15m`, `1h30m`"))
    }

    fn metric<'p>(&self, text: &str, plan: &'p Plan) -> Result<(MetricName, &'p Metric), RecordingError> {
        let found = plan.metrics.iter().find(|(name, _)| name.as_str() == text);
        let unknown = || {
            let names = || plan.metrics.keys().map(MetricName::as_str);
            let all = || format!("the plan has: {}", names().collect::<Vec<_>>().join(", "));
            self.wrong(format!("the plan has no metric `{text}`")).hint(suggest(text, names()).unwrap_or_else(all))
        };
        found.map(|(name, metric)| (name.clone(), metric)).ok_or_else(unknown)
    }

    fn arm(&self) -> Result<Arm, RecordingError> {
        match self.text {
            "candidate" | "" => Ok(Arm::Candidate),
            "control" => Ok(Arm::Control),
            other => Err(self.wrong(format!("`{other}` is no group")).hint("write `candidate` or `control`")),
        }
    }

    /// The value in the metric's base unit; `None` where the field is empty.
    fn value(&self, name: &MetricName, metric: &Metric) -> Result<Option<f64>, RecordingError> {
        if self.text.is_empty() {
            return Ok(None);
        }
        if let Ok(value) = self.text.parse::<f64>() {
            let value = value * metric.unit.factor();
            return match value.is_finite() {
                true => Ok(Some(value)),
                false => {
                    Err(self.wrong(format!("`{}` is not finite", self.text)).hint("leave the field empty for no data"))
                }
            };
        }
        // A value is written as a bound is.
        let bound = Condition::parse(&format!("{name} == {}", self.text), &|_| Some(metric.unit.quantity()));
        match bound {
            Ok(Condition::Compare(compare)) if compare.lasting.is_none() => match compare.bound {
                Bound::Fixed(value) => Ok(Some(value)),
                Bound::Relative { .. } => Err(self.wrong(format!("`{}` is no value", self.text))),
            },
            Ok(_) => Err(self.wrong(format!("`{}` is no value", self.text))),
            Err(error) => {
                let wrong = self.wrong(format!("`{}` is no value of `{name}`: {}", self.text, error.message));
                Err(RecordingError { hint: error.hint, ..wrong })
            }
        }
    }
}

impl RecordingError {
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The fields of a line. Quotes around one are left out: spreadsheets write them; a comma in one is not expected.
fn fields(line: usize, text: &str) -> Vec<Field<'_>> {
    let mut next = 1_usize;
    let field = |field: &'_ str| {
        let column = next.saturating_add(field.chars().take_while(|c| c.is_whitespace()).count());
        next = next.saturating_add(field.chars().count()).saturating_add(1);
        column
    };
    let columns: Vec<usize> = text.split(',').map(field).collect();
    text.split(',').zip(columns).map(|(field, column)| Field { text: unquoted(field.trim()), line, column }).collect()
}

fn unquoted(field: &str) -> &str {
    field.strip_prefix('"').and_then(|field| field.strip_suffix('"')).map_or(field, str::trim)
}
