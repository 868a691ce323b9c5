"""Fixtures: a server on real sockets, and connections to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
import urllib3

from awsio import EventParser, PawsConnection
from awsio.events import operation_model
from tests.support.wire import Answer, WireServer

Connect: TypeAlias = Callable[..., PawsConnection]


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


@pytest.fixture
def request_body(server: WireServer) -> Iterator[Callable[..., Any]]:
    """Ask the server and give the urllib3 response, set up as botocore sets it up."""
    pool = urllib3.PoolManager(retries=False, timeout=20.0)

    def ask(**options: Any) -> Any:
        return pool.request(
            "POST",
            server.url,
            body=b"{}",
            preload_content=False,
            decode_content=False,
            enforce_content_length=False,
            **options,
        )

    yield ask
    pool.clear()


@pytest.fixture
def connect(server: WireServer, request_body: Callable[..., Any]) -> Iterator[Connect]:
    """Open a connection on an answer of the server; it is closed after the test."""
    made: list[PawsConnection] = []

    def open_connection(
        answer: Answer, parser: EventParser | None = None, *, timeout: float = 20.0, **options: Any
    ) -> PawsConnection:
        server.answer(answer)
        connection = PawsConnection(request_body(timeout=timeout), parser, **options)
        made.append(connection)
        return connection

    yield open_connection
    for connection in made:
        connection.close()


@pytest.fixture(params=["chunked", "length", "close"])
def framing(request: pytest.FixtureRequest) -> str:
    """Give each way in which HTTP/1.1 tells a body's end."""
    return str(request.param)


@pytest.fixture(scope="session")
def converse() -> EventParser:
    return EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))


@pytest.fixture(scope="session")
def select_rows() -> EventParser:
    return EventParser.for_operation(operation_model("s3", "SelectObjectContent"))


@pytest.fixture(scope="session")
def invoke_model() -> EventParser:
    """Give the parser of an operation without a terminal event."""
    model = operation_model("bedrock-runtime", "InvokeModelWithResponseStream")
    return EventParser.for_operation(model)


@pytest.fixture(scope="session")
def invoke_lambda() -> EventParser:
    return EventParser.for_operation(operation_model("lambda", "InvokeWithResponseStream"))


@pytest.fixture(scope="session")
def kinesis() -> EventParser:
    return EventParser.for_operation(operation_model("kinesis", "SubscribeToShard"))
