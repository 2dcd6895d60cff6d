//! Errors of the control door: the one place where a fault becomes a status.

use super::api::{render, wire};
use super::auth::Denied;
use crate::source::Problem;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What went wrong with a request. Each has one status, and all have the same shape on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// The request cannot be understood: 400.
    Malformed {
        /// What is wrong with it, naming the field.
        message: String,
        /// What to send instead.
        hint: Option<String>,
    },
    /// No key, or the wrong one: 401.
    Unauthorised(Denied),
    /// A source of alerts that does not show that it is the one: 401.
    Unproved {
        /// What is missing or wrong, without any of it.
        message: String,
        /// How it is shown.
        hint: &'static str,
    },
    /// A browser's page of another origin, or a name that is not this machine's: 403.
    Foreign(String),
    /// No such thing: 404.
    NotFound {
        /// What there is not.
        message: String,
        /// What may have been meant.
        hint: Option<String>,
    },
    /// There is such a path, but not with this method: 405.
    WrongMethod,
    /// The body did not arrive in time: 408.
    TooSlow,
    /// Legal at another time, not now: 409.
    Refused(String),
    /// The body is over the limit: 413.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body is of a kind that is not read here: 415.
    WrongContentType {
        /// The kinds that are.
        expected: &'static str,
    },
    /// The body is packed in a way that is not read here: 415.
    WrongEncoding,
    /// Understood and wrong: 422, with every problem and its place.
    Invalid {
        /// The summary.
        message: String,
        /// All of them.
        problems: Vec<Problem>,
    },
    /// Right, but not to be done at the moment; nothing was changed: 503.
    Unavailable(String),
}

impl ApiError {
    /// A malformed request.
    #[must_use]
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::Malformed { message: message.into(), hint: None }
    }

    /// Something that is not there, and what may have been meant.
    #[must_use]
    pub fn not_found(message: impl Into<String>, hint: Option<String>) -> Self {
        Self::NotFound { message: message.into(), hint }
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::Unauthorised(_) | Self::Unproved { .. } => StatusCode::UNAUTHORIZED,
            Self::Foreign(_) => StatusCode::FORBIDDEN,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongContentType { .. } | Self::WrongEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What is wrong, and what to do, in one line: for those who do not read our own shape.
    #[must_use]
    pub fn message(&self) -> String {
        let detail = self.clone().into_wire().error;
        match detail.hint {
            Some(hint) => format!("{}; {hint}", detail.message),
            None => detail.message,
        }
    }

    fn into_wire(self) -> wire::Failure {
        let (message, hint, problems) = match self {
            Self::Malformed { message, hint } | Self::NotFound { message, hint } => (message, hint, Vec::new()),
            Self::Unauthorised(denied) => {
                let message = match denied {
                    Denied::Missing => "a key is needed",
                    Denied::Wrong => "the key is not the right one",
                };
                let hint = "send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`";
                (message.to_owned(), Some(hint.to_owned()), Vec::new())
            }
            Self::Unproved { message, hint } => (message, Some(hint.to_owned()), Vec::new()),
            Self::Foreign(message) => {
                let hint = "set a control key to reach Tidegate by another name or from another origin";
                (message, Some(hint.to_owned()), Vec::new())
            }
            Self::WrongMethod => ("this path does not take this method".to_owned(), None, Vec::new()),
            Self::TooSlow => ("the body did not arrive in time".to_owned(), None, Vec::new()),
            Self::Refused(message) => (message, None, Vec::new()),
            Self::TooLarge { limit } => (format!("the body is larger than {limit} bytes"), None, Vec::new()),
            Self::WrongContentType { expected } => {
                (format!("the header `Content-Type` must be {expected}"), None, Vec::new())
            }
            Self::WrongEncoding => {
                ("the header `Content-Encoding` must be gzip, or left out".to_owned(), None, Vec::new())
            }
            Self::Invalid { message, problems } => (message, None, problems),
            Self::Unavailable(message) => (message, Some("try again".to_owned()), Vec::new()),
        };
        let (problems, more_problems) = render::problems(&problems);
        wire::Failure { error: wire::FailureDetail { message, hint, problems, more_problems } }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, axum::Json(self.into_wire())).into_response();
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        Self::Unauthorised(denied)
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::malformed(format!("the path cannot be read: {}", rejection.body_text()))
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::malformed(format!("the query cannot be read: {}", rejection.body_text()))
    }
}
