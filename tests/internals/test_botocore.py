"""The private names of botocore are those of the botocore that is installed."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import botocore
import pytest
from botocore.eventstream import EventStream
from botocore.exceptions import FlexibleChecksumError
from botocore.httpchecksum import Crc32Checksum, StreamingChecksumBody
from botocore.parsers import (
    EventStreamCBORParser,
    EventStreamJSONParser,
    EventStreamXMLParser,
    create_parser,
)
from botocore.response import StreamingBody

from awsio.events import operation_model
from awsio.internals import botocore as private
from awsio.internals.private_names import PrivateNameError, read_private
from tests.support.frames import CONVERSE, CONVERSE_EVENTS
from tests.support.traits import make_service

if TYPE_CHECKING:
    from collections.abc import Iterator

CRC_OF_ABC = b64encode(bytes.fromhex("352441c2")).decode()


class Raw:
    """What an `EventStream` reads: pieces of bytes."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    def stream(self) -> Iterator[bytes]:
        yield from self.pieces

    def close(self) -> None:
        """Nothing to close."""


def event_stream(raw: Any, parser: Any = None) -> EventStream:  # type: ignore[type-arg]  # generic in the stubs only
    shape: Any = operation_model("bedrock-runtime", "ConverseStream").get_event_stream_output()
    return EventStream(raw, shape, parser or EventStreamJSONParser(), "ConverseStream")


# Event streams


def test_the_state_of_an_event_stream_that_was_not_read() -> None:
    raw = Raw(*CONVERSE)
    state = private.event_stream_state(event_stream(raw))
    assert state.raw is raw
    assert {"messageStart", "contentBlockDelta"} <= {*state.output_shape.members}
    assert state.operation_name == "ConverseStream"
    assert (state.begun, state.undelivered) == (False, b"")


@pytest.mark.parametrize("taken", range(1, len(CONVERSE) + 1))
def test_the_bytes_that_an_event_stream_has_not_delivered(taken: int) -> None:
    stream = event_stream(Raw(b"".join(CONVERSE)))
    events = iter(stream)
    assert [next(events) for _ in range(taken)] == CONVERSE_EVENTS[:taken]
    state = private.event_stream_state(stream)
    assert (state.begun, state.undelivered) == (True, b"".join(CONVERSE[taken:]))


def test_an_event_stream_that_was_read_to_its_end_has_nothing_left() -> None:
    stream = event_stream(Raw(*CONVERSE))
    assert [*stream] == CONVERSE_EVENTS
    state = private.event_stream_state(stream)
    assert (state.begun, state.undelivered) == (True, b"")


def test_an_event_stream_may_not_know_its_operation() -> None:
    stream = event_stream(Raw())
    stream._operation_name = None  # type: ignore[attr-defined]  # noqa: SLF001 - as some callers do
    assert private.event_stream_state(stream).operation_name == ""


class OwnParser(EventStreamXMLParser):
    pass


@pytest.mark.parametrize(
    ("parser", "protocol"),
    [
        (EventStreamJSONParser, "json"),
        (EventStreamXMLParser, "rest-xml"),
        (EventStreamCBORParser, "smithy-rpc-v2-cbor"),
        (OwnParser, "rest-xml"),
    ],
)
def test_the_protocol_is_that_of_the_parser(parser: Any, protocol: str) -> None:
    assert private.event_stream_state(event_stream(Raw(), parser())).protocol == protocol


@pytest.mark.parametrize(
    ("protocol", "read_as"),
    [
        ("rest-json", "json"),
        ("json", "json"),
        ("rest-xml", "rest-xml"),
        ("smithy-rpc-v2-cbor", "smithy-rpc-v2-cbor"),
    ],
)
def test_the_protocol_is_known_for_every_parser_that_botocore_makes(
    protocol: str, read_as: str
) -> None:
    made: Any = create_parser(protocol)
    parser = made._event_stream_parser  # noqa: SLF001 - where botocore keeps what it gives streams
    assert private.event_stream_state(event_stream(Raw(), parser)).protocol == read_as


# Bodies


def test_the_stream_under_a_body() -> None:
    raw = io.BytesIO(b"abc")
    assert private.raw_stream(StreamingBody(raw, 3)) is raw


def checksum_body(expected: str) -> StreamingChecksumBody:
    return StreamingChecksumBody(io.BytesIO(b"abc"), 3, Crc32Checksum(), expected)


def test_the_checksum_of_a_body_is_fed_and_compared() -> None:
    body = checksum_body(CRC_OF_ABC)
    private.body_checksum(body).update(b"abc")
    private.check_body(body)
    private.body_checksum(body).update(b"more")
    with pytest.raises(FlexibleChecksumError):
        private.check_body(body)


def test_a_checksum_without_a_public_name_is_found() -> None:
    """As botocore before 1.40 has it."""

    class Body:
        _checksum = Crc32Checksum()

    assert private.body_checksum(Body()) is Body._checksum  # noqa: SLF001 - as the name says


# Models and documents


def test_the_fault_of_an_exception() -> None:
    shapes: dict[str, Any] = {
        "Broken": {"type": "structure", "members": {}, "exception": True, "fault": True},
        "Refused": {"type": "structure", "members": {}, "exception": True},
    }
    model = make_service("json", {"Out": {"type": "structure", "members": {}}, **shapes})
    assert private.is_server_fault(model.shape_for("Broken"))
    assert not private.is_server_fault(model.shape_for("Refused"))


def test_a_document_of_cbor_is_read() -> None:
    assert private.cbor_loads(EventStreamCBORParser())(b"\xa1\x61a\x01") == {"a": 1}


# Names that are gone


class Other:
    """An object as a later botocore might have it."""


def suspended() -> Iterator[int]:
    yield 1


def without_buffer() -> Any:
    stream: Any = event_stream(Raw())
    generator = suspended()
    next(generator)
    stream._event_generator = generator  # noqa: SLF001 - as a later botocore might have it
    return stream


def without(name: str) -> Any:
    stream = event_stream(Raw())
    delattr(stream, name)
    return stream


@pytest.mark.parametrize(
    ("use", "named"),
    [
        (lambda: private.raw_stream(Other()), "Other._raw_stream"),
        (lambda: private.body_checksum(Other()), "Other._checksum"),
        (lambda: private.check_body(Other()), "Other._validate_checksum"),
        (lambda: private.is_server_fault(Other()), "Other._shape_model"),
        (lambda: private.cbor_loads(Other()), "Other._initial_body_parse"),
        (lambda: private.event_stream_state(event_stream(Raw(), Other())), "Other"),
        (lambda: private.event_stream_state(without_buffer()), "event_stream_buffer"),
        *(
            (lambda name=name: private.event_stream_state(without(name)), f"EventStream.{name}")
            for name in (
                "_raw_stream",
                "_output_shape",
                "_operation_name",
                "_parser",
                "_event_generator",
            )
        ),
    ],
)
def test_a_name_that_is_gone_is_an_error_with_the_version(use: Any, named: str) -> None:
    with pytest.raises(PrivateNameError) as caught:
        use()
    message = str(caught.value)
    assert named in message
    assert f"botocore {botocore.__version__}" in message
    assert not isinstance(caught.value, AttributeError)


def test_a_library_that_tells_no_version_is_named_all_the_same() -> None:
    with pytest.raises(PrivateNameError, match=r"elsewhere of an unknown version has no Other\._x"):
        read_private("elsewhere", Other(), "_x")
