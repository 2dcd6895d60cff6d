//! The control door on its listener.

use super::{Api, router};
use crate::http::connection::{self, Door, Limits, Progress, WhenFull, Workers};
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::{Request, Response};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tower::ServiceExt as _;

/// How many connections are open at once.
const CONNECTIONS: usize = 1_024;

/// Serves the control door on `listener` until the shutdown that `api` names, then lets requests on
/// their way finish and returns.
pub async fn serve(listener: TcpListener, api: Api) {
    serve_within(Limits { connections: CONNECTIONS, ..Limits::USUAL }, listener, api).await;
}

/// The same within other limits. Bodies have the usual ones all the same.
pub async fn serve_within(limits: Limits, listener: TcpListener, api: Api) {
    let shutdown = api.shutdown.clone();
    connection::serve(
        listener,
        Arc::new(Control { limits, router: router(api) }),
        Workers::start(0, Control::NAME),
        shutdown,
    )
    .await;
}

struct Control {
    limits: Limits,
    router: Router,
}

impl Door for Control {
    type Body = Body;
    type Fault = Infallible;

    const NAME: &'static str = "control";
    const REFUSAL: &'static str = r#"{"error":{"message":"too many requests are being worked on","hint":"try again"}}"#;
    // A trigger finds a place however many connections somebody without a key may hold.
    const WHEN_FULL: WhenFull = WhenFull::GiveWay;

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn refused(&self) {
        tracing::debug!(connections = self.limits.connections, "control connection refused: all places are at work");
    }

    async fn answer<'c>(
        &'c self,
        progress: &'c Arc<Progress>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        progress.working();
        let answer = self.router.clone().oneshot(request.map(Body::new)).await;
        progress.answered(Instant::now());
        answer
    }
}
