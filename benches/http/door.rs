//! The evaluation door with a 25 % rollout laid over the flag that is asked for alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tidegate::eval::{Bucketing, Snapshot};
use tidegate::flag::{Catalog, Gate, Overlay, Part, Parts, Rank, Share};
use tidegate::http::evaluation::{EvaluationSettings, serve as serve_door};
use tidegate::live::Live;
use tidegate::source::{Format, parse};
use tidegate::telemetry::Metrics;
use tidegate::units::{Exposure, FlagKey, Generation, RolloutName, UnixMillis, VariantName};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until the process is killed.
pub(crate) fn serve() -> Result<(), String> {
    let live = Arc::new(Live::new(snapshot()?));
    let metrics = Metrics::new(Arc::clone(&live)).map_err(|error| error.to_string())?;
    let settings = EvaluationSettings::new(Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis::new(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let accept = async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        serve_door(listener, live, settings, metrics, CancellationToken::new()).await;
        Ok(())
    };
    runtime.and_then(|runtime| runtime.block_on(accept)).map_err(|error| error.to_string())
}

fn snapshot() -> Result<Snapshot, String> {
    let parsed = parse("flags.yaml", crate::flags::document().as_bytes(), Format::Yaml)
        .map_err(|problems| format!("{problems:?}"))?;
    let mut catalog = Catalog::new();
    catalog.update("flags.yaml", tidegate::flag::lower(&parsed));
    let overlays = BTreeMap::from([overlay().map_err(|error| error.to_string())?]);
    Ok(Snapshot::build(Generation::new(1), catalog.flags(), &overlays, Bucketing::V3, None))
}

fn overlay() -> Result<(FlagKey, Overlay), tidegate::units::NameError> {
    let share = Share {
        parts: Parts::of(Part {
            step: 0,
            exposure: Exposure::from_ppm(250_000).unwrap_or(Exposure::NONE),
            audience: None,
        }),
        bucket_by: Arc::from("targetingKey"),
        salt: Arc::from("checkout-2026"),
        layer: None,
    };
    let overlay = Overlay {
        rollout: RolloutName::new("checkout-2026")?,
        rank: Rank::open(1, 1),
        candidate: VariantName::new("on")?,
        stable: VariantName::new("off")?,
        gate: Gate::Open(share),
    };
    Ok((FlagKey::new("checkout")?, overlay))
}
