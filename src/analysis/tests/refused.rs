//! What is refused of any condition, and at which place.

use super::vocabulary::{parse, refuse};

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
         error_rate, success_rate, p95, p99, memory, host_cpu, escalations, score-2.mean",
    );
    refuse(
        "5 < «escalations»",
        "`escalations` stands where a bound is expected; \
         the metric stands left of the comparison, the bound right of it",
    );
}

#[test]
fn what_is_no_comparison_is_named_at_its_place() {
    refuse("«»", "the condition ends where a metric or `alert(...)` is expected");
    refuse("error_rate > 5% or «»", "the condition ends where a metric or `alert(...)` is expected");
    refuse("error_rate > 5% and «or» p95 > 1s", "`or` stands where a metric or `alert(...)` is expected");
    refuse(
        "«not» error_rate > 5%",
        "`not` stands only before `trending`, as in `p95 not trending up over 24h`; \
         turn a comparison round: `>` for `<=`; the contrary of `regresses` is `proved safe within 10%`",
    );
    refuse("error_rate«»", "the condition ends where a comparison such as `>` is expected");
    refuse("error_rate «above» 5%", "`above` stands where a comparison is expected; write `>`");
    refuse(
        "error_rate «about» 5%",
        "`about` stands where a comparison is expected; \
         write one of `<` `<=` `>` `>=` `==` `!=`, or `trending`, `regresses` or `proved safe`",
    );
    refuse("error_rate «=» 5%", "`=` is no comparison; write `==`");
    refuse("error_rate «=>» 5%", "`=>` is no comparison; write `>=`");
}

#[test]
fn what_is_no_bound_or_duration_is_named_at_its_place() {
    refuse("error_rate >«»", "the condition ends where a bound such as `10%` or `400ms` is expected");
    refuse(
        "p95 > «p99»",
        "`p99` stands where a bound is expected; write a number with its unit, such as `10%` or `400ms`, \
         or another time or group, such as `baseline`, `control` or `wave(beta)`",
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
    refuse(
        "error_rate > 5% for «5» m",
        "`5` is not a duration: write a number and a unit such as `30s`, `15m`, `24h` or `14d`; \
         the unit stands directly after the number",
    );
}

#[test]
fn what_people_write_by_habit_is_named_at_its_place() {
    refuse("error_rate «is» above 5%", "`is` stands where a comparison is expected; leave `is` out");
    refuse("error_rate «10»%", "`10` stands where a comparison is expected; write for instance `> 10%`");
    refuse(
        "p95 «between» 5ms and 6ms",
        "`between` stands where a comparison is expected; \
         write two comparisons, such as `p95 >= 400ms and p95 <= 600ms`",
    );
    refuse(
        "p95 > 5ms and «<» 7ms",
        "`<` stands where a metric or `alert(...)` is expected; \
         each comparison names its metric: `p95 > 400ms and p95 < 600ms`",
    );
    refuse(
        "«5%» < error_rate",
        "`5%` stands where a metric or `alert(...)` is expected; the metric stands first, and left of a comparison",
    );
    refuse("error_rate > 5 «percent»", "`percent` stands where `and`, `or` or the end is expected; write `5%`");
    refuse("error_rate > «1e»-3", "`1e` has an exponent; write the number with all its digits");
    refuse("score-2.mean > «1e3»", "`1e3` has an exponent; write the number with all its digits");
    refuse(
        "p95 > 1«,»000ms",
        "a number has a comma in it; write decimals after a point, and thousands together: `1000.5`",
    );
    refuse("score-2.mean > «−»5", "`−` stands where a bound is expected; write the minus as `-`");
    refuse("error_rate > «+»5%", "`+` stands where a bound is expected; leave the `+` out");
    refuse("error_rate > «\"»5%\"", "`\"` stands where a bound is expected; a bound stands without quotes");
}

#[test]
fn what_joins_nothing_is_named_at_its_place() {
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
}

#[test]
fn what_is_no_test_of_a_label_is_named_at_its_place() {
    refuse("alert «severity»", "`severity` stands where `(`, as in `alert(severity = \"critical\")`, is expected");
    refuse(
        "alert(severity «=~» \"crit.*\")",
        "`=~` matches by a pattern, and labels are compared as they are; \
         write `=` or `!=`, and one `alert(...)` for each value, joined by `or`",
    );
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
