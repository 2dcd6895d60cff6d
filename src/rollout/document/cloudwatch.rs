//! A metric that CloudWatch is asked for.

use super::fields::Fields;
use super::query::{NAMES, template};
use super::reader::Reader;
use super::shape;
use super::sourced::{Sourced, min_samples, optional, query, unit};
use crate::rollout::{Ask, AskCloudWatch, Better, Figure, MetricSource, Statistic};
use crate::source::{Entry, Node};
use std::sync::Arc;
use std::time::Duration;

/// Over how long a value is taken when nothing is said.
const PERIOD: Duration = Duration::from_secs(60);

/// The most figures of one metric: each is paid for whenever it is asked for.
const MOST: usize = 20;

/// The most dimensions that CloudWatch keeps of a metric.
const MOST_DIMENSIONS: usize = 30;

/// The name of the figure that counts, where the plan gives it none.
const VALUE: &str = "value";

/// The name of the figure that says how many samples there are, where the plan gives it none.
const SAMPLES: &str = "samples";

/// Reads what the provider `cloudwatch` has of its own.
pub(super) fn cloudwatch(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Sourced> {
    let unit = unit(fields, reader);
    let region = optional(fields.get("region"), None, |node| region(node, reader).map(Some));
    let period = optional(fields.get("period"), PERIOD, |node| period(node, reader));
    let asked = match fields.entry("queries") {
        Some(entry) => several(fields, entry, reader),
        None => single(fields, reader),
    };
    let asked = asked.zip(region).zip(period).map(|((asked, region), period)| {
        let Asked { figures, value, samples, min_samples } = asked;
        Ask::CloudWatch(AskCloudWatch { region, period, figures, value, samples, min_samples })
    });
    let query = query(fields, asked, reader);
    Some((unit?, Better::Lower, MetricSource::Query(query?)))
}

struct Asked {
    figures: Vec<(Arc<str>, Figure)>,
    value: Arc<str>,
    samples: Option<Arc<str>>,
    min_samples: u64,
}

/// One statistic or one expression; its samples are counted when there must be some.
fn single(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Asked> {
    if let Some(entry) = fields.entry("samples") {
        let hint = "remove it: with `min_samples` the samples of the metric itself are counted";
        reader.complain(entry.key_span, "`samples` names one of several `queries`", hint);
    }
    let least = min_samples(fields, 0, reader);
    let value: Arc<str> = Arc::from(VALUE);
    if let Some(node) = fields.get("expression") {
        for other in ["namespace", "metric", "dimensions", "statistic"] {
            complain_beside(fields, other, "expression", reader);
        }
        if let Some(entry) = fields.entry("min_samples") {
            let hint = "name what counts the samples: `queries: { requests: ... }` and `samples: requests`";
            reader.complain(entry.key_span, "of an expression nobody knows what it rests on", hint);
        }
        let text = template(node, "expression", NAMES, reader)?;
        let figures = vec![(Arc::clone(&value), Figure::Expression(text))];
        return Some(Asked { figures, value, samples: None, min_samples: 0 });
    }
    if fields.entry("metric").is_none() {
        let message = "a CloudWatch metric needs `metric`, `expression` or `queries`";
        reader.complain(fields.start(), message, "for instance `namespace: Shop`, `metric: Errors`, `statistic: Sum`");
        return None;
    }
    let of = statistic(fields, reader)?;
    let least = least?;
    let counted = Statistic { statistic: Arc::from("SampleCount"), ..of.clone() };
    let mut figures = vec![(Arc::clone(&value), Figure::Statistic(of))];
    let samples = (least > 0).then(|| Arc::from(SAMPLES));
    figures.extend(samples.iter().map(|name| (Arc::clone(name), Figure::Statistic(counted.clone()))));
    Some(Asked { figures, value, samples, min_samples: least })
}

/// Figures with names, and an expression over them.
fn several(fields: &Fields<'_>, entry: &Entry<'_>, reader: &mut Reader<'_>) -> Option<Asked> {
    for other in ["namespace", "metric", "dimensions", "statistic"] {
        complain_beside(fields, other, "queries", reader);
    }
    let Some(entries) = entry.value.as_object().filter(|entries| !entries.is_empty()) else {
        let message = format!("`queries` is {} where names with queries are expected", entry.value.kind());
        reader.complain(entry.value.span, message, "for instance `errors: { namespace: Shop, metric: Errors }`");
        return None;
    };
    if entries.len() > MOST {
        reader.problems.add(entry.value.span, format!("{} queries are more than {MOST}", entries.len()));
        return None;
    }
    let figures: Vec<_> =
        entries.iter().map(|entry| Some((id(entry, reader)?, figure(&entry.value, reader)?))).collect();
    let expression = fields.needed("expression", "say what is computed from them, such as `errors / requests`", reader);
    let expression = expression.and_then(|node| template(node, "expression", NAMES, reader));
    let mut figures: Vec<_> = figures.into_iter().collect::<Option<_>>()?;
    let samples = optional(fields.get("samples"), None, |node| counted(node, &figures, reader).map(Some));
    let least = min_samples(fields, 0, reader);
    if let (None, Some(entry)) = (fields.entry("samples"), fields.entry("min_samples")) {
        let hint = "add `samples` with the name of the query that counts them";
        reader.complain(entry.key_span, "nobody knows how many samples there are", hint);
    }
    let value: Arc<str> = Arc::from(VALUE);
    figures.push((Arc::clone(&value), Figure::Expression(expression?)));
    Some(Asked { figures, value, samples: samples?, min_samples: least? })
}

fn counted(node: &Node<'_>, figures: &[(Arc<str>, Figure)], reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, "samples")?;
    let found = figures.iter().find(|(name, _)| **name == *text);
    if found.is_none() {
        reader.complain(node.span, format!("there is no query `{text}`"), "name one of `queries`");
    }
    found.map(|(name, _)| Arc::clone(name))
}

/// What CloudWatch takes as the name of a figure.
fn id(entry: &Entry<'_>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let name = &*entry.key;
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !plain || !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.len() > 255 || name == VALUE {
        let message = format!("a query cannot be called `{name}`");
        let hint =
            format!("use letters, digits and `_`, with a small letter first; `{VALUE}` is the expression itself");
        reader.complain(entry.key_span, message, hint);
        return None;
    }
    Some(Arc::from(name))
}

fn figure(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Figure> {
    if node.as_object().is_none() {
        return template(node, "query", NAMES, reader).map(Figure::Expression);
    }
    let fields = Fields::read(node, &shape::STATISTIC, reader)?;
    statistic(&fields, reader).map(Figure::Statistic)
}

fn statistic(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Statistic> {
    let mut text = |name: &str, hint: &str| {
        let node = fields.needed(name, hint, reader)?;
        // Names of namespaces and metrics are fixed: what differs by variant is a dimension.
        let text = reader.text(node, name)?;
        if text.contains("{{") {
            let hint = "placeholders belong into the values of `dimensions`";
            reader.complain(node.span, format!("`{name}` must not have a placeholder"), hint);
            return None;
        }
        Some(Arc::<str>::from(text))
    };
    let namespace = text("namespace", "for instance `namespace: Shop`");
    let metric = text("metric", "for instance `metric: Errors`");
    let statistic = text("statistic", "for instance `statistic: Sum`, `Average` or `p99`");
    let dimensions = optional(fields.get("dimensions"), Vec::new(), |node| dimensions(node, reader));
    Some(Statistic { namespace: namespace?, metric: metric?, dimensions: dimensions?, statistic: statistic? })
}

fn dimensions(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Vec<(Arc<str>, Arc<str>)>> {
    let Some(entries) = node.as_object() else {
        let message = format!("`dimensions` is {} where names with values are expected", node.kind());
        reader.complain(node.span, message, "for instance `{ variant: \"{{variant}}\" }`");
        return None;
    };
    if entries.len() > MOST_DIMENSIONS {
        reader.problems.add(node.span, format!("{} dimensions are more than {MOST_DIMENSIONS}", entries.len()));
        return None;
    }
    let dimension = |entry: &Entry<'_>| {
        let value = template(&entry.value, &entry.key, NAMES, reader)?;
        Some((Arc::from(&*entry.key), value))
    };
    let dimensions: Vec<_> = entries.iter().map(dimension).collect();
    dimensions.into_iter().collect()
}

/// A region's name goes into the address that is asked.
fn region(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, "region")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.len() > 40 || !text.chars().all(plain) || !text.contains('-') {
        reader.complain(node.span, format!("`{text}` is no region of AWS"), "for instance `eu-central-1`");
        return None;
    }
    Some(Arc::from(text))
}

fn period(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Duration> {
    let period = reader.duration(node, "period", Duration::from_secs(1)..=Duration::from_secs(86_400))?;
    let (seconds, rest) = (period.as_secs(), period.subsec_millis());
    if rest != 0 || !(matches!(seconds, 1 | 5 | 10 | 20 | 30) || seconds.is_multiple_of(60)) {
        let message = "`period` is 1, 5, 10, 20 or 30 seconds, or a multiple of a minute";
        reader.complain(node.span, message, "CloudWatch keeps no others: `1m` is usual");
        return None;
    }
    Some(period)
}

fn complain_beside(fields: &Fields<'_>, other: &str, chosen: &str, reader: &mut Reader<'_>) {
    if let Some(entry) = fields.entry(other) {
        let message = format!("`{other}` and `{chosen}` are both given");
        reader.complain(entry.key_span, message, format!("write it within `queries`, or remove `{chosen}`"));
    }
}
