"""`ByteSide`: the bytes of the wire, and where frames begin in them.

Bytes and frames are two views of one position: bytes start at the first frame that was
not delivered, and frames continue where bytes have reached a frame's end.

Bytes are gathered first and taken when the read has all that it returns: a read that fails
delivers nothing, and so changes nothing.
"""

from __future__ import annotations

import copy
import sys
from io import BytesIO
from typing import TYPE_CHECKING

from awsio.connection.body import check_answer
from awsio.connection.state import State
from awsio.connection.transport import READ_SIZE
from awsio.errors import (
    NotAnEventStreamError,
    ReaderConflictError,
    StreamError,
    TruncatedStreamError,
)
from awsio.eventstream.boundaries import FrameBoundaries
from awsio.media_type import EVENT_STREAM, media_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from awsio.connection.body import ResponseFacts
    from awsio.connection.ending import Ending
    from awsio.connection.frames import FrameSide
    from awsio.connection.state import Status
    from awsio.connection.transport import Transport

__all__ = ("ByteSide",)

# How much is searched for the end of a line at a time.
SEARCHED = 1024


class ByteSide:
    """Bytes that wait for delivery. The stream's lock is held in every method.

    Args:
        transport: gives the bytes.
        frames: gives up what it has not delivered.
        status: the stream's.
        ending: told when bytes are delivered.
        facts: what the response says of the body.
        framed: False where the body is read as bytes, whatever they look like.

    Attributes:
        boundaries: where frames begin, None while the frame side has the bytes.
        framed: as given.
        watch: called with the bytes that are delivered; None for nobody.
    """

    def __init__(
        self,
        transport: Transport,
        frames: FrameSide,
        status: Status,
        ending: Ending,
        facts: ResponseFacts,
        *,
        framed: bool,
    ) -> None:
        self.boundaries: FrameBoundaries | None = None
        self.framed = framed
        self.watch: Callable[[bytes], None] | None = None
        self._transport = transport
        self._frames = frames
        self._status = status
        self._ending = ending
        self._facts = facts
        self._pending = memoryview(b"")

    @property
    def is_empty(self) -> bool:
        """Whether no bytes wait here."""
        return not self._pending

    def read(self, size: int) -> bytes:
        """Return bytes: what is there, at most ``size``; ``b""`` at the end.

        Raises:
            StreamError: the stream broke (latched), or was silent for too long (resumable).
        """
        self.take_over()
        if not self._pending:
            self._pending = memoryview(self._receive(min(size, self._transport.max_read)))
        return self._take(size)

    def read_all(self) -> bytes:
        """Return all bytes to the end; see :meth:`read` for errors."""
        self.take_over()
        pieces: list[bytes | memoryview] = [self._pending]
        try:
            while piece := self._receive(READ_SIZE, pieces):
                pieces += (piece,)
        finally:
            self._pending = memoryview(b"".join(pieces))
        data = self._take(len(self._pending))
        self._end()
        return data

    def read_line(self, limit: int) -> bytes:
        """Return a line with its end, at most ``limit`` bytes unless that is negative."""
        self.take_over()
        return self._take(self._find_line(0, limit))

    def read_lines(self, hint: int) -> list[bytes]:
        """Return lines: all where ``hint`` is not positive, else until they have more bytes."""
        if hint <= 0:
            return BytesIO(self.read_all()).readlines()
        self.take_over()
        start, end = -1, 0
        while start < end <= hint:
            start = end
            end = self._find_line(start, -1)
        return BytesIO(self._take(end)).readlines()

    def read_into(self, target: memoryview) -> int:
        """Read into a buffer of bytes; return how many."""
        data = self.read(len(target))
        target[: len(data)] = data
        return len(data)

    def take_over(self) -> FrameBoundaries:
        """Take the bytes that the frame side has not delivered."""
        if self.boundaries is None:
            self._pending = memoryview(self._frames.give_up_bytes())
            after_frames = self._status.state is State.FRAMES
            self.boundaries = FrameBoundaries(framed=self.framed, seen_prelude=after_frames)
        return self.boundaries

    def hand_back(self) -> None:
        """Let frames continue where bytes stopped.

        Raises:
            ReaderConflictError: bytes stopped inside a frame.
        """
        boundaries = self.boundaries
        if boundaries is None:
            return
        at_end = self._transport.ended and not self._pending
        if not boundaries.at_boundary and not at_end:
            missing = boundaries.missing
            rest = "" if missing is None else f"; its end is {missing} bytes ahead"
            msg = f"bytes were read up to the middle of a frame{rest}"
            raise ReaderConflictError(msg, missing=missing)
        self._frames.take_back(self._pending)
        self._pending = memoryview(b"")
        self.boundaries = None
        if self._status.state is State.BYTES:
            self._status.move(State.FRAMES if boundaries.seen_prelude else State.START)

    def holds_frames(self, deadline: float | None) -> bool:
        """Return whether the bytes are frames; waits until the first prelude is whole.

        Args:
            deadline: by ``time.monotonic()``.
        """
        while True:
            boundaries = copy.copy(self.take_over())
            boundaries.advance(self._pending)
            if not boundaries.inside_prelude:
                return boundaries.seen_prelude
            piece = self._receive(READ_SIZE, [self._pending], deadline)
            if not piece:
                return False
            self._pending = memoryview(b"".join((self._pending, piece)))

    def _find_line(self, start: int, limit: int) -> int:
        """Return where the line that begins at ``start`` ends in what waits, receiving more."""
        stop = start + limit if limit >= 0 else sys.maxsize
        length = len(self._pending)
        for searched in range(start, min(length, stop), SEARCHED):
            at = bytes(self._pending[searched : searched + SEARCHED]).find(b"\n")
            if at >= 0:
                return min(searched + at + 1, stop)
        pieces: list[bytes | memoryview] = [self._pending]
        try:
            while length < stop and (piece := self._receive(READ_SIZE, pieces)):
                pieces += (piece,)
                at = piece.find(b"\n")
                if at >= 0:
                    return min(length + at + 1, stop)
                length += len(piece)
        finally:
            self._pending = memoryview(b"".join(pieces))
        return min(length, stop)

    def _take(self, size: int) -> bytes:
        """Deliver bytes that wait; none at the end."""
        piece = bytes(self._pending[:size])
        if piece:
            boundaries = self.take_over()
            self._pending = self._pending[len(piece) :]
            boundaries.advance(piece)
            self._ending.give_up()
            if self.watch is not None:
                self.watch(piece)
            if self._status.state in {State.START, State.FRAMES}:
                self._status.move(State.BYTES)
        else:
            self._end()
        return piece

    def _end(self) -> None:
        """The end was reached. That a body is not an event stream stays so."""
        if self._status.state is not State.FOREIGN:
            self._status.move(State.ENDED)

    def _receive(
        self,
        size: int,
        before: Sequence[bytes | memoryview] = (),
        deadline: float | None = None,
    ) -> bytes:
        """Receive bytes, none at the end.

        Args:
            size: the most bytes to receive.
            before: what waits and is to be delivered before them.
            deadline: by ``time.monotonic()``; None waits as the transport does.
        """
        error = self._status.error
        if error is not None and not isinstance(error, NotAnEventStreamError):
            self._status.raise_latched()
        try:
            data = self._transport.receive(size, deadline)
            if not data:
                check_answer(self._facts)
                self._check_end(before)
        except StreamError as error:
            if not getattr(error, "resumable", False):
                self._status.latch(error)
            raise
        return data

    def _check_end(self, before: Sequence[bytes | memoryview]) -> None:
        """Check that the bytes may end here.

        Raises:
            TruncatedStreamError: they end inside a frame.
        """
        boundaries = copy.copy(self.take_over())
        for piece in before:
            boundaries.advance(piece)
        # A body of a few bytes is the rest of a frame if it is called an event stream.
        is_cut = boundaries.inside_prelude and media_type(self._facts.content_type) == EVENT_STREAM
        if boundaries.inside_frame or is_cut:
            msg = "the stream ends inside a frame"
            raise TruncatedStreamError(msg, missing=boundaries.missing)
