"""Streams of RPC protocols that end without a single frame, not even their initial response."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

import awsio
from awsio import EventParser, PawsConnection
from awsio.errors import IncompleteStreamError
from awsio.events import operation_model
from tests.support.calls import KINESIS_CALL
from tests.support.frames import exception, initial
from tests.support.installed import need
from tests.support.models import streaming_operations
from tests.support.operations import OPERATIONS, call, stream_of
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import MakeClient

# Some host names have a prefix, which 127.0.0.1 cannot have.
NO_PREFIX = Config(inject_host_prefix=False)
RPC = {"json", "smithy-rpc-v2-cbor"}
NO_FRAME = [
    Answer([]),
    Answer([], "length"),
    Answer([], "close"),
    Answer([], "length", status=204),
    Answer([], "chunked", content_type=None),
]


def protocol(service: str, operation: str) -> str:
    return str(operation_model(service, operation).service_model.resolved_protocol)


RPC_OPERATIONS = [names for names in OPERATIONS if protocol(*names) in RPC]
OTHERS = [names for names in OPERATIONS if protocol(*names) not in RPC]


def test_there_are_such_operations() -> None:
    assert ("kinesis", "SubscribeToShard") in RPC_OPERATIONS
    assert ("logs", "StartLiveTail") in RPC_OPERATIONS
    assert ("bedrock-runtime", "ConverseStream") in OTHERS


def open_connection(client: MakeClient, service: str, operation: str, answer: Answer) -> Any:
    response = call(client(service, answer, config=NO_PREFIX), service, operation)
    return stream_of(response, service, operation)(connection=True)


@pytest.mark.parametrize("answer", NO_FRAME)
@pytest.mark.parametrize(("service", "operation"), RPC_OPERATIONS)
def test_an_rpc_stream_without_a_frame_is_incomplete(
    client: MakeClient, service: str, operation: str, answer: Answer
) -> None:
    con = open_connection(client, service, operation, answer)
    for _ in range(2):  # it is latched
        with pytest.raises(IncompleteStreamError, match="without a single frame") as caught:
            con.read_event()
        assert caught.value.operation_name == operation
        assert "initial-response" in caught.value.expected
    assert not con.is_complete()


@pytest.mark.parametrize(("service", "operation"), RPC_OPERATIONS)
def test_unless_the_end_is_accepted(client: MakeClient, service: str, operation: str) -> None:
    con = open_connection(client, service, operation, Answer([]))
    con.require_terminal = False
    assert con.read_event() is None
    assert con.is_complete()


@pytest.mark.parametrize(("service", "operation"), RPC_OPERATIONS)
def test_with_its_initial_response_it_has_begun(
    client: MakeClient, service: str, operation: str
) -> None:
    payload = b"{}" if protocol(service, operation) == "json" else b"\xa0"
    headers = {":message-type": "event", ":event-type": "initial-response"}
    frame = awsio.eventstream.encode_frame(headers, payload)
    con = open_connection(client, service, operation, Answer([frame]))
    if con.parser.terminal:  # it has begun, and its end is still awaited
        with pytest.raises(IncompleteStreamError) as caught:
            con.read_event()
        assert set(caught.value.expected) == con.parser.terminal
    else:
        assert con.read_event() is None


@pytest.mark.parametrize(("service", "operation"), OTHERS)
def test_operations_of_other_protocols_may_end_without_a_frame(
    client: MakeClient, service: str, operation: str
) -> None:
    con = open_connection(client, service, operation, Answer([]))
    assert not con.parser.opens_with_initial
    if con.parser.terminal:
        with pytest.raises(IncompleteStreamError) as caught:
            con.read_event()
        assert set(caught.value.expected) == con.parser.terminal
    else:
        assert con.read_event() is None


# --- every way to read it ---------------------------------------------------------------------


READS: dict[str, Callable[[Any], Any]] = {
    "iterating": list,
    "frame": PawsConnection.read_frame,
    "raw": lambda con: con.read_event(raw=True),
    "timeout": lambda con: con.read_event(timeout=5),
    "initial_response": lambda con: con.initial_response,
    "lines": lambda con: list(awsio.resp_stream_lines(con)),
    "select": lambda con: list(con.select("SubscribeToShardEvent.Records")),
}


@pytest.mark.parametrize("read", READS)
def test_every_read_but_that_of_bytes_says_so(client: MakeClient, read: str) -> None:
    stream = client("kinesis", Answer([])).subscribe_to_shard(**KINESIS_CALL).EventStream
    with pytest.raises(IncompleteStreamError):
        READS[read](stream(connection=True))


def test_after_bytes_at_their_end_events_say_so_too(client: MakeClient) -> None:
    stream = client("kinesis", Answer([])).subscribe_to_shard(**KINESIS_CALL).EventStream
    con = stream(connection=True)
    assert con.read(100) == b""
    with pytest.raises(IncompleteStreamError):
        con.read_event()


def test_frames_that_passed_as_bytes_are_frames(client: MakeClient) -> None:
    stream = client("kinesis", Answer([initial()])).subscribe_to_shard(**KINESIS_CALL).EventStream
    con = stream(connection=True)
    assert con.read(1000) == initial()
    assert con.read_event() is None


def test_an_exception_as_the_only_frame_is_the_error(client: MakeClient) -> None:
    answer = Answer([exception("ResourceInUseException", "busy")])
    made = client("kinesis", answer)
    con = made.subscribe_to_shard(**KINESIS_CALL).EventStream(connection=True)
    with pytest.raises(made.exceptions.ResourceInUseException):
        con.read_event()
    assert con.read_event() is None


def test_a_client_can_accept_it_for_all_its_streams(client: MakeClient) -> None:
    made = client("kinesis", Answer([]), require_terminal=False)
    assert list(made.subscribe_to_shard(**KINESIS_CALL).EventStream) == []


# --- stored streams, and parsers that know less -----------------------------------------------


def test_a_stored_stream_of_no_bytes_is_incomplete_too() -> None:
    with pytest.raises(IncompleteStreamError):
        list(awsio.open(b"", "kinesis", "SubscribeToShard"))


def test_without_the_output_s_shape_a_parser_does_not_know_it() -> None:
    # botocore calls every protocol of JSON "json" where an EventStream is all that is left.
    (model,) = (one for one in streaming_operations("kinesis") if one.name == "SubscribeToShard")
    parser = EventParser(model.get_event_stream_output(), "json", "SubscribeToShard")
    assert not parser.opens_with_initial
    assert list(PawsConnection(io.BytesIO(), parser)) == []


def test_a_parser_of_another_make_need_not_say_it() -> None:
    class Own:
        operation_name = "Own"
        terminal: frozenset[str] = frozenset()
        blobs: dict[str, str] = {}  # noqa: RUF012 - as the protocol has it

        def parse(self, frame: Any) -> Any:
            return frame

        def parse_initial(self, _frame: Any) -> None:
            return None

        def payload_of(self, _event: Any) -> None:
            return None

    assert list(PawsConnection(io.BytesIO(), Own())) == []


# --- resume -----------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["SubscribeToShard", "StartLiveTail"])
def test_a_resumed_stream_that_never_begins_is_given_up(
    client: MakeClient, server: WireServer, operation: str
) -> None:
    service = {"SubscribeToShard": "kinesis", "StartLiveTail": "logs"}[operation]
    need(service, operation)
    made = client(service, Answer([]), config=NO_PREFIX)

    def opened(_position: Any) -> Any:
        return call(made, service, operation)

    with awsio.resume(opened, None, attempts=3, base=0, interval=0) as events:
        with pytest.raises(IncompleteStreamError) as caught:
            next(events)
        assert len(server.requests) == 3
        assert "failures in a row, without progress between: 3" in caught.value.__notes__[0]
