"""What is decoded ahead of the reader shows nowhere, and the size of reads follows the source."""

from __future__ import annotations

import io
import sys
from collections import deque
from itertools import repeat
from typing import TYPE_CHECKING

import pytest

from awsio import PawsConnection
from awsio.connection.stream import FrameStream
from awsio.errors import MessageChecksumError
from awsio.eventstream import Frame, FrameDecoder
from tests.support.frames import event, text

if TYPE_CHECKING:
    from awsio import EventParser

TOKEN = text(" world")
END = event("messageStop", {"stopReason": "end_turn"})
DAMAGED = TOKEN[:-1] + bytes([TOKEN[-1] ^ 1])


class Source:
    """A byte source that tells what is asked of it.

    Attributes:
        asked: the size of each read.
        drained: what ``close()`` was told, None before it.
    """

    timeout = None

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self.asked: list[int] = []
        self.drained: bool | None = None

    def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - never waits
        self.asked.append(size)
        return self._file.read(size)

    def wake(self) -> None:
        """Nobody waits."""

    def close(self, *, drain: bool) -> None:
        self.drained = drain

    def fileno(self) -> int:
        raise OSError


class Slow(Source):
    """The same with little there at a time."""

    def read(self, size: int, deadline: float | None = None) -> bytes:
        return super().read(size, deadline) if size < 100 else self.part(size)

    def part(self, size: int) -> bytes:
        self.asked.append(size)
        return self._file.read(1000)


class OnlyRead:
    """A file that has nothing but ``read``, which may wait until it is full."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self.asked: list[int] = []

    def read(self, size: int) -> bytes:
        self.asked.append(size)
        return self._file.read(size)


class TakenMeanwhile(deque[Frame]):
    """A queue that has a frame when it is looked at, and none when the lock is taken."""

    looks = 0

    def __bool__(self) -> bool:
        if not len(self):
            self.looks += 1
            return self.looks == 1
        return True


def test_a_frame_that_another_thread_takes_first_is_no_end() -> None:
    stream = FrameStream(Source(TOKEN * 2 + END), FrameDecoder())
    stream._queue = stream.frames.queue = queue = TakenMeanwhile()  # noqa: SLF001 - to be the other thread
    stream._popped = map(deque.popleft, repeat(queue))  # noqa: SLF001 - as above
    found = [stream.next_frame() for _ in range(4)]
    assert queue.looks > 1
    assert [frame and frame.event_type for frame in found] == [
        "contentBlockDelta",
        "contentBlockDelta",
        "messageStop",
        None,
    ]


def test_damage_behind_frames_that_are_read_as_bytes_is_no_error() -> None:
    with PawsConnection(io.BytesIO(TOKEN + DAMAGED + TOKEN)) as con:
        assert con.read_frame() is not None
        assert con.read(len(DAMAGED)) == DAMAGED
        assert con.read_frame() is not None
        assert con.read_frame() is None


def test_damage_is_an_error_when_it_is_reached(converse: EventParser) -> None:
    with PawsConnection(io.BytesIO(TOKEN * 2 + DAMAGED + TOKEN), converse) as con:
        assert [con.read_event(), con.read_event()]
        for _ in range(2):
            with pytest.raises(MessageChecksumError):
                con.read_event()


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_terminal_event_that_was_not_delivered_is_no_reason_to_read_the_rest(
    converse: EventParser, *, as_bytes: bool
) -> None:
    source = Source(TOKEN + END + TOKEN)
    with PawsConnection(source, converse) as con:
        assert con.read_event()
        if as_bytes:
            assert con.read(3)
    assert source.drained is False


def test_a_delivered_terminal_event_is_a_reason_to_read_the_rest(converse: EventParser) -> None:
    source = Source(TOKEN + END + TOKEN)
    with PawsConnection(source, converse) as con:
        assert [con.read_event(), con.read_event()]
    assert source.drained is True


def test_a_first_frame_that_was_looked_at_is_not_kept() -> None:
    with PawsConnection(io.BytesIO(TOKEN * 3)) as con:
        assert con.is_framed()
        first = con.read_frame()
        assert con.read_frame() is not None
        assert sys.getrefcount(first) == 2  # the variable, and the argument here


def test_reads_grow_while_the_source_fills_them_and_shrink_when_it_does_not() -> None:
    kib = 1024
    source = Source(TOKEN * (5000 * kib // len(TOKEN)))
    with PawsConnection(source) as con:
        while con.read_frame() is not None:
            pass
    assert source.asked[:6] == [64 * kib, 128 * kib, 256 * kib, 512 * kib, 1024 * kib, 1024 * kib]
    source = Slow(TOKEN * 100)
    with PawsConnection(source) as con:
        while con.read_frame() is not None:
            pass
    assert set(source.asked) == {64 * kib}


def test_a_file_that_may_wait_until_a_read_is_full_is_not_asked_for_more() -> None:
    file = OnlyRead(TOKEN * 3000)
    with PawsConnection(file) as con:
        while con.read_frame() is not None:
            pass
    assert set(file.asked) == {64 * 1024}
