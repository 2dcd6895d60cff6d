//! What queries gave, as text.

use super::super::output::{self, or_dash};
use tidegate::http::api::wire;

/// Every rollout with its metrics, and below what was asked and what can be done.
pub(super) fn tested(all: &[wire::MetricsTested]) -> String {
    all.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

fn one(tested: &wire::MetricsTested) -> String {
    let mut parts = vec![format!("rollout {}", tested.rollout)];
    if tested.metrics.is_empty() {
        parts.push("no metric asks another system".to_owned());
    } else {
        let rows = tested.metrics.iter().map(row);
        parts.push(output::columns(&["METRIC", "VARIANT", "CONNECTION", "VALUE", "SAMPLES", "TOOK"], rows));
        parts.extend(tested.metrics.iter().map(below));
    }
    if !tested.counted.is_empty() {
        parts.push(format!("counted by Tidegate itself and not asked: {}", tested.counted.join(", ")));
    }
    parts.join("\n")
}

fn row(metric: &wire::MetricAsked) -> Vec<String> {
    vec![
        metric.metric.clone(),
        or_dash(metric.variant.as_deref()),
        metric.connection.clone(),
        // Reasons are sentences: in the table they would push all else off the screen.
        if metric.data { metric.value.clone() } else { "NO DATA".to_owned() },
        metric.samples.map_or_else(|| "-".to_owned(), |samples| samples.to_string()),
        metric.took_ms.map_or_else(|| "-".to_owned(), |took| format!("{took} ms")),
    ]
}

fn below(metric: &wire::MetricAsked) -> String {
    let variant = metric.variant.as_ref().map_or_else(String::new, |variant| format!(" of {variant}"));
    let asked =
        format!("{}{variant}: {}", metric.metric, metric.query.split_whitespace().collect::<Vec<_>>().join(" "));
    let why = (!metric.data).then(|| metric.value.clone());
    let below = [("NO DATA", &why), ("warning", &metric.warning), ("hint", &metric.hint)];
    let below = below.iter().filter_map(|(what, text)| Some(format!("\n  {what}: {}", text.as_ref()?)));
    format!("{asked}{}", below.collect::<String>())
}
