"""A stream of initial responses, which are not events, holds no reader."""

from __future__ import annotations

import io
import time

import pytest

from awsio import EventParser, PawsConnection
from awsio.connection.pieces import MAX_SKIPPED
from awsio.errors import EventParseError, StreamTimeoutError
from awsio.events import operation_model
from awsio.eventstream import encode_frame
from awsio.sources.waiting import READS_IN_A_POLL

INITIAL = encode_frame({":event-type": "initial-response", ":message-type": "event"}, b"")
EVENT = encode_frame(
    {":event-type": "SubscribeToShardEvent", ":message-type": "event"},
    b'{"Records":[],"ContinuationSequenceNumber":"1","MillisBehindLatest":0}',
)


@pytest.fixture
def kinesis() -> EventParser:
    return EventParser.for_operation(operation_model("kinesis", "SubscribeToShard"))


class Endless(io.RawIOBase):
    """A file of initial responses without end."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # as the stubs have it
        frames = INITIAL * (len(buffer) // len(INITIAL))
        buffer[: len(frames)] = frames
        return len(frames)


def test_read_event_with_a_timeout_ends_in_time(kinesis: EventParser) -> None:
    con = PawsConnection(Endless(), kinesis)
    for timeout in (0.0, 0.05):
        began = time.monotonic()
        with pytest.raises(StreamTimeoutError) as caught:
            con.read_event(timeout=timeout)
        assert caught.value.resumable
        assert caught.value.data_pending
        assert time.monotonic() - began < 1


def test_reads_without_a_timeout_do_bounded_work(kinesis: EventParser) -> None:
    con = PawsConnection(Endless(), kinesis)
    for _ in range(2):
        with pytest.raises(EventParseError, match=f"{MAX_SKIPPED} initial responses"):
            con.read_event()


def test_a_poll_skips_a_few_and_returns_the_event(kinesis: EventParser) -> None:
    wire = INITIAL * (READS_IN_A_POLL - 1) + EVENT
    con = PawsConnection(io.BytesIO(wire), kinesis)
    assert con.read_event(timeout=0) is not None


def test_reads_of_payloads_do_bounded_work() -> None:
    s3 = EventParser.for_operation(operation_model("s3", "SelectObjectContent"))
    con = PawsConnection(Endless(), s3)
    with pytest.raises(EventParseError, match=f"{MAX_SKIPPED} initial responses"):
        con.read_lines()
    with pytest.raises(EventParseError, match=f"{MAX_SKIPPED} initial responses"):
        con.read_payload()
