"""`EventParser`: a frame becomes an event, or the error that it carries.

Rules: a parser holds no state of a stream, so one serves all streams of an
operation, in any thread. A frame of a type that the model knows becomes an
:class:`Event`; of another type an :class:`UnknownEvent`, never nothing. An
exception or error frame is raised. A payload that is not what the model says is an
:class:`~awsio.errors.EventParseError`, whatever the libraries below raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsio.errors import EventParseError
from awsio.events.event import EventClasses, UnknownEvent
from awsio.events.exceptions import StreamExceptions
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

INITIAL_RESPONSE = "initial-response"
REASON_SHOWN = 300


class EventParser:
    """Parses the frames of one operation's event stream.

    Args:
        stream_shape: botocore's shape of the event stream (a union of events).
        protocol: the service's protocol, as ``rest-json``: it decides how payloads
            are written.
        operation_name: the operation, for errors and for its terminal events.
        service_name: botocore's name of the service, None where it is not known.
        exceptions: the client's ``exceptions``; None makes classes from the model.
        output_shape: the operation's output, for the initial response of RPC
            protocols; None where it is not known.

    Attributes:
        operation_name: the operation, as ``ConverseStream``.
        service_name: the service, as ``bedrock-runtime``, or None.
        terminal: event types of which one comes before the end of every stream of
            the operation; empty where there is no such event.
        blobs: event type to the name of the event's blob member, for the events
            that carry bytes.
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
        self._in_band = in_band_error(service_name, operation_name)
        payloads = payload_format(protocol)
        classes = EventClasses(service_name)
        self._unknown = classes.of(stream_shape, UnknownEvent)
        self._members: dict[Any, MemberParser] = compile_members(
            stream_shape, classes.of(stream_shape), payloads
        )
        # Headers that were seen last and what they lead to: frames of one type share their
        # headers, and mostly follow one another. One tuple, so that no thread sees half of it.
        self._last: tuple[Mapping[str, Any] | None, MemberParser | None] = (None, None)
        self._exceptions = StreamExceptions(
            stream_shape, payloads, operation_name, service_name, exceptions
        )
        self._parse_initial = payloads.parser(output_shape) if output_shape is not None else None

    @classmethod
    def for_operation(cls, model: OperationModel, exceptions: Any = None) -> EventParser:
        """Make the parser of an operation's output.

        Args:
            model: botocore's model of an operation with an event-stream output.
            exceptions: the client's ``exceptions``, whose classes are then raised.

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
            ``{member: value}`` for the live member of the union, equal to what
            botocore's parser gives; ``{"SDK_UNKNOWN_MEMBER": {"name": type}}`` for
            a type that the model does not know; None for an initial response, which
            is no event (see :meth:`parse_initial`).

        Raises:
            ServiceStreamError: an exception or error frame.
            EventParseError: the payload or a header is not what the model says.
        """
        headers, parse = self._last
        if headers is not frame.headers:
            parse = self._route(frame.headers)
        if parse is None:
            return self._parse_other(frame)
        try:
            return parse(frame)
        except Exception as error:
            raise unparsable(frame, error) from error

    def parse_initial(self, frame: Frame) -> dict[str, Any] | None:
        """Read the initial response, the first frame of the streams of RPC protocols.

        Returns:
            The operation's output members outside the stream, or None: the frame is
            no initial response.

        Raises:
            EventParseError: the payload is not what the model says.
        """
        if frame.headers.get(":event-type") != INITIAL_RESPONSE:
            return None
        if not frame.payload or self._parse_initial is None:
            return {}
        try:
            members: dict[str, Any] = self._parse_initial(frame.payload)
        except Exception as error:
            raise unparsable(frame, error) from error
        return members

    def payload_of(self, event: Event) -> bytes | None:
        """Give the bytes that an event carries.

        Args:
            event: an event from :meth:`parse`.

        Returns:
            The event's blob member, None where the event has none.

        Raises:
            ServiceStreamError: the event is an ordinary one that tells a failure, as
                Lambda's ``InvokeComplete`` with an ``ErrorCode``.
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

    def _route(self, headers: Mapping[str, Any]) -> MemberParser | None:
        """Find the parser of an event that the model knows, and keep it for the next frame."""
        parse = None
        if headers.get(":message-type") == "event":
            parse = self._members.get(headers.get(":event-type"))
        self._last = headers, parse
        return parse

    def _parse_other(self, frame: Frame) -> Event | None:
        """Parse what is no event of a known type."""
        message_type = frame.headers.get(":message-type")
        if message_type in {"exception", "error"}:
            raise self._error(frame)
        event_type = frame.headers.get(":event-type")
        parse = self._members.get(event_type)
        if parse is not None:  # a frame without :message-type is an event, as in botocore
            try:
                return parse(frame)
            except Exception as error:
                raise unparsable(frame, error) from error
        if event_type == INITIAL_RESPONSE:
            return None
        name = str(event_type or message_type or "")
        event = self._unknown({"SDK_UNKNOWN_MEMBER": {"name": name}})
        event.frame = frame  # type: ignore[attr-defined]  # an UnknownEvent
        return event

    def _error(self, frame: Frame) -> ServiceStreamError:
        """Make the error of an exception or error frame."""
        try:
            return self._exceptions.of(frame)
        except Exception as error:
            raise unparsable(frame, error) from error


def unparsable(frame: Frame, error: Exception) -> EventParseError:
    """Say which frame cannot be parsed and why."""
    name = frame.event_type or frame.message_type or "without a type"
    reason = (str(error) or type(error).__name__)[:REASON_SHOWN]  # botocore quotes whole payloads
    return EventParseError(f"the frame {name!r} is not what the model says: {reason}", frame=frame)


def blob_members(stream_shape: StructureShape) -> Mapping[str, str]:
    """Find the blob that each event carries, as its payload or as a member."""
    found = {}
    for event_type, shape in stream_shape.members.items():
        for name, member in getattr(shape, "members", {}).items():
            is_header = member.serialization.get("eventheader")
            if member.type_name == "blob" and not is_header:
                found[event_type] = name
                break
    return found
