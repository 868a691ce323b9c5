"""What a prelude says: how long a frame is, and where in it headers and payload lie.

A prelude is believed once its checksum is right and its lengths are possible. Preludes of
short frames repeat, from stream to stream too, so what was found out about one is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import TypeAlias

from awsio.errors import FrameLengthError, FrameTooLargeError, PreludeChecksumError
from awsio.eventstream.checksum import crc32

__all__ = ("MAX_HEADERS", "MAX_PAYLOAD", "PRELUDE", "LayoutCache", "layouts_within")

MAX_PAYLOAD = 24 * 1024 * 1024
"""The longest payload accepted by default, in bytes: what AWS's own SDKs accept."""
MAX_HEADERS = 128 * 1024
"""The longest header block accepted by default, in bytes."""

PRELUDE = 12
OVERHEAD = 16
unpack_prelude = Struct(">III").unpack

# What one cache holds at most, whatever comes: about 300 bytes each.
MOST_LAYOUTS = 512
LONGEST_KEPT = 4096


# The bytes of a frame, and what gives header block, payload and message CRC of one, from a
# buffer and the position behind the prelude: of 5 and 10 bytes, Struct(">5s10sI").unpack_from.
# A plain tuple, for it is unpacked for each frame.
Layout: TypeAlias = tuple[int, Callable[[bytes, int], tuple[bytes, bytes, int]]]


class LayoutCache(dict[bytes, Layout]):
    """Preludes, of 12 bytes, to layouts; looked up, a new one is read.

    Args:
        max_payload: the longest payload accepted, in bytes.
        max_headers: the longest header block accepted, in bytes.
    """

    def __init__(self, max_payload: int, max_headers: int) -> None:
        super().__init__()
        self.max_payload = max_payload
        self.max_headers = max_headers

    def __missing__(self, prelude: bytes) -> Layout:
        """Read a prelude.

        Raises:
            PreludeChecksumError: it is damaged.
            FrameLengthError: it has lengths that no frame can have.
            FrameTooLargeError: a length is above ``max_payload`` or ``max_headers``.
        """
        total, headers_length, expected = unpack_prelude(prelude)
        computed = crc32(prelude[:8])
        if computed != expected:
            raise PreludeChecksumError(expected=expected, computed=computed)
        payload_length = total - headers_length - OVERHEAD
        if payload_length < 0:
            raise impossible_length(total, headers_length)
        if headers_length > self.max_headers:
            raise FrameTooLargeError(part="headers", length=headers_length, limit=self.max_headers)
        if payload_length > self.max_payload:
            raise FrameTooLargeError(part="payload", length=payload_length, limit=self.max_payload)
        layout = total, Struct(f">{headers_length}s{payload_length}sI").unpack_from
        if total <= LONGEST_KEPT:
            if len(self) >= MOST_LAYOUTS:
                self.clear()
            self[prelude] = layout
        return layout


# Of all decoders with the default limits, whose connections mostly carry the same kinds.
SHARED = LayoutCache(MAX_PAYLOAD, MAX_HEADERS)


def layouts_within(max_payload: int, max_headers: int) -> LayoutCache:
    """Give the cache for a decoder with these limits."""
    if (max_payload, max_headers) == (MAX_PAYLOAD, MAX_HEADERS):
        return SHARED
    return LayoutCache(max_payload, max_headers)


def impossible_length(total: int, headers_length: int) -> FrameLengthError:
    """Say why no frame can have these lengths."""
    if total < OVERHEAD:
        msg = f"a frame of {total} bytes: the shortest has {OVERHEAD}"
    else:
        msg = f"{headers_length} bytes of headers in a frame of {total} bytes"
    return FrameLengthError(msg, total_length=total, headers_length=headers_length)
