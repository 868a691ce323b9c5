"""The target of a whole connection: frames, events and bytes, read in any order."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from awsio.connection import PawsConnection
from awsio.errors import (
    EventParseError,
    FrameError,
    IncompleteStreamError,
    NotAnEventStreamError,
    ReaderConflictError,
    ServiceStreamError,
    StreamError,
    TruncatedStreamError,
)
from awsio.events import EventParser, operation_model
from tests.fuzz.inputs import pieces, read_input
from tests.fuzz.targets.bodies import PiecesSource

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("connection",)

#: Documented, and reading goes on.
PASSING = (EventParseError, ServiceStreamError, ReaderConflictError)
#: Documented, and reading ends.
LATCHED = (FrameError, IncompleteStreamError, NotAnEventStreamError, TruncatedStreamError)
ACTIONS = 8  # looked at, from the bits of the flags and the sizes


@cache
def converse() -> EventParser:
    """Give the parser of a stream of tokens."""
    return EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))


class Reader:
    """Reads a connection by turns in all ways, and keeps what came in bytes.

    Args:
        con: the connection, which gives its frames raw.
    """

    def __init__(self, con: PawsConnection) -> None:
        self.con = con
        self.wire = b""  # what was delivered, frames encoded again
        self.latched: StreamError | None = None
        self.at_end = False

    def frame(self) -> None:
        """Read a frame."""
        frame = self.con.read_frame()
        self._add(frame.encode() if frame is not None else b"")

    def event(self) -> None:
        """Read an event; a frame that is none was delivered with its error."""
        frame = self.con.read_event(raw=True)
        if frame is None:
            self._add(b"")
            return
        self._add(frame.encode())
        converse().parse(frame)

    def some(self) -> None:
        """Read a few bytes."""
        self._add(self.con.read(5))

    def many(self) -> None:
        """Read bytes into a buffer."""
        buffer = bytearray(200)
        count = self.con.readinto(buffer)
        self._add(bytes(buffer[:count]))

    def read_bytes(self) -> None:
        """Read what is left as bytes, up to the end or to an error."""
        self.at_end = False
        before = self.latched
        while not self.at_end and self.latched is before:
            self.step(self.many)

    def _add(self, data: bytes) -> None:
        self.wire += data
        self.at_end = not data

    def step(self, action: Callable[[], None]) -> None:
        """Read once; what is not documented goes through."""
        try:
            action()
        except PASSING:
            pass
        except LATCHED as error:
            assert self.latched is None or type(error) is type(self.latched)
            self.latched = error
        self.con.is_complete()


def connection(data: bytes) -> None:
    """Whatever is read, and in whatever order, all bytes come once and in their order."""
    flags, sizes, body = read_input(data)
    con = PawsConnection(PiecesSource(pieces(body, sizes)), converse())
    con.require_terminal = bool(flags & 1)
    reader = Reader(con)
    actions: list[Callable[[], Any]] = [reader.frame, reader.event, reader.some, reader.many]
    turn = flags >> 1
    for _ in range(ACTIONS):
        reader.step(actions[turn & 3])
        turn = (turn >> 2) | (turn & 3) << 5
        assert body.startswith(reader.wire), "bytes came that were not sent"
    finish(reader, body)
    con.close()


def finish(reader: Reader, body: bytes) -> None:
    """Read frames to the end: they are all there, or an error says why not."""
    for _ in range(len(body) // 16 + 2):
        if reader.latched is not None or reader.at_end:
            break
        before = len(reader.wire)
        reader.step(reader.frame)
        if len(reader.wire) == before:  # it stands inside a frame, or at the end
            reader.step(reader.some)
    if reader.latched is None:
        reader.read_bytes()
    assert body.startswith(reader.wire), "bytes came that were not sent"
    if reader.latched is None:
        assert reader.wire == body, "bytes did not come"
    elif isinstance(reader.latched, NotAnEventStreamError):
        reader.read_bytes()
        assert reader.wire == body, "bytes of what is no stream did not come"
