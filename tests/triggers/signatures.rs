//! Keys and signatures of posts.

use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt::Write as _;
use tidegate::triggers::{PAGERDUTY_SIGNATURE, Proof, SIGNATURE, TIMESTAMP, Unproved};
use tidegate::units::Credential;
use tidegate::units::UnixMillis;

const NOW: UnixMillis = UnixMillis::new(1_767_225_600_000);
const SECOND: i64 = 1_767_225_600;

/// The vector that PagerDuty's own client for Go is tested with: secret, body and signature.
const PAGERDUTY_SECRET: &str = "lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK";
const PAGERDUTY_BODY: &[u8] = include_bytes!("pagerduty_vector.json");
const PAGERDUTY_SIGNED: &str = "v1=0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd";

fn credential(text: &str) -> Credential {
    Credential::new(text).unwrap()
}

fn headers(pairs: &[(HeaderName, String)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
}

/// Written here once more, so that the product's own is checked against another.
fn hex_of(secret: &str, signed: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed);
    mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn pagerduty(signatures: &str, body: &[u8]) -> Result<(), Unproved> {
    let proof = Proof::PagerDuty(vec![credential("another-secret-of-16"), credential(PAGERDUTY_SECRET)]);
    let headers = headers(&[(PAGERDUTY_SIGNATURE, signatures.to_owned())]);
    proof.before_body(&headers, NOW)?;
    proof.of_body(&headers, body, NOW).map(drop)
}

#[test]
fn pagerduty_is_believed_by_its_own_vector_and_by_nothing_near_it() {
    assert_eq!(pagerduty(PAGERDUTY_SIGNED, PAGERDUTY_BODY), Ok(()));
    let old = format!("v1={}", "7".repeat(64));
    for several in [
        format!("{old},{PAGERDUTY_SIGNED}"),
        format!("{PAGERDUTY_SIGNED}, {old}"),
        format!("v0=abc,v2={},{PAGERDUTY_SIGNED}", "0".repeat(64)),
        PAGERDUTY_SIGNED.replace("c0b", "C0B"),
    ] {
        assert_eq!(pagerduty(&several, PAGERDUTY_BODY), Ok(()), "{several}: while a secret is being changed");
    }
    let changed = [PAGERDUTY_BODY, b" "].concat();
    assert_eq!(pagerduty(PAGERDUTY_SIGNED, &changed), Err(Unproved::WrongSignature), "the bytes are what is signed");
    assert_eq!(pagerduty(PAGERDUTY_SIGNED, b""), Err(Unproved::WrongSignature));
    assert_eq!(pagerduty(&old, PAGERDUTY_BODY), Err(Unproved::WrongSignature));
    for unread in ["", "v1=", "0c0b", "v1=0c0b", &PAGERDUTY_SIGNED.replace("v1", "v2"), &format!("{PAGERDUTY_SIGNED}0")]
    {
        assert!(matches!(pagerduty(unread, PAGERDUTY_BODY), Err(Unproved::NoSignature(_))), "{unread}");
    }
    let proof = Proof::PagerDuty(vec![credential(PAGERDUTY_SECRET)]);
    assert!(matches!(proof.before_body(&HeaderMap::new(), NOW), Err(Unproved::NoSignature(_))));
}

#[test]
fn of_a_flood_of_signatures_only_the_first_few_are_looked_at() {
    let wrong = format!("v1={}", "7".repeat(64));
    let many = vec![wrong; 8].join(",");
    assert_eq!(pagerduty(&format!("{many},{PAGERDUTY_SIGNED}"), PAGERDUTY_BODY), Err(Unproved::WrongSignature));
}

fn webhook(timestamp: &str, signature: &str, body: &[u8]) -> Result<(), Unproved> {
    let proof = Proof::Signature(vec![credential("correct-horse-battery"), credential("the-secret-before-it")]);
    let headers = headers(&[(TIMESTAMP, timestamp.to_owned()), (SIGNATURE, signature.to_owned())]);
    proof.before_body(&headers, NOW)?;
    let signed = proof.of_body(&headers, body, NOW)?;
    assert!(signed.at.is_some() && signed.signature.is_some());
    Ok(())
}

#[test]
fn a_signed_webhook_covers_the_time_and_the_bytes() {
    let body = br#"{"id": "a", "status": "firing"}"#;
    let sign = |secret: &str, timestamp: &str, body: &[u8]| {
        format!("v1={}", hex_of(secret, &[timestamp.as_bytes(), b".", body].concat()))
    };
    let now = SECOND.to_string();
    let right = sign("correct-horse-battery", &now, body);
    assert_eq!(webhook(&now, &right, body), Ok(()));
    assert_eq!(webhook(&now, &sign("the-secret-before-it", &now, body), body), Ok(()));
    assert_eq!(webhook(&now, &sign("a-secret-of-nobody-here", &now, body), body), Err(Unproved::WrongSignature));
    assert_eq!(webhook(&now, &right, br#"{"id":"a","status":"firing"}"#), Err(Unproved::WrongSignature));
    let later = (SECOND + 1).to_string();
    assert_eq!(webhook(&later, &right, body), Err(Unproved::WrongSignature), "another time is another signature");
    for (off, taken) in [(-300, true), (300, true), (-301, false), (301, false), (-86_400, false)] {
        let timestamp = (SECOND + off).to_string();
        let seen = webhook(&timestamp, &sign("correct-horse-battery", &timestamp, body), body);
        assert_eq!(seen, if taken { Ok(()) } else { Err(Unproved::NotInTime) }, "{off}s");
    }
    for nonsense in ["", "soon", "-1", "1767225600.5", "99999999999999999999", " 1767225600000", "0x6955"] {
        assert!(matches!(webhook(nonsense, &right, body), Err(Unproved::NoSignature(_))), "{nonsense}");
    }
}

#[test]
fn a_key_is_taken_wherever_a_sender_can_put_it() {
    let proof = Proof::keys(&[credential("the-key-of-now-0123"), credential("the-key-before-0123")]);
    let seen =
        |name: &'static str, value: String| proof.before_body(&headers(&[(HeaderName::from_static(name), value)]), NOW);
    for key in ["the-key-of-now-0123", "the-key-before-0123"] {
        assert_eq!(seen("authorization", format!("Bearer {key}")), Ok(()));
        assert_eq!(seen("x-api-key", key.to_owned()), Ok(()));
        for user in ["grafana", "", "a b"] {
            assert_eq!(seen("authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{key}")))), Ok(()));
        }
    }
    for wrong in ["the-key-of-now-012", "the-key-of-now-01234", "", "The-key-of-now-0123"] {
        assert_eq!(seen("authorization", format!("Bearer {wrong}")), Err(Unproved::WrongKey), "{wrong}");
        assert_eq!(
            seen("authorization", format!("Basic {}", STANDARD.encode(format!("a:{wrong}")))),
            Err(Unproved::WrongKey)
        );
    }
    for none in ["Basic !!!", "Basic", &format!("Basic {}", STANDARD.encode("no colon")), "Digest a=b"] {
        assert_eq!(seen("authorization", none.to_owned()), Err(Unproved::NoKey), "{none}");
    }
    assert_eq!(proof.before_body(&HeaderMap::new(), NOW), Err(Unproved::NoKey));
}

#[test]
fn no_proof_shows_what_it_knows() {
    for proof in [
        Proof::keys(&[credential("correct-horse-battery")]),
        Proof::PagerDuty(vec![credential("correct-horse-battery")]),
        Proof::Signature(vec![credential("correct-horse-battery")]),
    ] {
        assert!(!format!("{proof:?}").contains("correct"), "{proof:?}");
    }
    for why in [Unproved::NoKey, Unproved::WrongKey, Unproved::WrongSignature, Unproved::NotInTime] {
        assert!(!why.to_string().is_empty() && !why.hint().is_empty());
    }
}
