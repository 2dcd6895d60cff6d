"""A traced shop: evaluates a flag for each of its customers, serves them, and exports what happened.

Its one argument is JSON: where to evaluate, where to export, and whether to pack what is exported. It prints how
many customers had each variant, and for how many of those it failed.
"""

import json
import sys
import time

from openfeature import api
from openfeature.contrib.hook.opentelemetry import TracingHook
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, use_span

CUSTOMERS = 300
TOOK_MS = {"on": 80, "off": 40}


def main():
    settings = json.loads(sys.argv[1])
    packed = Compression.Gzip if settings["packed"] else Compression.NoCompression
    resource = Resource.create({"service.name": "shop"})
    traces = TracerProvider(resource=resource)
    spans = OTLPSpanExporter(endpoint=settings["export"] + "/v1/traces", compression=packed)
    traces.add_span_processor(BatchSpanProcessor(spans))
    points = OTLPMetricExporter(endpoint=settings["export"] + "/v1/metrics", compression=packed)
    reader = PeriodicExportingMetricReader(points, export_interval_millis=600_000)
    meters = MeterProvider(metric_readers=[reader], resource=resource)

    api.set_provider(OFREPProvider(settings["evaluate"]))
    api.add_hooks([TracingHook()])
    client = api.get_client()
    tracer = traces.get_tracer("shop")
    duration = meters.get_meter("shop").create_histogram("checkout.duration", unit="ms")

    seen = {}
    for number in range(CUSTOMERS):
        name = f"customer-{number}"
        began = time.time_ns()
        span = tracer.start_span("checkout", kind=SpanKind.SERVER, start_time=began, attributes={"cart.total": number})
        with use_span(span, end_on_exit=False):
            # The hook notes the evaluation as an event of this span.
            found = client.get_boolean_details("new-checkout", False, EvaluationContext(name))
            with tracer.start_as_current_span("reserve"):
                pass
        failed = found.variant == "on" and number % 5 == 0
        if failed:
            span.set_status(StatusCode.ERROR)
        took = TOOK_MS[found.variant]
        span.end(end_time=began + took * 1_000_000)

        priced = client.get_boolean_details("new-price", False, EvaluationContext(name))
        attributes = {"feature_flag.key": "new-price", "feature_flag.result.variant": priced.variant}
        if priced.variant == "on" and number % 4 == 0:
            attributes["error.type"] = "timeout"
        duration.record(TOOK_MS[priced.variant], attributes)

        for flag, variant, bad in (("new-checkout", found.variant, failed), ("new-price", priced.variant, "error.type" in attributes)):
            counts = seen.setdefault(flag, {}).setdefault(variant, {"seen": 0, "failed": 0, "total": 0})
            counts["seen"] += 1
            counts["failed"] += bad
            counts["total"] += number
    exported = traces.force_flush() and meters.force_flush()
    print(json.dumps({"exported": exported, "seen": seen}))
    meters.shutdown()
    traces.shutdown()


main()
