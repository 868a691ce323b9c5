"""`attach`: a boto3 client's streaming operations give `StreamHandler`s.

Only botocore's own event hooks are used. ``before-call`` notes the time,
``before-parse`` keeps botocore's parser from waiting for an RPC protocol's initial
response, and ``after-call`` puts the handler where botocore's ``EventStream`` was.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from awsio.clients.stream_handler import StreamHandler
from awsio.connection import Exchange, PawsConnection
from awsio.events import EventParser
from awsio.eventstream import encode_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSResponse
    from botocore.client import BaseClient
    from botocore.model import OperationModel

__all__ = ("attach",)

AnyClient = TypeVar("AnyClient")

REDIRECT = 300
CONTEXT_KEY = "awsio"
HOOK_ID = "awsio-{event}"

# The body of an empty initial response, by protocol: those that send one.
EMPTY_INITIAL = {"json": b"{}", "smithy-rpc-v2-cbor": b"\xa0"}


def attach(client: AnyClient, *, require_terminal: bool = True) -> AnyClient:
    """Make a client's streaming operations give stream handlers.

    Everything that the client did goes on working: ``for event in resp["stream"]``
    iterates as before, errors before the stream are the same. Added are
    ``resp["stream"](function)``, ``resp["stream"](connection=True)`` and the behaviour
    of :class:`~awsio.PawsConnection`.

    Args:
        client: a boto3 or botocore client. Attached again, it takes the new options.
        require_terminal: whether a stream that ends without its operation's terminal
            event is an error.

    Returns:
        The same client.

    Example:
        >>> import boto3, awsio
        >>> client = awsio.attach(boto3.client("bedrock-runtime", region_name="us-east-1"))
    """
    hooks = Hooks(client, require_terminal=require_terminal)  # type: ignore[arg-type]
    events = client.meta.events  # type: ignore[attr-defined]
    service_id = client.meta.service_model.service_id.hyphenize()  # type: ignore[attr-defined]
    for event, hook in (
        ("before-call", hooks.before_call),
        ("before-parse", hooks.before_parse),
        ("after-call", hooks.after_call),
    ):
        unique_id = HOOK_ID.format(event=event)
        events.unregister(f"{event}.{service_id}", unique_id=unique_id)
        events.register(f"{event}.{service_id}", hook, unique_id=unique_id)
    return client


class Hooks:
    """The hooks of one client, with the parsers of its operations."""

    def __init__(self, client: BaseClient, *, require_terminal: bool) -> None:
        self._exceptions = client.exceptions
        self._require_terminal = require_terminal
        self._parsers: dict[str, EventParser] = {}

    def before_call(self, context: dict[str, Any], **_: Any) -> None:
        """Note when the call began."""
        context[CONTEXT_KEY] = time.perf_counter()

    def before_parse(
        self, operation_model: OperationModel, response_dict: dict[str, Any], **_: Any
    ) -> None:
        """Give botocore's parser an initial response of our own.

        For RPC protocols the parser would block the call until the service has sent
        one, and keep what it read beyond it.
        """
        protocol = operation_model.service_model.resolved_protocol
        empty = EMPTY_INITIAL.get(protocol)
        if empty is not None and is_event_stream(operation_model, response_dict["status_code"]):
            response_dict["body"] = StandIn(empty)

    def after_call(
        self,
        http_response: AWSResponse,
        parsed: dict[str, Any],
        model: OperationModel,
        context: dict[str, Any],
        **_: Any,
    ) -> None:
        """Put a handler in the place of botocore's event stream."""
        if not is_event_stream(model, http_response.status_code):
            return
        body = getattr(http_response, "raw", None)
        if not hasattr(body, "read"):  # another hook answered without a response
            return
        parser = self._parsers.get(model.name)
        if parser is None:
            parser = self._parsers[model.name] = EventParser.for_operation(model, self._exceptions)
        elapsed = time.perf_counter() - context[CONTEXT_KEY] if CONTEXT_KEY in context else None
        connection = PawsConnection(
            body,
            parser,
            exchange=Exchange(model.http.get("method", "POST"), http_response.url, elapsed),
            require_terminal=self._require_terminal,
        )
        output: Any = model.output_shape
        parsed[output.event_stream_name] = StreamHandler(
            connection, model.service_model.service_name, model.name
        )


class StandIn:
    """A body that holds an empty initial response and nothing else."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    def stream(self) -> Iterator[bytes]:
        """Give the frame, as botocore reads a body."""
        yield encode_frame({":event-type": "initial-response"}, self._payload)

    def close(self) -> None:
        """Nothing to close."""


def is_event_stream(model: OperationModel, status_code: int) -> bool:
    """Tell whether a response carries the operation's events."""
    return bool(model.has_event_stream_output) and status_code < REDIRECT
