//! One number, now.

use super::answer;
use super::question::filled;
use crate::analysis::{NoData, Reading};
use crate::measure::asking::Asking;
use crate::measure::connections::{Connection, ConnectionKind};
use crate::measure::fetch::Asked;
use crate::measure::refusal;
use crate::rollout::{AskWeb, WebMethod};
use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use std::time::Duration;

/// The largest answer, in bytes.
const MOST_BYTES: usize = 1_000_000;

/// What is to be known of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebConnection {
    /// How old a value may be that says when it is from.
    pub max_age: Duration,
}

impl Default for WebConnection {
    /// Five minutes.
    fn default() -> Self {
        Self { max_age: Duration::from_secs(300) }
    }
}

/// The value of the endpoint's answer.
pub(in crate::measure) async fn read(connection: &Connection, ask: &AskWeb, asking: &Asking) -> Reading {
    value(connection, ask, asking).await.unwrap_or_else(Reading::NoData)
}

/// What is asked, with all names filled in: for people.
pub(in crate::measure) fn question(ask: &AskWeb, asking: &Asking) -> String {
    let shown = AskWeb { path: ask.shown_path().into(), ..ask.clone() };
    let Ok(filled) = filled(&shown, asking) else { return ask.method.as_str().to_owned() };
    let body = filled.body.map(|body| format!(" {body}")).unwrap_or_default();
    format!("{} {}{body}", ask.method.as_str(), filled.path)
}

async fn value(connection: &Connection, ask: &AskWeb, asking: &Asking) -> Result<Reading, NoData> {
    let ConnectionKind::Web(settings) = &connection.kind else {
        return Err(NoData::NoProvider(connection.name.to_string()));
    };
    let asked = request(connection, ask, asking)?;
    let answer = connection.fetcher.fetch(asked, asking.deadline).await?;
    // Whatever an endpoint writes into its errors is its own affair: only the status is told.
    answer::reading(refusal::body(&answer, |_| None)?, ask, asking.now, settings.max_age)
}

fn request(connection: &Connection, ask: &AskWeb, asking: &Asking) -> Result<Asked, NoData> {
    if asking.span.is_some() && !crate::rollout::Ask::Web(ask.clone()).any_window() {
        let why = "its question is without `{{window}}`: it cannot be asked over another time";
        return Err(NoData::NotAsked(why.to_owned()));
    }
    let address = connection.address.as_ref().ok_or_else(|| NoData::NoProvider(connection.name.to_string()))?;
    let filled = filled(ask, asking)?;
    let url = below(address.url(), &filled.path)?;
    let method = match ask.method {
        WebMethod::Get => Method::GET,
        WebMethod::Post => Method::POST,
    };
    let mut headers = Vec::with_capacity(filled.headers.len());
    for (name, value) in &filled.headers {
        let wrong = || NoData::NotAsked("a header cannot be sent".to_owned());
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        // What the connection sends says who asks, and for which tenant: no plan writes over it.
        if name != CONTENT_TYPE && connection.fetcher.sends(&name) {
            let why = format!(
                "the connection `{}` sends the header `{name}` itself: remove it from the plan",
                connection.name
            );
            return Err(NoData::NotAsked(why));
        }
        headers.push((name, HeaderValue::from_str(value).map_err(|_| wrong())?));
    }
    Ok(Asked { method, url, headers, body: filled.body.map(Bytes::from), most: MOST_BYTES })
}

/// The address with a path behind it, which cannot lead anywhere else.
fn below(base: &Url, path: &str) -> Result<Url, NoData> {
    let wrong = || NoData::NotAsked("the address with its path is none".to_owned());
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    let whole = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(if whole.is_empty() { "/" } else { &whole });
    url.set_query(query);
    // The parser walks `..`, and servers that read `%2F` as a slash walk more: nobody is to leave what the settings name.
    if unescaped(path).split(['/', '\\']).any(|step| matches!(step, "." | "..")) {
        return Err(wrong());
    }
    let prefix = base.path().trim_end_matches('/');
    match url.path().strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        true => Ok(url),
        false => Err(wrong()),
    }
}

/// The path as a server may read it that takes escaped signs for plain ones.
fn unescaped(path: &str) -> String {
    let mut plain = path.to_owned();
    for (escaped, sign) in [("%2e", "."), ("%2E", "."), ("%2f", "/"), ("%2F", "/"), ("%5c", "\\"), ("%5C", "\\")] {
        plain = plain.replace(escaped, sign);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_the_address() {
        let below = |base: &str, path: &str| below(&Url::parse(base).unwrap(), path).map(|url| url.to_string());
        for (base, path, expected) in [
            ("https://h/api/", "/v1/x?a=1&b=%26", "https://h/api/v1/x?a=1&b=%26"),
            ("https://u:p@h", "/v1", "https://u:p@h/v1"),
            ("https://h/api", "", "https://h/api"),
            ("https://h/api", "?q=1", "https://h/api?q=1"),
            ("https://h", "//evil.example/x", "https://h//evil.example/x"),
            ("https://h", "/a%2Fb", "https://h/a%2Fb"),
        ] {
            assert_eq!(below(base, path), Ok(expected.to_owned()), "{base} {path}");
        }
        assert!(below("https://h/api", "/../admin").is_err());
        assert!(below("https://h/api", "/%2e%2e/admin").is_err());
        for path in ["/x/..%2f..%2fadmin", "/x%2F..%2F..%2Fadmin", "/.%2E%5Cadmin", "/a%2f./b"] {
            assert!(below("https://h/api", path).is_err(), "{path}");
        }
        assert!(below("https://h/api", "/v1..2/x.%2Fy?to=../a").is_ok());
    }

    /// A question stands on screens, and an endpoint's key may be a parameter.
    #[test]
    fn a_question_does_not_show_what_may_be_a_key() {
        use crate::units::{FlagKey, VariantName};
        let ask = AskWeb {
            method: WebMethod::Get,
            path: "/v1?token=hunter2&v={{variant}}".into(),
            headers: Vec::new(),
            body: None,
            value: "$.v".into(),
            samples: None,
            time: None,
            min_samples: 0,
        };
        let (variant, flag) = (VariantName::new("on").unwrap(), FlagKey::new("f").unwrap());
        let asking = Asking::for_tests(variant, flag, Duration::from_secs(300));
        assert_eq!(question(&ask, &asking), "GET /v1?token=…&v=on");
    }
}
