"""Bodies of Bedrock's InvokeModel, which tracers read and replace, or wrap."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import awsio
from awsio import BodyHandler
from tests.tracers.installed import INSTALLED, TRACERS, Seen, Tracer

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsio.testing import LocalServer

if not INSTALLED:
    pytest.skip(f"no tracer is installed: {', '.join(TRACERS)}", allow_module_level=True)

ARGUMENTS = {
    "modelId": "anthropic.claude-3-haiku-20240307-v1:0",
    "body": json.dumps(
        {
            "anthropic_version": "bedrock-2023-05-31",
            "messages": [{"role": "user", "content": "Hello"}],
            "max_tokens": 9,
        }
    ),
}
MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [{"type": "text", "text": "Good day"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 7, "output_tokens": 11},
}
# Longer than what a connection asks of a body at a time.
LONG = {**MESSAGE, "content": [{"type": "text", "text": "Good day. " * 10_000}]}
COUNTS = {"x-amzn-bedrock-input-token-count": "7", "x-amzn-bedrock-output-token-count": "11"}
FORMS: dict[str, Callable[[Any], Any]] = {
    "read": lambda body: json.loads(body.read()),
    "connection": lambda body: json.loads(body.connection().readall()),
    "paws's connection": lambda body: json.loads(body(connection=True).readall()),
    "with": lambda body: in_with(body.connection()),
    "pieces": lambda body: json.loads(b"".join(body.each(lambda piece: piece))),
    "paws's function": lambda body: json.loads(b"".join(body(lambda piece: piece))),
    "JSON": lambda body: next(body.connection().iter_json()),
    "connect": lambda body: json.loads(awsio.connect(body).readall()),
    "lines": lambda body: json.loads("".join(awsio.resp_stream_lines(body.connection()) or [])),
}


def in_with(con: awsio.PawsConnection) -> Any:
    with con:
        return json.loads(con.read(1 << 20) + con.readall())


@pytest.mark.parametrize("message", [MESSAGE, LONG], ids=["short", "long"])
@pytest.mark.parametrize("form", FORMS)
def test_a_body_that_is_read(
    client: Any, tracer: Tracer, server: LocalServer, form: str, message: dict[str, Any]
) -> None:
    output = {"body": json.dumps(message).encode()}
    server.add("bedrock-runtime", "InvokeModel", output=output, headers=COUNTS)
    response = client.invoke_model(**ARGUMENTS)
    assert type(response["body"]) is BodyHandler
    assert FORMS[form](response["body"]) == message
    del response
    tokens = (7, 11) if tracer.counts_tokens else (None, None)
    assert tracer.ended() == [Seen(tokens, failed=False)]
