//! What is said of a metric that is named elsewhere.

use super::vocabulary::{parse, refuse_by, threshold};
use crate::analysis::{Mention, Reference, Subject};
use crate::units::MetricName;

#[track_caller]
fn check(metric: &str, text: &str) {
    let read = threshold(text, metric).map(|(condition, _)| condition);
    assert_eq!(read, parse(&format!("{metric} {text}")), "{text}");
    assert!(read.is_ok(), "{text}");
}

#[track_caller]
fn refuse(metric: &str, marked: &str, message: &str) {
    refuse_by(&|text| threshold(text, metric).map(|(condition, _)| condition), marked, message);
}

#[test]
fn all_that_can_follow_a_metric_is_a_threshold() {
    check("error_rate", "> 10% for 5m");
    check("error_rate", "< baseline + 50%");
    check("p95", ">= wave(beta)-5ms for 1h");
    check("p95", "not trending up over 24h");
    check("error_rate", "regresses by 20% at alpha 0.01");
    check("error_rate", "proved safe");
}

#[test]
fn its_errors_point_into_its_own_text() {
    refuse(
        "p95",
        "> «10%»",
        "`p95` is a time and cannot be compared with `10%`, which is a share; \
         compare it with a time such as `400ms` or `1.5s`",
    );
    refuse("p95", "«10ms»", "`10ms` stands where a comparison is expected; write for instance `> 10ms`");
    refuse("p95", "«10»%", "`10` stands where a comparison is expected; write for instance `> 10%`");
    refuse("p95", "«»", "the condition ends where a comparison such as `>` is expected");
    refuse(
        "p95",
        "«p95» > 5ms",
        "the threshold is of `p95` and does not name it again; begin with the comparison, such as `> 10%`",
    );
    refuse(
        "p95",
        "> 5ms «or» p99 > 1s",
        "`or` stands where the end is expected; \
         a threshold is one comparison; write what has several parts as a condition",
    );
    refuse("p95", "> 5ms«)»", "`)` stands where the end is expected; this `)` closes nothing");
    refuse(
        "latency",
        "«> 5ms»",
        "there is no metric `latency`; define it under `metrics`, or use one of: \
         error_rate, success_rate, p95, p99, memory, host_cpu, escalations, score-2.mean",
    );
}

#[test]
fn its_metric_is_mentioned_by_the_whole_text() {
    let (_, mentions) = threshold("> control", "p95").unwrap();
    let metric = Subject::Metric(MetricName::new("p95").unwrap());
    let control = Subject::Reference(Reference::Control);
    assert_eq!(mentions, vec![Mention { of: metric, at: 0..9 }, Mention { of: control, at: 2..9 }]);
}
