//! What applications export by OpenTelemetry's protocol, written field by field.

/// A protobuf message under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message(pub(crate) Vec<u8>);

impl Message {
    pub(crate) fn varint(mut self, field: u8, number: u64) -> Self {
        self.0.push(field << 3);
        self.raw_varint(number);
        self
    }

    pub(crate) fn fixed64(mut self, field: u8, number: u64) -> Self {
        self.0.push((field << 3) | 1);
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub(crate) fn bytes(mut self, field: u8, bytes: &[u8]) -> Self {
        self.0.push((field << 3) | 2);
        self.raw_varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn message(self, field: u8, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    /// A text attribute.
    pub(crate) fn attribute(self, field: u8, key: &str, value: &str) -> Self {
        let value = Self::default().bytes(1, value.as_bytes());
        self.message(field, &Self::default().bytes(1, key.as_bytes()).message(2, &value))
    }

    #[expect(clippy::cast_possible_truncation, reason = "seven bits are taken of it")]
    fn raw_varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number as u8) | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

/// A request that took a while and ended at a moment, in milliseconds, as its server's span.
pub(crate) fn span(flag: &str, variant: &str, user: &str, end: u64, took: u64, failed: bool) -> Message {
    Message::default()
        .bytes(1, &[7; 16])
        .bytes(2, &[8; 8])
        .bytes(5, b"GET /search")
        .varint(6, 2)
        .fixed64(7, (end - took) * 1_000_000)
        .fixed64(8, end * 1_000_000)
        .attribute(9, "http.request.method", "GET")
        .attribute(9, "url.path", "/search")
        .attribute(9, "server.address", "shop.example")
        .attribute(9, "user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)")
        .attribute(9, "feature_flag.key", flag)
        .attribute(9, "feature_flag.result.variant", variant)
        .attribute(9, "feature_flag.context.id", user)
        .message(15, &Message::default().varint(3, if failed { 2 } else { 0 }))
}

/// A request with those spans.
pub(crate) fn traces(spans: &[Message]) -> Vec<u8> {
    let scope = spans.iter().fold(Message::default().bytes(1, b""), |scope, span| scope.message(2, span));
    let resource = Message::default().attribute(1, "service.name", "shop");
    Message::default().message(1, &Message::default().message(1, &resource).message(2, &scope)).0
}

/// A request with one metric of one point: a histogram, of which `temporality` is 1 for delta and 2 for cumulative.
pub(crate) fn histogram(metric: &str, temporality: u64, point: &Message) -> Vec<u8> {
    let data = Message::default().message(1, point).varint(2, temporality);
    let metric = Message::default().bytes(1, metric.as_bytes()).bytes(3, b"ms").message(9, &data);
    let resource = Message::default().attribute(1, "service.name", "shop");
    let scope = Message::default().message(2, &metric);
    Message::default().message(1, &Message::default().message(1, &resource).message(2, &scope)).0
}

/// A histogram's point with two bounds, counted from a moment to another, in milliseconds.
pub(crate) fn point(flag: &str, variant: &str, from: u64, until: u64, counts: [u64; 3]) -> Message {
    let bounds: Vec<u8> = [10.0_f64, 100.0].iter().flat_map(|bound| bound.to_le_bytes()).collect();
    let packed: Vec<u8> = counts.iter().flat_map(|count| count.to_le_bytes()).collect();
    Message::default()
        .fixed64(2, from * 1_000_000)
        .fixed64(3, until * 1_000_000)
        .fixed64(4, counts.iter().sum())
        .bytes(6, &packed)
        .bytes(7, &bounds)
        .attribute(9, "feature_flag.key", flag)
        .attribute(9, "feature_flag.result.variant", variant)
}
