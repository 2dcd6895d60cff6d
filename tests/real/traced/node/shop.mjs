// A traced shop: evaluates a flag for each of its customers, serves them, and exports what happened. Its one argument
// is JSON: where to evaluate, where to export, in which form, and whether to pack it. It prints how many customers
// had each variant, and for how many of those it failed.
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.CLIENT_PACKAGES, "package.json"));
const { OpenFeature } = require("@openfeature/server-sdk");
const { OFREPProvider } = require("@openfeature/ofrep-provider");
const { SpanEventHook, SpanHook } = require("@openfeature/open-telemetry-hooks");
const { SpanKind, SpanStatusCode, context, trace } = require("@opentelemetry/api");
const { BatchSpanProcessor, NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");
const { MeterProvider, PeriodicExportingMetricReader } = require("@opentelemetry/sdk-metrics");

const CUSTOMERS = 300;
const TOOK_MS = { on: 80, off: 40 };

const settings = JSON.parse(process.argv[2]);
const form = settings.form === "json" ? "http" : "proto";
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${form}`);
const { OTLPMetricExporter } = require(`@opentelemetry/exporter-metrics-otlp-${form}`);
const compression = settings.packed ? "gzip" : "none";

const spans = new OTLPTraceExporter({ url: `${settings.export}/v1/traces`, compression });
const traces = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(spans)] });
traces.register();
const points = new OTLPMetricExporter({ url: `${settings.export}/v1/metrics`, compression });
const reader = new PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 600_000 });
const meters = new MeterProvider({ readers: [reader] });

await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: settings.evaluate }));
// One notes the evaluation as an event of the request's span, the other makes a span of its own for it.
OpenFeature.addHooks(new SpanEventHook(), new SpanHook());
const client = OpenFeature.getClient();
const tracer = trace.getTracer("shop");
const duration = meters.getMeter("shop").createHistogram("checkout.duration", { unit: "ms" });

const seen = {};
const count = (flag, variant, failed, total) => {
  const counts = ((seen[flag] ??= {})[variant] ??= { seen: 0, failed: 0, total: 0 });
  counts.seen += 1;
  counts.failed += failed ? 1 : 0;
  counts.total += total;
};

for (let number = 0; number < CUSTOMERS; number += 1) {
  const customer = { targetingKey: `customer-${number}` };
  const began = Date.now();
  const options = { kind: SpanKind.SERVER, startTime: began, attributes: { "cart.total": number } };
  const span = tracer.startSpan("checkout", options);
  const found = await context.with(trace.setSpan(context.active(), span), () =>
    client.getBooleanDetails("new-checkout", false, customer),
  );
  const failed = found.variant === "on" && number % 5 === 0;
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(began + TOOK_MS[found.variant]);
  count("new-checkout", found.variant, failed, number);

  const priced = await client.getBooleanDetails("new-price", false, customer);
  const attributes = { "feature_flag.key": "new-price", "feature_flag.result.variant": priced.variant };
  const dear = priced.variant === "on" && number % 4 === 0;
  if (dear) attributes["error.type"] = "timeout";
  duration.record(TOOK_MS[priced.variant], attributes);
  count("new-price", priced.variant, dear, number);
}
await traces.forceFlush();
await meters.forceFlush();
console.log(JSON.stringify({ exported: true, seen }));
await meters.shutdown();
await traces.shutdown();
