//! What is refused of bounds that lie at a distance from another time or group.

use super::vocabulary::{parse_at, refuse, refuse_at};
use crate::analysis::Place;

#[test]
fn a_distance_must_fit_what_the_metric_measures() {
    refuse(
        "p95 > baseline + «5pp»",
        "`5pp` are percentage points, and `p95` is a time; \
         write `5%` for a part of the reference, or a time such as `100ms`",
    );
    refuse(
        "error_rate > control + «5»",
        "`error_rate` is a share, and `5` says neither a part of the reference nor points; \
         write `5%` for a part of it, or `5pp` for percentage points",
    );
    refuse(
        "error_rate > control + «100ms»",
        "`error_rate` is a share and cannot be compared with `100ms`, which is a time; \
         write `50%` for a part of the reference, or points such as `5pp`",
    );
    refuse("p95 > control + «100»", "`p95` is a time and `100` has no unit; write a unit: `100ms` or `100s`");
    refuse("memory > control + «5Mib»", "`Mib` is no unit; did you mean `MiB`?");
    refuse(
        "escalations > previous wave + «3s»",
        "`escalations` is a count and cannot be compared with `3s`, which is a time; \
         write `50%` for a part of the reference, or a count such as `3`",
    );
    refuse(
        "score-2.mean > baseline + «1s»",
        "`score-2.mean` is a plain number and cannot be compared with `1s`, which is a time; \
         give the metric a `unit` if its values have one",
    );
}

#[test]
fn a_distance_must_lead_somewhere() {
    refuse("memory > baseline «+ 0%»", "this changes nothing; leave it out");
    refuse("error_rate > baseline «+ 0pp»", "this changes nothing; leave it out");
    refuse("p95 > baseline «- 0ms» for 5m", "this changes nothing; leave it out");
    refuse("p95 > baseline «* 1.0»", "this changes nothing; leave it out");
    refuse(
        "p95 < baseline «- 100%»",
        "nothing is left of the reference; write less than 100%, or compare with a number",
    );
    refuse(
        "p95 < baseline «- 99.99999999999999999999%»",
        "nothing is left of the reference; write less than 100%, or compare with a number",
    );
    refuse("p95 > baseline «* 0»", "nothing is left of the reference; write a factor over 0");
    refuse(
        "p95 > baseline + «9999999999999999999s»",
        "`9999999999999999999` is out of the range of what can be measured",
    );
}

#[test]
fn factors_are_plain_numbers() {
    refuse("error_rate > baseline * «150%»", "a factor is a number without a unit; write `1.5`");
    refuse("p95 > baseline * «2s»", "a factor is a number without a unit; write `2`");
    refuse("p95 > baseline * «-2»", "`-2` has a sign of its own after `*`; write one sign, such as `baseline - 5%`");
    refuse("p95 > baseline + «-5%»", "`-5` has a sign of its own after `+`; write one sign, such as `baseline - 5%`");
    refuse("p95 > baseline «/» 2", "`/` is no part of the language; multiply: `* 0.5` is the half, `- 50%` too");
    refuse("p95 > baseline * «»", "the condition ends where a factor such as `1.5` is expected");
    refuse(
        "p95 > baseline + «control»",
        "`control` stands where a distance such as `50%`, `5pp` or `100ms` is expected",
    );
    refuse(
        "p95 > baseline + 50% «+» 5ms",
        "`+` is a second step from the same reference; work both out and write one, such as `baseline + 50%`",
    );
    let signed = "write the distance with its sign, such as `baseline + 50%`";
    for found in ["«50%»", "«by» 50%", "«plus» 5ms"] {
        let word = found.split('»').next().unwrap().trim_start_matches('«');
        let message = format!("`{word}` stands where `and`, `or` or the end is expected; {signed}");
        refuse(&format!("p95 > baseline {found}"), &message);
    }
    refuse("p95 > control-«group»", "`group` stands where a distance such as `50%`, `5pp` or `100ms` is expected");
}

#[test]
fn the_reference_stands_first_and_numbers_are_not_worked_out() {
    refuse(
        "error_rate > 5% «of» baseline",
        "`of` is no part of the language; the reference stands first: write for instance `baseline * 0.05`",
    );
    refuse(
        "p95 > 150% «of» control",
        "`of` is no part of the language; the reference stands first: write for instance `control * 1.5`",
    );
    refuse(
        "p95 > 1.5 «*» baseline",
        "`*` stands after a number, where nothing is worked out; \
         write the result, or the reference first, such as `baseline + 50%`",
    );
    refuse(
        "p95 > 5s«-»1s",
        "`-` stands after a number, where nothing is worked out; \
         write the result, or the reference first, such as `baseline + 50%`",
    );
    refuse(
        "p95 > «2x» baseline",
        "`2x` is no bound; to compare with another time or group write for instance `baseline * 2`",
    );
    for times in ["x", "times"] {
        let message = format!(
            "`{times}` stands where `and`, `or` or the end is expected; \
             the reference stands first, such as `baseline * 1.5`"
        );
        refuse(&format!("p95 > 2 «{times}» baseline"), &message);
    }
    refuse("p95 > «(»baseline + 5ms)", "`(` stands where a bound is expected; a bound stands without parentheses");
    refuse(
        "error_rate > «5pp»",
        "`5pp` are percentage points, which lie between two shares; \
         write `5%`, or a distance such as `baseline + 5pp`",
    );
    refuse(
        "«baseline» > 5%",
        "`baseline` stands where a metric or `alert(...)` is expected; \
         the metric stands left of the comparison: `error_rate > baseline + 50%`",
    );
}

#[test]
fn references_are_written_in_one_way() {
    refuse("p95 > wave «beta» + 5ms", "`beta` stands where `(`, as in `wave(beta)`, is expected");
    refuse("p95 > wave«»", "the condition ends where `(`, as in `wave(beta)`, is expected");
    refuse("p95 > wave(«)»", "`)` stands where the name of a wave is expected");
    refuse("p95 > wave(«\"»beta\")", "the name of a wave stands here without quotes; write for instance `wave(beta)`");
    refuse("p95 > wave(beta «gamma»)", "`gamma` stands where `)` is expected");
    refuse(
        "p95 > wave«(»beta",
        "this `(` is never closed; write `)`; in a YAML list `[ ... ]` put a condition that has a comma in single quotes",
    );
    refuse("p95 > previous «+» 5%", "`+` stands where `wave`, as in `previous wave`, is expected");
    refuse("p95 > «previous_wave»", "`previous_wave` stands where a bound is expected; write `previous wave`");
    refuse(
        "p95 > «stable» * 1.5",
        "`stable` stands where a bound is expected; the users of the stable variant are the `control`",
    );
    refuse("p95 > «the» previous wave", "`the` stands where a bound is expected; leave `the` out");
    refuse("p95 > «basline» + 5%", "`basline` stands where a bound is expected; did you mean `baseline`?");
    refuse("error_rate > «.5»", "`.5` stands where a bound is expected; write `0.5`");
}

#[test]
fn only_waves_that_are_over_can_be_compared_with() {
    refuse("p95 > wave(«betta»)", "there is no wave `betta`; did you mean `beta`?");
    refuse("p95 > wave(«5»)", "there is no wave `5`; the waves to compare with are: internal, beta");
    refuse("p95 > wave(«0»)", "there is no wave `0`; the waves to compare with are: internal, beta");
    refuse(
        "p95 > wave(«half-way.2»)",
        "`half-way.2` is this wave itself; the waves to compare with are: internal, beta",
    );
    refuse(
        "p95 > wave(«4»)",
        "wave `everyone` comes only after this one; the waves to compare with are: internal, beta",
    );
    let first = Place::Wave(0);
    refuse_at(
        first,
        "p95 > «previous wave» + 5%",
        "the first wave has no wave before it; compare with `baseline` or `control`, or write it in a later wave",
    );
    refuse_at(
        first,
        "p95 > wave(«1»)",
        "`internal` is this wave itself; compare with `baseline` or `control`, or write it in a later wave",
    );
}

/// In `always` a wave is compared with only in the waves after it; where there never is one, nobody
/// would notice that the condition is never looked at.
#[test]
fn always_may_speak_of_every_wave_that_has_something_after_it() {
    let unwatched = Place::Always { watched: false };
    for place in [unwatched, Place::Always { watched: true }, Place::Watch] {
        for text in ["p95 > previous wave + 5%", "p95 > wave(internal)", "p95 > wave(half-way.2)-5ms"] {
            assert!(parse_at(place, text).is_ok(), "{place:?} {text}");
        }
    }
    refuse_at(
        unwatched,
        "p95 > wave(«everyone»)",
        "nothing comes after wave `everyone`, so this would never be looked at; \
         the waves to compare with are: internal, beta, half-way.2",
    );
    assert!(parse_at(Place::Always { watched: true }, "p95 > wave(everyone)").is_ok());
    assert!(parse_at(Place::Watch, "p95 > wave(everyone)").is_ok());
}

#[test]
fn the_control_must_be_able_to_answer() {
    refuse(
        "host_cpu > «control» + 5pp",
        "`host_cpu` cannot be asked of the control: its query measures both groups alike; \
         put `{{variant}}` into the query, or compare with `baseline`",
    );
}
