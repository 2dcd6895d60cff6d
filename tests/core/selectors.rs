//! Flag sets: a client that names one gets the flags of that one and no others.

use crate::served::catalog;
use tidegate::eval::{Bucketing, Selector, Snapshot};
use tidegate::units::Generation;

const FLAGS: &str = r#"
metadata: { flagSetId: shop }
flags:
  basket: { state: ENABLED, variants: { a: 1 } }
  search: { state: ENABLED, variants: { a: 1 }, metadata: { flagSetId: search } }
  seven: { state: ENABLED, variants: { a: 1 }, metadata: { flagSetId: 7 } }
  broken: { state: ON }
---
flags:
  free: { state: DISABLED, variants: { a: 1 } }
"#;

fn chosen(selector: &str) -> Vec<String> {
    let catalog = catalog("flags/shop.yaml", FLAGS);
    let served = Snapshot::build(Generation::new(1), catalog.flags(), &[].into(), Bucketing::V3, None);
    let selector = Selector::parse(selector).expect("a selector");
    served.flags().filter(|flag| selector.admits(*flag)).map(|flag| flag.key().to_owned()).collect()
}

#[test]
fn a_client_gets_the_flags_that_it_selects() {
    for (selector, flags) in [
        ("", &["basket", "broken", "free", "search", "seven"][..]),
        ("  ", &["basket", "broken", "free", "search", "seven"]),
        ("flagSetId=shop", &["basket"]),
        ("flagSetId=search", &["search"]),
        ("flagSetId=7", &["seven"]),
        ("flagSetId=", &["free"]),
        ("flagSetId=Shop", &[]),
        ("source=flags/shop.yaml", &["basket", "free", "search", "seven"]),
        ("flags/shop.yaml", &["basket", "free", "search", "seven"]),
        ("source=shop.yaml", &[]),
        ("source=flags/shop.yaml, flagSetId=shop", &["basket"]),
        ("flagSetId=shop,source=other.yaml", &[]),
    ] {
        assert_eq!(chosen(selector), flags, "{selector}");
    }
}

#[test]
fn a_selector_that_means_nothing_is_told_so() {
    for (selector, told) in [
        ("flagsetid=x", "the selector's key `flagsetid` is unknown; the keys are `flagSetId` and `source`"),
        ("=x", "the selector's key `` is unknown; the keys are `flagSetId` and `source`"),
        ("flagSetId=a,", "the selector's key `` is unknown; the keys are `flagSetId` and `source`"),
        ("source=a,source=b", "the selector names `source` twice"),
        ("a\u{7}=b", "the selector's key `a\\u{7}` is unknown; the keys are `flagSetId` and `source`"),
    ] {
        assert_eq!(Selector::parse(selector).expect_err(selector), told);
    }
}
