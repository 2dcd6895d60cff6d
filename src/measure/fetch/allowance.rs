//! What an address of a plan may lead to, beside the public internet.

use super::range::{Block, not_public, reached};
use reqwest::Url;
use std::net::{IpAddr, Ipv6Addr};

/// Something that addresses of plans may lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Every address of the block.
    Block(Block),
    /// A host, as URLs have it, and a port: wherever its name leads.
    Host(String, u16),
}

/// What a text is that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address range such as `10.0.0.0/8` and no host with its port such as `prometheus:9090`")]
pub struct AllowanceError(String);

impl Allowance {
    /// Reads a block such as `10.0.0.0/8` or `127.0.0.1`, or a host with its port such as `prometheus:9090`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, AllowanceError> {
        let text = text.trim();
        let wrong = || AllowanceError(text.to_owned());
        if let Some(block) = Block::parse(text) {
            return Ok(Self(Kind::Block(block)));
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if !text.chars().all(plain) || !text.contains(':') {
            return Err(wrong());
        }
        // The port is read by hand: URLs leave out the one that their scheme has anyway.
        let port = text.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).ok_or_else(wrong)?;
        let url = Url::parse(&format!("http://{text}")).map_err(|_| wrong())?;
        Ok(Self(Kind::Host(url.host_str().ok_or_else(wrong)?.to_owned(), port)))
    }

    /// Where a connection of the settings leads.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        Some(Self(Kind::Host(url.host_str()?.to_owned(), url.port_or_known_default()?)))
    }
}

/// All that addresses of plans may lead to, beside the public internet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowances(Vec<Allowance>);

impl Allowances {
    /// These.
    #[must_use]
    pub const fn new(allowed: Vec<Allowance>) -> Self {
        Self(allowed)
    }

    /// Whether its host and port are allowed by name, wherever the name leads.
    #[must_use]
    pub fn names(&self, url: &Url) -> bool {
        self.0.iter().any(|allowed| match &allowed.0 {
            Kind::Host(host, port) => {
                url.host_str() == Some(host.as_str()) && url.port_or_known_default() == Some(*port)
            }
            Kind::Block(_) => false,
        })
    }

    /// Why an address is out of reach, if it is.
    pub(super) fn forbids(&self, address: IpAddr) -> Option<&'static str> {
        let kind = not_public(address)?;
        let (written, reached) = (address, reached(address));
        let allows = |allowed: &Allowance| match &allowed.0 {
            Kind::Block(block) => block.has(reached) || block.has(written) && reached == written,
            Kind::Host(..) => false,
        };
        (!self.0.iter().any(allows)).then_some(kind)
    }

    /// Why the address that stands in a URL as numbers is out of reach, if it is. Names are looked at when they are
    /// resolved.
    pub(super) fn forbids_literal(&self, url: &Url) -> Option<(IpAddr, &'static str)> {
        let host = url.host_str()?;
        let address = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(v6) => IpAddr::V6(v6.parse::<Ipv6Addr>().ok()?),
            None => host.parse().ok()?,
        };
        self.forbids(address).map(|kind| (address, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowances(texts: &[&str]) -> Allowances {
        Allowances::new(texts.iter().map(|text| Allowance::parse(text).unwrap()).collect())
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn every_spelling_of_a_forbidden_address_is_known() {
        let none = Allowances::default();
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://0x7f.1:9090/x",
            "http://127.0.0.1.:80/",
            "http://%31%32%37.0.0.1/",
            "http://\u{ff11}27.0.0.1/",
            "http://0/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[fe80::1]/",
            "http://169.254.169.254/latest/meta-data",
            "http://10.1.2.3/",
        ] {
            assert!(none.forbids_literal(&url(text)).is_some(), "{text}");
        }
        for text in ["http://8.8.8.8/", "http://[2606:4700::1111]/", "http://prometheus.example/", "http://localhost/"]
        {
            assert!(none.forbids_literal(&url(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_allowed_is_allowed_and_nothing_beside_it() {
        let some = allowances(&["10.0.0.0/8", "127.0.0.1", "Prometheus:9090", "h.example:80", "192.168.0.1:9090"]);
        let forbids = |text: &str| some.forbids(text.parse().unwrap());
        for text in ["10.9.9.9", "127.0.0.1", "::ffff:10.1.1.1", "8.8.8.8"] {
            assert_eq!(forbids(text), None, "{text}");
        }
        for text in ["127.0.0.2", "192.168.0.1", "::1", "fd00::1", "11.0.0.1"] {
            assert_eq!(forbids(text).is_some(), text != "11.0.0.1", "{text}");
        }
        for (text, allowed) in [
            ("http://prometheus:9090/x", true),
            ("http://PROMETHEUS:9090", true),
            ("http://h.example/", true),
            ("http://h.example:80/", true),
            ("http://192.168.0.1:9090/", true),
            ("http://192.168.0.1/", false),
            ("https://h.example/", false),
            ("http://prometheus:9091", false),
            ("http://prometheus.evil.example:9090", false),
        ] {
            assert_eq!(some.names(&url(text)), allowed, "{text}");
        }
    }

    #[test]
    fn what_is_neither_a_range_nor_a_host_with_a_port_is_refused() {
        for text in ["", "10.0.0.0/40", "prometheus", "http://h:80", "h:port", "h:99999", "a b:80", "u@h:80", "*"] {
            assert!(Allowance::parse(text).is_err(), "{text}");
        }
    }
}
