//! What to do about having no data.

use crate::analysis::NoData;

/// What a person can do about it; `None` where the reason says it already.
#[must_use]
pub fn hint(why: &NoData) -> Option<&'static str> {
    Some(match why {
        NoData::Unreachable(why) if why.contains("certificate") => {
            "name the authority that signed its certificate in the connection's `ca_file`"
        }
        NoData::Unreachable(_) => "is the address right, and is it reachable from where Tidegate runs?",
        NoData::TimedOut(_) => {
            "make the query cheaper, for instance with a recording rule, or raise the connection's `timeout`"
        }
        NoData::Refused(why) if why.contains("HTTP 401") || why.contains("HTTP 403") => {
            "check the connection's credentials: `bearer_file`, or `user` and `password_file`"
        }
        NoData::Refused(why) if why.contains("HTTP 404") => "is a path missing in the address, such as `/prometheus`?",
        NoData::Refused(why) if why.contains("HTTP 429") => {
            "it is asked too often: raise `every`, or lower `in_flight`"
        }
        NoData::Malformed(why) if why.contains("not JSON") => "does the address lead to a page instead of an API?",
        NoData::Empty => {
            "do the names of the series and their labels match, and is anything counted for this variant yet?"
        }
        NoData::SeveralSeries(_) => "put `sum(...)` or `max(...)` around it",
        NoData::NotFinite(_) => "a division by nothing gives NaN: ask for enough traffic, or use a `ratio`",
        NoData::Stale(_) => "compare the clocks, or look for a cache before it",
        NoData::TooFew { .. } => "wait for more traffic, or lower `min_samples`",
        NoData::NoProvider(_) => "add it to the settings' `connections`, or start with `--prometheus URL`",
        NoData::Refused(_) | NoData::Malformed(_) | NoData::NoReference(_) | NoData::Inconclusive(_) => return None,
        NoData::Elsewhere(_, why) => return hint(why),
    })
}
