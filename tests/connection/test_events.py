"""Events and frames as they come."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from awsio import EventParser, Frame, PawsConnection
from awsio.errors import (
    EventParseError,
    FrameError,
    IncompleteStreamError,
    MessageChecksumError,
    ServiceStreamError,
)
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, SELECT, event, exception, text
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

Connect = Callable[..., PawsConnection]


def damaged(frame: bytes) -> bytes:
    return frame[:-1] + bytes([frame[-1] ^ 1])


def test_an_event_is_given_while_the_next_one_is_held_back(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    gates = [Gate() for _ in CONVERSE]
    pieces = [part for pair in zip(CONVERSE, gates, strict=True) for part in pair]
    # A body whose length is told is longer than what came so far.
    con = connect(Answer(pieces, framing), converse)
    for expected, gate in zip(CONVERSE_EVENTS, gates, strict=True):
        assert Task(con.read_event).result() == expected
        gate.open()
    assert con.read_event() is None


def test_a_frame_in_pieces_is_given_with_its_last_byte(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    gate = Gate()
    frame = text("x" * 50)
    con = connect(Answer([frame[:20], frame[20:-1], gate, frame[-1:]], framing), converse)
    task = Task(con.read_event)
    assert gate.reached.wait(20)
    assert not task.done
    gate.open()
    assert task.result().contentBlockDelta.delta.text == "x" * 50


def test_frames_that_came_together_are_given_without_asking_for_more(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    gate = Gate()
    con = connect(Answer([b"".join(CONVERSE[:4]), gate, *CONVERSE[4:]], framing), converse)
    first = Task(lambda: [con.read_event() for _ in range(4)]).result()
    assert first == CONVERSE_EVENTS[:4]
    gate.open()
    assert list(con) == CONVERSE_EVENTS[4:]


def test_the_end_is_none_again_and_again(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    con = connect(Answer(CONVERSE, framing), converse)
    assert [con.read_event() for _ in CONVERSE] == CONVERSE_EVENTS
    assert [con.read_event() for _ in range(3)] == [None] * 3
    assert con.read_frame() is None
    assert con.read() == b""
    assert con.read_event() is None
    assert next(con, "over") == "over"


def test_iterating_gives_events(connect: Connect, converse: EventParser, framing: str) -> None:
    con = connect(Answer(CONVERSE, framing), converse)
    assert iter(con) is con
    assert next(con) == CONVERSE_EVENTS[0]
    assert list(con) == CONVERSE_EVENTS[1:]


def test_without_a_parser_events_are_frames(connect: Connect) -> None:
    con = connect(Answer(CONVERSE))
    frames = list(con)
    assert [frame.encode() for frame in frames] == CONVERSE
    assert all(type(frame) is Frame for frame in frames)


def test_raw_gives_the_frame_whatever_it_is(connect: Connect, converse: EventParser) -> None:
    wire = [CONVERSE[0], exception("ThrottlingException", "slow"), CONVERSE[1]]
    con = connect(Answer(wire), converse)
    assert con.read_event(raw=True).encode() == wire[0]
    assert con.read_frame().encode() == wire[1]
    assert con.read_event() == CONVERSE_EVENTS[1]


def test_complete_is_told_without_waiting(connect: Connect, converse: EventParser) -> None:
    gate = Gate()
    con = connect(Answer([*CONVERSE[:2], gate, *CONVERSE[2:]]), converse)
    assert not con.is_complete()
    con.read_event()
    assert not con.is_complete()
    gate.open()
    list(con)
    assert con.is_complete()


def test_what_is_looked_at_is_not_complete_before_it_is_taken() -> None:
    con = PawsConnection(io.BytesIO(CONVERSE[0]))
    assert con.is_framed()
    assert not con.is_complete()
    assert con.read_frame() is not None
    assert con.read_frame() is None
    assert con.is_complete()


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_clean_end_without_the_terminal_event_is_an_error_that_stays(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    con = connect(Answer(CONVERSE[:4], framing), converse)
    assert [con.read_event() for _ in range(4)] == CONVERSE_EVENTS[:4]
    for _ in range(2):
        with pytest.raises(IncompleteStreamError) as caught:
            con.read_event()
        assert caught.value.operation_name == "ConverseStream"
        assert caught.value.expected == ("messageStop",)
    with pytest.raises(IncompleteStreamError):
        con.read()
    assert not con.is_complete()


def test_the_terminal_event_can_be_waived(connect: Connect, converse: EventParser) -> None:
    con = connect(Answer(CONVERSE[:4]), converse, require_terminal=False)
    assert not con.require_terminal
    assert list(con) == CONVERSE_EVENTS[:4]
    assert con.read_event() is None


def test_the_terminal_event_can_be_waived_later(connect: Connect, converse: EventParser) -> None:
    con = connect(Answer(CONVERSE[:4]), converse)
    assert con.require_terminal
    con.read_event()
    con.require_terminal = False
    assert list(con) == CONVERSE_EVENTS[1:4]


def test_an_operation_without_a_terminal_event_ends_where_its_body_ends(
    connect: Connect, invoke_model: EventParser
) -> None:
    con = connect(Answer([event("chunk", {"bytes": "aGk="})]), invoke_model)
    assert list(con) == [{"chunk": {"bytes": b"hi"}}]


def test_an_empty_body_of_an_operation_with_a_terminal_event_is_incomplete(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    con = connect(Answer([], framing), converse)
    with pytest.raises(IncompleteStreamError):
        con.read_event()


def test_an_exception_frame_is_raised_and_then_the_end_is_the_end(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    con = connect(
        Answer([*CONVERSE[:2], exception("ThrottlingException", "slow")], framing), converse
    )
    assert [con.read_event() for _ in range(2)] == CONVERSE_EVENTS[:2]
    with pytest.raises(ServiceStreamError, match="slow") as caught:
        con.read_event()
    assert caught.value.code == "ThrottlingException"
    assert con.read_event() is None
    assert con.is_complete()


def test_a_damaged_frame_is_an_error_that_stays(connect: Connect, converse: EventParser) -> None:
    con = connect(Answer([CONVERSE[0], damaged(CONVERSE[1]), *CONVERSE[2:]]), converse)
    assert con.read_event() == CONVERSE_EVENTS[0]
    for _ in range(3):
        with pytest.raises(MessageChecksumError):
            con.read_event()
        with pytest.raises(FrameError):
            con.read_frame()
    assert not con.is_complete()


def test_an_error_that_stays_does_not_grow(converse: EventParser) -> None:
    con = PawsConnection(io.BytesIO(damaged(CONVERSE[0])), converse)
    lengths = set()
    for _ in range(20):
        with pytest.raises(MessageChecksumError) as caught:
            con.read_event()
        lengths.add(len(caught.traceback))
    assert len(lengths) <= 2, "each reading adds to the traceback"


def test_a_payload_that_is_no_json_spoils_only_its_own_event(
    connect: Connect, converse: EventParser
) -> None:
    bad = event("contentBlockDelta", b"{nonsense")
    con = connect(Answer([CONVERSE[0], bad, *CONVERSE[1:]]), converse)
    con.read_event()
    with pytest.raises(EventParseError) as caught:
        con.read_event()
    assert caught.value.frame.payload == b"{nonsense"
    assert list(con) == CONVERSE_EVENTS[1:]


def test_an_event_that_the_model_does_not_know_is_given(
    connect: Connect, converse: EventParser
) -> None:
    con = connect(Answer([event("novelty", {"a": 1}), *CONVERSE]), converse)
    unknown = con.read_event()
    assert unknown == {"SDK_UNKNOWN_MEMBER": {"name": "novelty"}}
    assert unknown.frame.payload == b'{"a": 1}'


def test_limits_are_the_connection_s(connect: Connect) -> None:
    con = connect(Answer([event("a", b"x" * 1001)]), max_payload=1000)
    with pytest.raises(FrameError, match="limit of 1000"):
        con.read_frame()
    con = connect(Answer([event("a" * 100, b"x")]), max_headers=100)
    with pytest.raises(FrameError, match="limit of 100"):
        con.read_frame()


def test_eight_threads_get_each_event_once(connect: Connect, converse: EventParser) -> None:
    words = [str(number) for number in range(800)]
    con = connect(Answer([*map(text, words), *CONVERSE[4:]]), converse)

    def read() -> list[str]:
        return [chunk.contentBlockDelta.delta.text for chunk in con]

    tasks = [Task(read) for _ in range(8)]
    got = [word for task in tasks for word in task.result() if word is not None]
    assert Counter(got) == Counter(words)


def test_threads_that_read_bytes_get_each_byte_once(connect: Connect) -> None:
    body = b"".join(text(str(number)) for number in range(800))
    con = connect(Answer([body]))
    tasks = [Task(lambda: b"".join(iter(lambda: con.read(7), b""))) for _ in range(4)]
    assert Counter(b"".join(task.result() for task in tasks)) == Counter(body)


def test_a_gzip_body_is_decoded(connect: Connect, select_rows: EventParser) -> None:
    import gzip

    packed = gzip.compress(b"".join(SELECT))
    halves = [packed[:30], packed[30:]]
    con = connect(Answer(halves, headers={"Content-Encoding": "gzip"}), select_rows)
    assert len(list(con)) == len(SELECT)


def test_many_streams_use_one_connection(
    server: WireServer, request_body: Callable[..., Any], converse: EventParser
) -> None:
    server.answer(Answer(CONVERSE))
    for _ in range(20):
        with PawsConnection(request_body(), converse) as con:
            for chunk in con:
                if "messageStop" in chunk:
                    break
    for _ in range(20):
        assert list(PawsConnection(request_body(), converse)) == CONVERSE_EVENTS
    assert server.accepted == 1
    assert len(server.requests) == 40


def test_the_repr_says_how_far_it_is(connect: Connect, converse: EventParser) -> None:
    con = connect(Answer(CONVERSE), converse)
    assert repr(con) == "<PawsConnection ConverseStream 200 open>"
    list(con)
    assert repr(con) == "<PawsConnection ConverseStream 200 complete>"
    con.close()
    assert repr(con) == "<PawsConnection ConverseStream 200 closed>"
    assert repr(PawsConnection(io.BytesIO())) == "<PawsConnection frames open>"


def test_it_has_its_parser_and_counts_the_bytes_that_came(
    connect: Connect, converse: EventParser
) -> None:
    gate = Gate()
    con = connect(Answer([CONVERSE[0], gate, *CONVERSE[1:]]), converse)
    assert con.parser is converse
    assert con.received == 0
    con.read_event()
    assert con.received == len(CONVERSE[0])
    gate.open()
    assert len([*con]) == len(CONVERSE) - 1
    assert con.received == len(b"".join(CONVERSE))
    con.close()
    assert con.received == len(b"".join(CONVERSE))
    assert PawsConnection(io.BytesIO()).parser is None
