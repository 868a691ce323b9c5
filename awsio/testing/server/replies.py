"""What the server sends for a call: events, an output, or an error."""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from awsio.events import EventSerializer
from awsio.eventstream import Frame
from awsio.testing.encoding import encode_item, has_initial_response
from awsio.testing.server.bodies import ReplayedPieces, encode_piece
from awsio.testing.server.defaults import default_events, default_output
from awsio.testing.server.error_responses import ErrorResponse, error_response
from awsio.testing.server.outputs import output_headers, output_status, write_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from awsio.testing.server.routes import Match
    from awsio.testing.server.scripts import Script

__all__ = ("PieceSource", "Reply", "error_reply", "failure_reply", "script_reply")

EVENT_STREAM = "application/vnd.amazon.eventstream"


class PieceSource(NamedTuple):
    """Where the pieces of a body come from that a script gives while they are sent.

    Attributes:
        call: returns the pieces; it may block.
        encode: encodes one.
        fail: makes the reply to an exception that the call raises.
        fail_midway: encodes an exception that comes later; None cuts the connection.
    """

    call: Callable[[], Iterable[Any]]
    encode: Callable[[Any], bytes]
    fail: Callable[[Exception], Reply]
    fail_midway: Callable[[Exception], bytes] | None


class Reply(NamedTuple):
    """A response.

    Attributes:
        status: the HTTP status.
        headers: lower-case names to values.
        head: the beginning of the body, sent with the headers.
        pieces: what follows, one HTTP chunk each.
        source: gives what follows then.
        delay: seconds before each piece.
    """

    status: int
    headers: Mapping[str, str]
    head: bytes = b""
    pieces: tuple[bytes, ...] = ()
    source: PieceSource | None = None
    delay: float = 0.0


def script_reply(match: Match, script: Script, params: Mapping[str, Any], request_id: str) -> Reply:
    """Make the reply that a script tells of.

    Args:
        match: the operation that was called.
        script: how the call is answered.
        params: the call's arguments.
        request_id: the request's ID.

    Raises:
        EventSerializeError: the script's function returned what the operation cannot send.
        Exception: what the script's function raises.
    """
    if script.error is not None:
        refusal = error_response(
            match.operation, match.protocol, script.error, script.message, request_id, script.status
        )
        return error_reply(refusal, request_id, script.headers)
    output = script.output(params) if callable(script.output) else script.output
    if output is None:
        output = default_output(match.operation, params)
    make = stream_reply if match.operation.has_event_stream_output else output_reply
    return make(match, script, output, params, request_id)


def output_reply(
    match: Match,
    script: Script,
    output: Mapping[str, Any],
    _params: Mapping[str, Any],
    request_id: str,
) -> Reply:
    """Make the reply of an operation without an event stream."""
    written = write_output(match.operation, match.protocol, output, request_id)
    length = {} if written.length is None else {"content-length": str(written.length)}
    headers = {
        "x-amzn-requestid": request_id,
        **length,
        **written.headers,
        **{name.lower(): value for name, value in script.headers.items()},
    }
    pieces, source = written.pieces, None
    if isinstance(pieces, ReplayedPieces):
        fail = partial(failure_reply, match, request_id)
        source = PieceSource(partial(iter, pieces), encode_piece, fail, None)
        pieces = ()
    status = script.status or written.status
    return Reply(status, headers, b"", pieces, source, script.delay)


def stream_reply(
    match: Match,
    script: Script,
    output: Mapping[str, Any],
    params: Mapping[str, Any],
    request_id: str,
) -> Reply:
    """Make the reply of an operation with an event stream."""
    operation = match.operation
    serializer = EventSerializer(operation)
    encode = partial(encode_item, serializer)
    head = b""
    if has_initial_response(operation) and script.initial_response:
        head = serializer.serialize_initial(output).encode()
    pieces, source = script.items, None
    if script.function is not None:
        fail = partial(failure_reply, match, request_id)
        source = PieceSource(partial(script.function, params), encode, fail, failure_frame)
    elif pieces is None:
        pieces = tuple(map(encode, default_events(operation, params)))
    headers = {
        "content-type": EVENT_STREAM,
        "x-amzn-requestid": request_id,
        **output_headers(operation, output),
        **{name.lower(): value for name, value in script.headers.items()},
    }
    status = script.status or output_status(operation, output)
    return Reply(status, headers, head, pieces or (), source, script.delay)


def error_reply(
    error: ErrorResponse, request_id: str, headers: Mapping[str, str] | None = None
) -> Reply:
    """Make the reply of an error."""
    own = {"x-amzn-requestid": request_id, "content-length": str(len(error.body))}
    given = {name.lower(): value for name, value in (headers or {}).items()}
    return Reply(error.status, {**own, **error.headers, **given}, error.body)


def failure_reply(match: Match, request_id: str, error: Exception) -> Reply:
    """Make the reply to an exception of a script's function."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR.value
    refusal = error_response(
        match.operation,
        match.protocol,
        "InternalServerException",
        error_text(error),
        request_id,
        status,
    )
    return error_reply(refusal, request_id)


def failure_frame(error: Exception) -> bytes:
    """Make the error frame that ends a stream whose script has failed."""
    headers = {
        ":message-type": "error",
        ":error-code": "InternalFailure",
        ":error-message": error_text(error),
    }
    return Frame(headers, json.dumps({"message": error_text(error)}).encode()).encode()


def error_text(error: Exception) -> str:
    """Return the text of an error for what a script raised."""
    return f"the script of the local server raised {type(error).__name__}: {error}"
