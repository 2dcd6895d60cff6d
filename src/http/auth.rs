//! Who may come in.

use crate::config::Secret;
use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// A listener's key check: the same for each listener. Keeps only a digest of the key, so that
/// comparing takes the same time for every wrong key of every length.
#[derive(Clone)]
pub struct Gate(Option<[u8; 32]>);

/// Why somebody may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// No key was sent.
    Missing,
    /// The key is a different one.
    Wrong,
}

impl Gate {
    /// Opens to whoever has the key; to everybody when there is none, which the settings allow on
    /// loopback addresses only.
    #[must_use]
    pub fn new(key: Option<&Secret>) -> Self {
        Self(key.map(|key| Sha256::digest(key.reveal()).into()))
    }

    /// Whether a key is needed at all.
    #[must_use]
    pub const fn needs_key(&self) -> bool {
        self.0.is_some()
    }

    /// What opens the event stream instead of the key, and nothing else; `None` when no key is needed.
    /// It is made from the key, so that every replica takes it and a new key makes a new one, and the
    /// key cannot be had back from it.
    #[must_use]
    pub fn ticket(&self) -> Option<String> {
        let digest = Sha256::new().chain_update("tidegate event stream\0").chain_update(self.0?).finalize();
        let half: u128 = digest.first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
        Some(format!("{half:032x}"))
    }

    /// Whether this is the ticket.
    #[must_use]
    pub fn is_ticket(&self, sent: &str) -> bool {
        self.ticket().is_some_and(|ticket| bool::from(ticket.as_bytes().ct_eq(sent.as_bytes())))
    }

    /// Looks for the key in `Authorization: Bearer` and in `X-API-Key`.
    ///
    /// # Errors
    /// When a key is needed and the right one is not there.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Denied> {
        let Some(expected) = self.0 else { return Ok(()) };
        let sent = presented(headers).ok_or(Denied::Missing)?;
        let sent: [u8; 32] = Sha256::digest(sent).into();
        match bool::from(sent.ct_eq(&expected)) {
            true => Ok(()),
            false => Err(Denied::Wrong),
        }
    }
}

fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    if let Some(value) = headers.get("x-api-key") {
        return Some(value.as_bytes());
    }
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, rest) = value.split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| rest.trim_ascii())
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.needs_key() { "Gate(with a key)" } else { "Gate(open)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, value: &str) -> Result<(), Denied> {
        let key = Secret::new("0123456789abcdef").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        Gate::new(Some(&key)).check(&headers)
    }

    #[test]
    fn a_ticket_belongs_to_its_key_and_does_not_tell_it() {
        let gate = |key: &str| Gate::new(Some(&Secret::new(key).unwrap()));
        let ticket = gate("0123456789abcdef").ticket().unwrap();
        assert!(gate("0123456789abcdef").is_ticket(&ticket) && !gate("0123456789abcdeF").is_ticket(&ticket));
        for wrong in ["", "0123456789abcdef", &ticket.to_ascii_uppercase(), &format!("{ticket} ")] {
            assert!(!gate("0123456789abcdef").is_ticket(wrong), "{wrong}");
        }
        assert_eq!((Gate::new(None).ticket(), Gate::new(None).is_ticket("")), (None, false));
    }

    #[test]
    fn the_key_opens_in_both_headers_and_nothing_else_does() {
        assert_eq!(check("authorization", "Bearer 0123456789abcdef"), Ok(()));
        assert_eq!(check("authorization", "bearer  0123456789abcdef"), Ok(()));
        assert_eq!(check("x-api-key", "0123456789abcdef"), Ok(()));
        for (name, value) in [
            ("authorization", "Bearer 0123456789abcdeF"),
            ("authorization", "Bearer 0123456789abcdef0"),
            ("authorization", "Bearer "),
            ("x-api-key", ""),
            ("x-api-key", "Bearer 0123456789abcdef"),
        ] {
            assert_eq!(check(name, value), Err(Denied::Wrong), "{name}: {value}");
        }
        for (name, value) in [("authorization", "Basic MDEyMw=="), ("authorization", "Bea"), ("cookie", "a=b")] {
            assert_eq!(check(name, value), Err(Denied::Missing), "{name}: {value}");
        }
        assert_eq!(Gate::new(None).check(&HeaderMap::new()), Ok(()));
    }
}
