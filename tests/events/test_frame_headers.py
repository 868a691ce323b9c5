"""What the headers of a frame must say for it to be an event."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from awsio import PawsConnection
from awsio.errors import EventParseError
from awsio.events import EventParser, operation_model
from awsio.eventstream import Byte, Frame, Long, Short, Timestamp

Judge = Callable[..., Any]
Wire = Callable[[Frame], Frame]


def event_frame(name: str, payload: bytes = b"") -> Frame:
    return Frame({":message-type": "event", ":event-type": name}, payload)


@pytest.fixture(scope="module")
def converse() -> EventParser:
    return EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))


def test_an_unknown_type_may_be_empty(converse: EventParser) -> None:
    event = converse.parse(event_frame("", b"\xff"))
    assert event == {"SDK_UNKNOWN_MEMBER": {"name": ""}}


#: What a header may hold that is no string, and a string of the wrong wire type.
NOT_STRINGS = [
    True, False, Byte(1), Short(2), 5, Long(7), b"", b"messageStop", b"event", b"exception",
    Timestamp(0), UUID(int=0),
]  # fmt: skip


def test_an_event_without_a_type_is_an_error_with_the_frame(
    converse: EventParser, wire: Wire
) -> None:
    for headers in ({}, {":message-type": "event"}, {":exception-type": "throttlingException"}):
        refuses(converse, wire(Frame(headers, b'{"role":"user"}')), "it has no :event-type")


@pytest.mark.parametrize("value", NOT_STRINGS, ids=repr)
@pytest.mark.parametrize("headers", [{}, {":message-type": "event"}], ids=repr)
def test_an_event_whose_type_is_not_a_string_is_an_error_with_the_frame(
    converse: EventParser, wire: Wire, headers: dict[str, Any], value: Any
) -> None:
    frame = wire(Frame({**headers, ":event-type": value}))
    refuses(converse, frame, f"its :event-type is {value!r}, not a string")


@pytest.mark.parametrize("value", ["", "news", "Event", "EXCEPTION", *NOT_STRINGS], ids=repr)
def test_a_message_type_that_is_unknown_is_an_error_with_the_frame(
    converse: EventParser, wire: Wire, value: Any
) -> None:
    for name in (":event-type", ":exception-type"):
        frame = wire(Frame({":message-type": value, name: "messageStart"}, b'{"role":"user"}'))
        refuses(converse, frame, f"its :message-type is {value!r}")
    assert (
        converse.parse_initial(Frame({":message-type": value, ":event-type": "initial-response"}))
        is None
    )


def test_a_malformed_header_is_shown_in_a_line(converse: EventParser) -> None:
    with pytest.raises(EventParseError) as caught:
        converse.parse(Frame({":message-type": "event", ":event-type": bytes(60_000)}))
    assert len(str(caught.value)) < 140


def test_reading_continues_after_a_malformed_frame(converse: EventParser) -> None:
    start = event_frame("messageStart", b'{"role":"user"}')
    wire = start.encode() + Frame({":message-type": "event"}).encode() + start.encode()
    with PawsConnection(io.BytesIO(wire), converse, require_terminal=False) as con:
        assert con.read_event() == {"messageStart": {"role": "user"}}
        with pytest.raises(EventParseError, match="no :event-type"):
            con.read_event()
        assert con.read_event() == {"messageStart": {"role": "user"}}
        assert con.read_event() is None


def refuses(parser: EventParser, frame: Frame, reason: str) -> None:
    for _ in range(2):  # the headers are remembered after the first
        with pytest.raises(EventParseError, match=re.escape(reason)) as caught:
            parser.parse(frame)
        assert caught.value.frame is frame


def test_a_known_type_without_a_message_type_is_an_event_as_in_botocore(
    converse: EventParser, botocore_events: Judge
) -> None:
    frame = Frame({":event-type": "messageStart"}, b'{"role":"user"}')
    shape = operation_model("bedrock-runtime", "ConverseStream").get_event_stream_output()
    (expected,) = botocore_events(shape, "rest-json", frame.encode())
    assert converse.parse(frame) == expected == {"messageStart": {"role": "user"}}
    broken = Frame({":event-type": "messageStart"}, b"[1]")
    with pytest.raises(EventParseError) as caught:
        converse.parse(broken)
    assert caught.value.frame is broken
