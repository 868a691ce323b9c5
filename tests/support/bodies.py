"""Answers whose bodies are no event streams, and the operations that give them."""

from __future__ import annotations

import base64
import zlib
from typing import Any

from awsio import ServerSentEvent
from awsio.errors import ConnectionLostError, TruncatedStreamError
from tests.support.wire import Answer, Gate

__all__ = (
    "BREAKS",
    "EVENTS",
    "LINES",
    "OBJECT",
    "OPERATIONS",
    "SSE",
    "checksummed",
    "plain",
)

OBJECT: dict[str, Any] = {"Bucket": "b", "Key": "k"}
LINES = b"".join(b"line %d\n" % number for number in range(600)) + b"\r\n\nno end"
SSE = b'\xef\xbb\xbf: hello\n\nid: 7\ndata: {"a":\ndata: 1}\n\nevent: x\rdata: d\xc3\xa9\r\r'
EVENTS = [ServerSentEvent(data='{"a":\n1}', id="7"), ServerSentEvent("x", "d\xe9", "7")]
# Operations of several protocols: service, method, arguments, the member of the body.
OPERATIONS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "s3": ("s3", "get_object", OBJECT, "Body"),
    "polly": (
        "polly",
        "synthesize_speech",
        {"OutputFormat": "mp3", "Text": "hi", "VoiceId": "Joanna"},
        "AudioStream",
    ),
    "lambda": ("lambda", "invoke", {"FunctionName": "f"}, "Payload"),
    "sagemaker": (
        "sagemaker-runtime",
        "invoke_endpoint",
        {"EndpointName": "e", "Body": b""},
        "Body",
    ),
    "agentcore": (
        "bedrock-agentcore",
        "invoke_agent_runtime",
        {"agentRuntimeArn": "arn:aws:a:us-east-1:123456789012:runtime/r", "payload": b"{}"},
        "response",
    ),
    "bedrock": ("bedrock-runtime", "invoke_model", {"modelId": "m", "body": b"{}"}, "body"),
}


def plain(pieces: list[bytes | Gate] | None = None, framing: Any = "length", **more: Any) -> Answer:
    more = {"content_type": "application/octet-stream"} | more
    return Answer([LINES] if pieces is None else pieces, framing, **more)


def checksummed(body: bytes, of: bytes | None = None, pieces: Any = None, **more: Any) -> Answer:
    digest = zlib.crc32(body if of is None else of).to_bytes(4, "big")
    headers = {"x-amz-checksum-crc32": base64.b64encode(digest).decode()}
    return plain([body] if pieces is None else pieces, headers=headers, **more)


# A body that breaks: how it is sent, and what awsio says of it.
BREAKS: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "shorter than announced": ({"length": len(LINES) + 5, "end": "fin"}, TruncatedStreamError),
    "without its last chunk": (
        {"framing": "chunked", "last_chunk": False, "end": "fin"},
        TruncatedStreamError,
    ),
    "reset": ({"length": len(LINES) + 5, "end": "rst"}, ConnectionLostError),
}
