//! Bodies that were packed on their way.

use crate::http::ApiError;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use std::io::Read as _;

/// The body as it was before it was packed. At most `limit` bytes of it are unpacked, however much there is.
///
/// # Errors
/// When it is packed in a way that is not read here, is damaged, or is larger than the limit.
pub(super) fn unpacked(body: Bytes, headers: &HeaderMap, limit: usize) -> Result<Bytes, ApiError> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim());
    match encoding {
        None | Some("") => Ok(body),
        Some(plain) if plain.eq_ignore_ascii_case("identity") => Ok(body),
        Some(gzip) if gzip.eq_ignore_ascii_case("gzip") || gzip.eq_ignore_ascii_case("x-gzip") => {
            gunzipped(&body, limit)
        }
        Some(_) => Err(ApiError::WrongContentEncoding),
    }
}

fn gunzipped(body: &[u8], limit: usize) -> Result<Bytes, ApiError> {
    let mut whole = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(body).take(most).read_to_end(&mut whole);
    read.map_err(|_| ApiError::malformed("the body says that it is gzip, and is not or is damaged"))?;
    if whole.len() > limit { Err(ApiError::TooLarge { limit }) } else { Ok(Bytes::from(whole)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    fn of(body: &Bytes, encoding: &str) -> Result<Bytes, ApiError> {
        let headers = [(header::CONTENT_ENCODING, encoding.parse().unwrap())].into_iter().collect();
        unpacked(body.clone(), &headers, 1_000)
    }

    #[test]
    fn what_is_packed_is_unpacked_and_what_is_not_stays() {
        assert_eq!(of(&gzip(b"[1]"), "gzip").unwrap(), "[1]");
        assert_eq!(of(&gzip(b"[1]"), " GZip ").unwrap(), "[1]");
        assert_eq!(of(&Bytes::from("[1]"), "identity").unwrap(), "[1]");
        assert_eq!(unpacked(Bytes::from("[1]"), &HeaderMap::new(), 1).unwrap(), "[1]");
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let bomb = gzip(&vec![b' '; 50_000_000]);
        assert!(bomb.len() < 60_000);
        assert_eq!(of(&bomb, "gzip"), Err(ApiError::TooLarge { limit: 1_000 }));
        assert_eq!(of(&gzip(&[b' '; 1_000]), "gzip").unwrap().len(), 1_000, "the limit itself is within");
    }

    #[test]
    fn what_is_damaged_or_packed_otherwise_is_refused() {
        let whole = gzip(&[7; 500]);
        for wrong in [Bytes::from("[1]"), whole.slice(..whole.len() - 3), Bytes::new()] {
            assert!(matches!(of(&wrong, "gzip"), Err(ApiError::Malformed { .. })), "{wrong:?}");
        }
        assert_eq!(of(&whole, "br"), Err(ApiError::WrongContentEncoding));
        assert_eq!(of(&whole, "gzip, gzip"), Err(ApiError::WrongContentEncoding));
    }
}
