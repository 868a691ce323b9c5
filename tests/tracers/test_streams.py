"""Streams of Bedrock, traced: in each form of reading the span is that of boto3's loop."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from typing import Any

import pytest

import awsio
from awsio.errors import ServiceStreamError, TruncatedStreamError
from awsio.testing import LocalServer, encode_events
from tests.support.forms import CLOSING, DROPPING, RAW, READING, Form
from tests.tracers.clients import new_client
from tests.tracers.installed import INSTALLED, TRACERS, Seen, Tracer

if not INSTALLED:
    pytest.skip(f"no tracer is installed: {', '.join(TRACERS)}", allow_module_level=True)

CONVERSE = "ConverseStream", "stream"
INVOKE = "InvokeModelWithResponseStream", "body"
CLAUDE = "anthropic.claude-3-haiku-20240307-v1:0"
ARGUMENTS: dict[str, dict[str, Any]] = {
    "ConverseStream": {
        "modelId": "amazon.nova-lite-v1:0",
        "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
    },
    "InvokeModelWithResponseStream": {
        "modelId": CLAUDE,
        "body": json.dumps(
            {
                "anthropic_version": "bedrock-2023-05-31",
                "messages": [{"role": "user", "content": "Hello"}],
                "max_tokens": 9,
            }
        ),
    },
}
EVENTS: list[dict[str, Any]] = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Good "}}},
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "day"}}},
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
    {
        "metadata": {
            "usage": {"inputTokens": 7, "outputTokens": 11, "totalTokens": 18},
            "metrics": {"latencyMs": 5},
        }
    },
]
CHUNKS: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 7, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Good"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 11},
    },
    {
        "type": "message_stop",
        "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": 7,
            "outputTokenCount": 11,
            "invocationLatency": 5,
            "firstByteLatency": 2,
        },
    },
]
STREAMS = {
    "ConverseStream": EVENTS,
    "InvokeModelWithResponseStream": [
        {"chunk": {"bytes": json.dumps(chunk).encode()}} for chunk in CHUNKS
    ],
}
#: InvokeModel's events have no such member, and no terminal event.
FORMS = {name: form for name, form in READING.items() if name != "select"}

Call = Callable[..., dict[str, Any]]


@pytest.fixture(params=[CONVERSE, INVOKE], ids=lambda operation: operation[0])
def operation(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Give an operation and the member of its output that is the stream."""
    found: tuple[str, str] = request.param
    return found


@pytest.fixture
def call(server: LocalServer, operation: tuple[str, str]) -> Call:
    """Call the operation; the answer is a given one, or a whole one."""
    name, _ = operation

    def make(client: Any, events: Any = None) -> dict[str, Any]:
        server.add("bedrock-runtime", name, STREAMS[name] if events is None else events)
        method = {api: one for one, api in client.meta.method_to_api_mapping.items()}[name]
        response: dict[str, Any] = getattr(client, method)(**ARGUMENTS[name])
        return response

    return make


def whole(tracer: Tracer) -> list[Seen]:
    """Return the span of a stream that was read."""
    return [Seen((7, 11) if tracer.counts_tokens else (None, None), failed=False)]


def test_boto3_s_loop(boto3_client: Any, tracer: Tracer, operation: Any, call: Call) -> None:
    list(call(boto3_client)[operation[1]])
    assert tracer.ended() == whole(tracer)


@pytest.mark.parametrize("form", FORMS)
def test_a_stream_that_is_read(
    client: Any, tracer: Tracer, operation: Any, call: Call, form: str
) -> None:
    response = call(client)
    if tracer.sees_streams:
        assert tracer.ended() == []
    FORMS[form](response, operation[1])
    assert tracer.ended() == whole(tracer)


def test_a_stream_of_boto3_through_connect(
    boto3_client: Any, tracer: Tracer, operation: Any, call: Call
) -> None:
    response = call(boto3_client)
    with awsio.connect(response[operation[1]], boto3_client) as con:
        assert len(list(con)) == len(STREAMS[operation[0]])
    assert tracer.ended() == whole(tracer)


@pytest.mark.parametrize("form", [*CLOSING, *DROPPING])
def test_a_stream_that_is_left(
    client: Any, tracer: Tracer, operation: Any, call: Call, form: str
) -> None:
    forms: dict[str, Form] = {**CLOSING, **DROPPING}
    response = call(client)
    forms[form](response, operation[1])
    del response
    gc.collect()
    ends = tracer.ends_closed_streams or operation == INVOKE
    assert [seen.failed for seen in tracer.ended()] == ([False] if ends else [])


ONCE = sorted(FORMS.keys() - {"resume", "some of each"})


@pytest.mark.parametrize("form", ONCE)
def test_a_stream_that_is_cut(
    client: Any, tracer: Tracer, operation: Any, call: Call, form: str
) -> None:
    name, member = operation
    wire = encode_events("bedrock-runtime", name, STREAMS[name][:3])
    response = call(client, [wire[:-1]])
    with pytest.raises(TruncatedStreamError):
        FORMS[form](response, member)
    response[member].close()
    ends = tracer.ends_closed_streams or operation == INVOKE
    assert len(tracer.ended()) == ends


@pytest.mark.parametrize("form", [form for form in ONCE if form not in RAW])
def test_a_stream_in_which_the_service_gives_up(
    client: Any, tracer: Tracer, operation: Any, call: Call, form: str
) -> None:
    name, member = operation
    response = call(client, [*STREAMS[name][:3], {"throttlingException": {"message": "slow down"}}])
    with pytest.raises(ServiceStreamError):
        FORMS[form](response, member)
    response[member].close()
    spans = tracer.ended()
    ends = tracer.ends_closed_streams or operation == INVOKE
    assert len(spans) == ends
    if tracer.sees_streams and tracer.ends_closed_streams:
        assert spans[0].failed


def test_stream_many(client: Any, tracer: Tracer, operation: Any, call: Call) -> None:
    name, _ = operation
    list(call(client)[operation[1]])
    tracer.ended()
    results = list(awsio.stream_many(client, name, [ARGUMENTS[name]] * 3))
    assert [len(events) for events in results] == [len(STREAMS[name])] * 3
    if tracer.sees_streams:  # X-Ray wants a segment in each thread
        assert tracer.ended() == whole(tracer) * 3


def test_a_client_that_was_there_before_its_tracer(
    tracer: Tracer, server: LocalServer, operation: Any, call: Call
) -> None:
    made = awsio.attach(new_client(server))
    tracer.instrument()
    assert len(list(call(made)[operation[1]].connection())) == len(STREAMS[operation[0]])
    assert tracer.ended() == ([] if tracer.patches_clients else whole(tracer))
    made.close()
