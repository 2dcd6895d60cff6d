//! What is sent to an endpoint.

use crate::analysis::NoData;
use crate::measure::asking::Asking;
use crate::measure::written::{self, in_address, in_header, in_json};
use crate::rollout::{AskWeb, WebBody};
use std::sync::Arc;

/// A question with everything filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filled {
    /// What comes behind the address.
    pub(super) path: String,
    /// Names and values.
    pub(super) headers: Vec<(String, String)>,
    /// What is sent.
    pub(super) body: Option<String>,
}

/// Fills a question in.
pub(super) fn filled(ask: &AskWeb, asking: &Asking) -> Result<Filled, NoData> {
    let header =
        |(name, value): &(Arc<str>, Arc<str>)| Ok(((**name).to_owned(), written::filled(value, asking, in_header)?));
    let mut headers: Vec<(String, String)> = ask.headers.iter().map(header).collect::<Result<_, NoData>>()?;
    let body = match &ask.body {
        None => None,
        Some(WebBody::Json(text)) => Some(written::filled(text, asking, in_json)?),
        Some(WebBody::Form(text)) => Some(written::filled(text, asking, in_address)?),
    };
    headers.extend(ask.body.iter().map(|body| ("content-type".to_owned(), body.content_type().to_owned())));
    Ok(Filled { path: written::filled(&ask.path, asking, in_address)?, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::WebMethod;
    use crate::units::{FlagKey, VariantName};
    use std::time::Duration;

    fn asked(variant: &str, body: WebBody) -> Result<Filled, NoData> {
        let ask = AskWeb {
            method: WebMethod::Post,
            path: Arc::from("/v1/{{flag}}?variant={{variant}}&over={{window}}"),
            headers: vec![(Arc::from("x-variant"), Arc::from("<{{variant}}>"))],
            body: Some(body),
            value: Arc::from("$.v"),
            samples: None,
            time: None,
            min_samples: 0,
        };
        let (variant, flag) = (VariantName::new(variant).unwrap(), FlagKey::new("a/b").unwrap());
        filled(&ask, &Asking::for_tests(variant, flag, Duration::from_secs(90)))
    }

    #[test]
    fn each_part_is_filled_in_its_own_way() {
        let hostile = r#"o&n=1#"} \"#;
        let filled = asked(hostile, WebBody::Json(Arc::from(r#"{"v":"{{variant}}"}"#))).unwrap();
        assert_eq!(filled.path, "/v1/a%2Fb?variant=o%26n%3D1%23%22%7D%20%5C&over=90s");
        assert_eq!(filled.body.as_deref(), Some(r#"{"v":"o&n=1#\"} \\"}"#));
        let expected = [("x-variant", r#"<o&n=1#"} \>"#), ("content-type", "application/json")];
        let headers: Vec<(&str, &str)> = filled.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(headers, expected);
        let filled = asked(hostile, WebBody::Form(Arc::from("v={{variant}}"))).unwrap();
        assert_eq!(filled.body.as_deref(), Some("v=o%26n%3D1%23%22%7D%20%5C"));
    }

    #[test]
    fn a_name_that_no_header_can_carry_is_not_sent() {
        let why = asked("ön", WebBody::Form(Arc::from("a=b"))).unwrap_err().to_string();
        assert!(why.contains("cannot stand in a header"), "{why}");
    }
}
