"""`connect`: from botocore's event stream to a connection, at any point of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EventStreamError

import awsio
from awsio.errors import IncompleteStreamError, ServiceStreamError, StreamTimeoutError
from tests.support.calls import CONVERSE_CALL, INVOKE_CALL, KINESIS_CALL, S3_CALL
from tests.support.frames import (
    CONVERSE,
    CONVERSE_EVENTS,
    ROWS,
    SELECT,
    event,
    exception,
    initial,
    text,
)
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

MakeClient = Callable[..., Any]


@pytest.fixture(params=["chunked", "length", "close"])
def framing(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("with_client", [True, False])
def test_a_fresh_stream(boto3_client: MakeClient, framing: Any, *, with_client: bool) -> None:
    made = boto3_client("bedrock-runtime", Answer(CONVERSE, framing))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    with awsio.connect(stream, made if with_client else None) as con:
        assert con.status_code == 200
        assert con.content_type == "application/vnd.amazon.eventstream"
        assert con.read_event() == CONVERSE_EVENTS[0]
        assert con.read_event().contentBlockDelta.delta.text == "Hello"
        assert list(con) == CONVERSE_EVENTS[2:]


@pytest.mark.parametrize("taken", range(1, 6))
@pytest.mark.parametrize("pieces", ["frame by frame", "at once"])
def test_after_some_events(boto3_client: MakeClient, framing: Any, taken: int, pieces: str) -> None:
    body = CONVERSE if pieces == "frame by frame" else [b"".join(CONVERSE)]
    made = boto3_client("bedrock-runtime", Answer(body, framing))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    before = iter(stream)
    assert [next(before) for _ in range(taken)] == CONVERSE_EVENTS[:taken]
    con = awsio.connect(stream, made)
    assert list(con) == CONVERSE_EVENTS[taken:]
    assert con.read_event() is None


def test_after_all_events(boto3_client: MakeClient, framing: Any) -> None:
    made = boto3_client("bedrock-runtime", Answer(CONVERSE, framing))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    assert list(stream) == CONVERSE_EVENTS
    assert list(awsio.connect(stream, made)) == []


def test_in_the_middle_of_a_large_http_chunk(boto3_client: MakeClient, framing: Any) -> None:
    words = [f"{number} " + "x" * 1000 for number in range(500)]
    body = b"".join([*map(text, words), *CONVERSE[4:]])  # botocore reads 64 KiB at a time
    made = boto3_client("bedrock-runtime", Answer([body, event("unknown")], framing))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    before = iter(stream)
    got = [next(before)["contentBlockDelta"]["delta"]["text"] for _ in range(70)]
    con = awsio.connect(stream, made)
    got += con.select("contentBlockDelta.delta.text")
    assert got == words
    assert con.is_complete()


def test_bytes_of_a_taken_over_stream(boto3_client: MakeClient, framing: Any) -> None:
    made = boto3_client("bedrock-runtime", Answer([b"".join(CONVERSE)], framing))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    next(iter(stream))
    assert awsio.connect(stream, made).read() == b"".join(CONVERSE[1:])


def test_what_was_read_ahead_can_be_read_in_small_pieces(boto3_client: MakeClient) -> None:
    made = boto3_client("bedrock-runtime", Answer([b"".join(CONVERSE)]))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    next(iter(stream))
    con = awsio.connect(stream, made)
    assert b"".join(iter(lambda: con.read(7), b"")) == b"".join(CONVERSE[1:])


def test_kinesis_whose_first_frames_botocore_has_read_ahead(
    boto3_client: MakeClient, framing: Any
) -> None:
    records = [
        event(
            "SubscribeToShardEvent",
            {"Records": [], "ContinuationSequenceNumber": str(n), "MillisBehindLatest": 0},
        )
        for n in range(5)
    ]
    made = boto3_client("kinesis", Answer([b"".join([initial(), *records])], framing))
    stream = made.subscribe_to_shard(**KINESIS_CALL)["EventStream"]
    con = awsio.connect(stream, made)
    numbers = con.select("SubscribeToShardEvent.ContinuationSequenceNumber")
    assert list(numbers) == ["0", "1", "2", "3", "4"]


def test_it_is_live(boto3_client: MakeClient, framing: Any) -> None:
    gate = Gate()
    pieces = [CONVERSE[0], CONVERSE[1], gate, *CONVERSE[2:]]
    made = boto3_client("bedrock-runtime", Answer(pieces, framing))
    con = awsio.connect(made.converse_stream(**CONVERSE_CALL)["stream"], made)
    assert Task(lambda: [con.read_event(timeout=15) for _ in range(2)]).result()
    with pytest.raises(StreamTimeoutError):
        con.read_event(timeout=0)
    gate.open()
    assert list(con) == CONVERSE_EVENTS[2:]


def test_what_was_read_ahead_is_given_in_time(boto3_client: MakeClient) -> None:
    made = boto3_client("bedrock-runtime", Answer([b"".join(CONVERSE[:3]), Gate(), b"x"]))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    next(iter(stream))
    con = awsio.connect(stream, made)
    assert [con.read_event(timeout=0) for _ in range(2)] == CONVERSE_EVENTS[1:3]
    with pytest.raises(StreamTimeoutError):
        con.read_event(timeout=0)
    assert con.fileno() > 0
    task = Task(con.read_event)
    task.wait_inside("readinto", "wait_readable")
    con.close()
    with pytest.raises(ValueError, match="closed"):
        task.result()


def test_xml_events_and_their_payloads(boto3_client: MakeClient) -> None:
    stats = b"<Stats><BytesScanned>5</BytesScanned></Stats>"
    wire = [*SELECT[:-1], event("Stats", stats, "text/xml"), SELECT[-1]]
    made = boto3_client("s3", Answer(wire))
    con = awsio.connect(made.select_object_content(**S3_CALL)["Payload"])
    assert con.payload().read() == ROWS
    con = awsio.connect(made.select_object_content(**S3_CALL)["Payload"])
    assert list(con)[-2] == {"Stats": {"Details": {"BytesScanned": 5}}} or con.is_complete()


def test_exceptions_are_the_client_s_where_it_is_given(boto3_client: MakeClient) -> None:
    wire = [exception("throttlingException", "slow")]
    made = boto3_client("bedrock-runtime", Answer(wire))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    with (
        awsio.connect(stream, made) as con,
        pytest.raises(made.exceptions.ThrottlingException, match="slow"),
    ):
        con.read_event()
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    with (
        awsio.connect(stream) as con,
        pytest.raises(ServiceStreamError, match="slow") as caught,
    ):
        con.read_event()
    assert isinstance(caught.value, EventStreamError)


def test_a_fresh_stream_awaits_its_terminal_event(boto3_client: MakeClient) -> None:
    made = boto3_client("bedrock-runtime", Answer(CONVERSE[:2]))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    with awsio.connect(stream, made) as con, pytest.raises(IncompleteStreamError):
        list(con)
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    assert len(list(awsio.connect(stream, made, require_terminal=False))) == 2


def test_closing_frees_the_http_connection(boto3_client: MakeClient, server: WireServer) -> None:
    made = boto3_client("bedrock-runtime", Answer(CONVERSE))
    for _ in range(10):
        with awsio.connect(made.converse_stream(**CONVERSE_CALL)["stream"], made) as con:
            while "messageStop" not in con.read_event():
                pass
        stream = made.converse_stream(**CONVERSE_CALL)["stream"]
        next(iter(stream))
        assert len(list(awsio.connect(stream, made))) == 5
        del stream
    assert server.accepted == 1
    server.answer(Answer([CONVERSE[0], Gate(), b"x"]))
    with awsio.connect(made.converse_stream(**CONVERSE_CALL)["stream"], made) as con:
        con.read_event()
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


def test_a_handler_gives_its_own_connection(client: MakeClient) -> None:
    handler = client("bedrock-runtime", Answer(CONVERSE)).converse_stream(**CONVERSE_CALL).stream
    assert awsio.connect(handler) is handler(connection=True)


def test_an_operation_without_a_terminal_event(boto3_client: MakeClient) -> None:
    made = boto3_client("bedrock-runtime", Answer([event("chunk", {"bytes": "aGk="})]))
    con = awsio.connect(made.invoke_model_with_response_stream(**INVOKE_CALL)["body"])
    assert con.payload().read() == b"hi"


def test_anything_else_is_refused() -> None:
    for wrong in (None, b"", object()):
        with pytest.raises(TypeError, match="EventStream"):
            awsio.connect(wrong)
