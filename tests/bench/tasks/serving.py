"""Starting servers, and clients that call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.bench.child import Child
from tests.support.calls import CONVERSE_CALL, S3_CALL

if TYPE_CHECKING:
    from contextlib import ExitStack

__all__ = ("CALLS", "awsio_client", "boto3_client", "call_of", "serve")

#: Service to the method that streams, its arguments, and where the response has the stream.
CALLS: dict[str, tuple[str, dict[str, Any], str]] = {
    "bedrock-runtime": ("converse_stream", CONVERSE_CALL, "stream"),
    "s3": ("select_object_content", S3_CALL, "Payload"),
}


def serve(stack: ExitStack, script: dict[str, Any]) -> Child:
    """Start a server of its own for a contestant; its ``hello`` has the ``url``."""
    server = stack.enter_context(Child("server", script))
    server.wait()
    return server


def options(connections: int) -> Any:
    """Give the configuration that the clients of all contestants have in common."""
    from botocore.config import Config

    return Config(max_pool_connections=connections, s3={"addressing_style": "path"})


def awsio_client(service: str, url: str, connections: int = 10) -> Any:
    """Make awsio's client."""
    import awsio

    return awsio.client(service, options(connections), endpoint=url)


def boto3_client(service: str, url: str, connections: int = 10) -> Any:
    """Make boto3's client."""
    import boto3

    return boto3.client(service, endpoint_url=url, config=options(connections))


def call_of(client: Any, service: str) -> Any:
    """Give a function that makes the call and gives the stream in its response."""
    method, arguments, member = CALLS[service]
    call = getattr(client, method)
    return lambda: call(**arguments)[member]
