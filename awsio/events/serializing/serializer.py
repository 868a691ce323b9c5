"""`EventSerializer`: an event becomes a frame, the inverse of `EventParser`.

For servers that imitate a service, and for the events that clients send in two-way
streams.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from awsio.errors import EventSerializeError
from awsio.events.members import payload_member
from awsio.events.serializing import cbor, json
from awsio.events.serializing.shape_writers import JSON_VALUES, ShapeWriters, to_bytes
from awsio.events.serializing.times import epoch_seconds
from awsio.eventstream import Byte, Frame, HeaderValue, Long, Short, Timestamp
from awsio.suggestions import close_matches, did_you_mean

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape, StructureShape

__all__ = ("EventSerializer",)

PayloadSerializer: TypeAlias = Callable[[Any], bytes]


class PayloadFormat(NamedTuple):
    """How a protocol writes structures.

    Attributes:
        content_type: the media type of the payload.
        compile: returns the serializer of a shape.
    """

    content_type: str
    compile: Callable[[Any], PayloadSerializer]


def payload_format(protocol: str) -> PayloadFormat:
    """Return the format of a protocol's structured payloads."""
    if protocol == "rest-xml":
        from awsio.events.serializing import xml  # noqa: PLC0415 - slow to import, and needed for S3 only

        return PayloadFormat("text/xml", lambda shape: lambda value: xml.dumps(value, shape))
    if protocol == "smithy-rpc-v2-cbor":
        return value_format("application/cbor", cbor.dumps, ShapeWriters(cbor.CBOR_VALUES))
    return value_format("application/json", json.dumps, ShapeWriters(JSON_VALUES))


def value_format(
    content_type: str, dumps: PayloadSerializer, writers: ShapeWriters
) -> PayloadFormat:
    """Return the format that converts values by shape and passes them to ``dumps``."""

    def compile_shape(shape: Any) -> PayloadSerializer:
        write = writers.of(shape)
        return dumps if write is None else lambda value: dumps(write(value))

    return PayloadFormat(content_type, compile_shape)


class EventSerializer:
    """Serializes the events of one operation's stream.

    Args:
        operation_model: botocore's model of the operation.
        direction: ``"output"`` for the events that the service sends, ``"input"`` for
            those that the client sends in a two-way stream.

    Raises:
        EventSerializeError: the operation has no event stream in that direction.
    """

    def __init__(
        self, operation_model: OperationModel, direction: Literal["output", "input"] = "output"
    ) -> None:
        is_output = direction == "output"
        stream_shape: Any = (
            operation_model.get_event_stream_output()
            if is_output
            else operation_model.get_event_stream_input()
        )
        if stream_shape is None:
            msg = f"{operation_model.name} has no event stream in its {direction}"
            raise EventSerializeError(msg)
        self.operation_name = operation_model.name
        self._shapes: Mapping[str, StructureShape] = stream_shape.members
        self._initial_shape = (
            operation_model.output_shape if is_output else operation_model.input_shape
        )
        self._format = payload_format(operation_model.service_model.resolved_protocol)
        self._serializers: dict[str, PayloadSerializer] = {}
        self._compiling = threading.Lock()  # servers write several streams at once

    def serialize(self, event: Mapping[str, Any]) -> Frame:
        """Return an event as a frame.

        Args:
            event: ``{member: value}`` in boto3's form. A member that is an exception
                in the model becomes an exception frame.

        Returns:
            The frame.

        Raises:
            EventSerializeError: the event does not have exactly one member, the model
                does not have the member, or a value does not fit its shape.
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
        """Return the initial response of an RPC protocol, the first frame of its streams.

        Args:
            members: the operation's output members outside the stream.

        Raises:
            EventSerializeError: the output does not have a member, or a value does not
                fit its shape.
        """
        try:
            payload = self._serialize(self._initial_shape, dict(members or {}))
        except Exception as error:
            msg = f"{self.operation_name} initial response: {error}"
            raise EventSerializeError(msg) from error
        headers: dict[str, HeaderValue] = {
            ":event-type": "initial-response",
            ":content-type": self._format.content_type,
            ":message-type": "event",
        }
        return Frame(headers, payload)

    def _serialize(self, shape: Any, value: Any) -> bytes:
        """Return a structure as bytes; its serializer is compiled once."""
        serialize = self._serializers.get(shape.name)
        if serialize is None:
            with self._compiling:
                serialize = self._serializers[shape.name] = self._format.compile(shape)
        return serialize(value)

    def _add_headers(
        self, headers: dict[str, HeaderValue], value: Mapping[str, Any], shape: StructureShape
    ) -> None:
        """Add the members that are headers."""
        for name, member in shape.members.items():
            if member.serialization.get("eventheader") and value.get(name) is not None:
                headers[name] = header_value(value[name], member)

    def _payload(
        self, headers: dict[str, HeaderValue], value: Mapping[str, Any], shape: StructureShape
    ) -> bytes:
        """Return the payload, and add the header that names its content type."""
        name, member = payload_member(shape)
        if name is None or member is None:
            body = {key: item for key, item in value.items() if key not in headers}
            headers[":content-type"] = self._format.content_type
            return self._serialize(shape, body)
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
        return self._serialize(member, content) if content is not None else b""


HEADER_TYPES: Mapping[str, Callable[[Any], HeaderValue]] = MappingProxyType(
    {
        "boolean": bool,
        "byte": Byte,
        "short": Short,
        "integer": int,
        "long": Long,
        "blob": to_bytes,
        "string": str,
        "timestamp": lambda value: Timestamp(round(epoch_seconds(value) * 1000)),
    }
)


def header_value(value: Any, shape: Shape) -> HeaderValue:
    """Return a value with the wire type of its shape.

    Raises:
        TypeError: no header type fits the shape.
    """
    convert = HEADER_TYPES.get(shape.type_name)
    if convert is None:
        msg = f"a header cannot hold a {shape.type_name}"
        raise TypeError(msg)
    return convert(value)
