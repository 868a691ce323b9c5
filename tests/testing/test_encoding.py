from __future__ import annotations

import pytest

import awsio
from awsio.errors import EventSerializeError, UnknownOperationError
from awsio.eventstream import Frame, FrameDecoder
from awsio.testing import encode_events, sample_events
from tests.support.models import streaming_operations, streaming_services

OPERATIONS = [
    (service, operation.name)
    for service in streaming_services()
    for operation in streaming_operations(service)
]


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_encoded_events_are_read_back_as_they_were(service: str, operation: str) -> None:
    events = [
        *sample_events(service, operation, full=False),
        *sample_events(service, operation),
    ]
    wire = encode_events(service, operation, events)
    with awsio.open(wire, service, operation, require_terminal=False) as con:
        assert list(con) == events


def test_items_may_be_frames_and_bytes() -> None:
    frame = Frame({":message-type": "event", ":event-type": "Cont"})
    wire = encode_events(
        "s3", "select_object_content", [{"End": {}}, frame, frame.encode(), memoryview(b"tail")]
    )
    decoder = FrameDecoder()
    decoder.feed(wire)
    assert [one.event_type for one in decoder] == ["End", "Cont", "Cont"]
    assert decoder.buffered == b"tail"


def test_nothing_is_no_bytes() -> None:
    assert encode_events("s3", "SelectObjectContent", []) == b""


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(EventSerializeError, match="no event 'Records2'"):
        encode_events("s3", "SelectObjectContent", [{"Records2": {}}])
    with pytest.raises(EventSerializeError, match="no event stream"):
        encode_events("s3", "GetObject", [])
    with pytest.raises(UnknownOperationError):
        encode_events("s3", "Select", [])
