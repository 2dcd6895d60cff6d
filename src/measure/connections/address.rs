//! Where another system is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use std::fmt;

/// The base address of another system's API, with its path prefix and credentials when it has them.
/// Printing it never shows the credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

/// Why a text is no such address. The texts do not repeat it: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a URL.
    #[error("the address is no URL ({0}): write it as `http://127.0.0.1:9090`")]
    NotAnAddress(&'static str),
    /// A scheme that nobody speaks here.
    #[error("the address must begin with `http://` or `https://`")]
    Scheme,
    /// Something behind the path.
    #[error("the address must end with its path: the part from `?` or `#` on has no meaning")]
    Query,
}

impl Address {
    /// Reads `http://127.0.0.1:9090`, `https://user:password@metrics.example/prometheus/`.
    ///
    /// # Errors
    /// When it is no http or https URL with a host, or has a query or fragment.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text.trim()).map_err(|error| AddressError::NotAnAddress(why(&error.to_string())))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme);
        }
        match url.query().is_some() || url.fragment().is_some() {
            true => Err(AddressError::Query),
            false => Ok(Self(url)),
        }
    }

    /// The address of what lies below it, credentials included: not to be shown.
    #[must_use]
    pub fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether it has a user or a password.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        !self.0.username().is_empty() || self.0.password().is_some()
    }

    /// What it has of a secret: the password as it is written, and the header that is sent for it.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        if !self.has_credentials() {
            return Vec::new();
        }
        let password = self.0.password().unwrap_or_default();
        let pair = [decoded(self.0.username()), b":".to_vec(), decoded(password)].concat();
        vec![password.to_owned(), format!("Basic {}", STANDARD.encode(pair))]
    }

    /// The whole of it, credentials included: not to be shown.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

/// A part of an address without its percent signs.
fn decoded(part: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::with_capacity(part.len()), part.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    bytes
}

/// The parser's reasons are a fixed list; only those that people meet are passed on.
fn why(reason: &str) -> &'static str {
    match reason {
        "empty host" => "it has no host",
        "invalid port number" => "its port is no number",
        "relative URL without a base" => "it has no scheme",
        _ => "it has characters in the wrong place",
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.0.host_str().unwrap_or(""))?;
        if let Some(port) = self.0.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(self.0.path().trim_end_matches('/'))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_goes_behind_the_prefix() {
        for (address, query) in [
            ("http://127.0.0.1:9090", "http://127.0.0.1:9090/api/v1/query"),
            ("http://127.0.0.1:9090/", "http://127.0.0.1:9090/api/v1/query"),
            (" https://h/a/prom/ ", "https://h/a/prom/api/v1/query"),
            ("https://u:p@h/prom", "https://u:p@h/prom/api/v1/query"),
        ] {
            assert_eq!(
                Address::parse(address).map(|address| address.below(&["api", "v1", "query"]).to_string()),
                Ok(query.to_owned())
            );
        }
    }

    #[test]
    fn credentials_are_never_printed() {
        let address = Address::parse("https://admin:hunter2@h:9443/prom/").unwrap();
        assert_eq!(address.to_string(), "https://h:9443/prom");
        assert_eq!(format!("{address:?}"), "Address(https://h:9443/prom)");
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for text in [
            "",
            "127.0.0.1:9090",
            "hunter2",
            "ftp://hunter2@h",
            "http://hunter2@",
            "http://h:hunter2",
            "http://h/?q=hunter2",
            "http://h/#hunter2",
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
