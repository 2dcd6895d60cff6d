//! Requests in AWS' manner: signed with Signature Version 4.

use super::credentials::Keys;
use crate::units::{Credential, UnixMillis};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use std::time::{Duration, UNIX_EPOCH};

/// What is signed, beside the body.
pub(super) struct ToSign<'a> {
    pub(super) url: &'a str,
    pub(super) headers: &'a [(&'static str, String)],
    pub(super) region: &'a str,
}

/// The headers that a signed POST has besides: `authorization`, `x-amz-date`, and the session's token.
///
/// # Errors
/// When the request cannot be written in AWS' canonical form; without any part of a key.
pub(super) fn signature(
    request: &ToSign<'_>,
    body: &[u8],
    keys: &Keys,
    now: UnixMillis,
) -> Result<Vec<(String, Credential)>, String> {
    let wrong = |what: &str| format!("the request could not be signed: {what}");
    let token = keys.token.as_ref().map(|token| token.reveal().to_owned());
    let secret = keys.secret.reveal();
    let identity = Credentials::new(&keys.id, secret, token, None, "tidegate").into();
    let since_epoch = Duration::from_millis(u64::try_from(now.get()).unwrap_or(0));
    let time = UNIX_EPOCH.checked_add(since_epoch).ok_or_else(|| wrong("the clock is far off"))?;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(request.region)
        .name("monitoring")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| wrong("something is missing"))?
        .into();
    let headers = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
    let signable = SignableRequest::new("POST", request.url, headers, SignableBody::Bytes(body))
        .map_err(|_| wrong("its address or a header is not as AWS wants them"))?;
    let (instructions, _) = sign(signable, &parameters).map_err(|_| wrong("AWS' canonical form"))?.into_parts();
    let signed = instructions.headers().map(|(name, value)| {
        let value = Credential::new(value).map_err(wrong)?;
        Ok((name.to_owned(), value))
    });
    signed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with botocore's signer over the same request.
    #[test]
    fn a_request_is_signed_as_aws_own_client_signs_it() {
        let keys = Keys {
            id: "AKIDEXAMPLE".to_owned(),
            secret: Credential::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap(),
            token: Some(Credential::new("AQoDYXdzEPT//////////wEXAMPLE").unwrap()),
        };
        let headers = [
            ("content-type", "application/x-amz-json-1.0".to_owned()),
            ("host", "monitoring.eu-central-1.amazonaws.com".to_owned()),
            ("x-amz-target", "GraniteServiceVersion20100801.GetMetricData".to_owned()),
        ];
        let url = "https://monitoring.eu-central-1.amazonaws.com/";
        let request = ToSign { url, headers: &headers, region: "eu-central-1" };
        let signed = signature(&request, br#"{"a":1}"#, &keys, UnixMillis::new(1_700_000_000_000)).unwrap();
        let header = |name: &str| signed.iter().find(|(known, _)| known == name).map(|(_, value)| value.reveal());
        assert_eq!(header("x-amz-date"), Some("20231114T221320Z"));
        assert_eq!(header("x-amz-security-token"), Some("AQoDYXdzEPT//////////wEXAMPLE"));
        assert_eq!(header("authorization"), Some(EXPECTED));
        assert!(!format!("{signed:?}").contains("AKID"));
    }

    const EXPECTED: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/eu-central-1/monitoring/aws4_request, \
        SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, \
        Signature=46190131d584b3b5835eef7885454febcc87a13a7deaacf5210b3e5f4d2fe630";
}
