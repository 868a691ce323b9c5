"""Writing the part of CBOR (RFC 8949) that the protocol ``smithy-rpc-v2-cbor`` uses.

Parsing is left to botocore. Definite lengths, shortest integers, 64-bit floats and
tag 1 for timestamps are what the protocol's specification asks for:
https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any, NamedTuple

from awsio.events.serializing.shape_writers import ValueFormat, to_bytes
from awsio.events.serializing.times import epoch_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("CBOR_VALUES", "dumps")

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG = range(7)
FALSE, TRUE, NULL, FLOAT64 = 0xF4, 0xF5, 0xF6, 0xFB
EPOCH_TAG = 1


class EpochTime(NamedTuple):
    """Seconds since the epoch, which are written with tag 1."""

    seconds: int | float


CBOR_VALUES = ValueFormat(
    blob=to_bytes,
    timestamp=lambda value, _format: EpochTime(epoch_seconds(value)),
    wire_names=False,
)


def encode_head(major: int, argument: int) -> bytes:
    """Return the head of a data item: its major type and argument (RFC 8949, section 3)."""
    for limit, info, layout in ((24, 0, ""), (1 << 8, 24, ">B"), (1 << 16, 25, ">H")):
        if argument < limit:
            return bytes((major << 5 | (info or argument),)) + (
                pack(layout, argument) if layout else b""
            )
    if argument < 1 << 32:
        return bytes((major << 5 | 26,)) + pack(">I", argument)
    return bytes((major << 5 | 27,)) + pack(">Q", argument)


def encode_integer(value: int) -> bytes:
    """Return an integer as a data item."""
    return encode_head(UNSIGNED, value) if value >= 0 else encode_head(NEGATIVE, -1 - value)


def encode_text(value: str) -> bytes:
    """Return a text string as a data item."""
    encoded = value.encode()
    return encode_head(TEXT, len(encoded)) + encoded


def encode_map(value: dict[Any, Any]) -> bytes:
    """Return a map as a data item, its keys in the order of the dict."""
    pairs = (dumps(key) + dumps(item) for key, item in value.items())
    return encode_head(MAP, len(value)) + b"".join(pairs)


# The order matters: a bool is also an int, and an EpochTime is also a tuple.
ENCODERS: tuple[tuple[type, Callable[[Any], bytes]], ...] = (
    (type(None), lambda _: bytes((NULL,))),
    (bool, lambda value: bytes((TRUE if value else FALSE,))),
    (EpochTime, lambda value: encode_head(TAG, EPOCH_TAG) + dumps(value.seconds)),
    (int, encode_integer),
    (float, lambda value: bytes((FLOAT64,)) + pack(">d", value)),
    (bytes, lambda value: encode_head(BYTES, len(value)) + value),
    (str, encode_text),
    (list, lambda value: encode_head(ARRAY, len(value)) + b"".join(map(dumps, value))),
    (dict, encode_map),
)


def dumps(value: Any) -> bytes:
    """Return a value as CBOR.

    Raises:
        TypeError: the protocol has no form for the value.
        struct.error: an integer does not fit in 64 bits.
    """
    for kind, encode in ENCODERS:
        if isinstance(value, kind):
            return encode(value)
    msg = f"CBOR has no form for a {type(value).__name__}"
    raise TypeError(msg)
