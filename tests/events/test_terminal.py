"""The tables of terminal events and in-band errors name what botocore's models have."""

from __future__ import annotations

from typing import Any

import pytest

from awsio.errors import ServiceStreamError
from awsio.events import TERMINAL_EVENTS, EventParser, operation_model, terminal_events
from awsio.events.terminal import IN_BAND_ERRORS, InBandError, in_band_error
from awsio.eventstream import Frame
from tests.support.installed import need


def identify(value: Any) -> str:
    return ".".join(value) if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize("row", TERMINAL_EVENTS, ids=identify)
def test_terminal_events_are_members_of_a_real_union(row: tuple[str, str]) -> None:
    need(*row)
    stream = operation_model(*row).get_event_stream_output()
    types = TERMINAL_EVENTS[row]
    assert types
    for name in types:
        assert not stream.members[name].metadata.get("exception")
    assert len({*types}) == len(types) < len(stream.members)


@pytest.mark.parametrize("row", IN_BAND_ERRORS, ids=identify)
def test_in_band_errors_are_members_of_a_real_event(row: tuple[str, str]) -> None:
    failure = IN_BAND_ERRORS[row]
    event = operation_model(*row).get_event_stream_output().members[failure.event_type]
    assert {failure.code, failure.message} <= {*event.members}
    assert not event.metadata.get("exception")


@pytest.mark.parametrize("row", TERMINAL_EVENTS, ids=identify)
def test_operations_are_found_with_and_without_their_service(row: tuple[str, str]) -> None:
    service, operation = row
    assert terminal_events(service, operation) == frozenset(TERMINAL_EVENTS[row])
    assert terminal_events(None, operation) == frozenset(TERMINAL_EVENTS[row])
    assert terminal_events("another-service", operation) == frozenset()


def test_the_operations_of_the_table_have_different_names() -> None:
    assert len({operation for _, operation in TERMINAL_EVENTS}) == len(TERMINAL_EVENTS)


def test_operations_without_a_row_have_no_terminal_event() -> None:
    assert terminal_events("kinesis", "SubscribeToShard") == frozenset()
    assert terminal_events(None, "") == frozenset()
    assert in_band_error("kinesis", "SubscribeToShard") is None


def test_in_band_errors_are_found_with_and_without_their_service() -> None:
    wanted = InBandError("InvokeComplete", "ErrorCode", "ErrorDetails")
    assert in_band_error("lambda", "InvokeWithResponseStream") == wanted
    assert in_band_error(None, "InvokeWithResponseStream") == wanted
    assert in_band_error("other", "InvokeWithResponseStream") is None


def complete(payload: bytes) -> Frame:
    return Frame({":message-type": "event", ":event-type": "InvokeComplete"}, payload)


@pytest.mark.parametrize(
    ("payload", "code", "message"),
    [
        (b'{"ErrorCode":"Oom","ErrorDetails":"out of memory"}', "Oom", "out of memory"),
        (b'{"ErrorCode":"Oom"}', "Oom", ""),
        (b'{"ErrorCode":5,"ErrorDetails":["a"]}', "5", "['a']"),
        (b'{"ErrorCode":{"a":1}}', "{'a': 1}", ""),
    ],
)
def test_an_in_band_error_is_raised_by_who_reads_the_payload(
    payload: bytes, code: str, message: str
) -> None:
    parser = EventParser.for_operation(operation_model("lambda", "InvokeWithResponseStream"))
    event = parser.parse(complete(payload))
    assert event is not None
    with pytest.raises(ServiceStreamError) as caught:
        parser.payload_of(event)
    assert (caught.value.code, caught.value.message) == (code, message)


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"ErrorCode":""}', b'{"LogResult":"x"}'])
def test_a_completion_without_a_code_is_no_error(payload: bytes) -> None:
    parser = EventParser.for_operation(operation_model("lambda", "InvokeWithResponseStream"))
    event = parser.parse(complete(payload))
    assert event is not None
    assert parser.payload_of(event) is None
