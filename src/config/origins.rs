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
            match text {
                "*" => origins.any = true,
                _ if is_origin(text) => origins.named.push(text.to_ascii_lowercase()),
                _ => {
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

fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return false };
    let (host_ok, scheme_ok) = (
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#@*\\".contains(&byte)),
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)),
    );
    host_ok && scheme_ok
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_origins_are_allowed_and_slips_are_told() {
        let origins = Origins::parse(["https://Shop.example", " http://localhost:3000"]).unwrap();
        for (origin, allowed) in [
            ("https://shop.example", true),
            ("http://localhost:3000", true),
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
        for wrong in ["shop.example", "https://shop.example/", "https://*.shop.example", "https://", "null"] {
            assert!(Origins::parse([wrong]).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
