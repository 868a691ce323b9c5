"""Decoding in memory: awsio and its peers over the same pieces of bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from tests.bench.tasks.counting import by_cpu
from tests.bench.wire import cut, records, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack

SERVICE, OPERATION = "bedrock-runtime", "ConverseStream"


class Pieces:
    """A body whose reads give prepared pieces, as a file and as a urllib3 response."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._left = iter(pieces)

    def read(self, _size: int = -1) -> bytes:
        """Give the next piece, whatever was asked for."""
        return next(self._left, b"")

    def stream(self) -> Iterator[bytes]:
        """Give all pieces, as botocore reads a body."""
        return self._left

    def close(self) -> None:
        """Nothing to close."""


class RawPieces(io.RawIOBase):
    """The same for a reader that wants exact sizes, by a buffered file around it."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self._left = iter(pieces)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = next(self._left, b"")
        buffer[: len(piece)] = piece
        return len(piece)


def stream(count: int, size: int | None, read: int | None) -> tuple[list[bytes], int]:
    """Give a Converse stream in pieces (None: all in one), and its number of events."""
    wire = b"".join(tokens(count, size))
    return cut(wire, read or len(wire)), count


def awsio_frames(
    _stack: ExitStack, *, events: int, read: int | None, size: int | None = None
) -> Callable[[], Any]:
    """Frames by :class:`awsio.eventstream.FrameDecoder`."""
    from awsio.eventstream import FrameDecoder

    pieces, count = stream(events, size, read)

    def work() -> int:
        decoder = FrameDecoder()
        found = 0
        for piece in pieces:
            decoder.feed(piece)
            for _frame in decoder:
                found += 1
        return found

    return by_cpu(work, count)


def botocore_frames(
    _stack: ExitStack, *, events: int, read: int | None, size: int | None = None
) -> Callable[[], Any]:
    """Frames by botocore's ``EventStreamBuffer``."""
    from botocore.eventstream import EventStreamBuffer

    pieces, count = stream(events, size, read)

    def work() -> int:
        buffer = EventStreamBuffer()
        found = 0
        for piece in pieces:
            buffer.add_data(piece)
            for _message in buffer:
                found += 1
        return found

    return by_cpu(work, count)


def smithy_frames(
    _stack: ExitStack, *, events: int, read: int, size: int | None = None
) -> Callable[[], Any]:
    """Frames by smithy-aws-event-stream, which reads from a file."""
    from smithy_aws_event_stream.events import Event

    pieces, count = stream(events, size, read)

    def work() -> int:
        source = io.BufferedReader(RawPieces(pieces), read)
        found = 0
        while Event.decode(source) is not None:
            found += 1
        return found

    return by_cpu(work, count)


def awsio_events(
    _stack: ExitStack, *, events: int, read: int | None, size: int | None = None
) -> Callable[[], Any]:
    """Events by a :class:`awsio.PawsConnection`."""
    from awsio import EventParser, PawsConnection
    from awsio.events import operation_model

    parser = EventParser.for_operation(operation_model(SERVICE, OPERATION))
    pieces, count = stream(events, size, read)

    def work() -> int:
        found = 0
        with PawsConnection(Pieces(pieces), parser) as con:
            for _event in con:
                found += 1
        return found

    return by_cpu(work, count)


def botocore_events(
    _stack: ExitStack, *, events: int, read: int | None, size: int | None = None
) -> Callable[[], Any]:
    """Events by botocore's ``EventStream``."""
    from botocore.eventstream import EventStream
    from botocore.parsers import EventStreamJSONParser
    from botocore.session import get_session

    model = get_session().get_service_model(SERVICE).operation_model(OPERATION)
    shape, parser = model.get_event_stream_output(), EventStreamJSONParser()
    pieces, count = stream(events, size, read)

    def work() -> int:
        found = 0
        for _event in EventStream(Pieces(pieces), shape, parser, OPERATION):
            found += 1
        return found

    return by_cpu(work, count)


def awsio_big_frame(_stack: ExitStack, *, size: int, piece: int) -> Callable[[], Any]:
    """One big frame in small pieces."""
    from awsio.eventstream import FrameDecoder

    pieces = cut(records(size), piece)

    def work() -> int:
        decoder = FrameDecoder()
        found = 0
        for one in pieces:
            decoder.feed(one)
            for _frame in decoder:
                found += 1
        return found

    return by_cpu(work, 1)


def botocore_big_frame(_stack: ExitStack, *, size: int, piece: int) -> Callable[[], Any]:
    """The same by botocore."""
    from botocore.eventstream import EventStreamBuffer

    pieces = cut(records(size), piece)

    def work() -> int:
        buffer = EventStreamBuffer()
        found = 0
        for one in pieces:
            buffer.add_data(one)
            for _message in buffer:
                found += 1
        return found

    return by_cpu(work, 1)
