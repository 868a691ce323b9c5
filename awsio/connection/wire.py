"""`ByteSide`: the bytes of the wire, and where frames begin in them.

Bytes and frames are two views of one position: bytes start at the first frame that was
not delivered, and frames continue where bytes have reached a frame's end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsio.connection.body import check_answer
from awsio.connection.state import State
from awsio.errors import (
    NotAnEventStreamError,
    ReaderConflictError,
    StreamError,
    TruncatedStreamError,
)
from awsio.eventstream.boundaries import FrameBoundaries

if TYPE_CHECKING:
    from awsio.connection.body import ResponseFacts
    from awsio.connection.frames import FrameSide
    from awsio.connection.state import Status
    from awsio.connection.transport import Transport

__all__ = ("ByteSide",)


class ByteSide:
    """Bytes that wait for delivery. The stream's lock is held in every method.

    Args:
        transport: gives the bytes.
        frames: gives up what it has not delivered.
        status: the stream's.
        facts: what the response says of the body.
        framed: False where the body is read as bytes, whatever they look like.

    Attributes:
        boundaries: where frames begin, None while the frame side has the bytes.
        framed: as given.
    """

    def __init__(
        self,
        transport: Transport,
        frames: FrameSide,
        status: Status,
        facts: ResponseFacts,
        *,
        framed: bool,
    ) -> None:
        self.boundaries: FrameBoundaries | None = None
        self.framed = framed
        self._transport = transport
        self._frames = frames
        self._status = status
        self._facts = facts
        self._pending = memoryview(b"")
        self._put_back = 0  # bytes of _pending that have passed the boundaries before

    @property
    def is_empty(self) -> bool:
        """Whether no bytes wait here."""
        return not self._pending

    def read(self, size: int) -> bytes:
        """Return bytes: what is there, at most ``size``; ``b""`` at the end.

        Raises:
            StreamError: the stream broke (latched), or was silent for too long (resumable).
        """
        boundaries = self.take_over()
        if not self._pending:
            self._receive(min(size, self._transport.max_read), boundaries)
        piece = bytes(self._pending[:size])
        if piece:
            self._pending = self._pending[len(piece) :]
            known = min(len(piece), self._put_back)
            self._put_back -= known
            boundaries.advance(memoryview(piece)[known:])
            if self._status.state in {State.START, State.FRAMES}:
                self._status.move(State.BYTES)
        elif self._status.state is not State.FOREIGN:
            self._status.move(State.ENDED)
        return piece

    def unread(self, data: bytes) -> None:
        """Put back bytes that were taken and not delivered."""
        self._pending = memoryview(data + bytes(self._pending))
        self._put_back += len(data)

    def take_over(self) -> FrameBoundaries:
        """Take the bytes that the frame side has not delivered."""
        if self.boundaries is None:
            self._pending = memoryview(self._frames.give_up_bytes())
            self.boundaries = FrameBoundaries(framed=self.framed)
        return self.boundaries

    def hand_back(self) -> None:
        """Let frames continue where bytes stopped.

        Raises:
            ReaderConflictError: bytes stopped inside a frame.
        """
        boundaries = self.boundaries
        if boundaries is None:
            return
        stopped_inside = self._put_back or not boundaries.at_boundary
        if stopped_inside and not (self._transport.ended and not self._pending):
            missing = boundaries.missing
            rest = "" if missing is None else f"; its end is {missing} bytes ahead"
            msg = f"bytes were read up to the middle of a frame{rest}"
            raise ReaderConflictError(msg, missing=missing)
        self._frames.take_back(self._pending)
        self._pending = memoryview(b"")
        self.boundaries = None
        if self._status.state is State.BYTES:
            self._status.move(State.FRAMES if boundaries.seen_prelude else State.START)

    def _receive(self, size: int, boundaries: FrameBoundaries) -> None:
        """Receive bytes, none at the end."""
        error = self._status.error
        if error is not None and not isinstance(error, NotAnEventStreamError):
            self._status.raise_latched()
        try:
            self._pending = memoryview(self._transport.receive(size, None))
            if not self._pending:
                check_answer(self._facts)
                if boundaries.inside_frame:
                    msg = "the stream ends inside a frame"
                    raise TruncatedStreamError(msg, missing=boundaries.missing)
        except StreamError as error:
            if not getattr(error, "resumable", False):
                self._status.latch(error)
            raise
