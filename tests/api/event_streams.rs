//! The event stream: who changes are told to, when, and at whose cost.

use crate::evaluation_door::{Door, NOW_MILLIS, snapshot};
use crate::event_client::{Listener, Said};
use crate::raw_client::{Connection, exchange, request};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidegate::config::Secret;
use tidegate::eval::Bucketing;
use tidegate::flag::{Gate as Exposed, Overlay, Part, Parts, Rank, Share};
use tidegate::http::Gate;
use tidegate::publish::Publisher;
use tidegate::units::{Exposure, FlagKey, RolloutName, VariantName};
use tokio::net::TcpSocket;

const FLAGS: &str = r#"
flags:
  welcome: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off" }
"#;
const BULK: &str = "/ofrep/v1/evaluate/flags";
const EVENTS: &str = "/ofrep/v1/events";

/// As `FLAGS` with this default, so that a publication changes something.
fn flags_with(default: &str) -> String {
    FLAGS.replace("defaultVariant: \"off\"", &format!("defaultVariant: \"{default}\""))
}

/// What a bulk answer says of its stream.
async fn named(door: &Door, headers: &[&str]) -> Value {
    let reply = exchange(door.address, &request("POST", BULK, headers, "{}")).await;
    assert_eq!(reply.status, 200);
    reply.json()["eventStreams"].clone()
}

/// The stream's address as clients resolve it.
async fn address(door: &Door, headers: &[&str]) -> String {
    named(door, headers).await[0]["endpoint"]["requestUri"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn bulk_answers_name_the_stream_and_a_change_is_told_once() {
    let door = Door::serving(FLAGS).await;
    let streams = named(&door, &[]).await;
    assert_eq!(streams.as_array().map(Vec::len), Some(1));
    assert_eq!((&streams[0]["type"], &streams[0]["inactivityDelaySec"]), (&json!("sse"), &json!(120)));
    assert_eq!(streams[0].get("url"), None, "exactly one of the two");

    let mut listener = Listener::at(door.address, &address(&door, &[]).await, &[]).await;
    assert_eq!((listener.head.status, listener.head.header("content-type")), (200, "text/event-stream"));
    assert_eq!(listener.head.header("cache-control"), "no-store");
    listener.hears_nothing().await;

    assert!(door.live.publish(snapshot(2, &flags_with("on"))));
    let (id, data) = listener.event().await;
    assert_eq!(data["type"], "refetchEvaluation");
    assert_eq!((&data["etag"], &data["lastModified"]), (&json!(id), &json!(NOW_MILLIS / 1_000)));
    listener.hears_nothing().await;

    let hinted = format!("{BULK}?flagConfigEtag={id}&flagConfigLastModified={}", data["lastModified"]);
    let refetched = exchange(door.address, &request("POST", &hinted, &[], "{}")).await.json();
    assert_eq!(refetched["flags"][0]["value"], true, "what was told of is served");
}

#[tokio::test]
async fn a_publication_that_changes_no_answer_is_not_told() {
    let door = Door::serving(FLAGS).await;
    let mut listener = Listener::at(door.address, EVENTS, &[]).await;
    assert!(door.live.publish(snapshot(2, FLAGS)));
    assert!(door.live.publish(snapshot(3, &format!("# one line further down\n{FLAGS}"))));
    listener.hears_nothing().await;
    assert!(door.live.publish(snapshot(4, &flags_with("on"))));
    listener.event().await;
}

#[tokio::test]
async fn what_happens_between_the_answer_and_the_stream_is_told() {
    let door = Door::serving(FLAGS).await;
    let path = address(&door, &[]).await;
    assert!(door.live.publish(snapshot(2, &flags_with("on"))));
    let mut listener = Listener::at(door.address, &path, &[]).await;
    listener.event().await;
    listener.hears_nothing().await;
}

#[tokio::test]
async fn who_comes_again_is_told_what_it_missed_and_nothing_else() {
    let door = Door::serving(FLAGS).await;
    let path = address(&door, &[]).await;
    let mut listener = Listener::at(door.address, &path, &[]).await;
    let Some(Said::Standing(first)) = listener.next().await else { panic!("nobody said where the listener stands") };
    drop(listener);

    let again =
        |id: String| async move { Listener::at(door.address, EVENTS, &[&format!("last-event-id: {id}")]).await };
    again(first.clone()).await.hears_nothing().await;
    let live = Arc::clone(&door.live);
    for (generation, default) in [(2, "on"), (3, "off"), (4, "on")] {
        assert!(live.publish(snapshot(generation, &flags_with(default))));
    }
    let mut late = again(first).await;
    let (newest, _) = late.event().await;
    late.hears_nothing().await;
    again(newest.clone()).await.hears_nothing().await;

    // What it was told last counts more than what its address says.
    let mut both = Listener::at(door.address, &path, &[&format!("last-event-id: {newest}")]).await;
    both.hears_nothing().await;
    for unknown in ["0000000000000000-4", "4", "nonsense"] {
        again(unknown.to_owned()).await.event().await;
    }
}

#[tokio::test]
async fn positions_are_of_one_process() {
    let (one, other) = (Door::serving(FLAGS).await, Door::serving(FLAGS).await);
    assert_ne!(address(&one, &[]).await, address(&other, &[]).await, "the same flags and the same generation");
    let path = address(&one, &[]).await;
    Listener::at(other.address, &path, &[]).await.event().await;
}

#[tokio::test]
async fn whoever_is_slow_is_told_of_the_newest_only() {
    let door = Door::serving(FLAGS).await;
    let mut listener = Listener::at(door.address, EVENTS, &[]).await;
    for generation in 2..1_000 {
        let default = if generation % 2 == 0 { "on" } else { "off" };
        assert!(door.live.publish(snapshot(generation, &flags_with(default))));
    }
    let (id, _) = listener.event().await;
    assert!(id.ends_with("-999"), "{id}");
    listener.hears_nothing().await;
}

#[tokio::test]
async fn a_quiet_stream_gives_signs_of_life_and_outlives_every_deadline() {
    let door = Door::with(FLAGS, |settings| {
        settings.events.keep_alive = Duration::from_millis(150);
        settings.limits.idle_time = Duration::from_millis(300);
        settings.limits.head_time = Duration::from_millis(300);
        settings.limits.body_time = Duration::from_millis(300);
    })
    .await;
    let mut listener = Listener::at(door.address, EVENTS, &[]).await;
    assert!(matches!(listener.next().await, Some(Said::Standing(_))));
    for _ in 0..10 {
        assert_eq!(listener.within(Duration::from_secs(1)).await, Some(Said::Alive));
    }
    assert!(door.live.publish(snapshot(2, &flags_with("on"))));
    listener.event().await;
}

#[tokio::test]
async fn a_listener_that_takes_nothing_is_cut_off() {
    // Accepted connections have the listener's buffers: small ones, which are full soon.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(4_096).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let door = Door::on(socket.listen(8).unwrap(), FLAGS, |settings| {
        settings.events.keep_alive = Duration::from_micros(1);
        settings.limits.body_time = Duration::from_millis(300);
    });
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2_048).unwrap();
    let mut connection = Connection::over(socket.connect(door.address).await.unwrap());
    connection.send(&request("GET", EVENTS, &[], "")).await;
    assert!(until(&door, "tidegate_event_streams 1").await, "it listens at first");
    assert!(until(&door, "tidegate_event_streams 0").await, "and does not hold its place for ever");
}

/// Waits until the metrics have this line.
async fn until(door: &Door, line: &str) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        if door.metrics.render().lines().any(|found| found == line) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn a_stream_over_the_cap_is_refused_clearly_and_the_place_is_given_back() {
    let door = Door::with(FLAGS, |settings| settings.events.most = 2).await;
    let first = Listener::at(door.address, EVENTS, &[]).await;
    let second = Listener::at(door.address, EVENTS, &[]).await;
    assert_eq!((first.head.status, second.head.status), (200, 200));
    let mut connection = Connection::open(door.address).await;
    connection.send(&request("GET", EVENTS, &[], "")).await;
    let refused = connection.reply().await.unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (503, "10"));
    assert!(refused.json()["errorDetails"].as_str().unwrap().contains("event stream"));
    connection.send(&request("POST", BULK, &[], "{}")).await;
    assert_eq!(connection.reply().await.map(|reply| reply.status), Some(200), "flags are evaluated all the same");

    drop(first);
    assert!(until(&door, "tidegate_event_streams 1").await, "who goes away gives its place back");
    assert_eq!(Listener::at(door.address, EVENTS, &[]).await.head.status, 200);
}

#[tokio::test]
async fn without_places_no_answer_names_a_stream() {
    let door = Door::with(FLAGS, |settings| settings.events.most = 0).await;
    assert_eq!(named(&door, &[]).await, Value::Null);
    let reply = exchange(door.address, &request("GET", EVENTS, &[], "")).await;
    assert_eq!(reply.status, 404);
    assert!(reply.json()["errorDetails"].as_str().unwrap().contains("event_streams"));
    let open = Door::serving(FLAGS).await;
    let tag =
        async |door: &Door| exchange(door.address, &request("POST", BULK, &[], "{}")).await.header("etag").to_owned();
    assert_ne!(tag(&door).await, tag(&open).await, "who is told `not modified` goes on with the streams it knows");
}

#[tokio::test]
async fn other_methods_on_the_stream_are_405() {
    let door = Door::serving(FLAGS).await;
    for method in ["POST", "PUT", "DELETE"] {
        let reply = exchange(door.address, &request(method, EVENTS, &[], "")).await;
        assert_eq!((reply.status, reply.header("allow")), (405, "GET"), "{method}");
    }
}

#[tokio::test]
async fn with_a_key_the_stream_needs_the_key_or_the_ticket_that_a_bulk_answer_gives() {
    let key = "s3cret-0123456789";
    let secret = Secret::new(key).unwrap();
    let door = Door::with(FLAGS, |settings| settings.gate = Gate::new(Some(&secret))).await;
    let bearer = format!("authorization: Bearer {key}");
    for path in [
        EVENTS.to_owned(),
        format!("{EVENTS}?ticket="),
        format!("{EVENTS}?ticket={key}"),
        format!("{EVENTS}?key={key}"),
    ] {
        assert_eq!(exchange(door.address, &request("GET", &path, &[], "")).await.status, 401, "{path}");
    }
    assert_eq!(Listener::at(door.address, EVENTS, &[&bearer]).await.head.status, 200);

    let path = address(&door, &[&bearer]).await;
    assert!(!path.contains(key), "a key has no business in an address");
    let mut listener = Listener::at(door.address, &path, &[]).await;
    assert_eq!(listener.head.status, 200);
    assert!(door.live.publish(snapshot(2, &flags_with("on"))));
    listener.event().await;
    let ticket = path.split_once("ticket=").unwrap().1;
    let elsewhere = format!("{BULK}?ticket={ticket}");
    assert_eq!(
        exchange(door.address, &request("POST", &elsewhere, &[], "{}")).await.status,
        401,
        "it opens nothing else"
    );

    let other = Secret::new("another-0123456789").unwrap();
    let renewed = Door::with(FLAGS, |settings| settings.gate = Gate::new(Some(&other))).await;
    assert_eq!(exchange(renewed.address, &request("GET", &path, &[], "")).await.status, 401, "a new key, a new ticket");
}

/// Tags end up in logs and caches; whoever finds one there and knows the flags must not have the ticket.
#[tokio::test]
async fn the_ticket_cannot_be_had_from_a_tag() {
    let key = Secret::new("s3cret-0123456789").unwrap();
    let (open, keyed) =
        (Door::serving(FLAGS).await, Door::with(FLAGS, |settings| settings.gate = Gate::new(Some(&key))).await);
    let headers = ["x-api-key: s3cret-0123456789"];
    let tag = async |door: &Door| {
        let reply = exchange(door.address, &request("POST", BULK, &headers, "{}")).await;
        u128::from_str_radix(reply.header("etag").trim_matches('"'), 16).unwrap()
    };
    let path = address(&keyed, &headers).await;
    let ticket = u128::from_str_radix(path.split_once("ticket=").unwrap().1, 16).unwrap();
    let apart = tag(&open).await ^ tag(&keyed).await;
    assert!(apart != 0 && (apart ^ ticket) >> 64 != 0, "{apart:032x} says {ticket:032x}");
}

#[tokio::test]
async fn a_shutdown_ends_streams_at_once() {
    let door = Door::serving(FLAGS).await;
    let mut listener = Listener::at(door.address, EVENTS, &[]).await;
    let began = Instant::now();
    door.shutdown.cancel();
    while listener.next().await.is_some() {}
    tokio::time::timeout(Duration::from_secs(2), door.task).await.expect("the door closes").unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "took {:?}", began.elapsed());
}

#[tokio::test]
async fn a_stream_keeps_no_snapshot_alive() {
    let door = Door::serving(FLAGS).await;
    let mut listener = Listener::at(door.address, EVENTS, &[]).await;
    assert!(matches!(listener.next().await, Some(Said::Standing(_))));
    let before = Arc::downgrade(&door.live.load_full());
    assert!(door.live.publish(snapshot(2, &flags_with("on"))));
    listener.event().await;
    assert!(before.upgrade().is_none());
}

#[tokio::test]
async fn opening_and_closing_a_rollout_are_told() {
    let door = Door::serving(FLAGS).await;
    let publisher = Publisher::new(Arc::clone(&door.live), Bucketing::V3);
    let mut catalog = tidegate::flag::Catalog::new();
    let parsed = tidegate::source::parse("flags.yaml", FLAGS.as_bytes(), tidegate::source::Format::Yaml).unwrap();
    catalog.update("flags.yaml", tidegate::flag::lower(&parsed));
    publisher.definitions(&catalog);
    publisher.definitions(&catalog);
    let mut listener = Listener::at(door.address, &address(&door, &[]).await, &[]).await;
    let flag = FlagKey::new("welcome").unwrap();
    // One connection all along: what is told is seen on those that are open already.
    let mut connection = Connection::open(door.address).await;
    let mut value = async || {
        let body = r#"{"context":{"targetingKey":"u1"}}"#;
        connection.send(&request("POST", &format!("{BULK}/welcome"), &[], body)).await;
        connection.reply().await.unwrap().json()["value"].clone()
    };

    assert!(publisher.open(&flag, overlay(Rank::open(1, 0), 1_000_000)));
    listener.event().await;
    assert_eq!(value().await, true);
    assert!(publisher.open(&flag, overlay(Rank::open(1, 1), 1_000_000)));
    listener.hears_nothing().await;
    publisher.close(&flag, &Overlay { gate: Exposed::Closed, ..overlay(Rank::closed(1), 0) });
    listener.event().await;
    assert_eq!(value().await, false);
    publisher.definitions(&catalog);
    listener.hears_nothing().await;
}

fn overlay(rank: Rank, ppm: u32) -> Overlay {
    let share = Share {
        parts: Parts::of(Part { step: 0, exposure: Exposure::from_ppm(ppm).unwrap(), audience: None }),
        bucket_by: Arc::from("targetingKey"),
        salt: Arc::from("welcome-v1"),
        layer: None,
    };
    Overlay {
        rollout: RolloutName::new("welcome-v1").unwrap(),
        rank,
        candidate: VariantName::new("on").unwrap(),
        stable: VariantName::new("off").unwrap(),
        gate: Exposed::Open(share),
    }
}
