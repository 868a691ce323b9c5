"""Fixtures: a server that breaks in every way, plain and over TLS, and connections to it."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import urllib3

from awsio import EventParser, PawsConnection
from awsio.events import operation_model
from tests.support.tls import make_certificate
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from pathlib import Path

OpenStream: TypeAlias = Callable[..., PawsConnection]


@pytest.fixture(scope="session")
def long() -> bool:
    """Whether the long variants are to run."""
    return os.environ.get("AWSIO_LONG", "") not in {"", "0"}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["plain", "tls"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["chunked", "length", "close"])
def framing(request: pytest.FixtureRequest) -> str:
    """Give each way in which HTTP/1.1 tells a body's end."""
    return str(request.param)


@pytest.fixture
def server(scheme: str, request: pytest.FixtureRequest) -> Iterator[WireServer]:
    tls = request.getfixturevalue("certificate") if scheme == "tls" else None
    with WireServer(tls) as running:
        yield running


@pytest.fixture
def pool(server: WireServer, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give a pool of urllib3's, with one TLS context for all of its connections."""
    context = None
    if server.url.startswith("https"):
        context = ssl.create_default_context(cafile=request.getfixturevalue("certificate"))
    with urllib3.PoolManager(
        # Once again where the server has closed an idle connection just as it was taken.
        retries=urllib3.Retry(1, redirect=0, allowed_methods=None, backoff_factor=0),
        timeout=20.0,
        ssl_context=context,
        maxsize=200,
    ) as manager:
        yield manager


@pytest.fixture
def open_stream(server: WireServer, pool: Any) -> Iterator[OpenStream]:
    """Open a connection on an answer of the server, its response as botocore asks for it.

    They are closed after the test, unless it lets them go itself (``keep=False``): of a
    circle that an error's traceback makes, the collector may take the socket first, and
    warn of it.
    """
    made: list[PawsConnection] = []

    def open_one(
        answer: Answer | None = None,
        parser: EventParser | None = None,
        *,
        keep: bool = True,
        **options: Any,
    ) -> PawsConnection:
        if answer is not None:
            server.answer(answer)
        response = pool.connection_from_url(server.url).urlopen(
            "POST",
            options.pop("path", "/"),
            body=b"{}",
            preload_content=False,
            decode_content=False,
            enforce_content_length=False,
        )
        con = PawsConnection(response, parser, **options)
        if keep:
            made.append(con)
        return con

    yield open_one
    for con in made:
        con.close()


@pytest.fixture(scope="session")
def converse() -> EventParser:
    return EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))


@pytest.fixture(scope="session")
def invoke_model() -> EventParser:
    """Give the parser of an operation without a terminal event."""
    model = operation_model("bedrock-runtime", "InvokeModelWithResponseStream")
    return EventParser.for_operation(model)
