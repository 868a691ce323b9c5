"""The readers with the names of paws and httr2."""

from __future__ import annotations

import gc
import io
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import awsio
from awsio import EventParser, PawsConnection, ServerSentEvent
from awsio.errors import (
    FrameTooLargeError,
    LineTooLongError,
    NotAnEventStreamError,
    ReaderConflictError,
    ServiceStreamError,
    TextDecodeError,
    TruncatedStreamError,
)
from awsio.events import operation_model
from awsio.eventstream import encode_frame
from awsio.readers import (
    paws_stream_parser,
    resp_stream_aws,
    resp_stream_lines,
    resp_stream_raw,
)
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, SELECT, event, exception
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

if TYPE_CHECKING:
    from collections.abc import Callable


def parser(service: str, operation: str) -> EventParser:
    return EventParser.for_operation(operation_model(service, operation))


def of(*frames: bytes, parser: EventParser | None = None) -> PawsConnection:
    return PawsConnection(io.BytesIO(b"".join(frames)), parser)


def rows(*pieces: bytes, end: bool = True) -> PawsConnection:
    frames = [event("Records", piece, "application/octet-stream") for piece in pieces]
    last = [event("End", b"")] if end else []
    return of(*frames, *last, parser=parser("s3", "SelectObjectContent"))


def all_of(read: Any) -> list[Any]:
    found = list(iter(read, None))
    assert read() is None
    return found


def test_paws_stream_parser_gives_events_and_then_none() -> None:
    con = of(*CONVERSE, parser=parser("bedrock-runtime", "ConverseStream"))
    assert list(iter(lambda: awsio.paws_stream_parser(con), None)) == CONVERSE_EVENTS
    assert con.closed
    assert awsio.resp_stream_is_complete(con)
    with pytest.raises(ValueError, match="read to its end"):
        awsio.paws_stream_parser(con)


def test_resp_stream_aws_gives_frames_exceptions_too() -> None:
    wire = [*CONVERSE, exception("ThrottlingException", "slow")]
    con = of(*wire, parser=parser("bedrock-runtime", "ConverseStream"))
    frames = all_of(lambda: awsio.resp_stream_aws(con))
    assert [frame.encode() for frame in frames] == wire
    assert frames[1].body["delta"] == {"text": "Hello"}


def test_resp_stream_aws_refuses_a_frame_above_the_limit_and_goes_on() -> None:
    frames = [event("a", b"x" * 100), event("b", b"y")]
    con = of(*frames)
    with pytest.raises(FrameTooLargeError) as caught:
        awsio.resp_stream_aws(con, max_size=len(frames[0]) - 1)
    assert (caught.value.length, caught.value.limit) == (len(frames[0]), len(frames[0]) - 1)
    assert awsio.resp_stream_aws(con, max_size=len(frames[1])).event_type == "b"
    assert awsio.resp_stream_aws(con, max_size=1) is None


def test_resp_stream_raw_gives_bytes_and_then_none() -> None:
    body = bytes(100_000)
    con = of(body)
    pieces = all_of(lambda: awsio.resp_stream_raw(con))
    assert b"".join(pieces) == body
    assert max(map(len, pieces)) == 32 * 1024
    con = of(body)
    assert len(awsio.resp_stream_raw(con, kb=0.5)) == 512
    assert len(awsio.resp_stream_raw(con, kb=1 / 2048)) == 1


def test_lines_cross_frames() -> None:
    con = rows(b"a,1\nb", b",2\r", b"\nc,\xc3", b"\xa4\n\nlast")
    lines = all_of(lambda: awsio.resp_stream_lines(con))
    assert lines == [["a,1"], ["b,2"], ["c,ä"], [""], ["last"]]


def test_several_lines_at_once() -> None:
    con = rows(b"1\n2\n3\n4", b"4\n5\n")
    assert awsio.resp_stream_lines(con, 2) == ["1", "2"]
    assert awsio.resp_stream_lines(con, lines=2) == ["3", "44"]
    assert awsio.resp_stream_lines(con, 2) == ["5"]
    assert awsio.resp_stream_lines(con, 2) is None


def test_lines_come_as_soon_as_they_are_there() -> None:
    import urllib3

    with WireServer() as server, urllib3.PoolManager(retries=False) as pool:
        gate = Gate()
        server.answer(Answer([SELECT[0], event("Records", b"x\n"), gate, SELECT[-1]]))
        response: Any = pool.request("GET", server.url, preload_content=False)
        con = PawsConnection(response, parser("s3", "SelectObjectContent"))
        assert Task(lambda: awsio.resp_stream_lines(con)).result() == ["namx"]
        assert not awsio.resp_stream_is_complete(con)
        gate.open()
        assert awsio.resp_stream_lines(con) is None
        assert awsio.resp_stream_is_complete(con)


def test_lines_of_a_text_body() -> None:
    con = of(b"one\ntwo\nthree, and it is longer than a prelude")
    assert awsio.resp_stream_lines(con, 2) == ["one", "two"]
    assert not awsio.resp_stream_is_complete(con)
    assert awsio.resp_stream_lines(con, 5) == ["three, and it is longer than a prelude"]
    assert awsio.resp_stream_is_complete(con)


@pytest.mark.parametrize("body", [b"", b"x", b"short\n"])
def test_lines_of_a_body_shorter_than_a_prelude(body: bytes) -> None:
    con = of(body)
    lines = all_of(lambda: awsio.resp_stream_lines(con))
    assert lines == [[line] for line in body.decode().split()]


def test_lines_in_another_encoding() -> None:
    con = rows("älter\nend\n".encode("latin-1"))
    with pytest.raises(TextDecodeError, match="not in the charset 'utf-8'") as caught:
        awsio.resp_stream_lines(con, 2)
    assert isinstance(caught.value, UnicodeError)
    assert (caught.value.charset, caught.value.data) == ("utf-8", "älter".encode("latin-1"))
    assert awsio.resp_stream_lines(con, 2, encoding="latin-1") == ["älter", "end"]


def test_a_line_above_the_limit_is_refused_and_lines_before_it_stay() -> None:
    con = rows(b"1\n2\n", b"longer\n3\n")
    for _ in range(2):
        with pytest.raises(LineTooLongError):
            awsio.resp_stream_lines(con, 4, max_size=3)
    assert awsio.resp_stream_lines(con, 4) == ["1", "2", "longer", "3"]


@pytest.mark.parametrize(
    ("last", "error"),
    [
        (event("Records", b"x")[:-1], TruncatedStreamError),
        (exception("InternalError", "no"), ServiceStreamError),
    ],
    ids=["cut", "exception"],
)
def test_lines_before_an_error_are_not_lost(last: bytes, error: type[Exception]) -> None:
    con = of(event("Records", b"1\n2\n3\n"), last, parser=parser("s3", "SelectObjectContent"))
    with pytest.raises(error):
        awsio.resp_stream_lines(con, 5)
    assert awsio.resp_stream_lines(con, 2) == ["1", "2"]
    assert awsio.resp_stream_lines(con, 1) == ["3"]


def test_sse_of_a_text_body() -> None:
    con = of(b"event: a\ndata: 1\n\ndata: 2\nid: i\n\ndata: cut off")
    assert all_of(lambda: awsio.resp_stream_sse(con)) == [
        ServerSentEvent("a", "1"),
        ServerSentEvent("message", "2", "i"),
    ]
    assert awsio.resp_stream_is_complete(con)


def test_sse_inside_an_event_stream() -> None:
    frames = [event("PayloadPart", piece) for piece in (b"data: {", b'"a":1}\n', b"\n")]
    service = parser("sagemaker-runtime", "InvokeEndpointWithResponseStream")
    con = of(*frames, parser=service)
    assert all_of(lambda: awsio.resp_stream_sse(con)) == [ServerSentEvent("message", '{"a":1}')]


def test_sse_above_the_limit_is_refused() -> None:
    con = of(b"data: 0123456789\n\ndata: x\n\n")
    with pytest.raises(LineTooLongError):
        awsio.resp_stream_sse(con, max_size=5)
    assert awsio.resp_stream_sse(con) == ServerSentEvent("message", "0123456789")


def test_two_readers_of_text_do_not_mix_in_the_middle() -> None:
    con = of(b"data: one\n\ndata: two\n\n")
    awsio.resp_stream_lines(con)
    with pytest.raises(ReaderConflictError, match="bytes wait"):
        awsio.resp_stream_sse(con)
    assert awsio.resp_stream_lines(con, 9) == ["", "data: two", ""]
    assert awsio.resp_stream_sse(con) is None


def test_lines_and_sse_take_turns_where_nothing_waits() -> None:
    con = rows(b"a line\n", b"data: x\n\n", b"another\n")
    assert awsio.resp_stream_lines(con) == ["a line"]
    assert awsio.resp_stream_sse(con) == ServerSentEvent("message", "x")
    assert awsio.resp_stream_lines(con) == ["another"]


def test_events_of_a_text_body_are_refused_and_lines_go_on() -> None:
    con = of(b'{"message": "no"}\n')
    with pytest.raises(NotAnEventStreamError):
        awsio.paws_stream_parser(con)
    assert awsio.resp_stream_lines(con) == ['{"message": "no"}']


def test_complete_counts_what_a_reader_holds() -> None:
    con = rows(b"1\n2\n")
    assert awsio.resp_stream_lines(con) == ["1"]
    list(con)
    assert not con.is_complete()
    assert not awsio.resp_stream_is_complete(con)
    assert awsio.resp_stream_lines(con) == ["2"]
    assert awsio.resp_stream_is_complete(con)
    con = of()
    assert not awsio.resp_stream_is_complete(con)
    assert con.read() == b""
    assert awsio.resp_stream_is_complete(con)


def test_a_reader_does_not_keep_its_connection() -> None:
    con = rows(b"1\n2\n")
    awsio.resp_stream_lines(con)
    gone = weakref.ref(con)
    gc.disable()
    try:
        del con
        assert gone() is None
    finally:
        gc.enable()


def test_readers_say_closed() -> None:
    for read in (
        awsio.paws_stream_parser,
        awsio.resp_stream_aws,
        awsio.resp_stream_raw,
        awsio.resp_stream_lines,
        awsio.resp_stream_sse,
    ):
        con = rows(b"1\n")
        con.close()
        with pytest.raises(ValueError, match="closed"):
            read(con)


@pytest.mark.parametrize("read", [resp_stream_aws, paws_stream_parser])
def test_an_item_above_max_size_is_an_error_and_passed_over(
    read: Callable[..., Any],
) -> None:
    long, short = encode_frame({}, b"x" * 100), encode_frame({}, b"y")
    con = PawsConnection(io.BytesIO(long + short))
    with pytest.raises(FrameTooLargeError) as caught:
        read(con, max_size=len(long) - 1)
    assert (caught.value.length, caught.value.limit) == (len(long), len(long) - 1)
    assert read(con, max_size=len(short)).payload == b"y"
    assert read(con, max_size=1) is None


def test_bytes_are_read_up_to_the_smaller_limit() -> None:
    con = PawsConnection(io.BytesIO(b"abcdefgh"))
    assert resp_stream_raw(con, kb=1, max_size=3) == b"abc"
    assert resp_stream_raw(con, kb=4 / 1024, max_size=100) == b"defg"


@pytest.mark.parametrize(
    "read",
    [
        lambda con: resp_stream_raw(con, kb=0),
        lambda con: resp_stream_raw(con, max_size=0),
        lambda con: resp_stream_lines(con, 0),
        lambda con: resp_stream_lines(con, -1),
    ],
    ids=["kb=0", "max_size=0", "lines=0", "lines=-1"],
)
def test_nothing_cannot_be_asked_for(read: Callable[[PawsConnection], Any]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        read(PawsConnection(io.BytesIO(b"text\n")))
