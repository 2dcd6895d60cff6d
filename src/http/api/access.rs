//! Who gets as far as the handlers.
//!
//! With a key, the key decides. Without one the listener is bound to this machine, and what has to be
//! kept out is a page of somebody else's in a browser on this machine: it can make the browser send
//! requests here, by this machine's address or by a name of its own that resolves to it.

use crate::http::{ApiError, Gate};
use crate::triggers::Triggers;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;

/// Paths that tell nothing but whether the process is well, and are asked by those who have no key.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// Where sources of alerts post.
const SOURCES: &str = "/api/v1/triggers/";

/// What stands before every path.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    pub(super) gate: Gate,
    pub(super) triggers: Triggers,
}

impl Guarded {
    /// Whether this is a post of a source that has a key or a signature of its own. That is looked at behind this
    /// door, together with the body; it opens this one path and nothing else.
    fn is_of_source(&self, request: &Request) -> bool {
        let name = request.uri().path().strip_prefix(SOURCES).filter(|_| *request.method() == Method::POST);
        name.and_then(|name| self.triggers.desk(name)).is_some_and(|desk| desk.source.proof.is_its_own())
    }
}

/// Lets a request through, or answers it with the reason why not.
pub(super) async fn guard(State(guarded): State<Guarded>, request: Request, next: Next) -> Result<Response, ApiError> {
    let gate = &guarded.gate;
    if guarded.is_of_source(&request) {
        return Ok(next.run(request).await);
    }
    if gate.needs_key() {
        let probe = PROBES.contains(&request.uri().path()) && request.uri().query().is_none();
        if !probe {
            gate.check(request.headers())?;
        }
    } else {
        refuse_foreign(request.method(), request.uri().path(), request.headers())?;
    }
    Ok(next.run(request).await)
}

fn refuse_foreign(method: &Method, path: &str, headers: &HeaderMap) -> Result<(), ApiError> {
    let host = text(headers, header::HOST).unwrap_or_default();
    if !is_loopback(host) {
        return Err(ApiError::Foreign(format!("`{host}` is not a name of this machine's own")));
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        if own.is_none_or(|(_, authority)| !authority.eq_ignore_ascii_case(host)) {
            return Err(ApiError::Foreign("the request comes from a page of another origin".to_owned()));
        }
    }
    let known =
        |kind: &str| is_json(kind) || is_yaml(kind) || is_lines(kind) || is_plan_with_files(kind) || is_protobuf(kind);
    let foreign = |kind: &str| !known(kind);
    if *method == Method::POST && content_type(headers).is_none_or(foreign) {
        return Err(ApiError::WrongContentType { expected: expected_at(path) });
    }
    Ok(())
}

/// What a path takes.
fn expected_at(path: &str) -> &'static str {
    match path {
        "/v1/traces" | "/v1/metrics" => super::otlp::EXPECTED,
        "/api/v1/outcomes" => "application/json or application/x-ndjson",
        _ => "application/json or application/yaml",
    }
}

/// A `Host` without its port names this machine's loopback.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || name.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The media type, without its parameters.
pub(super) fn content_type(headers: &HeaderMap) -> Option<&str> {
    text(headers, header::CONTENT_TYPE)?.split(';').next().map(str::trim)
}

/// Whether a media type says JSON.
pub(super) fn is_json(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("application/json")
}

/// Whether a media type says YAML, by its name or by those in use before it had one.
pub(super) fn is_yaml(kind: &str) -> bool {
    ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"]
        .iter()
        .any(|known| kind.eq_ignore_ascii_case(known))
}

/// Whether a media type says one JSON document a line, by its names that are in use.
pub(super) fn is_lines(kind: &str) -> bool {
    ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"]
        .iter()
        .any(|known| kind.eq_ignore_ascii_case(known))
}

/// Whether a media type says a plan together with the files that it names.
pub(super) fn is_plan_with_files(kind: &str) -> bool {
    kind.eq_ignore_ascii_case(super::wire::PLAN_WITH_FILES)
}

/// Whether a media type says protobuf, as telemetry is exported.
fn is_protobuf(kind: &str) -> bool {
    kind.eq_ignore_ascii_case(super::otlp::PROTOBUF)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in
            ["localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080", "a.localhost:1"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "10.0.0.1:8080",
            "0.0.0.0:8080",
            "::1:x",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn pages_of_other_origins_and_forms_are_kept_out() {
        let request = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            refuse_foreign(&Method::POST, "/api/v1/flags", &headers).err().map(|error| error.status().as_u16())
        };
        let json = ("content-type", "application/json; charset=utf-8");
        assert_eq!(request(&[("host", "127.0.0.1:8080"), json]), None);
        assert_eq!(request(&[("host", "127.0.0.1:8080"), ("content-type", "application/x-ndjson")]), None);
        assert_eq!(request(&[("host", "127.0.0.1:8080"), json, ("origin", "http://127.0.0.1:8080")]), None);
        assert_eq!(request(&[("host", "127.0.0.1:8080"), json, ("origin", "http://localhost:3000")]), Some(403));
        assert_eq!(request(&[("host", "127.0.0.1:8080"), json, ("origin", "null")]), Some(403));
        assert_eq!(request(&[("host", "rebound.example:8080"), json]), Some(403));
        assert_eq!(request(&[json]), Some(403));
        assert_eq!(request(&[("host", "localhost"), ("content-type", "text/plain")]), Some(415));
        assert_eq!(request(&[("host", "localhost")]), Some(415));
    }

    #[test]
    fn what_comes_as_nothing_known_is_told_what_its_path_takes() {
        let headers = [("host".parse().unwrap(), "localhost".parse().unwrap())].into_iter().collect();
        for (path, expected) in [("/v1/metrics", "x-protobuf"), ("/api/v1/outcomes", "x-ndjson"), ("/api/v1/x", "yaml")]
        {
            let message = refuse_foreign(&Method::POST, path, &headers).unwrap_err().message();
            assert!(message.contains(expected), "{path}: {message}");
        }
    }
}
