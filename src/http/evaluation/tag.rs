//! The entity tag of a bulk answer: a hash of its flags' bytes, so that it changes exactly when an answer
//! does, whoever computes it and whenever.

use hyper::HeaderMap;
use hyper::header::{HeaderValue, IF_NONE_MATCH};
use sha2::{Digest, Sha256};

/// The tag of a body and of a mark for what else it depends on, with its quotes: half of their SHA-256,
/// which is more than enough for no two answers ever to meet, and the same on every replica.
pub(super) fn of(mark: &str, body: &[u8]) -> String {
    let digest = Sha256::new().chain_update(mark).chain_update([0]).chain_update(body).finalize();
    let half: u128 = digest.first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
    format!("\"{half:032x}\"")
}

/// Whether the request says that it has the answer with this tag already.
pub(super) fn is_known(tag: &str, headers: &HeaderMap) -> bool {
    let one = |listed: &str| {
        let listed = listed.trim();
        listed == "*" || listed.strip_prefix("W/").unwrap_or(listed) == tag
    };
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_of_the_bytes_and_is_found_in_lists() {
        let tag = of("", b"{}");
        assert_ne!(tag, of("", b"{ }"));
        assert_ne!(tag, of("sse", b"{}"));
        let mut headers = HeaderMap::new();
        for (sent, known) in [
            (tag.clone(), true),
            (format!("W/{tag}"), true),
            (format!("\"other\", {tag}"), true),
            ("*".to_owned(), true),
            ("\"other\"".to_owned(), false),
            (tag.trim_matches('"').to_owned(), false),
            (String::new(), false),
        ] {
            headers.insert(IF_NONE_MATCH, HeaderValue::from_str(&sent).unwrap());
            assert_eq!(is_known(&tag, &headers), known, "{sent}");
        }
    }
}
