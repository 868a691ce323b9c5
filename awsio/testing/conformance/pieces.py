"""What a source under test is to give: pieces of bytes, and places to stand still.

The frames are those of S3's SelectObjectContent, so that a connection with the parser of
that operation can be checked too. There is no ``End`` among them.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeAlias

from awsio.eventstream import encode_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    Step: TypeAlias = "bytes | Stall"

__all__ = ("FRAMES", "PAYLOAD", "WIRE", "Stall", "StreamPieces", "records")

# With cut=True, the bytes that are announced and never come.
CUT_OFF = 7


def records(payload: bytes) -> bytes:
    """Encode a frame that carries bytes."""
    headers = {
        ":message-type": "event",
        ":event-type": "Records",
        ":content-type": "application/octet-stream",
    }
    return encode_frame(headers, payload)


# Lines that cross the borders of frames.
PIECES = (b"1,one\n2,t", b"wo\n3,", b"three\n", b"4,four\n")
PAYLOAD = b"".join(PIECES)
FRAMES = tuple(map(records, PIECES))
WIRE = b"".join(FRAMES)


class Stall:
    """A place where a source stands still until the check goes on."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self.reached = threading.Event()

    def wait(self) -> None:
        """Stand still."""
        self.reached.set()
        self._opened.wait()

    def open(self) -> None:
        """Let the source go on; safe to call twice."""
        self._opened.set()


class StreamPieces:
    """The bytes that a source under test gives, as an iterable of pieces.

    To iterate may wait. Whoever gives the pieces stands still then, with all that came
    before given; the next piece comes when the check goes on, or the end when it is over.

    Attributes:
        length: bytes in all, for a source that announces it; above what comes if ``cut``.
        cut: whether the source breaks off behind the last piece, without the end that its
            transport would announce.
    """

    def __init__(self, steps: tuple[Step, ...], *, cut: bool = False) -> None:
        self._steps = steps
        self._over = False
        self.cut = cut
        self.length = sum(len(step) for step in steps if isinstance(step, bytes))
        self.length += CUT_OFF if cut else 0

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces."""
        for step in self._steps:
            if isinstance(step, Stall):
                step.wait()
            if self._over:
                return
            if isinstance(step, bytes):
                yield step

    def release(self) -> None:
        """Come to an end, wherever somebody waits."""
        self._over = True
        for step in self._steps:
            if isinstance(step, Stall):
                step.open()
