"""The bytes that events carry, as one file; and what an expression finds in them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import ClassVar

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsio import EventParser, Frame, PawsConnection
from awsio.errors import ServiceStreamError, TruncatedStreamError, UnknownNameError
from awsio.eventstream import encode_frame
from awsio.payload import PayloadReader
from awsio.readers import resp_stream_lines, resp_stream_sse
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, ROWS, SELECT, event, exception
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate

Connect = Callable[..., PawsConnection]


def test_pieces_are_joined_over_frame_borders(
    connect: Connect, select_rows: EventParser, framing: str
) -> None:
    assert connect(Answer(SELECT, framing), select_rows).payload().read() == ROWS
    con = connect(Answer(SELECT, framing), select_rows)
    assert list(con.payload()) == ROWS.splitlines(keepends=True)
    assert con.is_complete()
    assert not con.closed


def test_text_is_decoded_over_frame_borders(connect: Connect, select_rows: EventParser) -> None:
    assert any(b"\xc3" in frame and b"\xc3\xa4" not in frame for frame in SELECT)
    file = io.TextIOWrapper(connect(Answer(SELECT), select_rows).payload(), encoding="utf-8")
    assert file.read() == ROWS.decode()


def test_pandas_reads_rows(connect: Connect, select_rows: EventParser) -> None:
    pd = pytest.importorskip("pandas")
    table = pd.read_csv(connect(Answer(SELECT), select_rows).payload())
    assert table.to_dict("list") == {"name": ["aä", "bob"], "n": [1, 22]}


def test_a_piece_is_given_while_the_next_one_is_held_back(
    connect: Connect, select_rows: EventParser, framing: str
) -> None:
    gate = Gate()
    con = connect(Answer([SELECT[0], gate, *SELECT[1:]], framing), select_rows)
    file = con.payload()
    assert Task(lambda: file.read1(100)).result() == ROWS[:3]
    gate.open()
    assert file.read() == ROWS[3:]


def test_events_without_bytes_are_passed_over(connect: Connect, select_rows: EventParser) -> None:
    frames = [event("Cont", b""), SELECT[0], event("Stats", b"<Stats/>", "text/xml"), *SELECT[1:]]
    con = connect(Answer(frames), select_rows)
    pieces = list(iter(con.read_payload, None))
    assert pieces == [ROWS[at : at + 3] for at in range(0, len(ROWS), 3)]
    assert con.read_payload() is None


@pytest.mark.parametrize("member", ["Records", "Records.Payload", None])
def test_a_member_can_be_named(
    connect: Connect, select_rows: EventParser, member: str | None
) -> None:
    con = connect(Answer(SELECT), select_rows)
    assert con.payload(member).read() == ROWS


@pytest.mark.parametrize("member", ["Stats", "Recods", "Records.Paylod"])
def test_a_member_that_carries_no_bytes_is_refused_before_anything_is_read(
    connect: Connect, select_rows: EventParser, member: str
) -> None:
    con = connect(Answer(SELECT), select_rows)
    with pytest.raises(UnknownNameError, match=r"Records\.Payload"):
        con.payload(member)
    with pytest.raises(UnknownNameError):
        con.read_payload(member)
    assert con.payload().read() == ROWS


USES: dict[str, Callable[[PawsConnection], object]] = {
    "payload": lambda con: con.payload(),
    "read_payload": lambda con: con.read_payload(),
    "iter_json": lambda con: next(con.iter_json()),
    "lines": resp_stream_lines,
    "server-sent events": resp_stream_sse,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_where_no_event_carries_bytes_it_says_so_and_nothing_is_lost(
    connect: Connect, converse: EventParser, use: Callable[[PawsConnection], object]
) -> None:
    con = connect(Answer(CONVERSE), converse)
    with pytest.raises(UnknownNameError, match="no event of ConverseStream carries bytes"):
        use(con)
    assert list(con) == CONVERSE_EVENTS


def test_a_body_of_json_is_read_whatever_its_operation_s_events_carry(
    connect: Connect, converse: EventParser
) -> None:
    con = connect(Answer([b'{"message": "no"}'], content_type="application/json"), converse)
    assert list(con.iter_json()) == [{"message": "no"}]


def test_a_member_that_does_not_come_gives_nothing(
    connect: Connect, select_rows: EventParser
) -> None:
    con = connect(Answer([SELECT[-1]]), select_rows)
    assert con.payload("Records").read() == b""


def test_without_a_parser_payloads_of_frames_are_joined(connect: Connect) -> None:
    frames = [encode_frame({":event-type": kind}, kind.encode()) for kind in "abab"]
    assert connect(Answer(frames)).payload().read() == b"abab"
    assert connect(Answer(frames)).payload("b").read() == b"bb"


class TwoBlobs:
    """A parser of a stream in which two events carry bytes; no service has one today."""

    operation_name = "Two"
    terminal: frozenset[str] = frozenset()
    blobs: ClassVar[dict[str, str]] = {"a": "bytes", "b": "bytes"}

    def parse(self, frame: Frame) -> dict[str, bytes]:
        return {str(frame.event_type): frame.payload}

    def parse_initial(self, frame: Frame) -> None:
        """There is none."""

    def payload_of(self, event: dict[str, bytes]) -> bytes:
        return next(iter(event.values()))


def test_of_several_events_with_bytes_one_can_be_chosen(connect: Connect) -> None:
    frames = [event("a", b"1"), event("b", b"2"), event("a", b"3")]
    for member, expected in (("a", b"13"), ("b.bytes", b"2"), (None, b"123")):
        con = connect(Answer(frames), TwoBlobs())
        assert con.payload(member).read() == expected


def test_bedrock_bytes(connect: Connect, invoke_model: EventParser) -> None:
    frames = [event("chunk", {"bytes": "eyJh"}), event("chunk", {"bytes": "Ijox"}), event("chunk")]
    assert connect(Answer(frames), invoke_model).payload().read() == b'{"a":1'


def test_lambda_s_chunks_and_its_good_end(connect: Connect, invoke_lambda: EventParser) -> None:
    frames = [
        event("PayloadChunk", b"one ", "application/octet-stream"),
        event("PayloadChunk", b"two", "application/octet-stream"),
        event("InvokeComplete", {}),
    ]
    assert connect(Answer(frames), invoke_lambda).payload().read() == b"one two"


def test_lambda_s_failed_end_is_raised_after_its_chunks(
    connect: Connect, invoke_lambda: EventParser
) -> None:
    frames = [
        event("PayloadChunk", b"part", "application/octet-stream"),
        event("InvokeComplete", {"ErrorCode": "Unhandled", "ErrorDetails": "it broke"}),
    ]
    con = connect(Answer(frames), invoke_lambda)
    file = con.payload()
    assert file.read1(100) == b"part"
    with pytest.raises(ServiceStreamError, match="it broke") as caught:
        file.read1(100)
    assert caught.value.code == "Unhandled"
    assert file.read1(100) == b""
    # As an event it is what boto3 gives.
    con = connect(Answer(frames), invoke_lambda)
    assert list(con)[-1].InvokeComplete.ErrorCode == "Unhandled"


def test_errors_of_the_stream_pass_through(connect: Connect, select_rows: EventParser) -> None:
    con = connect(Answer([*SELECT[:2], SELECT[2][:-1]], "close"), select_rows)
    file = con.payload()
    assert [file.read1(9), file.read1(9)] == [ROWS[:3], ROWS[3:6]]
    for _ in range(2):
        with pytest.raises(TruncatedStreamError):
            file.read1(9)
    con = connect(Answer([SELECT[0], exception("InternalError", "no")]), select_rows)
    with pytest.raises(ServiceStreamError, match="no"):
        con.payload().read()


def test_closing_the_file_leaves_the_connection_open(
    connect: Connect, select_rows: EventParser
) -> None:
    con = connect(Answer(SELECT), select_rows)
    with con.payload() as file:
        assert file.read1(3) == ROWS[:3]
    with pytest.raises(ValueError, match="closed"):
        file.read()
    assert not con.closed
    assert con.read_event() is not None


def test_a_closed_raw_reader_says_so() -> None:
    reader = PayloadReader(lambda: b"x")
    assert reader.readable()
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.readinto(bytearray(3))


@given(st.lists(st.binary(max_size=9)), st.lists(st.integers(0, 7)))
def test_every_byte_comes_once_however_it_is_asked_for(
    pieces: list[bytes], sizes: list[int]
) -> None:
    rest = iter(pieces)
    reader = PayloadReader(lambda: next(rest, None))
    got = bytearray()
    for size in sizes:
        buffer = bytearray(size)
        count = reader.readinto(buffer)
        assert count <= size
        got += buffer[:count]
    assert bytes(got) + reader.readall() == b"".join(pieces)
    assert reader.readinto(bytearray(5)) == 0


def test_select_gives_what_an_expression_finds(connect: Connect, converse: EventParser) -> None:
    con = connect(Answer(CONVERSE), converse)
    assert list(con.select("contentBlockDelta.delta.text")) == ["Hello", ", wörld"]
    con = connect(Answer(CONVERSE), converse)
    usage = con.select("metadata.usage.totalTokens || messageStop.stopReason")
    assert list(usage) == ["end_turn", 5]


def test_select_is_as_live_as_events(connect: Connect, converse: EventParser) -> None:
    gate = Gate()
    con = connect(Answer([*CONVERSE[:2], gate, *CONVERSE[2:]]), converse)
    texts = con.select("contentBlockDelta.delta.text")
    assert Task(lambda: next(texts)).result() == "Hello"
    gate.open()
    assert list(texts) == [", wörld"]


def test_a_wrong_expression_fails_before_anything_is_read(
    connect: Connect, converse: EventParser
) -> None:
    con = connect(Answer(CONVERSE), converse)
    with pytest.raises(jmespath.exceptions.JMESPathError):
        con.select("a..b")
    assert len(list(con)) == len(CONVERSE)
