"""What a connection knows of its response, and the initial response in the stream."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from awsio import EventParser, PawsConnection
from awsio.connection import Exchange, SentRequest
from awsio.errors import EventParseError, ReaderConflictError, ServiceStreamError
from tests.support.frames import CONVERSE, event, exception, initial
from tests.support.waiting import Task
from tests.support.wire import EVENT_STREAM, Answer, Gate

Connect = Callable[..., PawsConnection]
RECORDS = event("SubscribeToShardEvent", {"Records": [], "MillisBehindLatest": 0})


def test_it_mirrors_the_response(connect: Connect) -> None:
    answer = Answer(
        CONVERSE,
        status=202,
        content_type=EVENT_STREAM + "; charset=utf-8",
        headers={"x-amzn-RequestId": "request-1", "X-Other": "yes"},
    )
    con = connect(answer, exchange=Exchange(SentRequest("POST", "https://a/b"), 0.25))
    assert (con.status_code, con.reason) == (202, "Answer")
    assert con.content_type == EVENT_STREAM
    assert con.headers["x-other"] == con.headers["X-OTHER"] == "yes"
    assert con.request_id == "request-1"
    assert (con.method, con.url, con.elapsed) == ("POST", "https://a/b", 0.25)
    assert con.http.status == 202


def test_s3_has_another_header_for_the_request_s_id(connect: Connect) -> None:
    con = connect(Answer(CONVERSE, content_type=None, headers={"x-amz-request-id": "s3-1"}))
    assert con.request_id == "s3-1"
    assert con.content_type is None


def test_without_a_response_there_is_nothing_to_know() -> None:
    con = PawsConnection(io.BytesIO())
    assert con.http is con.status_code is con.reason is con.content_type is con.request_id is None
    assert con.url is con.method is con.elapsed is None
    assert dict(con.headers) == {}


def test_the_initial_response_is_waited_for_when_asked_for(
    connect: Connect, kinesis: EventParser
) -> None:
    gate = Gate()
    con = connect(Answer([gate, initial(), RECORDS]), kinesis)
    task = Task(lambda: con.initial_response)
    assert gate.reached.wait(20)
    gate.open()
    assert task.result() == {}
    assert con.read_event() == {"SubscribeToShardEvent": {"Records": [], "MillisBehindLatest": 0}}
    assert con.initial_response == {}
    assert con.read_event() is None


def test_events_pass_the_initial_response_over_and_keep_it(
    connect: Connect, kinesis: EventParser
) -> None:
    con = connect(Answer([initial(), RECORDS]), kinesis)
    assert "SubscribeToShardEvent" in con.read_event()
    assert con.initial_response == {}


def test_where_there_is_no_initial_response_nothing_is_lost(
    connect: Connect, kinesis: EventParser
) -> None:
    con = connect(Answer([RECORDS, RECORDS]), kinesis)
    assert con.initial_response is None
    assert con.initial_response is None
    assert len(list(con)) == 2
    assert con.initial_response is None


def test_after_an_event_the_initial_response_is_not_waited_for(
    connect: Connect, kinesis: EventParser
) -> None:
    gate = Gate()
    con = connect(Answer([RECORDS, gate, RECORDS]), kinesis)
    assert con.read_event() is not None
    assert Task(lambda: con.initial_response).result() is None
    gate.open()
    assert len(list(con)) == 1


def test_an_exception_instead_of_the_initial_response_is_raised_where_events_are_read(
    connect: Connect, kinesis: EventParser
) -> None:
    con = connect(Answer([exception("ResourceInUseException", "busy")]), kinesis)
    assert con.initial_response is None
    with pytest.raises(ServiceStreamError, match="busy"):
        con.read_event()


def test_read_raw_the_initial_response_is_a_frame(connect: Connect, kinesis: EventParser) -> None:
    con = connect(Answer([initial(), RECORDS]), kinesis)
    assert con.read_event(raw=True).event_type == "initial-response"
    assert con.initial_response is None
    con = connect(Answer([initial(), RECORDS]), kinesis)
    assert con.initial_response == {}
    assert con.read_frame().event_type == "initial-response"


def test_a_broken_initial_response_spoils_only_itself(
    connect: Connect, kinesis: EventParser
) -> None:
    con = connect(Answer([event("initial-response", b"{broken"), RECORDS]), kinesis)
    with pytest.raises(EventParseError):
        _ = con.initial_response
    with pytest.raises(EventParseError):
        con.read_event()
    assert "SubscribeToShardEvent" in con.read_event()


def test_without_a_parser_there_is_no_initial_response() -> None:
    con = PawsConnection(io.BytesIO(initial()))
    assert con.initial_response is None
    assert con.read_frame() is not None


def test_an_empty_stream_has_no_initial_response(connect: Connect, kinesis: EventParser) -> None:
    con = connect(Answer([]), kinesis)
    con.require_terminal = False  # such a stream opens with one
    assert con.initial_response is None
    assert con.read_event() is None


def test_inside_a_frame_read_as_bytes_it_cannot_be_had(kinesis: EventParser) -> None:
    con = PawsConnection(io.BytesIO(initial()), kinesis)
    con.read(5)
    with pytest.raises(ReaderConflictError):
        _ = con.initial_response
