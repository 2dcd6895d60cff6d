//! How a source shows that it is who it says: by a key, or by a signature over what it sends. What is compared is
//! compared in the same time whether it is right or wrong, and nothing of it is ever shown.

use super::signature::{self, Signed};
use crate::units::{Credential, UnixMillis};
use axum::http::{HeaderMap, HeaderName, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// Where PagerDuty has its signatures.
pub const PAGERDUTY_SIGNATURE: HeaderName = HeaderName::from_static("x-pagerduty-signature");

/// Where a sender that knows Tidegate has its signatures.
pub const SIGNATURE: HeaderName = HeaderName::from_static("tidegate-signature");

/// Where it says when it signed, in seconds since 1970.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("tidegate-timestamp");

/// How far the clock of a sender may be off, in both directions.
pub(super) const TOLERANCE: Duration = Duration::from_mins(5);

/// How a source proves itself.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// By the key of the control listener, if that has one.
    ControlKey,
    /// By one of these keys, of which only digests are kept: with several, the older one is on its way out.
    Keys(Vec<[u8; 32]>),
    /// By PagerDuty's signature with one of these secrets.
    PagerDuty(Vec<Credential>),
    /// By a signature over the time and the body with one of these secrets.
    Signature(Vec<Credential>),
    /// It is Tidegate itself.
    Own,
}

/// Why a post is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unproved {
    /// No key.
    NoKey,
    /// Another key.
    WrongKey,
    /// No signature, or none that can be read; says what is missing.
    NoSignature(&'static str),
    /// A signature of something else, or by somebody else.
    WrongSignature,
    /// Signed at another time.
    NotInTime,
}

impl fmt::Display for Unproved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str("the source's own key is needed"),
            Self::WrongKey => f.write_str("the key is not this source's"),
            Self::NoSignature(what) => f.write_str(what),
            Self::WrongSignature => f.write_str("no signature is right for this body"),
            Self::NotInTime => f.write_str("it was signed at a time more than 5m from this server's clock"),
        }
    }
}

impl Unproved {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoKey | Self::WrongKey => {
                "send the key that the source's settings name as `Authorization: Bearer KEY`, as `X-API-Key: KEY`, or \
                 as the password of basic authentication"
            }
            Self::NoSignature(_) | Self::WrongSignature => {
                "sign the bytes that are sent, before anything reformats them, with the secret of the source's settings"
            }
            Self::NotInTime => "set both clocks, and sign anew when sending again",
        }
    }
}

impl Proof {
    /// By these keys.
    #[must_use]
    pub fn keys<'k>(keys: impl IntoIterator<Item = &'k Credential>) -> Self {
        Self::Keys(keys.into_iter().map(|key| Sha256::digest(key.reveal()).into()).collect())
    }

    /// Digests of its keys and secrets: two sources with one of them in common could post as each other.
    pub(crate) fn digests(&self) -> Vec<[u8; 32]> {
        match self {
            Self::Keys(digests) => digests.clone(),
            Self::PagerDuty(secrets) | Self::Signature(secrets) => {
                secrets.iter().map(|secret| Sha256::digest(secret.reveal()).into()).collect()
            }
            Self::ControlKey | Self::Own => Vec::new(),
        }
    }

    /// Whether it has this key or secret among its own.
    pub(crate) fn has(&self, key: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(key).into();
        self.digests().contains(&digest)
    }

    /// Whether the source has a proof of its own, so that it needs no control key.
    #[must_use]
    pub const fn is_its_own(&self) -> bool {
        match self {
            Self::Keys(_) | Self::PagerDuty(_) | Self::Signature(_) => true,
            Self::ControlKey | Self::Own => false,
        }
    }

    /// Looks at what is there before the body. A sender without a key makes nobody read what it sends.
    ///
    /// # Errors
    /// When the post cannot be the source's.
    pub fn before_body(&self, headers: &HeaderMap, now: UnixMillis) -> Result<(), Unproved> {
        match self {
            Self::ControlKey | Self::Own => Ok(()),
            Self::Keys(keys) => {
                let sent: [u8; 32] = Sha256::digest(presented(headers).ok_or(Unproved::NoKey)?).into();
                // Each is compared, whichever is the right one.
                let known = keys.iter().fold(subtle::Choice::from(0), |found, key| found | key.ct_eq(&sent));
                if bool::from(known) { Ok(()) } else { Err(Unproved::WrongKey) }
            }
            Self::PagerDuty(_) => signature::listed(headers, &PAGERDUTY_SIGNATURE).map(drop),
            Self::Signature(_) => {
                signature::listed(headers, &SIGNATURE)?;
                signature::timestamp(headers, now).map(drop)
            }
        }
    }

    /// Looks at the body as it came.
    ///
    /// # Errors
    /// When the post is not the source's.
    pub fn of_body(&self, headers: &HeaderMap, body: &[u8], now: UnixMillis) -> Result<Signed, Unproved> {
        match self {
            Self::ControlKey | Self::Own | Self::Keys(_) => Ok(Signed::default()),
            Self::PagerDuty(secrets) => {
                let listed = signature::listed(headers, &PAGERDUTY_SIGNATURE)?;
                signature::check(secrets, &listed, &[body])?;
                Ok(Signed::default())
            }
            Self::Signature(secrets) => {
                let listed = signature::listed(headers, &SIGNATURE)?;
                let (written, at) = signature::timestamp(headers, now)?;
                let right = signature::check(secrets, &listed, &[written.as_bytes(), b".", body])?;
                Ok(Signed { at: Some(at), signature: Some(right) })
            }
        }
    }
}

/// A key, wherever a sender can put it.
fn presented(headers: &HeaderMap) -> Option<Vec<u8>> {
    if let Some(value) = headers.get("x-api-key") {
        return Some(value.as_bytes().to_vec());
    }
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let after = |scheme: &str| {
        let (found, rest) = value.split_at_checked(scheme.len())?;
        found.eq_ignore_ascii_case(scheme.as_bytes()).then(|| rest.trim_ascii())
    };
    if let Some(key) = after("bearer ") {
        return Some(key.to_vec());
    }
    let pair = STANDARD.decode(after("basic ")?).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    pair.get(colon.saturating_add(1)..).map(<[u8]>::to_vec)
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ControlKey => "Proof(control key)",
            Self::Keys(_) => "Proof(key)",
            Self::PagerDuty(_) => "Proof(signature of PagerDuty)",
            Self::Signature(_) => "Proof(signature)",
            Self::Own => "Proof(own)",
        })
    }
}
