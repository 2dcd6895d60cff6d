"""flagd's own evaluator for Python, as its provider drives it. Answers each line of JSON with a line of JSON."""

import json
import logging
import os
import sys

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError

logging.disable(logging.CRITICAL)

# The operator `log` writes to the standard output, where only answers may be.
answers_out, sys.stdout = sys.stdout, open(os.devnull, "w", encoding="utf-8")


def ask(core, key, flag, context):
    """Each flag's typed question, by what its first variant is."""
    first = next(iter(flag["variants"].values()))
    if isinstance(first, bool):
        return core.resolve_boolean_value(key, False, context)
    if isinstance(first, str):
        return core.resolve_string_value(key, "", context)
    if isinstance(first, int):
        return core.resolve_integer_value(key, 0, context)
    if isinstance(first, float):
        return core.resolve_float_value(key, 0.0, context)
    return core.resolve_object_value(key, {}, context)


def answer(core, key, flag, context):
    try:
        details = ask(core, key, flag, context)
    except OpenFeatureError as error:
        return error.error_code.value
    except Exception:
        # What the SDK makes of any other exception.
        return "GENERAL"
    if details.variant is None:
        return details.reason.value
    value = json.dumps(details.value, separators=(",", ":"), ensure_ascii=False)
    return f"{details.reason.value} {details.variant} {value}"


for line in sys.stdin:
    question = json.loads(line)
    core = FlagdCore()
    core.set_flags(question["document"])
    flags = json.loads(question["document"])["flags"]
    answers = []
    for text in question["contexts"]:
        attributes = json.loads(text)
        context = EvaluationContext(attributes.pop("targetingKey", None), attributes)
        answers.append([answer(core, key, flag, context) for key, flag in flags.items()])
    print(json.dumps(answers), file=answers_out, flush=True)
