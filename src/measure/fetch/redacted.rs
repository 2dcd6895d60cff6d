//! Reasons without secrets: some systems repeat in their errors what they were sent.

use crate::analysis::NoData;

/// Shorter words are no secrets, and would be found everywhere.
const SHORTEST: usize = 4;

/// The reason without these secrets. Of a header such as `Bearer hunter2` each word is one, for an error may repeat the
/// token alone; of what was cut off in the middle its beginning is one.
pub(in crate::measure) fn redacted(why: NoData, secrets: &[&str]) -> NoData {
    let clean = |text: String| without(text, secrets);
    match why {
        NoData::Unreachable(text) => NoData::Unreachable(clean(text)),
        NoData::Refused(text) => NoData::Refused(clean(text)),
        NoData::NotAsked(text) => NoData::NotAsked(clean(text)),
        NoData::Malformed(text) => NoData::Malformed(clean(text)),
        NoData::NotFinite(text) => NoData::NotFinite(clean(text)),
        NoData::NoProvider(text) => NoData::NoProvider(clean(text)),
        NoData::NoReference(text) => NoData::NoReference(clean(text)),
        NoData::Inconclusive(text) => NoData::Inconclusive(clean(text)),
        NoData::Elsewhere(what, why) => NoData::Elsewhere(what, Box::new(redacted(*why, secrets))),
        other @ (NoData::TimedOut(_)
        | NoData::Empty
        | NoData::SeveralSeries(_)
        | NoData::Stale(_)
        | NoData::TooFew { .. }) => other,
    }
}

fn without(mut text: String, secrets: &[&str]) -> String {
    for secret in secrets {
        for part in [secret.trim()].into_iter().chain(secret.split_whitespace()) {
            // The scheme before a token is no secret.
            if part.len() < SHORTEST || matches!(part, "Bearer" | "Basic" | "Token") {
                continue;
            }
            text = text.replace(part, "[redacted]");
            if let Some(begun) =
                text.strip_suffix('…').map(|shown| overlap(shown, part)).filter(|begun| *begun >= SHORTEST)
            {
                let kept = text.len().saturating_sub('…'.len_utf8()).saturating_sub(begun);
                text.truncate(kept);
                text.push_str("[redacted]…");
            }
        }
    }
    text
}

/// With how many bytes of the secret's beginning the text ends.
fn overlap(text: &str, secret: &str) -> usize {
    let ends = secret.char_indices().map(|(at, _)| at).rev();
    ends.into_iter().find(|at| secret.get(..*at).is_some_and(|begun| text.ends_with(begun))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_system_repeats_of_a_secret_is_not_shown() {
        let shown = |text: &str| redacted(NoData::Refused(text.to_owned()), &["Bearer hunter2hunter2"]).to_string();
        assert_eq!(shown("no key hunter2hunter2 known"), "provider answered with an error (no key [redacted] known)");
        assert!(!shown("bad header `Bearer hunter2hunter2`").contains("hunter2"));
        assert!(!shown("something long before hunter2hunt…").contains("hunter2"), "it was cut off in the middle");
        assert!(shown("the Bearer is missing").contains("the Bearer is missing"));
        let inner = NoData::Refused("hunter2hunter2".to_owned()).in_control();
        assert!(!redacted(inner, &["hunter2hunter2"]).to_string().contains("hunter2"));
        assert!(redacted(NoData::Refused("on".to_owned()), &["on", ""]).to_string().contains("on"));
    }
}
