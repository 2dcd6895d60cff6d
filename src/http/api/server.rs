//! Accepts connections of the control door and drives them until the shutdown.

use super::{Api, router};
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

/// How many connections are open at once; the next ones wait in the system's queue.
const CONNECTIONS: usize = 1_024;

/// How long a request's head may take; also how long a connection may be idle.
const HEAD: Duration = Duration::from_secs(75);

/// The largest head, in bytes.
const LARGEST_HEAD: usize = 64 << 10;

/// How long requests on their way may still take after the shutdown began.
const DRAIN: Duration = Duration::from_secs(5);

/// How long to wait when the system has no room for another connection.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Serves the control door on `listener` until the shutdown that `api` names, then lets requests on
/// their way finish and returns.
pub async fn serve(listener: TcpListener, api: Api) {
    let shutdown = api.shutdown.clone();
    let router = router(api);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let connection = graceful.watch(connection(stream, router.clone()));
        tokio::spawn(async move {
            // A client that breaks off owes nobody an explanation.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    if timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::info!("control connections cut off at shutdown");
    }
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "cannot accept a control connection");
            sleep(BACK_OFF).await;
            None
        }
    }
}

fn connection(
    stream: TcpStream,
    router: axum::Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        router.clone().oneshot(request.map(Body::new))
    });
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(HEAD).max_header_size(LARGEST_HEAD);
    protocol.serve_connection(TokioIo::new(stream), service)
}
