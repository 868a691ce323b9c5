"""What an input says: how the bytes come, which of them are checksums."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsio.eventstream import Frame

__all__ = (
    "HEAD",
    "LENGTHS",
    "MAX_LENGTH",
    "MOST_PIECES",
    "OVERHEAD",
    "PRELUDE",
    "Input",
    "encoded",
    "mend",
    "pieces",
    "read_input",
    "seal",
)

#: Bytes before the body of an input.
HEAD = 4
#: The longest input that the engines make.
MAX_LENGTH = 2048
#: The most pieces of a body: more find nothing more, and take their time.
MOST_PIECES = 24

PRELUDE, OVERHEAD = 12, 16
LENGTHS = Struct(">II")
U32 = Struct(">I")


class Input(NamedTuple):
    """An input taken apart.

    Attributes:
        flags: what else the target wants to know.
        sizes: of the pieces, one after another and again from the first; 0 for all that
            is left.
        body: the bytes that come in pieces.
    """

    flags: int
    sizes: bytes
    body: bytes


def read_input(data: bytes) -> Input:
    """Take an input apart; one that is too short says the least."""
    head = data[:HEAD].ljust(HEAD, b"\0")
    return Input(head[0], head[1:], data[HEAD:])


def pieces(body: bytes, sizes: bytes) -> Iterator[bytes]:
    """Cut a body; what is left behind the last piece but one is the last."""
    start = turn = 0
    while start < len(body):
        turn += 1
        size = sizes[turn % len(sizes)] if turn < MOST_PIECES else 0
        end = start + size if size else len(body)
        yield body[start:end]
        start = end


def seal(block: bytes, payload: bytes) -> bytes:
    """Put any bytes into a frame whose checksums are right."""
    lengths = LENGTHS.pack(OVERHEAD + len(block) + len(payload), len(block))
    message = b"".join((lengths, U32.pack(crc32(lengths)), block, payload))
    return message + U32.pack(crc32(message))


def mend(data: bytes, *, lengths: bool = True) -> bytes:
    """Set the checksums right in an input whose body is to be frames.

    Args:
        data: the input.
        lengths: whether lengths that cannot be are made possible too; else they stay,
            under a checksum that is right.
    """
    body = bytearray(data[HEAD:])
    at = 0
    while len(body) - at >= PRELUDE:
        left = len(body) - at
        total, headers = LENGTHS.unpack_from(body, at)
        if lengths and left >= OVERHEAD:
            total = total if OVERHEAD <= total <= left else left
            headers = headers if headers <= total - OVERHEAD else headers % (total - OVERHEAD + 1)
            LENGTHS.pack_into(body, at, total, headers)
        U32.pack_into(body, at + 8, crc32(body[at : at + 8]))
        if not OVERHEAD <= total <= left:
            break
        end = at + total
        U32.pack_into(body, end - 4, crc32(body[at : end - 4]))
        at = end
    return data[:HEAD] + bytes(body)


def encoded(frames: list[Frame]) -> bytes:
    """Encode frames one after another."""
    return b"".join([frame.encode() for frame in frames])
