"""Fixtures: the tracer that is installed, and clients that it traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import awsio
from awsio.testing import LocalServer
from tests.tracers.clients import new_client
from tests.tracers.installed import INSTALLED, TRACERS, Tracer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture(params=INSTALLED)
def tracer(request: pytest.FixtureRequest) -> Iterator[Tracer]:
    """Give a tracer that is not instrumented yet."""
    found = TRACERS[request.param]
    instrumented: list[bool] = []
    instrument = found.instrument

    def once() -> None:
        instrument()
        instrumented.append(True)

    found.instrument = once  # type: ignore[method-assign]  # until the test is over
    try:
        yield found
    finally:
        found.instrument = instrument  # type: ignore[method-assign]  # as above
        if instrumented:
            found.uninstrument()


def instrumented_first(tracer: Tracer, server: LocalServer) -> Any:
    tracer.instrument()
    return awsio.attach(new_client(server))


def attached_first(tracer: Tracer, server: LocalServer) -> Any:
    if tracer.patches_clients:
        pytest.skip(f"{tracer.package} instruments the clients that are created afterwards")
    made = awsio.attach(new_client(server))
    tracer.instrument()
    return made


def of_awsio(tracer: Tracer, server: LocalServer) -> Any:
    tracer.instrument()
    return awsio.Client(new_client(server))


ORDERS = {
    "instrumented, then attached": instrumented_first,
    "attached, then instrumented": attached_first,
    "awsio's client": of_awsio,
}


@pytest.fixture(params=ORDERS)
def client(request: pytest.FixtureRequest, tracer: Tracer, server: LocalServer) -> Iterator[Any]:
    """Give a client that is traced and attached."""
    made = ORDERS[request.param](tracer, server)
    yield made
    made.close()


@pytest.fixture
def boto3_client(tracer: Tracer, server: LocalServer) -> Iterator[Any]:
    """Give a client of boto3 that is traced and not attached."""
    tracer.instrument()
    made = new_client(server)
    yield made
    made.close()
