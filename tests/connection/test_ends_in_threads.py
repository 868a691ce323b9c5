"""The end of a stream, judged while another thread has a frame in hand; and cuts after frames."""

from __future__ import annotations

import io
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from awsio import EventParser, PawsConnection
from awsio.connection.ending import Ending
from awsio.errors import TruncatedStreamError
from awsio.events import operation_model
from awsio.eventstream import encode_frame
from awsio.testing import encode_events
from tests.support.waiting import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = [{"Records": {"Payload": b"1\n"}}, {"End": {}}]
WIRE = encode_events("s3", "SelectObjectContent", EVENTS)
FRAME = encode_frame({":event-type": "A"}, b"x")


@pytest.fixture
def select() -> EventParser:
    return EventParser.for_operation(operation_model("s3", "SelectObjectContent"))


@pytest.fixture
def quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_a_terminal_event_in_another_thread_s_hands_has_come(
    select: EventParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, go_on = threading.Event(), threading.Event()
    look = Ending.look

    def slow(self: Ending, headers: Any) -> bool:
        if headers.get(":event-type") == "End":
            taken.set()
            assert go_on.wait(20)
        return look(self, headers)

    con = PawsConnection(io.BytesIO(WIRE), select)
    assert con.read_event() == EVENTS[0]
    monkeypatch.setattr(Ending, "look", slow)
    reader = Task(con.read_event)
    assert taken.wait(20)
    assert con.read_event() is None
    go_on.set()
    assert reader.result() == EVENTS[1]
    assert con.is_complete()


@pytest.mark.usefixtures("quick_switches")
def test_threads_that_share_a_stream_all_see_its_clean_end(select: EventParser) -> None:
    for _ in range(100):
        con = PawsConnection(io.BytesIO(WIRE), select)
        readers = [Task(lambda con=con: list(con)) for _ in range(3)]
        found = [event for reader in readers for event in reader.result()]
        assert len(found) == 2
        assert con.is_complete()


@pytest.mark.parametrize("cut", [1, 3, 4, 8, 11, 12, len(FRAME) - 1])
def test_bytes_after_frames_that_stop_inside_a_frame_are_cut(cut: int) -> None:
    con = PawsConnection(io.BytesIO(FRAME + FRAME[:cut]))
    assert con.read_frame() is not None
    assert con.read(100) == FRAME[:cut]
    for read in (lambda: con.read(1), con.read_frame):
        with pytest.raises(TruncatedStreamError):
            read()
    assert not con.is_complete()
