"""Drives the real Python SDK: one JSON object per line in, one per line out.

The first line says where the server is: {"url": ..., "key": ...}. Each further line is a call:
{"flag": ..., "type": "boolean", "default": ..., "context": {...}}.
"""

import json
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext


def connect(url, key):
    headers = (lambda: {"Authorization": f"Bearer {key}"}) if key else None
    api.set_provider(OFREPProvider(url, headers_factory=headers))
    return api.get_client()


def context_of(attributes):
    if attributes is None:
        return None
    attributes = dict(attributes)
    # Only a text is a targeting key for the SDK; all else an application can put among the attributes.
    if isinstance(attributes.get("targetingKey"), str):
        return EvaluationContext(attributes.pop("targetingKey"), attributes)
    return EvaluationContext(attributes=attributes)


def evaluate(client, call):
    ask = {
        "boolean": client.get_boolean_details,
        "string": client.get_string_details,
        "integer": client.get_integer_details,
        "float": client.get_float_details,
        "object": client.get_object_details,
    }[call["type"]]
    found = ask(call["flag"], call["default"], context_of(call.get("context")))
    return {
        "value": found.value,
        "variant": found.variant,
        "reason": found.reason,
        "error": found.error_code,
        "message": found.error_message,
        "metadata": dict(found.flag_metadata),
    }


def main():
    settings = json.loads(sys.stdin.readline())
    client = connect(settings["url"], settings.get("key"))
    for line in sys.stdin:
        print(json.dumps(evaluate(client, json.loads(line))), flush=True)


main()
