//! Names and times in PromQL.

use crate::analysis::NoData;
use crate::measure::asking::Asking;
use crate::measure::template::{Names, Placeholder, fill_with};
use crate::rollout::{AskPrometheus, Plan};
use std::time::Duration;

/// A query that gives one number, over the time that is asked for.
pub(super) fn value(template: &str, asking: &Asking) -> String {
    let filled = fill(template, asking);
    match asking.span {
        Some(span) if !template.contains("{{window}}") => averaged(&filled, span),
        Some(_) | None => filled,
    }
}

/// Puts a rollout's names into a query: escaped where they stand in quotes, and elsewhere, in the name of a metric,
/// only with the characters that such a name may have. So no name can add anything to a query.
pub(super) fn fill(template: &str, asking: &Asking) -> String {
    let names = Names { variant: &asking.variant, flag: &asking.flag, window: asking.looks_back() };
    fill_with(template, |placeholder, before| put(names, placeholder, before))
}

fn put(names: Names<'_>, placeholder: Placeholder, before: &str) -> String {
    match (names.of(placeholder), quote_open_after(before)) {
        (None, _) => duration(names.window),
        (Some(name), Some(quote @ ('"' | '\''))) => escaped(name, quote),
        (Some(name), _) => {
            name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | ':') { c } else { '_' }).collect()
        }
    }
}

/// Whether a question for one of a plan's variants is another one than that for the other: in the name of a metric
/// `v1.2` and `v1-2` are written alike, and both groups would be taken for one.
pub(in crate::measure) fn tells_apart(ask: &AskPrometheus, plan: &Plan) -> Result<(), NoData> {
    let written = |template: &str, variant| {
        let names = Names { variant, flag: &plan.flag, window: Duration::ZERO };
        fill_with(template, |placeholder, before| put(names, placeholder, before))
    };
    let alike = |template: &&str| {
        template.contains("{{variant}}") && written(template, &plan.candidate) == written(template, &plan.stable)
    };
    let templates: &[&str] = match ask {
        AskPrometheus::Value(query) => &[query],
        AskPrometheus::Ratio { bad, total, .. } => &[bad, total],
    };
    match templates.iter().any(alike) {
        true => Err(NoData::NotAsked(format!(
            "in the query both variants of `{}` are written alike: put `{{{{variant}}}}` into double quotes, or rename one",
            plan.flag
        ))),
        false => Ok(()),
    }
}

/// The quote that is open at the end of a text: double, single, or a backtick, in which nothing can be escaped.
fn quote_open_after(text: &str) -> Option<char> {
    let (mut open, mut escaped, mut comment) = (None, false, false);
    for c in text.chars() {
        match open {
            _ if comment => comment = c != '\n',
            Some(_) if escaped => escaped = false,
            Some(quote) if c == '\\' && quote != '`' => escaped = true,
            Some(quote) if c == quote => open = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' | '`' => open = Some(c),
                '#' => comment = true,
                _ => {}
            },
        }
    }
    open
}

/// The average of a filled query over a time up to now, in about 120 steps of at least 15 seconds, which is how often
/// Prometheus is commonly told to look. The query stands on lines of its own, for it may end in a comment.
fn averaged(query: &str, over: Duration) -> String {
    let step = Duration::from_secs(over.as_secs().div_ceil(120).max(15)).min(over);
    format!("avg_over_time((\n{query}\n)[{}:{}])", duration(over), duration(step))
}

/// The inside of a quoted PromQL string.
fn escaped(text: &str, quote: char) -> String {
    text.replace('\\', r"\\").replace(quote, &format!("\\{quote}")).replace('\n', r"\n")
}

/// In the largest unit that needs only one: Prometheus reads `1h30m` only since version 2.21.
pub(in crate::measure) fn duration(span: Duration) -> String {
    let millis = span.as_millis();
    for (unit, scale) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if millis >= scale && millis.is_multiple_of(scale) {
            return format!("{}{unit}", millis.checked_div(scale).unwrap_or(millis));
        }
    }
    format!("{}ms", millis.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FlagKey, UnixMillis, VariantName};
    use tokio::time::Instant;

    fn filled(template: &str, variant: &str, flag: &str, window: Duration) -> String {
        let (variant, flag) = (VariantName::new(variant).unwrap(), FlagKey::new(flag).unwrap());
        let (now, deadline) = (UnixMillis::new(0), Instant::now());
        fill(template, &Asking { variant, flag, window, span: None, now, deadline })
    }

    #[test]
    fn every_placeholder_is_filled_wherever_it_stands() {
        let query = r#"sum(rate({{flag}}_x{flag="{{flag}}",v="{{variant}}"}[{{window}}])) / 1 # {{variant}}"#;
        assert_eq!(
            filled(query, "on", "new-cart", Duration::from_secs(300)),
            r#"sum(rate(new_cart_x{flag="new-cart",v="on"}[5m])) / 1 # on"#
        );
    }

    #[test]
    fn a_name_cannot_break_out_of_where_it_stands() {
        let name = "a\"'`} or vector(0) #\\";
        for (query, expected) in [
            (r#"x{v="{{variant}}"}"#, r#"x{v="a\"'`} or vector(0) #\\"}"#),
            (r"x{v='{{variant}}'}", r#"x{v='a"\'`} or vector(0) #\\'}"#),
            (r"x{v=`{{variant}}`}", r"x{v=`a_____or_vector_0____`}"),
            (r#"x{{variant}}{a="b\""}"#, r#"xa_____or_vector_0____{a="b\""}"#),
            ("x # it's {{variant}}", "x # it's a_____or_vector_0____"),
            ("x # \"\n + {v=\"{{variant}}\"}", "x # \"\n + {v=\"a\\\"'`} or vector(0) #\\\\\"}"),
        ] {
            assert_eq!(filled(query, name, "f", Duration::ZERO), expected, "{query}");
        }
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
