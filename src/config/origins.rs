//! Origins whose pages may ask.

/// The pages that may use a listener from another origin than its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    any: bool,
    /// As browsers send them.
    named: Vec<String>,
}

impl Origins {
    /// Reads origins such as `https://shop.example`; `*` are all.
    ///
    /// # Errors
    /// With the first one that no browser ever sends.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, String> {
        let mut origins = Self::default();
        for text in texts.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
            match as_sent(text) {
                _ if text == "*" => origins.any = true,
                Some(origin) => origins.named.push(origin),
                None => {
                    return Err(format!(
                        "`{text}` is not an origin: write scheme, host and port without a path, such as \
                         `https://shop.example` or `http://localhost:3000`"
                    ));
                }
            }
        }
        Ok(origins)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        !self.any && self.named.is_empty()
    }

    /// Whether a page of this origin, as a browser names it, may ask.
    #[must_use]
    pub fn allow(&self, origin: &[u8]) -> bool {
        self.any || self.named.iter().any(|named| named.as_bytes() == origin)
    }
}

/// The origin as browsers send it: in lower case, and without the port that its scheme has anyway.
fn as_sent(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (scheme, rest) = text.split_once("://")?;
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (rest, None),
    };
    let is_address = |host: &str| host.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte));
    let is_name = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let host_ok = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => !address.is_empty() && is_address(address),
        None => !host.is_empty() && is_name(host),
    };
    let scheme_ok =
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let port_ok = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number.to_string() == port));
    let is_usual = matches!((scheme, port), ("http", Some("80")) | ("https", Some("443")));
    let sent = if is_usual { format!("{scheme}://{host}") } else { text.clone() };
    (host_ok && scheme_ok && port_ok).then_some(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_origins_are_allowed_and_slips_are_told() {
        let written = ["https://Shop.example", " http://localhost:3000", "https://a.example:443", "http://[::1]:80"];
        let origins = Origins::parse(written).unwrap();
        for (origin, allowed) in [
            ("https://shop.example", true),
            ("http://localhost:3000", true),
            // The usual port is one that no browser sends.
            ("https://a.example", true),
            ("http://[::1]", true),
            ("http://shop.example", false),
            ("https://shop.example:444", false),
            ("https://shop.example.evil.example", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(origins.allow(origin.as_bytes()), allowed, "{origin}");
        }
        assert!(Origins::parse(["*"]).unwrap().allow(b"null"));
        assert!(Origins::parse([]).unwrap().is_empty() && !Origins::default().allow(b"https://shop.example"));
        for wrong in
            ["shop.example", "https://shop.example/", "https://*.shop.example", "https://", "null"].into_iter().chain([
                "https://a.example,b.example",
                "https://a.example:",
                "https://a:0443",
                "https://a:99999",
                "https://[::1",
            ])
        {
            assert!(Origins::parse([wrong]).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
