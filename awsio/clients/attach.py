"""`attach`: a boto3 client's streaming operations return `StreamHandler`s.

Only botocore's own event hooks are used. ``before-call`` notes the time and
``request-created`` the request; ``before-parse`` keeps botocore's parser from waiting
for an RPC protocol's initial response; ``after-call`` replaces botocore's
``EventStream`` or ``StreamingBody`` with the handler.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.client import BaseClient
from botocore.response import StreamingBody

from awsio.clients.botocore_errors import ClientSource
from awsio.clients.doors import check_client
from awsio.clients.stream_handler import EventStreamHandler
from awsio.connection import Exchange, PawsConnection, SentRequest
from awsio.connection.options import DEFAULT_OPTIONS, StreamOptions
from awsio.events import EventParser
from awsio.events.sensitive import sensitive_names
from awsio.eventstream import encode_frame
from awsio.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSRequest, AWSResponse
    from botocore.model import OperationModel
    from typing_extensions import Unpack

    from awsio.clients.stream_handler import StreamHandler
    from awsio.connection.options import StreamOptionArguments
    from awsio.masking import SensitiveNames

__all__ = ("attach", "with_unknown_events")

AnyClient = TypeVar("AnyClient")

REDIRECT = 300
CONTEXT_KEY = "awsio"
HOOK_ID = "awsio-{event}"

# The body of an empty initial response, by protocol: those that send one.
EMPTY_INITIAL = {"json": b"{}", "smithy-rpc-v2-cbor": b"\xa0"}


def attach(
    client: AnyClient,
    *,
    options: StreamOptions = DEFAULT_OPTIONS,
    **changes: Unpack[StreamOptionArguments],
) -> AnyClient:
    """Make a client's streaming operations return stream handlers.

    Everything that the client did still works: ``for event in resp["stream"]`` iterates
    as before, errors before the stream are the same, and those in it are of boto3's classes
    too. New are
    ``resp["stream"](function)``, ``resp["stream"](connection=True)`` and the behaviour
    of :class:`~awsio.PawsConnection`, also for bodies that are not event streams, such as
    those of S3's objects.

    Args:
        client: a boto3 or botocore client. If it is attached again, the new options hold.
        options: the options of the client's streams.
        changes: single options by name, such as ``idle_timeout=30``, which take
            precedence over ``options``; see :class:`~awsio.StreamOptions`.

    Returns:
        The same client.

    Raises:
        TypeError: ``client`` is something else, such as a boto3 resource or a client of
            aiobotocore; an option does not exist, or has a value of the wrong type.
        ValueError: an option has an impossible value.

    Example:
        >>> import boto3, awsio
        >>> client = awsio.attach(boto3.client("bedrock-runtime", region_name="us-east-1"))
    """
    options = options.with_changes(changes)
    check_client(client)
    boto_client: Any = client
    if not isinstance(client, BaseClient):  # a Client of awsio's, attached again
        options = with_unknown_events(options)
    hooks = Hooks(boto_client, options)
    events = boto_client.meta.events
    service_id = boto_client.meta.service_model.service_id.hyphenize()
    for event, hook in (
        ("before-call", hooks.before_call),
        ("request-created", hooks.request_created),
        ("before-parse", hooks.before_parse),
        ("after-call", hooks.after_call),
    ):
        unique_id = HOOK_ID.format(event=event)
        events.unregister(f"{event}.{service_id}", unique_id=unique_id)
        events.register(f"{event}.{service_id}", hook, unique_id=unique_id)
    inner = vars(client).get("_client", client)  # of a Client of awsio's
    if isinstance(inner, BaseClient):  # pragma: no branch - nothing else comes so far
        wrap_methods(inner, hooks)
    return client


def wrap_methods(client: Any, hooks: Hooks) -> None:
    """Come last in each call of a client, after those who wrap what it returns.

    Tracers replace ``_make_api_call`` of the class, before or after the client is attached, or
    methods of one client when it is created.
    """
    methods = client.meta.method_to_api_mapping
    for name in ("_make_api_call", *(name for name in vars(client) if name in methods)):
        own = vars(client).get(name)
        inner = getattr(own, "inner", own)  # of a client that is attached again
        setattr(client, name, LastInCall(client, name, inner, hooks))


class LastInCall:
    """A method of one client, which takes a stream back out of what others have wrapped it in.

    Args:
        client: the client.
        name: the method's name.
        inner: the method of the object; None for that of its class, found at each call.
        hooks: the client's.
    """

    def __init__(
        self, client: Any, name: str, inner: Callable[..., Any] | None, hooks: Hooks
    ) -> None:
        self.inner = inner
        self._client = client
        self._name = name
        self._hooks = hooks
        update_wrapper(self, inner or getattr(type(client), name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the method."""
        method = self.inner or partial(getattr(type(self._client), self._name), self._client)
        calls = self._hooks.calls
        outer = calls.made
        made = calls.made = {}
        try:
            parsed = method(*args, **kwargs)
            for member, handler in made.items():
                if isinstance(parsed, dict) and member in parsed:
                    parsed[member] = made[member] = handler.through(parsed[member])
            if outer is not None:
                outer.update(made)
        finally:
            calls.made = outer
        return parsed


class Calls(threading.local):
    """What runs in a thread.

    Attributes:
        made: by its member, the handler that the innermost call has put into its response; None
            outside of calls.
    """

    made: dict[str, StreamHandler] | None = None


def with_unknown_events(options: StreamOptions) -> StreamOptions:
    """Return the options of a client of awsio's, whose loops have unknown events by default."""
    if options.unknown_events is not None:
        return options
    return options.with_changes({"unknown_events": True})


class Hooks:
    """The hooks of one client, with the parsers of its operations.

    Args:
        client: the client.
        options: the options of its streams.

    Attributes:
        calls: what runs in the threads.
    """

    def __init__(self, client: BaseClient, options: StreamOptions) -> None:
        self._exceptions = client.exceptions
        self._options = options
        self._parsers: dict[str, EventParser] = {}
        self._sensitive: dict[str, SensitiveNames] = {}
        self.calls = Calls()

    def before_call(self, context: dict[str, Any], **_: Any) -> None:
        """Note when the call began."""
        context[CONTEXT_KEY] = Call(time.perf_counter())

    def request_created(self, request: AWSRequest, **_: Any) -> None:
        """Note the request; that of a retry replaces the one before."""
        call = request.context.get(CONTEXT_KEY)
        if call is not None:
            call.request = request

    def before_parse(
        self, operation_model: OperationModel, response_dict: dict[str, Any], **_: Any
    ) -> None:
        """Replace the body that botocore's parser reads.

        For RPC protocols the parser would block the call until the service has sent
        an initial response, and keep what it read beyond it. And botocore's event stream
        forms a reference cycle with its generator, which would keep the response and its
        pool alive until the garbage collector runs.
        """
        if is_event_stream(operation_model, response_dict["status_code"]):
            protocol = operation_model.service_model.resolved_protocol
            response_dict["body"] = StandIn(EMPTY_INITIAL.get(protocol, b""))

    def after_call(
        self,
        http_response: AWSResponse,
        parsed: dict[str, Any],
        model: OperationModel,
        context: dict[str, Any],
        **_: Any,
    ) -> None:
        """Replace botocore's event stream, or its body, with a handler."""
        if http_response.status_code >= REDIRECT:
            return
        call = context.pop(CONTEXT_KEY, None)  # the request refers back to the context
        exchange = None
        if call is not None and (model.has_event_stream_output or model.has_streaming_output):
            exchange = call.exchange(self._sensitive_names(model))
        names = model.service_model.service_name, model.name
        output: Any = model.output_shape
        if model.has_event_stream_output:
            raw = getattr(http_response, "raw", None)
            if hasattr(raw, "read"):  # unless another hook answered without a response
                parser = self._parser(model)
                source = ClientSource(make_source(raw))
                connection = PawsConnection(
                    source, parser, exchange=exchange, options=self._options
                )
                self._put(parsed, output.event_stream_name, EventStreamHandler(connection, *names))
        elif model.has_streaming_output:
            member = output.serialization["payload"]
            body = parsed.get(member)
            if isinstance(body, StreamingBody):
                # It imports what lines and JSON need, which readers of events do without.
                from awsio.clients.body_handler import BodyHandler  # noqa: PLC0415 - see above

                content_type = http_response.headers.get("content-type")
                handler = BodyHandler(
                    body,
                    *names,
                    content_type=content_type,
                    exchange=exchange,
                    options=self._options,
                )
                self._put(parsed, member, handler)

    def _put(self, parsed: dict[str, Any], member: str, handler: StreamHandler) -> None:
        """Put a handler into a response."""
        parsed[member] = handler
        if self.calls.made is not None:  # pragma: no branch - a client may share another's events
            self.calls.made[member] = handler

    def _parser(self, model: OperationModel) -> EventParser:
        """Return the parser of an operation, created once."""
        parser = self._parsers.get(model.name)
        if parser is None:
            parser = self._parsers[model.name] = EventParser.for_operation(model, self._exceptions)
        return parser

    def _sensitive_names(self, model: OperationModel) -> SensitiveNames:
        """Return what an operation's model marks sensitive, found once."""
        names = self._sensitive.get(model.name)
        if names is None:
            names = self._sensitive[model.name] = sensitive_names(model)
        return names


@dataclass
class Call:
    """What is known of a call while it runs.

    Attributes:
        started: when it began, by ``time.perf_counter()``.
        request: botocore's request, which is signed by the time that it is used.
    """

    started: float
    request: Any = None

    def exchange(self, sensitive: SensitiveNames) -> Exchange:
        """Return the exchange for a connection, when the response's headers have arrived.

        Args:
            sensitive: what the operation's model marks sensitive.
        """
        elapsed = time.perf_counter() - self.started
        if self.request is None:
            return Exchange(None, elapsed, sensitive)
        headers = {
            name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
            for name, value in self.request.headers.items()
        }
        request = self.request
        sent = SentRequest(request.method, request.url, headers, request.data, sensitive)
        return Exchange(sent, elapsed, sensitive)


class StandIn:
    """A body that holds an empty initial response and nothing else."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    def stream(self) -> Iterator[bytes]:
        """Yield the frame, as botocore reads a body."""
        yield encode_frame({":event-type": "initial-response"}, self._payload)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


def is_event_stream(model: OperationModel, status_code: int) -> bool:
    """Return whether a response carries the operation's events."""
    return bool(model.has_event_stream_output) and status_code < REDIRECT
