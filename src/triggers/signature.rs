//! Signatures over bodies: HMAC-SHA256, written in hexadecimal behind `v1=`, several of them with commas between. A
//! sender whose secret is being changed signs with the old one and the new one, and one that fits is enough.

use super::proof::{TIMESTAMP, TOLERANCE, Unproved};
use crate::units::{Credential, UnixMillis};
use axum::http::{HeaderMap, HeaderName};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The most signatures of one post that are looked at.
const MOST_SIGNATURES: usize = 8;

/// A signature in bytes.
pub(super) type Digest = [u8; 32];

/// What a signed post brings beside its body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signed {
    /// When it was signed, where the signature covers that.
    pub at: Option<UnixMillis>,
    /// What it is signed with: another time or another body has another.
    pub signature: Option<Digest>,
}

/// The signatures that a header lists, or several headers of one name. Those of other versions are left out.
pub(super) fn listed(headers: &HeaderMap, name: &HeaderName) -> Result<Vec<Digest>, Unproved> {
    let mut values = headers.get_all(name).iter().peekable();
    if values.peek().is_none() {
        return Err(Unproved::NoSignature("there is no signature"));
    }
    let listed: Vec<Digest> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|one| unhex(one.trim().strip_prefix("v1=")?))
        .take(MOST_SIGNATURES)
        .collect();
    match listed.is_empty() {
        true => Err(Unproved::NoSignature("the signature cannot be read: it is `v1=` and 64 hexadecimal digits")),
        false => Ok(listed),
    }
}

/// When a post was signed, as written and as a moment.
pub(super) fn timestamp(headers: &HeaderMap, now: UnixMillis) -> Result<(&str, UnixMillis), Unproved> {
    let mut values = headers.get_all(&TIMESTAMP).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Unproved::NoSignature("the header `Tidegate-Timestamp` is needed once"));
    };
    let written = value.to_str().ok().filter(|text| text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit()));
    let seconds = written.and_then(|text| text.parse::<i64>().ok());
    let (Some(written), Some(seconds)) = (written, seconds) else {
        return Err(Unproved::NoSignature("`Tidegate-Timestamp` is not a number of seconds since 1970"));
    };
    let at = UnixMillis::new(seconds.saturating_mul(1_000));
    match now.since(at) <= TOLERANCE && at.since(now) <= TOLERANCE {
        true => Ok((written, at)),
        false => Err(Unproved::NotInTime),
    }
}

/// The listed signature that is right, which takes as long as when none is.
pub(super) fn check(secrets: &[Credential], listed: &[Digest], parts: &[&[u8]]) -> Result<Digest, Unproved> {
    let mut right = None;
    for secret in secrets {
        // Keys of every length are taken.
        let Ok(keyed) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else { continue };
        let signed = parts.iter().fold(keyed, |mac, part| mac.chain_update(part));
        for signature in listed {
            // Compared in the same time, wherever they differ.
            if signed.clone().verify_slice(signature).is_ok() {
                right = Some(*signature);
            }
        }
    }
    right.ok_or(Unproved::WrongSignature)
}

fn unhex(text: &str) -> Option<Digest> {
    let digits = text.as_bytes();
    let mut digest = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let digit = |c: &u8| char::from(*c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(digest)
}
