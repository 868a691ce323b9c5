"""`EventSerializer`: an event becomes a frame, the inverse of `EventParser`.

For servers that play a service, and for what clients send in two-way streams.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from awsio.errors import EventSerializeError
from awsio.events import cbor, documents
from awsio.events.members import payload_member
from awsio.events.times import epoch_seconds
from awsio.events.writing import JSON_VALUES, Writers, to_bytes
from awsio.eventstream import Byte, Frame, HeaderValue, Long, Short, Timestamp
from awsio.suggestions import close_matches, did_you_mean

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape, StructureShape

__all__ = ("EventSerializer",)

DocumentWriter: TypeAlias = Callable[[Any], bytes]


class DocumentFormat(NamedTuple):
    """How a protocol writes structures.

    Attributes:
        content_type: the media type of such a payload.
        compile: a shape to the function that writes it.
    """

    content_type: str
    compile: Callable[[Any], DocumentWriter]


def document_format(protocol: str) -> DocumentFormat:
    """Give the format of a protocol's structures."""
    if protocol == "rest-xml":
        from awsio.events import xml  # noqa: PLC0415 - slow to import, and S3's alone

        return DocumentFormat("text/xml", lambda shape: lambda value: xml.dumps(value, shape))
    if protocol == "smithy-rpc-v2-cbor":
        return value_format("application/cbor", cbor.dumps, Writers(cbor.CBOR_VALUES))
    return value_format("application/json", documents.dumps, Writers(JSON_VALUES))


def value_format(content_type: str, dumps: DocumentWriter, writers: Writers) -> DocumentFormat:
    """Make a format of a function that writes plain values."""

    def compile_shape(shape: Any) -> DocumentWriter:
        write = writers.of(shape)
        return dumps if write is None else lambda value: dumps(write(value))

    return DocumentFormat(content_type, compile_shape)


class EventSerializer:
    """Writes the events of one operation's stream.

    Args:
        operation_model: botocore's model of the operation.
        direction: ``"output"`` for what the service sends, ``"input"`` for what the
            client sends in a two-way stream.

    Raises:
        EventSerializeError: the operation has no event stream in that direction.
    """

    def __init__(
        self, operation_model: OperationModel, direction: Literal["output", "input"] = "output"
    ) -> None:
        outward = direction == "output"
        stream_shape: Any = (
            operation_model.get_event_stream_output()
            if outward
            else operation_model.get_event_stream_input()
        )
        if stream_shape is None:
            msg = f"{operation_model.name} has no event stream in its {direction}"
            raise EventSerializeError(msg)
        self.operation_name = operation_model.name
        self._shapes: Mapping[str, StructureShape] = stream_shape.members
        self._initial_shape = (
            operation_model.output_shape if outward else operation_model.input_shape
        )
        self._format = document_format(operation_model.service_model.resolved_protocol)
        self._writers: dict[str, DocumentWriter] = {}
        self._compiling = threading.Lock()  # a server writes several streams at once

    def serialize(self, event: Mapping[str, Any]) -> Frame:
        """Write an event.

        Args:
            event: ``{member: value}`` as boto3 gives it. A member that the model
                calls an exception becomes an exception frame.

        Returns:
            The frame.

        Raises:
            EventSerializeError: not exactly one member, a member that the model does
                not have, or a value that its shape cannot hold.
        """
        try:
            ((name, value),) = event.items()
        except (AttributeError, ValueError):
            msg = f"an event is a dict of one member, not {event!r:.200}"
            raise EventSerializeError(msg) from None
        shape = self._shapes.get(name)
        if shape is None:
            hint = did_you_mean(close_matches(name, self._shapes))
            msg = f"{self.operation_name} has no event {name!r}{hint}"
            raise EventSerializeError(msg)
        message_type = "exception" if shape.metadata.get("exception") else "event"
        headers: dict[str, HeaderValue] = {f":{message_type}-type": name}
        try:
            self._add_headers(headers, value, shape)
            payload = self._payload(headers, value, shape)
        except Exception as error:
            msg = f"{self.operation_name} event {name!r}: {error}"
            raise EventSerializeError(msg) from error
        headers[":message-type"] = message_type
        return Frame(headers, payload)

    def serialize_initial(self, members: Mapping[str, Any] | None = None) -> Frame:
        """Write the initial response of an RPC protocol: the first frame of its streams.

        Args:
            members: the operation's output members outside the stream.

        Raises:
            EventSerializeError: a member that the output does not have, or a value
                that its shape cannot hold.
        """
        try:
            payload = self._write(self._initial_shape, dict(members or {}))
        except Exception as error:
            msg = f"{self.operation_name} initial response: {error}"
            raise EventSerializeError(msg) from error
        headers: dict[str, HeaderValue] = {
            ":event-type": "initial-response",
            ":content-type": self._format.content_type,
            ":message-type": "event",
        }
        return Frame(headers, payload)

    def _write(self, shape: Any, value: Any) -> bytes:
        """Write a document by its shape, compiling the writer once."""
        write = self._writers.get(shape.name)
        if write is None:
            with self._compiling:
                write = self._writers[shape.name] = self._format.compile(shape)
        return write(value)

    def _add_headers(
        self, headers: dict[str, HeaderValue], value: Mapping[str, Any], shape: StructureShape
    ) -> None:
        """Add the members that travel as headers."""
        for name, member in shape.members.items():
            if member.serialization.get("eventheader") and value.get(name) is not None:
                headers[name] = header_value(value[name], member)

    def _payload(
        self, headers: dict[str, HeaderValue], value: Mapping[str, Any], shape: StructureShape
    ) -> bytes:
        """Write the payload and name its content type."""
        name, member = payload_member(shape)
        if name is None or member is None:
            body = {key: item for key, item in value.items() if key not in headers}
            headers[":content-type"] = self._format.content_type
            return self._write(shape, body)
        unknown = value.keys() - shape.members.keys()
        if unknown:
            msg = f"{shape.name} has no member {min(unknown)!r}"
            raise ValueError(msg)
        content = value.get(name)
        if member.type_name == "blob":
            headers[":content-type"] = "application/octet-stream"
            return to_bytes(content) if content is not None else b""
        if member.type_name == "string":
            headers[":content-type"] = "text/plain"
            return str(content).encode() if content is not None else b""
        headers[":content-type"] = self._format.content_type
        return self._write(member, content) if content is not None else b""


HEADER_TYPES: dict[str, Callable[[Any], HeaderValue]] = {
    "boolean": bool,
    "byte": Byte,
    "short": Short,
    "integer": int,
    "long": Long,
    "blob": to_bytes,
    "string": str,
    "timestamp": lambda value: Timestamp(round(epoch_seconds(value) * 1000)),
}


def header_value(value: Any, shape: Shape) -> HeaderValue:
    """Give a member's value the wire type of its shape.

    Raises:
        TypeError: no header can hold this shape.
    """
    convert = HEADER_TYPES.get(shape.type_name)
    if convert is None:
        msg = f"a header cannot hold a {shape.type_name}"
        raise TypeError(msg)
    return convert(value)
