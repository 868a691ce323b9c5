"""`PayloadPieces`: the bytes that events carry, one event at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsio.errors import AwsioError, EventParseError, UnknownNameError
from awsio.sources.waiting import READS_IN_A_POLL, out_of_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsio.connection.parser import FrameParser
    from awsio.connection.stream import FrameStream
    from awsio.eventstream import Frame

__all__ = ("MAX_SKIPPED", "PayloadPieces", "check_skipped")

# Initial responses that a read without a timeout skips. A stream has one; more hold the reader.
MAX_SKIPPED = 1000


class PayloadPieces:
    """Finds the bytes in the events of a stream.

    Args:
        stream: the stream.
        parser: makes events of frames; None: payloads of frames are the bytes.

    Attributes:
        parser: as given.
        initial: the initial response of an RPC protocol, None before it was read.
    """

    def __init__(self, stream: FrameStream, parser: FrameParser | None) -> None:
        self.parser = parser
        self.initial: Mapping[str, Any] | None = None
        self._stream = stream

    def next_piece(self, wanted: str | None, deadline: float | None) -> bytes | None:
        """Return the next bytes inside a step of the stream; None at the end.

        Args:
            wanted: only of this event, see :meth:`event_type`.
            deadline: by ``time.monotonic()``.
        """
        skipped = 0
        while (frame := self._stream.take_frame(deadline)) is not None:
            try:
                event = frame if self.parser is None else self._parse(frame)
                piece = self.piece_of(event, wanted)
            except AwsioError:
                raise
            except BaseException as error:
                self._stream.undo(frame, error)  # as read_event() does
                raise
            if piece is not None:
                return piece
            if event is None:
                skipped += 1
                check_skipped(skipped, None)
        return None

    def piece_of(self, event: Any, wanted: str | None) -> bytes | None:
        """Return the bytes of an event, or of a frame without a parser; None without any."""
        if event is None:
            return None
        if self.parser is None:
            matches = wanted in {None, event.event_type}
            return event.payload if matches else None
        piece = self.parser.payload_of(event)
        return piece if wanted is None or wanted in event else None

    def event_type(self, member: str | None) -> str | None:
        """Return the event that the argument ``member`` of a reader means; None for every one.

        Args:
            member: as ``Records`` or ``Records.Payload``.

        Raises:
            UnknownNameError: no event of the operation carries such bytes.
        """
        parser = self.parser
        if member is None:
            if parser is not None and not parser.blobs:
                msg = f"no event of {parser.operation_name} carries bytes: read its events"
                raise UnknownNameError(msg)
            return None
        event_type, _, blob = member.partition(".")
        if parser is not None:
            blobs = parser.blobs
            if blobs.get(event_type) is None or blob not in {"", blobs[event_type]}:
                known = [f"{name}.{field}" for name, field in blobs.items()]
                msg = f"{parser.operation_name} has no bytes in {member!r}"
                raise UnknownNameError(msg, suggestions=known)
        return event_type

    def _parse(self, frame: Frame) -> Any:
        """Return the event of a frame; None for an initial response, which is kept."""
        assert self.parser is not None  # noqa: S101 - the caller has looked
        event = self.parser.parse(frame)
        if event is None:
            self.initial = self.parser.parse_initial(frame)
        return event


def check_skipped(count: int, seconds_left: float | None) -> None:
    """Bound the initial responses that one read skips.

    Args:
        count: how many it has skipped.
        seconds_left: of the caller's timeout, None without one.

    Raises:
        StreamTimeoutError: resumable: the time is up.
        EventParseError: there is no timeout, and they were :data:`MAX_SKIPPED`; the next
            read continues after them.
    """
    if seconds_left is not None:
        if seconds_left <= 0 and count >= READS_IN_A_POLL:
            raise out_of_time(data_pending=True)
    elif count >= MAX_SKIPPED:
        msg = f"{MAX_SKIPPED} initial responses came, and no event after them"
        raise EventParseError(msg)
