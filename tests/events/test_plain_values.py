"""`plain`: what takes no subclass of dict takes its result."""

from __future__ import annotations

import marshal
from datetime import UTC, datetime
from typing import Any

import pytest

import awsio
from awsio.events import EventParser, operation_model, plain
from awsio.eventstream import Frame
from awsio.testing import sample_events
from tests.support.operations import OPERATIONS


def parsed(payload: bytes) -> Any:
    parser = EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))
    headers = {":event-type": "contentBlockStart", ":message-type": "event"}
    return parser.parse(Frame(headers, payload))


def kinds(value: Any) -> set[type]:
    """Collect the types of all dicts and lists in a value."""
    if isinstance(value, dict):
        return {type(value)}.union(*map(kinds, value.values()))
    return {type(value)}.union(*map(kinds, value)) if isinstance(value, list) else set()


def test_structures_that_an_attribute_has_wrapped_are_plain_again() -> None:
    event = parsed(b'{"contentBlockIndex": 1, "start": {"toolUse": {"name": "weather"}}}')
    assert event.contentBlockStart.start.toolUse.name == "weather"
    assert kinds(dict(event)) != {dict}  # what dict() alone leaves
    with pytest.raises(ValueError, match="unmarshallable"):
        marshal.dumps(event)
    made = plain(event)
    assert made == event
    assert kinds(made) == {dict}
    assert marshal.loads(marshal.dumps(made)) == event  # noqa: S302 - our own bytes
    assert type(event.contentBlockStart.start) is not dict  # the event itself is as before


def test_nothing_is_shared_but_values() -> None:
    inner = {"a": [1, {"b": 2}]}
    made = plain([awsio.Event(inner), inner])
    made[0]["a"][1]["b"] = 3
    assert made[1] == inner == {"a": [1, {"b": 2}]}


@pytest.mark.parametrize("value", [None, 1, "text", b"x", datetime(2026, 1, 1, tzinfo=UTC), (1,)])
def test_other_values_are_themselves(value: Any) -> None:
    assert plain(value) is value
    assert plain({"a": [value]})["a"][0] is value


def test_depth_costs_no_recursion() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = awsio.Event({"a": [deep]})
    made, depth = plain(deep), 0
    while made:
        assert type(made) is dict
        (made,) = made["a"]
        depth += 1
    assert depth == 100_000
    while deep:  # freed from the outside, for the interpreter's sake
        (deep,) = deep["a"]


def test_a_response_becomes_plain_and_keeps_its_stream() -> None:
    stream = object()
    made = plain(awsio.Response({"stream": stream, "ResponseMetadata": awsio.Event({"a": 1})}))
    assert made == {"stream": stream, "ResponseMetadata": {"a": 1}}
    assert kinds(made) == {dict}


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_every_sample_event_is_equal_and_plain(service: str, operation: str) -> None:
    wire = awsio.testing.encode_events(service, operation, sample_events(service, operation))
    with awsio.open(wire, service, operation, require_terminal=False) as con:
        for event in con:
            for name in event:
                getattr(event, f"{name}_", None) if name in dir(dict) else getattr(event, name)
            assert plain(event) == event
            assert kinds(plain(event)) <= {dict, list}
