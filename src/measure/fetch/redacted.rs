//! Reasons without secrets: some systems repeat in their errors what they were sent.

use super::message::shown;
use crate::analysis::NoData;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;

/// Shorter words are no secrets, and would be found everywhere.
const SHORTEST: usize = 4;

/// The reason without these secrets. Of a header such as `Bearer hunter2` each word is one, for an error may repeat the
/// token alone; of what was cut off in the middle its beginning is one. Of a user's name and password the password is
/// one, for an error may repeat what it decoded.
pub(in crate::measure) fn redacted(why: NoData, secrets: &[&str]) -> NoData {
    let clean = |text: String| without(text, secrets);
    match why {
        NoData::Unreachable(text) => NoData::Unreachable(clean(text)),
        NoData::Refused(text) => NoData::Refused(clean(text)),
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
    for form in forms(secrets) {
        text = text.replace(&form, "[redacted]");
        let begun = text.strip_suffix('…').map(|shown| overlap(shown, &form)).filter(|begun| *begun >= SHORTEST);
        if let Some(begun) = begun {
            let kept = text.len().saturating_sub('…'.len_utf8()).saturating_sub(begun);
            text.truncate(kept);
            text.push_str("[redacted]…");
        }
    }
    text
}

/// All that a secret may look like in an answer, the longest first: one may be a part of another.
fn forms(secrets: &[&str]) -> Vec<String> {
    let mut words = BTreeSet::new();
    for secret in secrets {
        words.insert((*secret).to_owned());
        for word in secret.split_whitespace() {
            let word = word.trim_matches([',', ';', '"', '\'']);
            words.insert(word.to_owned());
            // A cookie and its like: the name before it is no secret.
            words.extend(word.split_once('=').map(|(_, value)| value.trim_matches(['"', '\'']).to_owned()));
        }
        words.extend(signed_in_by(secret));
    }
    let mut forms: Vec<String> = words.iter().flat_map(|word| written(word.trim())).collect();
    // The scheme before a token is no secret.
    forms.retain(|form| form.len() >= SHORTEST && !matches!(&**form, "Bearer" | "Basic" | "Token"));
    forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    forms.dedup();
    forms
}

/// What a header of basic authentication says once it is decoded, and the password of it.
fn signed_in_by(header: &str) -> Vec<String> {
    let Some((scheme, encoded)) = header.trim().split_once(' ') else { return Vec::new() };
    let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok()).flatten();
    let Some(pair) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else { return Vec::new() };
    let password = pair.split_once(':').map(|(_, password)| password.to_owned());
    [Some(pair), password].into_iter().flatten().collect()
}

/// A word as it is, and as addresses, JSON, pages and lines of text have it.
fn written(word: &str) -> [String; 7] {
    let json = serde_json::to_string(word).unwrap_or_default();
    let json = json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_owned();
    let page = word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let upper = percent(word, |byte| format!("%{byte:02X}"));
    let lower = percent(word, |byte| format!("%{byte:02x}"));
    let form = upper.replace("%20", "+");
    [word.to_owned(), upper, lower, form, json, page, shown(word)]
}

/// As addresses have it: all but what never needs to be encoded.
fn percent(word: &str, encoded: impl Fn(u8) -> String) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    word.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { encoded(byte) }).collect()
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

    #[test]
    fn a_secret_is_found_however_a_system_writes_it() {
        let basic = format!("Basic {}", STANDARD.encode("shop:p\"ss w&rd/ü%1"));
        let secrets = [basic.as_str(), "session=c00kie-value; theme=x", "Digest username=\"u\", response=\"a1b2c3d4\""];
        for said in [
            "no user shop with `p\"ss w&rd/ü%1`",
            "shop:p\"ss w&rd/ü%1@host",
            "http://shop:p%22ss%20w%26rd%2F%C3%BC%251@host/",
            "http://shop:p%22ss%20w%26rd%2f%c3%bc%251@host/",
            "password=p%22ss+w%26rd%2F%C3%BC%251",
            r#"{"password": "p\"ss w&rd/ü%1"}"#,
            "<b>p&quot;ss w&amp;rd/ü%1</b>",
            &basic,
            "no session `c00kie-value`",
            "the response a1b2c3d4 is not right",
            "something long: p\"ss w&…",
        ] {
            let shown = redacted(NoData::Refused(said.to_owned()), &secrets).to_string();
            let told = ["w&rd", "w%26", "w&amp;", "c00kie", "a1b2", "ss w", "c2hvcDpw"];
            assert!(shown.contains("[redacted]") && !told.iter().any(|part| shown.contains(part)), "{shown}");
        }
    }
}
