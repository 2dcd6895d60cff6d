//! Reading an answer's body, of which nobody knows how large it is.

use super::failure::{Failure, failure};
use crate::analysis::NoData;
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use reqwest::{Response, Url, header};
use std::io::{self, Write};

/// Reads a body of at most so many bytes, over the wire and unpacked.
pub(super) async fn body(url: &Url, response: &mut Response, most: usize) -> Result<Bytes, Failure> {
    let refused = |why| Failure { why, passes: false };
    let mut unpacking = Unpacking::of(response, most).map_err(refused)?;
    if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > most)) {
        return Err(refused(too_large(most)));
    }
    let mut wire = 0_usize;
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(url, &error))? {
        wire = wire.saturating_add(chunk.len());
        if wire > most {
            return Err(refused(too_large(most)));
        }
        unpacking.take(&chunk).map_err(refused)?;
    }
    unpacking.end().map_err(refused)
}

/// How a body comes.
enum Unpacking {
    Plain(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>),
}

impl Unpacking {
    fn of(response: &Response, most: usize) -> Result<Self, NoData> {
        let capped = Capped { bytes: Vec::new(), most };
        let encodings = response.headers().get_all(header::CONTENT_ENCODING).iter();
        let mut encodings = encodings.filter(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
        match (encodings.next(), encodings.next()) {
            (None, _) => Ok(Self::Plain(capped)),
            (Some(only), None)
                if [&b"gzip"[..], b"x-gzip"].iter().any(|name| only.as_bytes().eq_ignore_ascii_case(name)) =>
            {
                Ok(Self::Gzip(Box::new(MultiGzDecoder::new(capped))))
            }
            (Some(_), _) => Err(NoData::Malformed("it is packed in a way that was not asked for".to_owned())),
        }
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), NoData> {
        match self {
            Self::Plain(capped) => capped.write_all(chunk).map_err(|_| too_large(capped.most)),
            Self::Gzip(decoder) => {
                let most = decoder.get_ref().most;
                decoder.write_all(chunk).map_err(|error| unpacked(&error, most))
            }
        }
    }

    fn end(self) -> Result<Bytes, NoData> {
        match self {
            Self::Plain(capped) => Ok(capped.bytes.into()),
            Self::Gzip(decoder) => {
                let most = decoder.get_ref().most;
                decoder.finish().map(|capped| capped.bytes.into()).map_err(|error| unpacked(&error, most))
            }
        }
    }
}

/// Bytes up to a number of them. What would go beyond is an error, before there is memory for it.
struct Capped {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(bytes.len()) > self.most {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn too_large(most: usize) -> NoData {
    match most.checked_div(1_000_000) {
        Some(megabytes) if megabytes > 0 => NoData::Malformed(format!("it is over {megabytes} MB")),
        Some(_) | None => NoData::Malformed(format!("it is over {most} bytes")),
    }
}

fn unpacked(error: &io::Error, most: usize) -> NoData {
    match error.kind() {
        io::ErrorKind::FileTooLarge => too_large(most),
        io::ErrorKind::UnexpectedEof => NoData::Malformed("the gzip stops in the middle".to_owned()),
        _ => NoData::Malformed("its gzip cannot be unpacked".to_owned()),
    }
}
