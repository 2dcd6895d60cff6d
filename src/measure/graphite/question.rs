//! What is sent to Graphite: a target of its render API.

use crate::analysis::NoData;
use crate::measure::asking::Asking;
use crate::measure::written::{filled, unfit};
use crate::rollout::AskGraphite;

/// The query of the address.
pub(super) fn query(ask: &AskGraphite, asking: &Asking) -> Result<Vec<(&'static str, String)>, NoData> {
    let target = filled(&ask.target, asking, written)?;
    let from = format!("-{}s", asking.looks_back().as_secs().max(1));
    Ok(vec![("target", target), ("from", from), ("until", "now".to_owned()), ("format", "json".to_owned())])
}

/// A name as a part of a target. In a path a dot begins another part, and a star or a bracket is a pattern: there it has
/// only letters, digits, `_` and `-`. Inside of quotes, as in `seriesByTag('variant={{variant}}')`, it may have anything
/// that does not end them.
fn written(name: &str, before: &str) -> Result<String, NoData> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let within = |c: char| !c.is_control() && !matches!(c, '\'' | '"' | '\\' | '~' | ';' | '*' | '{' | '}');
    match (inside_quotes(before), name) {
        (true, name) if name.chars().all(within) => Ok(name.to_owned()),
        (true, name) => Err(unfit(name, "has signs that cannot stand inside of quotes in a target")),
        (false, name) if name.chars().all(plain) => Ok(name.to_owned()),
        (false, name) => Err(unfit(
            name,
            "has other characters than letters, digits, `_` and `-`, which mean something in a path: use tags, as in \
             `seriesByTag('variant={{variant}}')`",
        )),
    }
}

/// Whether what comes next is inside of quotes.
fn inside_quotes(before: &str) -> bool {
    let mut open = None;
    for c in before.chars() {
        match (c, open) {
            ('\'' | '"', None) => open = Some(c),
            (c, Some(quote)) if c == quote => open = None,
            (_, None | Some(_)) => {}
        }
    }
    open.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FlagKey, VariantName};
    use std::sync::Arc;
    use std::time::Duration;

    fn asked(target: &str, variant: &str) -> Result<String, NoData> {
        let (variant, flag) = (VariantName::new(variant).unwrap(), FlagKey::new("new-cart").unwrap());
        let asking = Asking::for_tests(variant, flag, Duration::from_secs(300));
        let query = query(&AskGraphite { target: Arc::from(target) }, &asking)?;
        assert_eq!(query[1], ("from", "-300s".to_owned()));
        Ok(query[0].1.clone())
    }

    #[test]
    fn names_stay_one_part_of_a_path() {
        assert_eq!(
            asked("summarize(shop.{{flag}}.{{variant}}.p95, '{{window}}')", "v2").unwrap(),
            "summarize(shop.new-cart.v2.p95, '5m')"
        );
        for hostile in ["v1.2", "*", "a,b", "{a,b}", "a') or ('", "a b", "ä"] {
            let why = asked("shop.{{variant}}.p95", hostile).unwrap_err().to_string();
            assert!(why.contains("mean something in a path"), "{why}");
        }
        assert_eq!(asked("seriesByTag('variant={{variant}}')", "v1.2/ä").unwrap(), "seriesByTag('variant=v1.2/ä')");
        for hostile in ["a'b", "a\"b", "a\\", "~", "*"] {
            assert!(asked("seriesByTag('variant={{variant}}')", hostile).is_err(), "{hostile}");
        }
        assert!(asked("alias(x, 'a').{{variant}}", "v1.2").is_err(), "the quotes are closed before it");
    }
}
