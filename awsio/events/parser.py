"""`EventParser`: a frame becomes an event, or the error that it carries.

Rules kept here: a parser has no state of a stream, so one serves all streams of an
operation, in any thread. A frame of a type that the model knows becomes an
:class:`Event`, of another type an :class:`UnknownEvent`; none is dropped. An exception or
error frame is raised. Headers that do not say what a frame carries, and a payload that is
not what the model says, are an :class:`~awsio.errors.EventParseError`, whatever the
libraries below raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsio.errors import EventParseError
from awsio.events.event import UNKNOWN_MEMBER, EventClasses, UnknownEvent
from awsio.events.exceptions import StreamExceptions
from awsio.events.expressions import check_expression
from awsio.events.formats import payload_format
from awsio.events.members import MemberParser, compile_members
from awsio.events.terminal import in_band_error, terminal_events

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import OperationModel, StructureShape

    from awsio.errors import ServiceStreamError
    from awsio.events.event import Event
    from awsio.eventstream import Frame

__all__ = ("EventParser",)

# botocore leaves members in the events of these protocols that the model does not have.
UNTYPED_PROTOCOLS = frozenset({"smithy-rpc-v2-cbor"})
# The RPC protocols: what other protocols send in the HTTP response's headers, the output members
# outside the stream, they send as its first frame, which always comes.
RPC_PROTOCOLS = frozenset({"json", "smithy-rpc-v2-cbor"})
EVENT = "event"
FAILURES = frozenset({"exception", "error"})
INITIAL_RESPONSE = "initial-response"
REASON_SHOWN = 300
VALUE_SHOWN = 60


class EventParser:
    """Parses the frames of one operation's event stream.

    Args:
        stream_shape: botocore's shape of the event stream (a union of events).
        protocol: the service's protocol, such as ``rest-json``: it decides the format
            of payloads.
        operation_name: the operation, for errors and for its terminal events.
        service_name: botocore's name of the service, None if it is not known.
        exceptions: the client's ``exceptions``; None creates classes from the model.
        output_shape: the operation's output, for the initial response of RPC
            protocols; None if it is not known.

    Attributes:
        operation_name: the operation, such as ``ConverseStream``.
        service_name: the service, such as ``bedrock-runtime``, or None.
        terminal: the event types of which one arrives before the end of every stream
            of the operation; empty if the operation has no terminal event.
        blobs: the name of the blob member, by event type, for the events that carry
            bytes.
        opens_with_initial: whether the operation's streams open with an initial response,
            as those of RPC protocols do. False where ``output_shape`` is not known.
    """

    def __init__(
        self,
        stream_shape: StructureShape,
        protocol: str,
        operation_name: str = "",
        *,
        service_name: str | None = None,
        exceptions: Any = None,
        output_shape: StructureShape | None = None,
    ) -> None:
        self.operation_name = operation_name
        self.service_name = service_name
        self.terminal = terminal_events(service_name, operation_name)
        self.blobs = blob_members(stream_shape)
        self.opens_with_initial = output_shape is not None and protocol in RPC_PROTOCOLS
        self._in_band = in_band_error(service_name, operation_name)
        self._stream_shape = stream_shape
        self._is_typed = protocol not in UNTYPED_PROTOCOLS
        payloads = payload_format(protocol)
        classes = EventClasses(service_name)
        self._unknown = classes.of(stream_shape, UnknownEvent)
        self._members: dict[Any, MemberParser] = compile_members(
            stream_shape, classes.of(stream_shape), payloads
        )
        # The headers of the last frame and their parser: consecutive frames of one type share
        # their headers object, and comparing it saves 0.1 us. One tuple, so that another
        # thread never sees half of a change.
        self._last: tuple[Mapping[str, Any] | None, MemberParser | None] = (None, None)
        self._exceptions = StreamExceptions(
            stream_shape, payloads, operation_name, service_name, exceptions
        )
        self._parse_initial = payloads.parser(output_shape) if output_shape is not None else None

    @classmethod
    def for_operation(cls, model: OperationModel, exceptions: Any = None) -> EventParser:
        """Return the parser of an operation's output.

        Args:
            model: botocore's model of an operation with an event-stream output.
            exceptions: the client's ``exceptions``; None creates classes from the model.

        Raises:
            EventParseError: the operation has no event-stream output.
        """
        stream_shape: Any = model.get_event_stream_output()
        if stream_shape is None:
            msg = f"{model.name} has no event stream in its output"
            raise EventParseError(msg)
        service = model.service_model
        return cls(
            stream_shape,
            service.resolved_protocol,
            model.name,
            service_name=service.service_name,
            exceptions=exceptions,
            output_shape=model.output_shape,
        )

    def parse(self, frame: Frame) -> Event | None:
        """Parse a frame.

        Args:
            frame: a frame of the operation's stream.

        Returns:
            ``{member: value}`` for the live member of the union, equal to the result of
            botocore's parser; ``{"SDK_UNKNOWN_MEMBER": {"name": type}}`` for a type that
            the model does not know; None for an initial response, which is not an event
            (see :meth:`parse_initial`). A frame without ``:message-type`` is an event, as
            in botocore.

        Raises:
            ServiceStreamError: the frame is an exception or an error.
            EventParseError: the payload or a header is not what the model says, the
                ``:message-type`` is unknown, or the ``:event-type`` of an event is
                missing or is not a string.
        """
        headers, parse = self._last
        if headers is not frame.headers:
            parse = self._select_parser(frame.headers)
        if parse is None:
            return self._parse_other(frame)
        try:
            return parse(frame)
        except Exception as error:
            raise unparsable(frame, error) from error

    def parse_initial(self, frame: Frame) -> dict[str, Any] | None:
        """Parse the initial response, the first frame of the streams of RPC protocols.

        Args:
            frame: a frame of the operation's stream.

        Returns:
            The operation's output members outside the stream; None if the frame is not an
            initial response.

        Raises:
            EventParseError: the payload is not what the model says.
        """
        headers = frame.headers
        if headers.get(":event-type") != INITIAL_RESPONSE:
            return None
        if headers.get(":message-type", EVENT) != EVENT:
            return None
        if not frame.payload or self._parse_initial is None:
            return {}
        try:
            members: dict[str, Any] = self._parse_initial(frame.payload)
        except Exception as error:
            raise unparsable(frame, error) from error
        return members

    def payload_of(self, event: Event) -> bytes | None:
        """Return the bytes that an event carries.

        Args:
            event: an event from :meth:`parse`.

        Returns:
            The event's blob member, None if the event has none.

        Raises:
            ServiceStreamError: the event is an ordinary one that reports a failure, such
                as Lambda's ``InvokeComplete`` with an ``ErrorCode``.
        """
        for event_type, members in event.items():
            if not isinstance(members, dict):
                continue
            name = self.blobs.get(event_type)
            if name is not None:
                blob: bytes | None = members.get(name)
                return blob
            failure = self._in_band
            if failure is not None and failure.event_type == event_type:
                code = members.get(failure.code)
                if code:
                    message = members.get(failure.message) or ""
                    raise self._exceptions.unmodelled(str(code), str(message))
        return None

    def check_expression(self, parsed: Mapping[str, Any]) -> None:
        """Check that the operation's events can have the names of a JMESPath expression.

        The names are followed through the shapes of the model. Where the model does not
        say what a value is, as in documents, any name is accepted.

        Args:
            parsed: the syntax tree, ``jmespath.compile(expression).parsed``.

        Raises:
            UnknownNameError: no event has one of the names, so it never finds anything.
        """
        check_expression(parsed, self._stream_shape, self.operation_name, is_typed=self._is_typed)

    def _select_parser(self, headers: Mapping[str, Any]) -> MemberParser | None:
        """Return the parser of an event that the model knows, and keep it for the next frame."""
        parse = None
        if headers.get(":message-type", EVENT) == EVENT:
            parse = self._members.get(headers.get(":event-type"))
        self._last = headers, parse
        return parse

    def _parse_other(self, frame: Frame) -> Event | None:
        """Parse a frame that is not an event of a known type."""
        message_type = frame.headers.get(":message-type", EVENT)
        if message_type in FAILURES:
            raise self._failure(frame)
        if message_type != EVENT:
            raise malformed(frame, f"its :message-type is {shown(message_type)}")
        if ":event-type" not in frame.headers:
            raise malformed(frame, "it has no :event-type")
        event_type = frame.headers[":event-type"]
        if not isinstance(event_type, str):
            raise malformed(frame, f"its :event-type is {shown(event_type)}, not a string")
        if event_type == INITIAL_RESPONSE:
            return None
        event = self._unknown({UNKNOWN_MEMBER: {"name": event_type}})
        event.frame = frame  # type: ignore[attr-defined]  # an UnknownEvent
        return event

    def _failure(self, frame: Frame) -> ServiceStreamError:
        """Return the exception of an exception or error frame."""
        try:
            return self._exceptions.from_frame(frame)
        except Exception as error:
            raise unparsable(frame, error) from error


def malformed(frame: Frame, reason: str) -> EventParseError:
    """Return the error for a frame whose headers do not say what it carries."""
    return EventParseError(f"a frame cannot be parsed: {reason}", frame=frame)


def unparsable(frame: Frame, error: Exception) -> EventParseError:
    """Return the error for a frame whose payload or headers do not match the model."""
    name = frame.event_type or frame.message_type or "without a type"
    reason = (str(error) or type(error).__name__)[:REASON_SHOWN]  # botocore quotes whole payloads
    return EventParseError(f"the frame {name!r} is not what the model says: {reason}", frame=frame)


def shown(value: object) -> str:
    """Return the start of a header's value, as a message shows it."""
    text = repr(value)
    return text if len(text) <= VALUE_SHOWN else text[:VALUE_SHOWN] + "..."


def blob_members(stream_shape: StructureShape) -> Mapping[str, str]:
    """Return the name of the blob that each event carries, as its payload or a member."""
    found = {}
    for event_type, shape in stream_shape.members.items():
        for name, member in getattr(shape, "members", {}).items():
            is_header = member.serialization.get("eventheader")
            if member.type_name == "blob" and not is_header:
                found[event_type] = name
                break
    return found
