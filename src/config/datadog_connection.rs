//! A connection to Datadog.

use super::section::Section;
use crate::measure::Address;
use crate::source::Problems;
use crate::units::Credential;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// The fields of such a connection beside those of every one.
pub(super) const FIELDS: [&str; 5] =
    ["site", "api_key_file", "api_key_env", "application_key_file", "application_key_env"];

/// The site where nothing is said.
const SITE: &str = "datadoghq.com";

/// Reads its keys, which go into headers of every request.
pub(super) fn keys(section: &Section<'_>, headers: &mut HeaderMap, problems: &mut Problems<'_>) {
    for (field, header) in [("api_key", "dd-api-key"), ("application_key", "dd-application-key")] {
        let given = [format!("{field}_file"), format!("{field}_env")].iter().any(|name| section.get(name).is_some());
        match section.credential(field, problems).as_ref().map(secret) {
            Some(Some(value)) => drop(headers.insert(HeaderName::from_static(header), value)),
            Some(None) => {
                problems.add(section.start(), format!("the `{field}` has characters that no header can have"))
            }
            // Why a given one could not be read was said already.
            None if given => {}
            None => {
                let hint = format!("write `{field}_file` or `{field}_env`");
                problems.add_with_hint(section.start(), format!("a connection to Datadog needs its `{field}`"), hint);
            }
        }
    }
}

fn secret(credential: &Credential) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(credential.reveal()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Where its site is asked.
pub(super) fn address(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Address> {
    let site = section.text("site", problems).unwrap_or(SITE).trim();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let known = Some(site).filter(|site| site.chars().all(plain) && site.contains('.'));
    let address = known.and_then(|site| Address::parse(&format!("https://api.{site}")).ok());
    if address.is_none() {
        let at = section.get("site").map_or(section.start(), |node| node.span);
        problems.add_with_hint(at, format!("`{site}` is no site of Datadog"), "for instance `datadoghq.eu`");
    }
    address
}
