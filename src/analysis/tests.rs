//! The condition language as its users meet it: what is read, what is refused and where.

use super::*;
use crate::units::MetricName;
use proptest::prelude::*;
use std::time::Duration;

const METRICS: [(&str, Quantity); 5] = [
    ("error_rate", Quantity::Ratio),
    ("p95", Quantity::Time),
    ("memory", Quantity::Size),
    ("escalations", Quantity::Count),
    ("score-2.mean", Quantity::Number),
];

fn quantity_of(name: &str) -> Option<Quantity> {
    METRICS.iter().find(|(known, _)| *known == name).map(|(_, quantity)| *quantity)
}

fn parse(text: &str) -> Result<Condition, ConditionError> {
    let names = METRICS.iter().map(|(name, _)| *name).collect();
    Condition::parse_with(text, &Vocabulary { quantity_of: &quantity_of, names }).map(|(condition, _)| condition)
}

#[track_caller]
fn check(text: &str, canonical: &str) {
    match parse(text) {
        Ok(condition) => {
            assert_eq!(condition.to_string(), canonical);
            assert_eq!(parse(canonical), Ok(condition));
        }
        Err(error) => panic!("{text}: {error} at {}..{}", error.start, error.end),
    }
}

/// The text is refused at the part between `«` and `»`.
#[track_caller]
fn refuse(marked: &str, message: &str) {
    let text = marked.replace(['«', '»'], "");
    let start = marked.find('«').expect("a mark");
    let end = marked.find('»').expect("a mark") - '«'.len_utf8();
    let error = parse(&text).expect_err(marked);
    assert_eq!(error.to_string(), message, "{marked}");
    assert_eq!((error.start, error.end), (start, end), "{marked}: {:?}", text.get(error.start..error.end));
}

#[test]
fn conditions_are_read_and_written_in_one_form() {
    check("error_rate > 10% for 5m", "error_rate > 10% for 5m");
    check("error_rate>0.1", "error_rate > 10%");
    check("error_rate >= 12.5 %", "error_rate >= 12.5%");
    check("error_rate != 0", "error_rate != 0%");
    check("error_rate > -5%", "error_rate > -5%");
    check("p95 ≤ 1500ms for 1h30m", "p95 <= 1.5s for 1h30m");
    check("p95 < 0.5 s", "p95 < 500ms");
    check("p95 < 90s", "p95 < 90s");
    check("p95 < 5m", "p95 < 5m");
    check("p95 < 250us for 1500ms", "p95 < 0.25ms for 1s500ms");
    check("memory > 512MiB", "memory > 512MiB");
    check("memory > 0.5GiB", "memory > 512MiB");
    check("memory > 1GB", "memory > 1GB");
    check("escalations == 5", "escalations == 5");
    check("score-2.mean > 12.50", "score-2.mean > 12.5");
    check("alert()", "alert()");
    check("alert ( severity=\"critical\",team != 'search' )", "alert(severity = \"critical\", team != \"search\")");
    check(r#"alert(summary = "a \"b\" \\ c")"#, r#"alert(summary = "a \"b\" \\ c")"#);
}

#[test]
fn and_binds_closer_than_or_and_parentheses_closer_still() {
    let all = "error_rate > 1% and p95 > 1s or alert()";
    check(all, all);
    check("(error_rate > 1% and p95 > 1s) or alert()", all);
    check("((error_rate > 1%))", "error_rate > 1%");
    let grouped = "error_rate > 1% and (p95 > 1s or alert())";
    check(grouped, grouped);
    assert!(matches!(parse(all), Ok(Condition::Any(parts)) if parts.len() == 2));
    assert!(matches!(parse(grouped), Ok(Condition::All(parts)) if parts.len() == 2));
}

#[test]
fn percentages_mean_their_decimal_number_exactly() {
    for (text, bound) in [("7%", 0.07), ("0.0001%", 0.000_001), ("29%", 0.29), ("100%", 1.0)] {
        let condition = parse(&format!("error_rate > {text}"));
        assert!(matches!(condition, Ok(Condition::Compare(compare)) if compare.bound == Bound::Fixed(bound)), "{text}");
    }
}

#[test]
fn a_bound_must_fit_what_the_metric_measures() {
    refuse(
        "p95 > «10%»",
        "`p95` is a time and cannot be compared with `10%`, which is a share; \
         compare it with a time such as `400ms` or `1.5s`",
    );
    refuse("p95 > «400» for 5m", "`p95` is a time and `400` has no unit; write a unit: `400ms` or `400s`");
    refuse("memory > «5»", "`memory` is a size and `5` has no unit; write a unit: `5B`, `5MB` or `5MiB`");
    refuse("error_rate > «5»", "as a share `5` is more than the whole, which is 1; write `5%` if that is meant");
    refuse(
        "escalations > «5ms»",
        "`escalations` is a count and cannot be compared with `5ms`, which is a time; \
         compare it with a count such as `5`",
    );
    refuse(
        "score-2.mean > «5 s»",
        "`score-2.mean` is a plain number and cannot be compared with `5s`, which is a time; \
         give the metric a `unit` if its values have one",
    );
    refuse("p95 > «-5ms»", "`p95` is a time, which is never negative");
    refuse("p95 > «5sec»", "`sec` is no unit; write a time such as `400ms` or `1.5s`");
    refuse("memory > «5Mib»", "`Mib` is no unit; did you mean `MiB`?");
    refuse("escalations > «9999999999999999999»", "`9999999999999999999` is out of the range of what can be measured");
    refuse("escalations > «12345678901234567890123456789012345678901»", "the number has too many digits");
}

#[test]
fn unknown_metrics_are_named_with_what_was_meant() {
    refuse("p95 > 1s or «eror_rate» > 5%", "there is no metric `eror_rate`; did you mean `error_rate`?");
    refuse(
        "«latency» > 1s",
        "there is no metric `latency`; define it under `metrics`, or use one of: \
         error_rate, p95, memory, escalations, score-2.mean",
    );
    refuse(
        "5 < «escalations»",
        "`escalations` stands where a bound is expected; \
         the metric stands left of the comparison, the bound right of it",
    );
}

#[test]
fn kinds_of_a_later_version_are_refused_as_such() {
    for marked in [
        "memory > «baseline» + 50%",
        "p95 > «control» * 1.5",
        "p95 > «baseline»-5ms",
        "error_rate > «wave»(1) + 5pp",
        "error_rate > «previous» wave",
        "error_rate > «5pp»",
        "error_rate > 5% «+» 1%",
        "error_rate «regresses»",
        "error_rate «regresses» by 20%",
        "error_rate «trending» down over 24h",
        "error_rate «proved» safe",
        "error_rate «burn_rate» > 14.4",
        "«burn_rate»(99.9%, 1h) > 14.4",
        "alert(severity «=~» \"crit.*\")",
    ] {
        let start = marked.find('«').unwrap() + '«'.len_utf8();
        let word = &marked[start..marked.find('»').unwrap()];
        let word = if word == "5pp" { "pp" } else { word };
        let message = format!(
            "`{word}` is not supported yet by this version; \
             for now compare a metric with a fixed bound, such as `error_rate > 5%`"
        );
        refuse(marked, &message);
    }
}

#[test]
fn slips_are_named_at_their_place() {
    refuse("«»", "the condition ends where a metric or `alert(...)` is expected");
    refuse("error_rate > 5% or «»", "the condition ends where a metric or `alert(...)` is expected");
    refuse("error_rate > 5% and «or» p95 > 1s", "`or` stands where a metric or `alert(...)` is expected");
    refuse("«not» error_rate > 5%", "`not` is no part of the language; turn the comparison round: `>` for `<=`");
    refuse("error_rate«»", "the condition ends where a comparison such as `>` is expected");
    refuse(
        "error_rate «above» 5%",
        "`above` stands where a comparison is expected; write one of `<` `<=` `>` `>=` `==` `!=`",
    );
    refuse("error_rate «=» 5%", "`=` is no comparison; write `==`");
    refuse("error_rate «=>» 5%", "`=>` is no comparison; write `>=`");
    refuse("error_rate >«»", "the condition ends where a bound such as `10%` or `400ms` is expected");
    refuse(
        "p95 > «p99»",
        "`p99` stands where a bound is expected; write a number with its unit, such as `10%` or `400ms`",
    );
    refuse("error_rate > 5% for«»", "the condition ends where a duration such as `5m` is expected");
    refuse("error_rate > 5% for «>» 5m", "`>` stands where a duration such as `5m` is expected");
    refuse(
        "error_rate > 5% for «5min»",
        "`5min` is not a duration: write a number and a unit such as `30s`, `15m`, `24h` or `14d`",
    );
    refuse(
        "error_rate > 5% for «0s»",
        "`for 0s` is no time at all; leave it out, or write how long the comparison must have been true",
    );
    refuse("error_rate > 5% «&&» p95 > 1s", "`&&` stands where `and`, `or` or the end is expected; write `and`");
    refuse("error_rate > 5% «OR» p95 > 1s", "`OR` stands where `and`, `or` or the end is expected; write `or`");
    refuse("error_rate > 5%«)»", "`)` stands where `and`, `or` or the end is expected; this `)` closes nothing");
    refuse(
        "(error_rate > 5% or alert()) «for» 5m",
        "`for` stands where `and`, `or` or the end is expected; \
         write `for` once, directly after the comparison it belongs to",
    );
    refuse(
        "alert() «for» 5m",
        "`for` stands where `and`, `or` or the end is expected; \
         `for` belongs to a comparison; an alert has its own in its rule",
    );
    refuse(
        "«(»error_rate > 5%",
        "this `(` is never closed; write `)`; in a YAML list `[ ... ]` put a condition that has a comma in single quotes",
    );
    refuse(
        "alert«(»severity = \"critical\"",
        "this `(` is never closed; write `)`; in a YAML list `[ ... ]` put a condition that has a comma in single quotes",
    );
    refuse("alert «severity»", "`severity` stands where `(`, as in `alert(severity = \"critical\")`, is expected");
    refuse("alert(severity «==» \"x\")", "`==` does not compare labels; write `=` or `!=`");
    refuse(
        "alert(severity = «critical»)",
        "`critical` stands where a text in quotes such as `\"critical\"` is expected",
    );
    refuse("alert(severity = «\"»critical)", "this quote is never closed; write \" at the text's end");
    refuse("alert(a = \"x\"«;» b = \"y\")", "`;` stands where `,` or `)` is expected");
    refuse("error_rate > 5% «é»", "`é` stands where `and`, `or` or the end is expected");
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |depth: usize| format!("{}alert(){}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(16)).is_ok());
    assert_eq!(parse(&nested(17)).map_err(|error| (error.start, error.message)).unwrap_err().0, 16);
    let long = vec!["alert()"; 1_000].join(" or ");
    assert!(parse(&long).unwrap_err().message.contains("more than 2000"));
}

fn duration() -> impl Strategy<Value = Option<Duration>> {
    proptest::option::of((1_u64..300_000_000_000).prop_map(Duration::from_millis))
}

fn bound(quantity: Quantity) -> BoxedStrategy<f64> {
    let size = prop_oneof![
        any::<f64>().prop_filter("in range", |v| v.is_finite() && (1e-12..=1e18).contains(&v.abs())),
        (0_u32..5_000).prop_map(f64::from),
        (0_u32..5_000).prop_map(|v| f64::from(v) * 1_048_576.0),
        (0_u32..5_000).prop_map(|v| f64::from(v) / 1_000.0),
    ];
    match quantity {
        Quantity::Ratio | Quantity::Number => size.boxed(),
        Quantity::Time | Quantity::Size | Quantity::Count => size.prop_map(f64::abs).boxed(),
    }
}

fn compare() -> impl Strategy<Value = Condition> {
    let comparisons = [
        Comparison::Less,
        Comparison::AtMost,
        Comparison::Greater,
        Comparison::AtLeast,
        Comparison::Equal,
        Comparison::NotEqual,
    ];
    proptest::sample::select(&METRICS).prop_flat_map(move |(name, quantity)| {
        (proptest::sample::select(comparisons.to_vec()), bound(quantity), duration()).prop_map(
            move |(comparison, bound, lasting)| {
                let metric = MetricName::new(name).expect("a name");
                Condition::Compare(Compare { metric, comparison, bound: Bound::Fixed(bound), quantity, lasting })
            },
        )
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let test = ("[a-z_][a-z0-9_]{0,8}", "\\PC{0,12}|[\"'\\\\\n]{0,4}", any::<bool>())
        .prop_map(|(label, value, equal)| LabelTest { label, value, equal });
    let alert = proptest::collection::vec(test, 0..3).prop_map(|tests| Condition::Alert(AlertMatch { tests }));
    let leaf = prop_oneof![3 => compare(), 1 => alert];
    leaf.prop_recursive(4, 12, 3, |inner| {
        let parts = proptest::collection::vec(inner, 2..4);
        prop_oneof![parts.clone().prop_map(Condition::All), parts.prop_map(Condition::Any)]
    })
}

proptest! {
    #[test]
    fn canonical_text_reads_as_the_same_condition(condition in condition()) {
        let text = condition.to_string();
        prop_assume!(text.len() <= 2_000);
        prop_assert_eq!(parse(&text), Ok(condition), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused_within_its_own_bounds(text in "\\PC{0,40}|[a-z0-9_%<>=()\"' ,.+-]{0,40}") {
        if let Err(error) = parse(&text) {
            prop_assert!(error.start <= error.end && error.end <= text.len());
            prop_assert!(text.get(error.start..error.end).is_some(), "splits a character");
        }
    }
}
