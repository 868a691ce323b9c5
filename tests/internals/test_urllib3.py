"""The private names of urllib3 are those of the urllib3 that is installed."""

from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from awsio.internals import urllib3 as private
from awsio.internals.http_client import body_file
from awsio.internals.private_names import PrivateNameError
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def response() -> Iterator[Any]:
    """Give a response whose body was not read."""
    with WireServer() as server, urllib3.PoolManager(retries=False) as pool:
        server.answer(Answer([b"hello", b"world"]))
        found = pool.request("GET", server.url, preload_content=False)
        yield found
        found.close()


def test_what_a_response_reads_from(response: Any) -> None:
    reader = private.http_response(response)
    assert isinstance(reader, http.client.HTTPResponse)
    assert body_file(reader) is reader.fp is not None
    assert private.loaded_body(response) is None


def test_the_connection_is_held_until_the_body_was_read(response: Any) -> None:
    held = private.connection(response)
    assert isinstance(held, http.client.HTTPConnection)
    response.read()
    assert private.connection(response) is None
    assert body_file(private.http_response(response)) is None


def test_what_is_left_of_a_chunk_that_stream_has_begun(response: Any) -> None:
    assert private.chunk_left(response) is None
    assert next(response.stream(2)) == b"he"
    assert private.chunk_left(response) == 3


def test_a_body_that_was_loaded(response: Any) -> None:
    assert response.data == b"helloworld"
    assert private.loaded_body(response) == b"helloworld"


def test_a_body_without_http_client() -> None:
    file = io.BytesIO(b"abc")
    response = urllib3.HTTPResponse(file, preload_content=False)
    assert private.http_response(response) is file
    assert body_file(file) is None


class StandIn:
    """A response of another class, with what its users read alone."""


@pytest.mark.parametrize("name", private.__all__)
def test_a_stand_in_needs_no_private_names(name: str) -> None:
    assert getattr(private, name)(StandIn()) is None


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("_fp", private.http_response),
        ("_body", private.loaded_body),
        ("chunk_left", private.chunk_left),
    ],
)
def test_a_name_that_urllib3_has_no_more_is_an_error(name: str, read: Any) -> None:
    response = urllib3.HTTPResponse(io.BytesIO(b"abc"), preload_content=False)
    delattr(response, name)
    pattern = rf"urllib3 {urllib3.__version__} has no HTTPResponse\.{name},"
    with pytest.raises(PrivateNameError, match=pattern):
        read(response)
    setattr(response, name, None)  # its own methods look at it at the end
