"""A process that reads one hostile stream and says by how much its memory grew.

``python -m tests.faults.growth CASE COUNT`` prints the peak of the resident memory above
what the process had after a first, short run of the case, in bytes.
"""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from itertools import repeat
from struct import pack
from typing import TYPE_CHECKING
from zlib import crc32

from awsio import PawsConnection
from awsio.errors import TruncatedStreamError
from awsio.events import EventParser, operation_model
from awsio.eventstream import MAX_PAYLOAD, HeaderValue, encode_frame
from tests.support.frames import text
from tests.support.memory import reset_peak, resident

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PIECE = 64 * 1024
CONVERSE = EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))


class Pieces:
    """A file whose reads give one piece after another."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    def read(self, _size: int) -> bytes:
        return next(self._pieces, b"")


def connection(pieces: Iterable[bytes]) -> PawsConnection:
    return PawsConnection(Pieces(pieces), CONVERSE, require_terminal=False)


def prelude() -> bytes:
    """Announce the largest frame that is accepted."""
    lengths = pack(">II", 16 + MAX_PAYLOAD, 0)
    return lengths + pack(">I", crc32(lengths))


def announced(count: int) -> None:
    """Announce as much as may be, again and again; send a megabyte of it in small pieces."""
    for _ in range(count):
        con = connection([prelude(), *repeat(bytes(1024), 1024)])
        with suppress(TruncatedStreamError):
            con.read_event()
            raise AssertionError("this frame never came")


def announced_at_once(count: int) -> None:
    """Announce as much as may be in many streams that are all open."""
    kept = []
    for _ in range(count):
        con = connection([prelude() + bytes(100)])
        with suppress(TruncatedStreamError):
            con.read_event()
            raise AssertionError("this frame never came")
        kept.append(con)


def largest_frames(count: int) -> Iterator[bytes]:
    """Send the largest frames whole, in pieces that are made when they are read."""
    piece = bytes(PIECE)
    crc = crc32(prelude())
    for _ in range(MAX_PAYLOAD // PIECE):
        crc = crc32(piece, crc)
    for _ in range(count):
        yield prelude()
        yield from repeat(piece, MAX_PAYLOAD // PIECE)
        yield pack(">I", crc)


def largest_as_frames(count: int) -> None:
    """Read the largest frames as frames: each has to be there as a whole."""
    con = connection(largest_frames(count))
    found = 0
    while (frame := con.read_frame()) is not None:
        found += len(frame.payload) == MAX_PAYLOAD
    assert found == count


def largest_as_bytes(count: int) -> None:
    """Read the largest frames as bytes."""
    con = connection(largest_frames(count))
    found = 0
    while data := con.read(PIECE):
        found += len(data)
    assert found == count * (16 + MAX_PAYLOAD)


def header_blocks(count: int) -> None:
    """Send header blocks that are all different: by a value, a name, or the event's type."""

    def frames() -> Iterator[bytes]:
        known: dict[str, HeaderValue] = {
            ":event-type": "contentBlockDelta",
            ":message-type": "event",
        }
        for number in range(count):
            what: dict[str, HeaderValue] = (
                {**known, "number": str(number)},
                {**known, f"number-{number}": True},
                {**known, ":event-type": f"unknown-{number}"},
            )[number % 3]
            yield encode_frame(what, b"{}")

    found = sum(1 for _event in connection(frames()))
    assert found == count


def tiny_events(count: int) -> None:
    """Send tiny events."""
    token = text("a")
    batch = PIECE // len(token)
    whole, rest = divmod(count, batch)
    found = sum(1 for _event in connection([*repeat(token * batch, whole), token * rest]))
    assert found == count


CASES: dict[str, Callable[[int], None]] = {
    case.__name__: case
    for case in (
        announced,
        announced_at_once,
        largest_as_frames,
        largest_as_bytes,
        header_blocks,
        tiny_events,
    )
}


def main(name: str, count: int) -> None:
    """Run a case, and print the growth."""
    case = CASES[name]
    case(1)
    gc.collect()
    start = reset_peak()
    case(count)
    print(resident("VmHWM") - start)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
