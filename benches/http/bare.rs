//! The measure: hyper as it comes, which reads the body and returns fixed bytes.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// As long as a usual answer of one flag.
const ANSWER: &[u8] = br#"{"key":"checkout","reason":"SPLIT","variant":"on","value":true,"metadata":{"flagSetId":"shop","owner":"payments","version":"2026-03-01","tier":"one"}}"#;

/// Serves until the process is killed: the bytes of the file, or those of a usual answer of one flag.
pub(crate) fn serve(answer: Option<&str>) -> Result<(), String> {
    let answer = match answer {
        None => Bytes::from_static(ANSWER),
        Some(path) => Bytes::from(std::fs::read(path).map_err(|error| format!("cannot read {path}: {error}"))?),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.and_then(|runtime| runtime.block_on(accept(answer))).map_err(|error| error.to_string())
}

async fn accept(answer: Bytes) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = answer.clone();
        let service = service_fn(move |request| answered(request, answer.clone()));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answered(request: Request<Incoming>, answer: Bytes) -> Result<Response<Full<Bytes>>, hyper::Error> {
    request.into_body().collect().await?.to_bytes();
    let mut response = Response::new(Full::new(answer));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
