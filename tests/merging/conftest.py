"""Fixtures: connections to a server on real sockets, and a certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import pytest
import urllib3

from awsio import EventParser, PawsConnection
from awsio.events import operation_model
from tests.support.tls import make_certificate
from tests.support.waiting import PATIENCE
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from pathlib import Path

Connect: TypeAlias = Callable[..., list[PawsConnection]]


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    manager = urllib3.PoolManager(retries=False, maxsize=32)
    yield manager
    manager.clear()


@pytest.fixture
def connect(server: WireServer, pool: urllib3.PoolManager) -> Iterator[Connect]:
    """Open a connection on each of several answers."""
    made: list[PawsConnection] = []

    def open_connections(
        *answers: Answer, timeout: float = PATIENCE, parser: EventParser | None = None
    ) -> list[PawsConnection]:
        found = []
        for answer in answers:
            server.answer(answer)
            response = pool.request("POST", server.url, preload_content=False, timeout=timeout)
            found.append(PawsConnection(response, parser))
        made.extend(found)
        return found

    yield open_connections
    for connection in made:
        connection.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def converse() -> EventParser:
    return EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))
