"""Writing CBOR (RFC 8949): as much as the protocol ``smithy-rpc-v2-cbor`` uses.

Reading is left to botocore's parser. Definite lengths, shortest integers, 64-bit
floats, tag 1 for timestamps, as the protocol's specification asks.
"""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any, NamedTuple

from awsio.events.times import epoch_seconds
from awsio.events.writing import ValueFormat, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("CBOR_VALUES", "dumps")

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG = range(7)
FALSE, TRUE, NULL, FLOAT64 = 0xF4, 0xF5, 0xF6, 0xFB
EPOCH_TAG = 1


class EpochTime(NamedTuple):
    """Seconds since the epoch, to be written under tag 1."""

    seconds: int | float


CBOR_VALUES = ValueFormat(
    blob=to_bytes,
    timestamp=lambda value, _format: EpochTime(epoch_seconds(value)),
    wire_names=False,
)


def head(major: int, argument: int) -> bytes:
    """Write a data item's first bytes: major type and argument."""
    for limit, info, layout in ((24, 0, ""), (1 << 8, 24, ">B"), (1 << 16, 25, ">H")):
        if argument < limit:
            return bytes((major << 5 | (info or argument),)) + (
                pack(layout, argument) if layout else b""
            )
    if argument < 1 << 32:
        return bytes((major << 5 | 26,)) + pack(">I", argument)
    return bytes((major << 5 | 27,)) + pack(">Q", argument)


def write_integer(value: int) -> bytes:
    """Write an integer by its sign."""
    return head(UNSIGNED, value) if value >= 0 else head(NEGATIVE, -1 - value)


def write_text(value: str) -> bytes:
    """Write text as UTF-8."""
    encoded = value.encode()
    return head(TEXT, len(encoded)) + encoded


def write_map(value: dict[Any, Any]) -> bytes:
    """Write a map in the order of its keys."""
    pairs = (dumps(key) + dumps(item) for key, item in value.items())
    return head(MAP, len(value)) + b"".join(pairs)


# Looked through in order: a bool is an int, and an EpochTime is a tuple.
WRITERS: tuple[tuple[type, Callable[[Any], bytes]], ...] = (
    (type(None), lambda _: bytes((NULL,))),
    (bool, lambda value: bytes((TRUE if value else FALSE,))),
    (EpochTime, lambda value: head(TAG, EPOCH_TAG) + dumps(value.seconds)),
    (int, write_integer),
    (float, lambda value: bytes((FLOAT64,)) + pack(">d", value)),
    (bytes, lambda value: head(BYTES, len(value)) + value),
    (str, write_text),
    (list, lambda value: head(ARRAY, len(value)) + b"".join(map(dumps, value))),
    (dict, write_map),
)


def dumps(value: Any) -> bytes:
    """Write a value as CBOR.

    Raises:
        TypeError: a value that this protocol has no form for.
        struct.error: an integer beyond 64 bits.
    """
    for kind, write in WRITERS:
        if isinstance(value, kind):
            return write(value)
    msg = f"CBOR has no form for a {type(value).__name__}"
    raise TypeError(msg)
