//! What to do about having no data.

use crate::analysis::NoData;

/// What a person can do about it who asks that kind of system; `None` where the reason says it already.
#[must_use]
pub fn hint(why: &NoData, provider: &str) -> Option<&'static str> {
    Some(match why {
        NoData::Unreachable(why) if why.contains("certificate") => {
            "name the authority that signed its certificate in the connection's `ca_file`"
        }
        NoData::Unreachable(_) if provider == "exec" => {
            "is the program there on the server's machine, with its whole path, and may the server run it?"
        }
        NoData::Unreachable(_) => "is the address right, and is it reachable from where Tidegate runs?",
        NoData::TimedOut(_) => timed_out(provider),
        NoData::Refused(why) => return refused(why, provider),
        NoData::Malformed(why) => return malformed(why, provider),
        NoData::Empty => empty(provider),
        NoData::SeveralSeries(_) => several(provider),
        NoData::NotFinite(_) if provider == "prometheus" => {
            "a division by nothing gives NaN: ask for enough traffic, or use a `ratio`"
        }
        NoData::NotFinite(_) => "a division by nothing gives NaN: ask for enough traffic",
        NoData::Stale(_) if provider == "prometheus" => "compare the clocks, or look for a cache before it",
        NoData::Stale(_) => "is it still written? If so, compare the clocks, or raise the connection's `max_age`",
        NoData::TooFew { .. } => "wait for more traffic, or lower `min_samples`",
        NoData::NoProvider(name) if name == "prometheus" => {
            "add it to the settings' `connections`, or start with `--prometheus URL`"
        }
        NoData::NoProvider(_) => "add it to the settings' `connections`, or name one that is there",
        NoData::NotAsked(_) | NoData::NoReference(_) | NoData::Inconclusive(_) => return None,
        NoData::Elsewhere(_, why) => return hint(why, provider),
    })
}

fn timed_out(provider: &str) -> &'static str {
    match provider {
        "exec" => "let the command do less, or raise its `timeout` in the settings",
        "prometheus" => {
            "make the query cheaper, for instance with a recording rule, or raise the connection's `timeout`"
        }
        _ => "make the question cheaper, or raise the connection's `timeout`",
    }
}

fn refused(why: &str, provider: &str) -> Option<&'static str> {
    let status = |codes: &[&str]| codes.iter().any(|code| why.contains(&format!("HTTP {code}")));
    Some(match provider {
        "prometheus" if status(&["401", "403"]) => {
            "check the connection's credentials: `bearer_file`, or `user` and `password_file`"
        }
        _ if status(&["401", "403"]) => "check the connection's credentials in the settings, and what they may do",
        "prometheus" if status(&["404"]) => "is a path missing in the address, such as `/prometheus`?",
        _ if status(&["404"]) => "compare the connection's address and the metric's path with what is served there",
        _ if status(&["429"]) => "it is asked too often: raise `every`, or lower `in_flight`",
        _ => return None,
    })
}

fn malformed(why: &str, provider: &str) -> Option<&'static str> {
    Some(match provider {
        "exec" => {
            "it must print one number and no more; where it prints JSON, `value` says where in that the number is"
        }
        "web" if why.contains("is a text") || why.contains("is a list") || why.contains("is an object") => {
            "let `value` lead to a number itself, without quotes around it"
        }
        _ if why.contains("not JSON") => "does the address lead to a page instead of an API?",
        _ if why.contains("not an answer of") => {
            "does the address lead to another kind of system, or is its path wrong?"
        }
        _ => return None,
    })
}

fn empty(provider: &str) -> &'static str {
    match provider {
        "web" | "exec" => {
            "nothing is where a JSONPath leads: compare `value`, `samples` and `time` with what it answers"
        }
        "cloudwatch" => {
            "do the namespace, the name and all dimensions match as they are, and was anything written lately?"
        }
        "datadog" => "do the metric's name and its tags match, and was anything sent within the window?",
        "graphite" => "does the path match, and is there a value in the window?",
        "influxdb" => {
            "do the names of measurement, fields and tags match, and is there anything in the time asked for?"
        }
        _ => "do the names of the series and their labels match, and is anything counted for this variant yet?",
    }
}

fn several(provider: &str) -> &'static str {
    match provider {
        "web" | "exec" => "let the JSONPath lead to one place, such as `$.data[0].value`",
        "graphite" => "put `sumSeries(...)` or `maxSeries(...)` around it",
        "influxdb" => "ask for one value of one series: without `GROUP BY` a tag, and in one statement",
        "cloudwatch" | "datadog" => "ask for one series: without grouping by a dimension or a tag",
        _ => "put `sum(...)` or `max(...)` around it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_can_be_done_is_said_in_the_words_of_the_system_that_is_asked() {
        for (why, provider, expected) in [
            (NoData::Empty, "web", "JSONPath"),
            (NoData::Empty, "prometheus", "names of the series"),
            (NoData::Empty, "cloudwatch", "dimensions"),
            (NoData::SeveralSeries(2), "graphite", "sumSeries"),
            (NoData::SeveralSeries(2), "exec", "JSONPath"),
            (NoData::SeveralSeries(2).in_control(), "prometheus", "sum(...)"),
            (NoData::TimedOut(Duration::from_secs(2)), "exec", "command"),
            (NoData::Unreachable("`score`: there is no program".to_owned()), "exec", "program"),
            (NoData::Refused("HTTP 403: no".to_owned()), "datadog", "credentials"),
            (
                NoData::Malformed("it is not an answer of Prometheus' query API".to_owned()),
                "prometheus",
                "another kind",
            ),
            (NoData::Malformed("what it printed is a text".to_owned()), "exec", "`value`"),
            (NoData::NoProvider("mimir".to_owned()), "prometheus", "name one that is there"),
        ] {
            let hint = hint(&why, provider).unwrap_or_default();
            assert!(hint.contains(expected), "{why} of {provider}: {hint}");
        }
        for provider in ["web", "exec", "graphite", "influxdb", "cloudwatch", "datadog"] {
            let foreign = ["sum(...)", "recording rule", "names of the series"];
            let whys = [NoData::Empty, NoData::SeveralSeries(3), NoData::TimedOut(Duration::ZERO)];
            let said: Vec<_> = whys.iter().filter_map(|why| hint(why, provider)).collect();
            let is_foreign = |said: &&str| foreign.iter().any(|word| said.contains(word));
            assert!(!said.iter().any(is_foreign), "{provider}: {said:?}");
        }
    }
}
