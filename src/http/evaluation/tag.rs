//! The entity tag of a bulk answer: it changes exactly when an answer does, whoever gives it and whenever.

use hyper::HeaderMap;
use hyper::header::{HeaderValue, IF_NONE_MATCH};

/// The tag of all answers together, with its quotes.
pub(super) fn of(answers: u128) -> String {
    format!("\"{answers:032x}\"")
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
    fn a_tag_is_found_in_lists() {
        let tag = of(7);
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
