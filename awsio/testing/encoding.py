"""What a script may hold, to the bytes of a stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from awsio.clients import names
from awsio.errors import EventSerializeError
from awsio.events import EventSerializer, operation_model
from awsio.eventstream import Frame

if TYPE_CHECKING:
    from botocore.model import OperationModel

__all__ = (
    "INITIAL_RESPONSE_PROTOCOLS",
    "Item",
    "encode_events",
    "encode_item",
    "has_initial_response",
)

#: An event as a dict, a frame, or bytes that are sent as they are.
Item: TypeAlias = Mapping[str, Any] | Frame | bytes

#: Protocols whose streams begin with an ``initial-response`` frame.
INITIAL_RESPONSE_PROTOCOLS = frozenset({"json", "smithy-rpc-v2-cbor"})


def has_initial_response(operation: OperationModel) -> bool:
    """Return whether the streams of an operation begin with an initial response."""
    return operation.service_model.resolved_protocol in INITIAL_RESPONSE_PROTOCOLS


def encode_item(serializer: EventSerializer, item: Any) -> bytes:
    """Encode one item.

    Raises:
        EventSerializeError: it is not an event of the operation, or of none of these kinds.
    """
    if isinstance(item, (bytes, bytearray, memoryview)):
        return bytes(item)
    if isinstance(item, Frame):
        return item.encode()
    if isinstance(item, Mapping):
        return serializer.serialize(item).encode()
    msg = f"an event is a dict, a Frame or bytes, not {type(item).__name__}"
    raise EventSerializeError(msg)


def encode_events(service: str, operation: str, events: Iterable[Item]) -> bytes:
    r"""Encode events as the body of the operation's response.

    Args:
        service: botocore's name of the service, such as ``bedrock-runtime``.
        operation: the operation, such as ``ConverseStream`` or ``converse_stream``.
        events: each a dict ``{member: {...}}`` as boto3 gives it, a
            :class:`~awsio.Frame`, or bytes that are taken as they are. A member that the
            model calls an exception becomes an exception frame. No ``initial-response``
            frame is put before them.

    Returns:
        The frames, one after the other.

    Raises:
        UnknownServiceError: botocore has no such service.
        UnknownOperationError: the service has no such operation.
        EventSerializeError: the operation has no event stream in its output, or an item
            is no event of it.

    Example:
        >>> encode_events("s3", "SelectObjectContent", [{"End": {}}])[:4]
        b'\x00\x00\x00]'
    """
    serializer = EventSerializer(operation_model(names.resolve(service) or service, operation))
    return b"".join(encode_item(serializer, item) for item in events)
