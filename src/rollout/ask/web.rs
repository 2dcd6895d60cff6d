//! Questions to any endpoint that answers in JSON.

use std::borrow::Cow;
use std::sync::Arc;

/// A question to an endpoint that answers in JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct AskWeb {
    /// How it is asked.
    pub method: WebMethod,
    /// What comes behind the connection's address, or behind the metric's own: a path, perhaps with a query. The
    /// placeholders `{{variant}}`, `{{flag}}` and `{{window}}` in it are escaped for an address.
    pub path: Arc<str>,
    /// Names and values, none of them a secret. Values may have the placeholders.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
    /// What is sent.
    pub body: Option<WebBody>,
    /// Where in the answer the value is: a JSONPath (RFC 9535) that gives one number.
    pub value: Arc<str>,
    /// Where in the answer the number of samples is.
    pub samples: Option<Arc<str>>,
    /// Where in the answer the time of the value is; it counts as of now where there is none.
    pub time: Option<Arc<str>>,
    /// Fewer samples than this are no data.
    pub min_samples: u64,
}

/// How an endpoint is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WebMethod {
    /// With all that is asked in the address.
    #[default]
    Get,
    /// With a body.
    Post,
}

/// What is sent to an endpoint. Placeholders are escaped for the language that it is in.
#[derive(Debug, Clone, PartialEq)]
pub enum WebBody {
    /// JSON, with the placeholders inside of strings.
    Json(Arc<str>),
    /// A form, `application/x-www-form-urlencoded`.
    Form(Arc<str>),
}

impl WebMethod {
    /// As it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl WebBody {
    /// The template.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Json(text) | Self::Form(text) => text,
        }
    }

    /// What the endpoint is told that it gets.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Form(_) => "application/x-www-form-urlencoded",
        }
    }
}

impl AskWeb {
    /// The path as people may see it: without the values of its parameters, which may be keys.
    #[must_use]
    pub fn shown_path(&self) -> String {
        without_parameters(&self.path)
    }

    /// All that may have placeholders, beside the address.
    fn templates(&self) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter().map(|(_, value)| &**value);
        headers.chain(self.body.as_ref().map(WebBody::text)).chain([&*self.path])
    }

    /// Whether it can be asked for the candidate and for the control.
    pub(super) fn tells_variants(&self) -> bool {
        self.templates().any(|text| text.contains("{{variant}}"))
    }

    /// Whether it looks back as long as it is told to.
    pub(super) fn any_window(&self) -> bool {
        self.templates().any(|text| text.contains("{{window}}"))
    }

    /// As the plan has it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        let body = self.body.as_ref().map(|body| format!(" {}", body.text())).unwrap_or_default();
        let path = self.shown_path();
        Cow::Owned(format!("{} {path}{body} {}", self.method.as_str(), self.value).replace("  ", " "))
    }
}

/// A path without the values of its parameters, which may be keys; only what is filled in is kept, for that is what
/// people look for.
fn without_parameters(path: &str) -> String {
    let Some((path, parameters)) = path.split_once('?') else { return path.to_owned() };
    let told = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if !value.starts_with("{{") || !value.ends_with("}}") => format!("{name}=…"),
        Some(_) | None => parameter.to_owned(),
    };
    let parameters: Vec<String> = parameters.split('&').map(told).collect();
    format!("{path}?{}", parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::without_parameters;

    /// A plan's question stands in the ledger and on screens, and an endpoint's key may be a parameter.
    #[test]
    fn the_values_of_parameters_are_not_shown() {
        assert_eq!(without_parameters("/errors"), "/errors");
        assert_eq!(
            without_parameters("/errors?of={{variant}}&token=hunter2&all"),
            "/errors?of={{variant}}&token=…&all"
        );
    }
}
