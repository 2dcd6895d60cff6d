//! Reasons without secrets: some systems repeat in their errors what they were sent.

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
    for word in words(secrets) {
        let (mut kept, mut rest) = (String::with_capacity(text.len()), text.as_str());
        while let Some(first) = rest.chars().next() {
            let found = length_of(&word, rest);
            match found {
                Some(_) => kept.push_str("[redacted]"),
                None => kept.push(first),
            }
            rest = rest.get(found.unwrap_or(first.len_utf8())..).unwrap_or_default();
        }
        text = kept;
    }
    text
}

/// All of them that is secret, the longest first: one may be a part of another.
fn words(secrets: &[&str]) -> Vec<String> {
    let mut words = BTreeSet::new();
    for secret in secrets {
        words.insert(secret.trim().to_owned());
        for word in secret.split_whitespace() {
            let word = word.trim_matches([',', ';', '"', '\'']);
            words.insert(word.to_owned());
            // A cookie and its like: the name before it is no secret.
            words.extend(word.split_once('=').map(|(_, value)| value.trim_matches(['"', '\'']).to_owned()));
        }
        words.extend(signed_in_by(secret));
    }
    // Messages are shown with one space where there were several.
    let in_one_line = |word: &String| word.split_whitespace().collect::<Vec<_>>().join(" ");
    words.extend(words.iter().map(in_one_line).collect::<Vec<_>>());
    // The scheme before a token is no secret.
    words.retain(|word| word.len() >= SHORTEST && !matches!(&**word, "Bearer" | "Basic" | "Token"));
    let mut words: Vec<String> = words.into_iter().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

/// What a header of basic authentication says once it is decoded, and the password of it.
fn signed_in_by(header: &str) -> Vec<String> {
    let Some((scheme, encoded)) = header.trim().split_once(' ') else { return Vec::new() };
    let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok()).flatten();
    let Some(pair) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else { return Vec::new() };
    let password = pair.split_once(':').map(|(_, password)| password.to_owned());
    [Some(pair), password].into_iter().flatten().collect()
}

/// How many bytes of the text's beginning are the secret, each character written in any way; of a text that was cut
/// off, a beginning of the secret is enough.
fn length_of(secret: &str, text: &str) -> Option<usize> {
    // A character may be written in ways of which one begins with another, so that there are several ends so far.
    let mut ends = BTreeSet::from([0_usize]);
    let shown = text.strip_suffix('…').map(str::len);
    for (index, c) in secret.chars().enumerate() {
        let written = ways(c);
        let cut_off = |end: usize| {
            let left = shown.and_then(|shown| text.get(end..shown));
            left.is_some_and(|left| written.iter().any(|way| way.len() > left.len() && begins(way, left)))
        };
        if index >= SHORTEST && ends.iter().any(|end| cut_off(*end)) {
            return shown;
        }
        let next = ends.iter().flat_map(|end| {
            let rest = text.get(*end..).unwrap_or_default();
            written.iter().filter(|way| begins(rest, way)).filter_map(|way| end.checked_add(way.len()))
        });
        ends = next.collect();
        if ends.is_empty() {
            return None;
        }
    }
    ends.last().copied()
}

/// Whether a text begins so; the letters of an encoding may be large or small.
fn begins(text: &str, start: &str) -> bool {
    let encoded = start.len() > 2 && start.starts_with(['%', '\\', '&']);
    match text.get(..start.len()) {
        Some(begun) if encoded => begun.eq_ignore_ascii_case(start),
        Some(begun) => begun == start,
        None => false,
    }
}

/// A character as it is, and as addresses, forms, JSON and pages have it.
fn ways(c: char) -> Vec<String> {
    let percent = c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
    let code = u32::from(c);
    let mut ways =
        vec![c.to_string(), percent, format!("\\u{code:04x}"), format!("&#{code};"), format!("&#x{code:x};")];
    let by_name: &[&str] = match c {
        ' ' => &["+"],
        '"' => &["\\\"", "&quot;"],
        '\'' => &["\\'", "&apos;"],
        '\\' => &["\\\\"],
        '/' => &["\\/"],
        '&' => &["&amp;"],
        '<' => &["&lt;"],
        '>' => &["&gt;"],
        _ => &[],
    };
    ways.extend(by_name.iter().map(|way| (*way).to_owned()));
    ways
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
            "shop%3Ap%22ss%20w%26rd/%c3%bc%251",
            r"p\u0022ss w\u0026rd\/\u00fc%1",
            "something long: p%22ss%20w%2…",
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
