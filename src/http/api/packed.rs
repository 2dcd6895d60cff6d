//! Bodies that were packed on their way.

use crate::http::ApiError;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use std::io::Read as _;

/// What everything that is packed with gzip begins with, and neither JSON nor OTLP does.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How a body was packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// Not at all.
    Plain,
    /// With gzip.
    Gzip,
}

impl Packing {
    /// What the headers say.
    ///
    /// # Errors
    /// When it is packed in a way that is not read here, or in several.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
        match (encodings.next().map(|one| one.to_str().unwrap_or("?").trim()), encodings.next()) {
            (None, _) => Ok(Self::Plain),
            (Some(one), None) if one.is_empty() || one.eq_ignore_ascii_case("identity") => Ok(Self::Plain),
            (Some(one), None) if ["gzip", "x-gzip"].iter().any(|gzip| one.eq_ignore_ascii_case(gzip)) => Ok(Self::Gzip),
            (Some(_), _) => Err(ApiError::WrongEncoding),
        }
    }

    /// The body as it was before it was packed. What unpacks to more than `limit` bytes is let go as soon as that is
    /// seen.
    ///
    /// # Errors
    /// When it is damaged or larger than the limit.
    pub(super) fn unpacked(self, body: &Bytes, limit: usize) -> Result<Bytes, ApiError> {
        if self == Self::Plain {
            return match body.starts_with(&GZIP) {
                true => Err(ApiError::malformed("the body is packed: say so with the header `Content-Encoding: gzip`")),
                false => Ok(body.clone()),
            };
        }
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut whole = Vec::with_capacity(body.len().saturating_mul(4).min(limit));
        let read = MultiGzDecoder::new(&**body).take(most).read_to_end(&mut whole);
        read.map_err(|_| ApiError::malformed("the body is not gzip, or a part of it is missing"))?;
        if whole.len() > limit { Err(ApiError::TooLarge { limit }) } else { Ok(whole.into()) }
    }
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
        Packing::of(&headers)?.unpacked(body, 1_000)
    }

    #[test]
    fn what_is_packed_is_unpacked_and_what_is_not_stays() {
        assert_eq!(of(&gzip(b"[1]"), "gzip").unwrap(), "[1]");
        assert_eq!(of(&gzip(b"[1]"), " GZip ").unwrap(), "[1]");
        assert_eq!(of(&Bytes::from("[1]"), "identity").unwrap(), "[1]");
        assert_eq!(Packing::of(&HeaderMap::new()), Ok(Packing::Plain));
    }

    #[test]
    fn what_is_packed_and_does_not_say_so_is_told_what_to_say() {
        let Err(ApiError::Malformed { message, .. }) = of(&gzip(b"[1]"), "identity") else { panic!() };
        assert!(message.contains("`Content-Encoding: gzip`"), "{message}");
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
        assert_eq!(of(&whole, "br"), Err(ApiError::WrongEncoding));
        assert_eq!(of(&whole, "gzip, gzip"), Err(ApiError::WrongEncoding));
    }
}
