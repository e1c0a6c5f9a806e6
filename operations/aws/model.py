"""What AWS's own models say of a value: the characters that it may have, and how many.

botocore does not check patterns and lengths of texts before it sends them, so that AWS would refuse what was approved.
Source: botocore's service models ("pattern", "min", "max"); java.util.regex.Pattern, "Unicode support".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from botocore.loaders import Loader

LOADER = Loader()  # It keeps what it has parsed, so that each model and the partitions are parsed once, whoever asks.
# The models are written in Java's classes; `\w` holds each letter and digit of every script in Python.
SPACES = " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
JAVA_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\w", r"\p{Z}": SPACES}


@dataclass(frozen=True)
class Text:
    """What a model says of a text: `pattern` is matched against the whole of it."""

    pattern: re.Pattern[str]
    least: int
    most: int | None


@cache
def text_of(service: str, shape: str) -> Text:
    """The rule for a shape of a service's model, such as `TagKey`; raises KeyError."""
    found = LOADER.load_service_model(service, "service-2")["shapes"][shape]
    pattern = str(found.get("pattern", r"[\s\S]*")).removeprefix("^").removesuffix("$")
    for java, python in JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    ascii_only = re.ASCII if r"\p{" not in str(found.get("pattern", "")) else 0
    return Text(re.compile(pattern, ascii_only), int(found.get("min", 0)), found.get("max"))
