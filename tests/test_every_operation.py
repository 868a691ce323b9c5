"""Every operation that answers with an event stream, in three ways beside one another.

boto3 as it is, a boto3 client that is attached, and the client of awsio's constructor
read the same streams from one local server. Operations, events and exceptions come from
the models of the installed botocore: a new operation needs nothing here.
"""

from __future__ import annotations

import json
import os
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import EventStreamError

import awsio
from awsio.clients.names import constructor_name
from awsio.errors import ServiceStreamError
from awsio.events import EventSerializer, operation_model
from awsio.testing import LocalServer, sample_events, sample_exceptions
from tests.support.operations import OPERATIONS, call, each_operation, stream_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

KEY = {"access_key_id": "local", "secret_access_key": "local"}
CODE = "NobodyModelledThisException"
MESSAGE = "no model knows of it"
#: How a service of each protocol writes such an exception's message. XML says nothing
#: without a shape: there, as anywhere else, the payload's text is the message.
PAYLOADS = {
    "json": json.dumps({"message": MESSAGE}).encode(),
    "rest-json": json.dumps({"message": MESSAGE}).encode(),
    "smithy-rpc-v2-cbor": b"\xa1\x67message\x74" + MESSAGE.encode(),
}

full_or_not = pytest.mark.parametrize("full", [True, False], ids=["full", "required only"])


class Clients(NamedTuple):
    """Three clients of one service."""

    plain: Any
    attached: Any
    own: awsio.Client


class Stage:
    """A local server whose operations stream what a test last put there."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server
        self._items: dict[tuple[str, str], list[Any]] = {}
        self._session = boto3.Session()
        self.clients = cache(self._make_clients)
        for service, operation in OPERATIONS:
            server.add(service, operation, self._player(service, operation))

    def play(self, service: str, operation: str, items: list[Any]) -> Clients:
        """Say what the next calls stream, and give the clients to call with."""
        self._items[service, operation] = items
        return self.clients(service)

    def close(self) -> None:
        """Close all clients."""
        for service in {service for service, _ in OPERATIONS}:
            for client in self.clients(service):
                client.close()

    def _player(self, service: str, operation: str) -> Callable[[Mapping[str, Any]], list[Any]]:
        return lambda _params: self._items[service, operation]

    def _make_clients(self, service: str) -> Clients:
        arguments = self._server.client_arguments()
        place = {"endpoint": self._server.url, "region": "us-east-1", "credentials": KEY}
        construct = getattr(awsio, constructor_name(service))
        return Clients(
            self._session.client(service, **arguments),
            awsio.attach(self._session.client(service, **arguments)),
            construct(config=arguments["config"], **place),
        )


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch, LocalServer() as server:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
        stage = Stage(server)
        yield stage
        stage.close()


def read_until_error(stream: Any) -> tuple[list[Any], Any]:
    """Read a stream that an error ends: its events, and the error."""
    events = []
    with closing(stream):
        try:
            for event in stream:
                events.append(event)  # noqa: PERF402 - extend() might lose them at the error
        except EventStreamError as error:
            return events, error
    pytest.fail("the stream ended without an error")


def members_outside(response: Any, service: str, operation: str) -> dict[str, Any]:
    """Give what a response holds besides its stream."""
    stream = operation_model(service, operation).output_shape.event_stream_name
    return {key: response[key] for key in response if key not in (stream, "ResponseMetadata")}


@full_or_not
@each_operation
def test_the_events_are_those_of_boto3(
    stage: Stage, service: str, operation: str, *, full: bool
) -> None:
    events = sample_events(service, operation, full=full)
    clients = stage.play(service, operation, events)

    streams = [
        stream_of(call(client, service, operation), service, operation) for client in clients
    ]

    plain, attached, own = [list(stream) for stream in streams]
    assert plain == events
    assert attached == plain
    assert own == plain
    assert {type(event) for event in plain} == {dict}


@each_operation
def test_all_three_ways_to_read_give_the_same_events(
    stage: Stage, service: str, operation: str
) -> None:
    events = sample_events(service, operation)
    *_, own = stage.play(service, operation, events)

    pushed = stream_of(call(own, service, operation), service, operation)(lambda event: event)
    pulled = []
    with stream_of(call(own, service, operation), service, operation)(connection=True) as con:
        while (event := awsio.paws_stream_parser(con)) is not None:
            pulled.append(event)
    wire = stream_of(call(own, service, operation), service, operation)(connection=True).readall()

    assert pushed == pulled == events
    assert list(awsio.open(wire, service, operation)) == events


@each_operation
def test_the_members_outside_the_stream_are_those_of_boto3(
    stage: Stage, service: str, operation: str
) -> None:
    clients = stage.play(service, operation, sample_events(service, operation))

    # With all arguments: among them is a session's name, which is made up where it lacks.
    plain, attached, own = [call(client, service, operation, full=True) for client in clients]

    # In an RPC protocol they come in the stream, which boto3 waits for.
    initial = own.initial_response
    expected = members_outside(plain, service, operation)
    assert {**members_outside(own, service, operation), **(initial or {})} == expected
    assert members_outside(attached, service, operation) == members_outside(own, service, operation)
    assert (initial is not None) == (
        operation_model(service, operation).service_model.resolved_protocol
        in ("json", "smithy-rpc-v2-cbor")
    )
    for response in (plain, attached, own):
        stream_of(response, service, operation).close()


MODELLED = [
    (service, operation, name)
    for service, operation in OPERATIONS
    for event in sample_exceptions(service, operation)
    for name in event
]


def test_there_are_modelled_exceptions() -> None:
    assert ("kinesis", "SubscribeToShard", "KMSThrottlingException") in MODELLED
    assert ("bedrock-runtime", "ConverseStream", "modelStreamErrorException") in MODELLED


@pytest.mark.parametrize(("service", "operation", "name"), MODELLED)
def test_a_modelled_exception_after_events_is_of_the_client_s_own_class(
    stage: Stage, service: str, operation: str, name: str
) -> None:
    before = sample_events(service, operation)[:3]
    (exception,) = [event for event in sample_exceptions(service, operation) if name in event]
    members = exception[name]
    message = members.get("message", members.get("Message"))
    shape: Any = operation_model(service, operation).get_event_stream_output()
    class_name = shape.members[name].name
    clients = stage.play(service, operation, [*before, exception])

    streams = [
        stream_of(call(client, service, operation), service, operation) for client in clients
    ]

    plain, *others = [read_until_error(stream) for stream in streams]
    assert plain[0] == before
    for client, (events, error) in zip(clients[1:], others, strict=True):
        assert events == before
        assert isinstance(error, ServiceStreamError)
        assert isinstance(error, getattr(client.exceptions, class_name))
        assert (error.code, error.message) == (name, message)
        assert error.response["Error"] == {"Code": name, "Message": message}
        assert error.response["Error"] == plain[1].response["Error"]
        assert {key: error.response[key] for key in members} == members
        assert error.operation_name == operation


def unmodelled_exception(service: str, operation: str) -> awsio.Frame:
    """Make an exception frame as the operation's service writes them, of an unknown type."""
    model = operation_model(service, operation)
    event = EventSerializer(model).serialize(sample_events(service, operation)[0])
    headers = {
        ":message-type": "exception",
        ":exception-type": CODE,
        ":content-type": event.headers.get(":content-type", "application/json"),
    }
    protocol = model.service_model.resolved_protocol
    return awsio.Frame(headers, PAYLOADS.get(protocol, MESSAGE.encode()))


def error_frame(_service: str, _operation: str) -> awsio.Frame:
    """Make a frame of the message type ``error``, which no model has either."""
    headers = {":message-type": "error", ":error-code": CODE, ":error-message": MESSAGE}
    return awsio.Frame(headers)


@pytest.mark.parametrize("make_frame", [unmodelled_exception, error_frame])
@each_operation
def test_what_no_model_knows_has_its_code_and_message(
    stage: Stage, service: str, operation: str, make_frame: Callable[[str, str], awsio.Frame]
) -> None:
    before = sample_events(service, operation)[:3]
    frame = make_frame(service, operation)
    _, *clients = stage.play(service, operation, [*before, frame])

    for client in clients:
        stream = stream_of(call(client, service, operation), service, operation)
        events, error = read_until_error(stream)
        assert events == before
        assert isinstance(error, ServiceStreamError)
        assert (error.code, error.message) == (CODE, MESSAGE)
        assert error.response["Error"] == {"Code": CODE, "Message": MESSAGE}
        assert error.frame == frame


@each_operation
def test_an_exception_may_be_the_first_that_comes(
    stage: Stage, service: str, operation: str
) -> None:
    _, *clients = stage.play(service, operation, [unmodelled_exception(service, operation)])

    for client in clients:
        stream = stream_of(call(client, service, operation), service, operation)
        events, error = read_until_error(stream)
        assert events == []
        assert error.code == CODE
