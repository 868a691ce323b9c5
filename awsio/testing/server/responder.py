"""From a request to what is sent back: everything but the sending."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from awsio.testing.server.catalog import service_entries
from awsio.testing.server.error_responses import (
    ErrorResponse,
    error_response,
    unknown_operation_response,
)
from awsio.testing.server.params import parse_params
from awsio.testing.server.protocols import CBOR
from awsio.testing.server.replies import Reply, error_reply, failure_reply, script_reply
from awsio.testing.server.request import RecordedRequest
from awsio.testing.server.routes import CBOR_PATH
from awsio.testing.server.routing import signing_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.model import OperationModel

    from awsio.testing.server.request import HttpRequest
    from awsio.testing.server.routing import Router
    from awsio.testing.server.scripts import ScriptQueues

__all__ = ("DeferredReply", "Responder")

REQUEST_ID = "00000000-0000-4000-8000-{:012d}"


class DeferredReply(NamedTuple):
    """A reply that a script's function has to make; it may block.

    Attributes:
        call: makes the reply.
        fail: makes the reply to an exception of the call.
    """

    call: Callable[[], Reply]
    fail: Callable[[Exception], Reply]


class Responder:
    """Answers requests, and keeps them.

    Args:
        router: finds the operations.
        scripts: tell how they answer.

    Attributes:
        requests: the requests that came, in order.
    """

    def __init__(self, router: Router, scripts: ScriptQueues) -> None:
        self.requests: list[RecordedRequest] = []
        self._router = router
        self._scripts = scripts
        self._counter = count(1)

    def reply(self, request: HttpRequest) -> Reply | DeferredReply:
        """Answer a request."""
        request_id = REQUEST_ID.format(next(self._counter))
        match = self._router.find(request)
        if match is None:
            self._record(request)
            return error_reply(refuse(request, request_id), request_id)
        operation, protocol = match.operation, match.protocol
        if operation.has_event_stream_input:
            self._record(request, operation)
            message = (
                f"{operation.name} takes an event stream as input, which the local server "
                "cannot receive"
            )
            refusal = unknown_operation_response(message, request_id, protocol)
            return error_reply(refusal, request_id)
        try:
            params = parse_params(match, request)
        except Exception as error:  # noqa: BLE001 - whatever a parser says of a foreign body
            self._record(request, operation)
            message = f"the request is not a valid {operation.name}: {error}"
            code = "SerializationException"
            return error_reply(
                error_response(operation, protocol, code, message, request_id), request_id
            )
        self._record(request, operation, params)
        script = self._scripts.take(operation)
        make = partial(script_reply, match, script, params, request_id)
        if callable(script.output):
            return DeferredReply(make, partial(failure_reply, match, request_id))
        return make()

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
    """Write that no operation matches."""
    query = "&".join(f"{name}={value}" if value else name for name, value in request.query)
    message = (
        "no operation of the services that botocore knows looks like this: "
        f"{request.method} {request.path}{'?' if query else ''}{query}, "
        f"X-Amz-Target: {request.headers.get('x-amz-target') or 'none'}, "
        f"Action: {dict(request.form).get('Action') or 'none'}"
    )
    return unknown_operation_response(message, request_id, protocol_of(request))


def protocol_of(request: HttpRequest) -> str:
    """Guess the protocol of a request that matches no operation."""
    name = signing_scope(request)
    if CBOR_PATH.fullmatch(request.path):
        return CBOR
    if "x-amz-target" in request.headers:
        return "json"
    if "Action" in dict(request.form):
        return "ec2" if name == "ec2" else "query"
    services = [one for one in service_entries() if name and one.signing_name == name]
    is_xml = any("rest-xml" in one.protocols for one in services)
    return "rest-xml" if is_xml else "rest-json"
