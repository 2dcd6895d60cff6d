//! What is read, and the one form in which it is written back.

use super::vocabulary::{check, parse};
use crate::analysis::{Bound, Condition, Offset, Reference};

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
fn bounds_may_lie_at_a_distance_from_another_time_or_group() {
    check("memory > baseline + 50%", "memory > baseline + 50%");
    check("error_rate > baseline", "error_rate > baseline");
    check("p95 <= control for 5m", "p95 <= control for 5m");
    check("p95>control*1.5", "p95 > control * 1.5");
    check("p95 > control × 1.50", "p95 > control * 1.5");
    check("error_rate > wave(beta) + 5pp for 10m", "error_rate > wave(beta) + 5pp for 10m");
    check("error_rate > wave ( beta )+5 pp", "error_rate > wave(beta) + 5pp");
    check("error_rate > wave(beta) + 5%", "error_rate > wave(beta) + 5%");
    check("error_rate > wave(1) + 5pp", "error_rate > wave(internal) + 5pp");
    check("error_rate > previous wave * 0.5", "error_rate > previous wave * 0.5");
    check("error_rate > previous  wave", "error_rate > previous wave");
    check("p95 > baseline + 100ms", "p95 > baseline + 100ms");
    check("p95 > baseline + 1.5 s", "p95 > baseline + 1.5s");
    check("memory >= control + 65536KiB", "memory >= control + 64MiB");
    check("escalations > previous wave + 3", "escalations > previous wave + 3");
    check("score-2.mean < baseline - 0.25", "score-2.mean < baseline - 0.25");
    check("error_rate == control - 0.5pp", "error_rate == control - 0.5pp");
    check("memory > baseline + 12.5 %", "memory > baseline + 12.5%");
    check("error_rate > baseline + 1000%", "error_rate > baseline + 1000%");
}

/// Names have `-` in them, and a distance begins with it.
#[test]
fn a_reference_needs_no_blank_before_its_distance() {
    check("memory > baseline-50%", "memory > baseline - 50%");
    check("memory > baseline+50%", "memory > baseline + 50%");
    check("error_rate > control-5pp", "error_rate > control - 5pp");
    check("error_rate > wave(beta)-5pp", "error_rate > wave(beta) - 5pp");
    check("error_rate > previous wave-5pp for 1m", "error_rate > previous wave - 5pp for 1m");
    check("p95 > control −5ms", "p95 > control - 5ms");
}

#[test]
fn percent_points_and_units_are_different_distances() {
    let by = |text: &str| match parse(text) {
        Ok(Condition::Compare(compare)) => compare.bound,
        other => panic!("{text}: {other:?}"),
    };
    let control = |by| Bound::Relative { to: Reference::Control, by };
    assert_eq!(by("error_rate > control + 5%"), control(Offset::Percent(0.05)));
    assert_eq!(by("error_rate > control + 5pp"), control(Offset::By(0.05)));
    assert_eq!(by("error_rate > control * 1.05"), control(Offset::Times(1.05)));
    assert_eq!(by("p95 > control + 1s"), control(Offset::By(1_000.0)));
    assert_eq!(by("p95 > control - 7%"), control(Offset::Percent(-0.07)));
    assert_eq!(by("escalations < control"), control(Offset::None));
}

#[test]
fn trends_burn_rates_tests_and_scores_are_read() {
    check("error_rate trending down over 24h", "error_rate trending down over 1d");
    check("p95 not trending up over 1h30m", "p95 not trending up over 1h30m");
    check("burn_rate(error_rate, 99.9%) > 14.4 over 1h and 5m", "burn_rate(error_rate, 99.9%) > 14.4 over 1h and 5m");
    check("burn_rate( error_rate,99.95 % )≥6.0 over 6h and 30m", "burn_rate(error_rate, 99.95%) >= 6 over 6h and 30m");
    check("error_rate regresses", "error_rate regresses");
    check("error_rate regresses by 0%", "error_rate regresses");
    check("error_rate regresses by 20 %", "error_rate regresses by 20%");
    check("error_rate regresses at alpha 0.01", "error_rate regresses at alpha 0.01");
    check("p95 regresses by 12.50% at alpha 0.5", "p95 regresses by 12.5% at alpha 0.5");
    check("error_rate proved safe", "error_rate proved safe within 10%");
    check("error_rate proved safe within 20% at alpha 0.001", "error_rate proved safe within 20% at alpha 0.001");
    check("score(p95) >= 75", "score(p95) >= 75");
    check(
        "score( p95 weight 2.0 ,error_rate critical, p99 critical weight 0.5 ) > 75.5",
        "score(p95 weight 2, error_rate critical, p99 weight 0.5 critical) > 75.5",
    );
    check("score(p95 weight 1) >= 0", "score(p95) >= 0");
}

#[test]
fn every_kind_can_be_joined() {
    let text = "(error_rate > control * 1.5 for 5m or error_rate regresses by 20%) and p95 not trending down over 1h \
                and burn_rate(error_rate, 99%) > 2 over 1d and 2h and score(p95, p99) >= 75 or p95 proved safe within 5%";
    check(text, text);
    assert!(matches!(parse(text), Ok(Condition::Any(parts)) if parts.len() == 2));
}

/// Only what may begin a condition or a bound is reserved: plans may have such metrics already.
#[test]
fn metrics_may_be_named_like_words_that_follow_a_metric() {
    check("trending trending up over 5m and 5m > 3", "trending trending up over 5m and 5m > 3");
    check("trending regresses by 5% or trending > 5%", "trending regresses by 5% or trending > 5%");
    check("score(weight weight 2, critical critical, 5m) > 5", "score(weight weight 2, critical critical, 5m) > 5");
    check(
        "burn_rate(trending, 99%) > 1 over 1h and 5m and 5m > 3",
        "burn_rate(trending, 99%) > 1 over 1h and 5m and 5m > 3",
    );
    check("weight > 5 and critical < 3", "weight > 5 and critical < 3");
}

#[test]
fn blanks_and_signs_may_come_from_a_text_processor() {
    check("error_rate\u{a0}>\u{2009}10 %\u{a0}for 5m", "error_rate > 10% for 5m");
    check("p95 ≥ 250 µs", "p95 >= 0.25ms");
    check("p95 ≥ 250 μs", "p95 >= 0.25ms");
    check("error_rate ≠ baseline – 5pp\n", "error_rate != baseline - 5pp");
}
