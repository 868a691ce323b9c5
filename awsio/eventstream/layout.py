"""What a prelude says: how long a frame is, and where its headers and payload lie.

This is the one place that knows the numbers of the wire format and that decides whether a
prelude can be believed: its checksum first, then its lengths. Preludes of short frames
repeat, from stream to stream too, so what one means is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import TypeAlias

from awsio.errors import FrameLengthError, FrameTooLargeError, PreludeChecksumError
from awsio.eventstream.checksum import crc32

__all__ = (
    "CHECKSUM_LENGTH",
    "FRAME_OVERHEAD",
    "LENGTH_FIELD",
    "MAX_FRAME",
    "MAX_HEADERS",
    "MAX_PAYLOAD",
    "PRELUDE_LENGTH",
    "LayoutCache",
    "is_prelude",
    "layouts_within",
    "read_lengths",
)

MAX_PAYLOAD = 24 * 1024 * 1024
"""The longest payload accepted by default, in bytes: what AWS's own SDKs accept."""
MAX_HEADERS = 128 * 1024
"""The longest header block accepted by default, in bytes."""

PRELUDE_LENGTH = 12  # total length, headers length, CRC of the two
CHECKSUM_LENGTH = 4  # the message CRC at a frame's end
FRAME_OVERHEAD = PRELUDE_LENGTH + CHECKSUM_LENGTH
MAX_FRAME = 0xFFFFFFFF  # what the total length can say
LENGTH_FIELD = Struct(">I")

unpack_prelude = Struct(">III").unpack_from

# What one cache holds at most, whatever arrives: about 300 bytes each.
MAX_LAYOUTS = 512
LONGEST_CACHED = 4096


def read_lengths(prelude: bytes | bytearray | memoryview) -> tuple[int, int]:
    """Return the total length and the headers length of a prelude, both checked.

    Args:
        prelude: 12 bytes or more, of which the first 12 are read.

    Raises:
        PreludeChecksumError: the first 8 bytes are damaged.
        FrameLengthError: no frame can have these lengths.
    """
    total, headers_length, expected = unpack_prelude(prelude)
    computed = crc32(prelude[:8])
    if computed != expected:
        raise PreludeChecksumError(expected=expected, computed=computed)
    if headers_length > total - FRAME_OVERHEAD:
        if total < FRAME_OVERHEAD:
            msg = f"a frame of {total} bytes: the shortest frame has {FRAME_OVERHEAD}"
        else:
            msg = f"{headers_length} bytes of headers in a frame of {total} bytes"
        raise FrameLengthError(msg, total_length=total, headers_length=headers_length)
    return total, headers_length


def is_prelude(head: bytes | bytearray | memoryview) -> bool:
    """Return whether bytes begin with a prelude that can be believed.

    Args:
        head: the bytes; fewer than 12 are not a prelude.
    """
    if len(head) < PRELUDE_LENGTH:
        return False
    try:
        read_lengths(head)
    except (PreludeChecksumError, FrameLengthError):
        return False
    return True


# The length of a frame, the length of its head (prelude and headers), and the function that
# returns payload and message CRC from a buffer and the position after the head: for a payload
# of 10 bytes it is Struct(">10sI").unpack_from. A plain tuple, because each frame unpacks it.
Layout: TypeAlias = tuple[int, int, Callable[[bytes, int], tuple[bytes, int]]]


class LayoutCache(dict[bytes, Layout]):
    """Preludes of 12 bytes to layouts; a lookup reads a prelude that is new.

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
        total, headers_length = read_lengths(prelude)
        payload_length = total - headers_length - FRAME_OVERHEAD
        if headers_length > self.max_headers:
            raise FrameTooLargeError(part="headers", length=headers_length, limit=self.max_headers)
        if payload_length > self.max_payload:
            raise FrameTooLargeError(part="payload", length=payload_length, limit=self.max_payload)
        split = Struct(f">{payload_length}sI").unpack_from
        layout = total, PRELUDE_LENGTH + headers_length, split
        if total <= LONGEST_CACHED:
            if len(self) >= MAX_LAYOUTS:
                self.clear()
            self[prelude] = layout
        return layout


# Shared by all decoders with the default limits: their streams carry the same kinds of frames.
SHARED = LayoutCache(MAX_PAYLOAD, MAX_HEADERS)


def layouts_within(max_payload: int, max_headers: int) -> LayoutCache:
    """Return the cache for a decoder with these limits."""
    if (max_payload, max_headers) == (MAX_PAYLOAD, MAX_HEADERS):
        return SHARED
    return LayoutCache(max_payload, max_headers)
