"""From a request to what is sent back: everything but the sending."""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from awsio.events import EventSerializer
from awsio.eventstream import Frame
from awsio.testing.encoding import encode_item, has_initial_response
from awsio.testing.server.defaults import default_events
from awsio.testing.server.error_responses import (
    ErrorResponse,
    error_response,
    unknown_operation_response,
)
from awsio.testing.server.outputs import output_headers, output_status, sample_output
from awsio.testing.server.request import RecordedRequest, parse_params

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from botocore.model import OperationModel

    from awsio.testing.encoding import Item
    from awsio.testing.server.request import HttpRequest
    from awsio.testing.server.routing import Router
    from awsio.testing.server.scripts import Script, Scripts

__all__ = ("Reply", "Responder", "Source", "failure_frame")

EVENT_STREAM = "application/vnd.amazon.eventstream"
REQUEST_ID = "00000000-0000-4000-8000-{:012d}"


class Source(NamedTuple):
    """Where the items of a stream come from that a script's function gives.

    Attributes:
        call: calls the function; it may block.
        encode: makes the bytes of an item.
        fail: makes the reply to an exception that the call raises.
    """

    call: Callable[[], Iterable[Item]]
    encode: Callable[[Item], bytes]
    fail: Callable[[Exception], Reply]


class Reply(NamedTuple):
    """A response.

    Attributes:
        status: the HTTP status.
        headers: lower-case names to values.
        head: the beginning of the body, or all of it.
        events: what follows, one HTTP chunk each.
        source: gives what follows then.
        delay: seconds before each event.
    """

    status: int
    headers: Mapping[str, str]
    head: bytes = b""
    events: tuple[bytes, ...] = ()
    source: Source | None = None
    delay: float = 0.0


class Responder:
    """Answers requests, and keeps them.

    Args:
        router: finds the operations.
        scripts: tell how they answer.

    Attributes:
        requests: the requests that came, in order.
    """

    def __init__(self, router: Router, scripts: Scripts) -> None:
        self.requests: list[RecordedRequest] = []
        self._router = router
        self._scripts = scripts
        self._counter = count(1)

    def reply(self, request: HttpRequest) -> Reply:
        """Answer a request."""
        request_id = REQUEST_ID.format(next(self._counter))
        match = self._router.find(request)
        if match is None:
            self._record(request)
            return error_reply(refuse(request, request_id), request_id)
        operation = match.operation
        try:
            params = parse_params(operation, request, match.labels)
        except Exception as error:  # noqa: BLE001 - whatever a parser says of a foreign body
            self._record(request, operation)
            message = f"the request is not a valid {operation.name}: {error}"
            refusal = error_response(operation, "SerializationException", message, request_id)
            return error_reply(refusal, request_id)
        self._record(request, operation, params)
        script = self._scripts.take(operation)
        if script.error is not None:
            refusal = error_response(
                operation, script.error, script.message, request_id, script.status
            )
            return error_reply(refusal, request_id, script.headers)
        return stream_reply(operation, script, params, request_id)

    def _record(
        self,
        request: HttpRequest,
        operation: OperationModel | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep a request."""
        service = operation.service_model.service_name if operation is not None else ""
        name = operation.name if operation is not None else ""
        self.requests.append(
            RecordedRequest(
                service,
                name,
                params or {},
                request.method,
                request.path,
                request.query,
                request.headers,
                request.body,
            )
        )


def refuse(request: HttpRequest, request_id: str) -> ErrorResponse:
    """Say that no operation matches."""
    target = request.headers.get("x-amz-target")
    query = "&".join(f"{name}={value}" if value else name for name, value in request.query)
    message = (
        "the local server plays the operations whose output is an event stream, and this is "
        f"none of them: {request.method} {request.path}{'?' if query else ''}{query}, "
        f"X-Amz-Target: {target or 'none'}"
    )
    is_xml = "/s3/" in request.headers.get("authorization", "")
    return unknown_operation_response(message, request_id, is_xml=is_xml)


def error_reply(
    error: ErrorResponse, request_id: str, headers: Mapping[str, str] | None = None
) -> Reply:
    """Make the reply of an error."""
    own = {"x-amzn-requestid": request_id, "content-length": str(len(error.body))}
    return Reply(error.status, {**own, **error.headers, **(headers or {})}, error.body)


def stream_reply(
    operation: OperationModel, script: Script, params: Mapping[str, Any], request_id: str
) -> Reply:
    """Make the reply that a script tells of."""
    serializer = EventSerializer(operation)
    encode = partial(encode_item, serializer)
    output = script.output if script.output is not None else sample_output(operation, params)
    head = b""
    if has_initial_response(operation) and script.initial_response:
        head = serializer.serialize_initial(output).encode()
    events, source = script.items, None
    if script.function is not None:
        source = Source(
            partial(script.function, params), encode, partial(fail, operation, request_id)
        )
    elif events is None:
        events = tuple(map(encode, default_events(operation, params)))
    headers = {
        "content-type": EVENT_STREAM,
        "x-amzn-requestid": request_id,
        **output_headers(operation, output),
        **{name.lower(): value for name, value in script.headers.items()},
    }
    status = script.status or output_status(operation, output)
    return Reply(status, headers, head, events or (), source, script.delay)


def fail(operation: OperationModel, request_id: str, error: Exception) -> Reply:
    """Make the reply to an exception of a script's function."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR.value
    code = "InternalServerException"
    return error_reply(
        error_response(operation, code, error_text(error), request_id, status), request_id
    )


def failure_frame(error: Exception) -> bytes:
    """Make the error frame that ends a stream whose script has failed."""
    headers = {
        ":message-type": "error",
        ":error-code": "InternalFailure",
        ":error-message": error_text(error),
    }
    return Frame(headers, json.dumps({"message": error_text(error)}).encode()).encode()


def error_text(error: Exception) -> str:
    """Say what a script raised."""
    return f"the script of the local server raised {type(error).__name__}: {error}"
