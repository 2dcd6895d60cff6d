//! A plan's text.

use super::kinds::{Budget, Shape};
use super::metric::{MetricShape, Silence, Since};
use super::rule::{List, Rule, Scope};
use std::fmt::Write as _;

/// The document as the program reads it.
pub fn written(shape: &Shape) -> String {
    let mut text = head(shape);
    writeln!(text, "metrics:").unwrap();
    for (index, metric) in shape.metrics.iter().enumerate() {
        writeln!(text, "  {}: {{ {} }}", metric.name, metric_text(shape, index, metric)).unwrap();
    }
    let always = |list: List| lists(shape, list, Scope::Always);
    writeln!(text, "always:").unwrap();
    for list in [List::Close, List::Back, List::Hold, List::Notify] {
        let rules = always(list);
        if !rules.is_empty() {
            writeln!(text, "  {}:", list.field()).unwrap();
        }
        for rule in rules {
            writeln!(text, "    - {}", entry(shape, rule)).unwrap();
        }
    }
    writeln!(text, "waves:").unwrap();
    for index in 0..shape.docs.len() {
        writeln!(text, "  - {{ {} }}", wave_text(shape, index)).unwrap();
    }
    if let Some(watch) = shape.watch {
        let mut parts = vec![format!("watch: {}s, every: {}s", watch.watch.as_secs(), watch.every.as_secs())];
        if watch.holdback > 0 {
            parts.push(format!("holdback: {}%", percent(watch.holdback)));
        }
        parts.extend(own_lists(shape, &[Scope::Watch]));
        writeln!(text, "after: {{ {} }}", parts.join(", ")).unwrap();
    }
    text
}

fn head(shape: &Shape) -> String {
    let mut text = format!(
        "kind: Rollout\nname: {}\nflag: {}\ncandidate: \"on\"\nstable: \"off\"\nsalt: {}\n",
        shape.name, shape.flag, shape.salt
    );
    if shape.fresh {
        text.push_str("retry: fresh\n");
    }
    if let Some(start) = shape.start {
        let start = chrono::DateTime::from_timestamp_millis(start).unwrap();
        writeln!(text, "start: {}", start.format("%Y-%m-%dT%H:%M:%SZ")).unwrap();
    }
    if let Some(span) = shape.baseline {
        writeln!(text, "baseline: {}s", span.as_secs()).unwrap();
    }
    let (objective, share, window) = match shape.budget {
        None => return text,
        Some(Budget::Nothing) => ("99.999%", "0.01%", "1h"),
        Some(Budget::Everything) => ("1%", "100%", "366d"),
    };
    writeln!(text, "budget: {{ metric: error_rate, objective: {objective}, share: {share}, window: {window} }}")
        .unwrap();
    text
}

fn metric_text(shape: &Shape, index: usize, metric: &MetricShape) -> String {
    let source = match metric.name {
        "error_rate" => "provider: outcomes, measure: error_ratio".to_owned(),
        "p95" => "provider: outcomes, measure: latency_p95".to_owned(),
        "load" => "provider: prometheus, unit: number, role: signal, query: 'load'".to_owned(),
        _ => match metric.posted {
            Some(Since::Start) => "provider: events, since: start".to_owned(),
            Some(Since::Within(span)) => format!("provider: events, since: {}s", span.as_secs()),
            Some(Since::Wave) | None => "provider: events".to_owned(),
        },
    };
    let mut parts = vec![source];
    match metric.silence {
        Silence::Holds => {}
        Silence::Closes(after) => parts.push(format!("no_data: {{ then: close, after: {}s }}", after.as_secs())),
        Silence::IsIgnored(after) if after.is_zero() => parts.push("no_data: ignore".to_owned()),
        Silence::IsIgnored(after) => parts.push(format!("no_data: {{ then: ignore, after: {}s }}", after.as_secs())),
    }
    for rule in &shape.rules {
        let own = rule.when.leaves().iter().all(|leaf| leaf.metrics() == [index]);
        if rule.scope == Scope::Threshold && own {
            let field = match rule.list {
                List::Advance => "target",
                List::Hold | List::Notify => "warning",
                _ => "critical",
            };
            let text = rule.text(&shape.metrics);
            parts.push(format!("{field}: '{}'", text.trim_start_matches(metric.name).trim_start()));
            if rule.list == List::Notify {
                parts.push("on_warning: notify".to_owned());
            }
        }
    }
    parts.join(", ")
}

fn wave_text(shape: &Shape, index: usize) -> String {
    let wave = &shape.docs[index];
    let mut parts = vec![format!("name: w{index}")];
    match wave.group {
        Some(users) => {
            let users: Vec<String> =
                (0..32).filter(|user| users & (1 << user) != 0).map(|user| format!("user-{user}")).collect();
            parts.push(format!("group: {{ users: [ {} ] }}", users.join(", ")));
        }
        None => parts.push(format!("exposure: {}%", percent(wave.ppm))),
    }
    if let Some((to, over, steps)) = wave.ramp {
        parts.push(format!("ramp: {{ to: {}%, over: {}s, steps: {steps} }}", percent(to), over.as_secs()));
    }
    parts.push(format!("bake: {}s, every: {}s", wave.bake.as_secs(), wave.every.as_secs()));
    if wave.min_samples > 0 {
        parts.push(format!("min_samples: {}", wave.min_samples));
    }
    if wave.approval {
        parts.push("approval: managers".to_owned());
    }
    parts.extend(own_lists(shape, &[Scope::EachWave, Scope::Wave(index)]));
    parts.join(", ")
}

fn own_lists(shape: &Shape, scopes: &[Scope]) -> Vec<String> {
    let list = |list: List| {
        let own = shape.rules.iter().filter(|rule| rule.list == list && scopes.contains(&rule.scope));
        let entries: Vec<String> = own.map(|rule| entry(shape, rule)).collect();
        (!entries.is_empty()).then(|| format!("{}: [ {} ]", list.field(), entries.join(", ")))
    };
    List::ALL.into_iter().filter_map(list).collect()
}

fn lists(shape: &Shape, list: List, scope: Scope) -> Vec<&Rule> {
    shape.rules.iter().filter(|rule| rule.list == list && rule.scope == scope).collect()
}

fn entry(shape: &Shape, rule: &Rule) -> String {
    let text = rule.text(&shape.metrics);
    if rule.observe { format!("{{ when: '{text}', observe: true }}") } else { format!("'{text}'") }
}

fn percent(ppm: u64) -> f64 {
    ppm as f64 / 10_000.0
}
