//! Queries with placeholders.

use crate::units::{FlagKey, VariantName};
use std::time::Duration;

/// Puts a rollout's names into a query: `{{variant}}`, `{{flag}}` and `{{window}}`. The names are
/// escaped for a double-quoted PromQL string, which is where they belong; the window is written as a
/// PromQL duration. What is put in is not searched again, so a
/// flag may be called `{{variant}}`. Anything else in braces stays as it is.
#[must_use]
pub fn fill(template: &str, variant: &VariantName, flag: &FlagKey, window: Duration) -> String {
    let mut filled = String::with_capacity(template.len().saturating_add(64));
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        match after.split_once("}}").and_then(|(name, tail)| {
            let text = match name {
                "variant" => escaped(variant.as_str()),
                "flag" => escaped(flag.as_str()),
                "window" => prometheus_duration(window),
                _ => return None,
            };
            Some((text, tail))
        }) {
            Some((text, tail)) => {
                filled.push_str(&text);
                rest = tail;
            }
            None => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// Whether a query looks back as long as it is told to.
pub(super) fn names_window(template: &str) -> bool {
    template.contains("{{window}}")
}

/// The average of a filled query over a time up to now, in about 120 steps of at least 15 seconds, which is how often
/// Prometheus is commonly told to look. The query stands on lines of its own, for it may end in a comment.
pub(super) fn averaged(query: &str, over: Duration) -> String {
    let step = Duration::from_secs(over.as_secs().div_ceil(120).max(15)).min(over);
    format!("avg_over_time((\n{query}\n)[{}:{}])", prometheus_duration(over), prometheus_duration(step))
}

/// The inside of a double-quoted PromQL string.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

/// In the largest unit that needs only one: Prometheus reads `1h30m` only since version 2.21.
pub(super) fn prometheus_duration(span: Duration) -> String {
    let millis = span.as_millis();
    for (unit, scale) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if millis >= scale && millis.is_multiple_of(scale) {
            return format!("{}{unit}", millis.checked_div(scale).unwrap_or(millis));
        }
    }
    format!("{millis}ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, variant: &str, flag: &str, window: Duration) -> String {
        fill(template, &VariantName::new(variant).unwrap(), &FlagKey::new(flag).unwrap(), window)
    }

    #[test]
    fn every_placeholder_is_filled_wherever_it_stands() {
        let query = r#"sum(rate(x{flag="{{flag}}",v="{{variant}}"}[{{window}}])) / 1 # {{variant}}"#;
        assert_eq!(
            filled(query, "on", "new-cart", Duration::from_secs(300)),
            r#"sum(rate(x{flag="new-cart",v="on"}[5m])) / 1 # on"#
        );
    }

    #[test]
    fn a_name_cannot_break_out_of_its_quotes() {
        let query = r#"x{v="{{variant}}"}"#;
        assert_eq!(filled(query, r#"a"} or vector(0) #\"#, "f", Duration::ZERO), r#"x{v="a\"} or vector(0) #\\"}"#);
    }

    #[test]
    fn what_was_put_in_is_not_searched_again() {
        assert_eq!(filled("{{flag}}{{variant}}", "{{window}}", "{{variant}}", Duration::ZERO), "{{variant}}{{window}}");
    }

    #[test]
    fn other_braces_stay() {
        for query in ["{{other}}", "{{ variant }}", "{{", "a{{b", "{{variant", "}}", "{}", "{{}}", "{a{"] {
            assert_eq!(filled(query, "on", "f", Duration::ZERO), query);
        }
        assert_eq!(filled("{{{{flag}}", "on", "f", Duration::ZERO), "{{f");
    }

    #[test]
    fn an_average_is_taken_in_steps_that_fit_its_length() {
        for (seconds, range) in [(7, "7s:7s"), (300, "5m:15s"), (3_600, "1h:30s"), (259_200, "72h:36m")] {
            let query = averaged("up # or down", Duration::from_secs(seconds));
            assert_eq!(query, format!("avg_over_time((\nup # or down\n)[{range}])"));
        }
    }

    #[test]
    fn windows_are_written_as_prometheus_reads_them() {
        for (millis, text) in [(90_000, "90s"), (300_000, "5m"), (7_200_000, "2h"), (500, "500ms"), (1_500, "1500ms")] {
            assert_eq!(filled("{{window}}", "on", "f", Duration::from_millis(millis)), text);
        }
    }
}
