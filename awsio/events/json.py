"""Parsing JSON, as fast as what is installed allows.

With orjson (extra ``fast``) parsing takes half the time. The two libraries differ
on some documents; there the standard library decides, so that installing an extra
never changes a value:

- NaN, Infinity, lone surrogates: orjson refuses, json is asked;
- integers of 20 digits and more: orjson would round them to floats.

One difference is left: orjson reads documents nested up to 1024 deep, json only as
deep as the interpreter's recursion limit allows, 1000 by default.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

__all__ = ("loads",)

JsonLoads: TypeAlias = Callable[[bytes], Any]

LONG = 19
LONG_NUMBER = b"0" * LONG
# Makes every digit a 0 and everything else a space.
DIGITS = bytes(b"0"[0] if byte in b"0123456789" else b" "[0] for byte in range(256))

# The standard library's own scanner, without what json.loads does around it.
scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # the stubs lack it


def stdlib_loads(payload: bytes) -> Any:
    """Parse UTF-8 JSON with the standard library."""
    text = payload.decode()
    try:
        document, end = scan(text, 0)
    except StopIteration:  # white space first, or no JSON: json knows what to say
        return json.loads(text)
    return document if end == len(text) else json.loads(text)


def with_fallback(parse: JsonLoads) -> JsonLoads:
    """Return a parser that asks the standard library where orjson differs from it."""

    def read(payload: bytes) -> Any:
        # A long number stands on one byte at least of every 19th, and a look at these
        # costs a fraction of a search; where there is no digit, there is no such number.
        sampled = payload[LONG - 1 :: LONG].translate(DIGITS)
        if sampled.isspace() or LONG_NUMBER not in payload.translate(DIGITS):
            try:
                return parse(payload)
            except ValueError:
                pass
        return stdlib_loads(payload)

    return read


try:
    import orjson
except ImportError:
    loads: JsonLoads = stdlib_loads
else:
    loads = with_fallback(orjson.loads)
