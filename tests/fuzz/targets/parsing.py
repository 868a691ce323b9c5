"""Targets of the parser: any payload and any headers in sound frames of every operation.

The judge is botocore's parser, wherever it gives an event. Where awsio is another on
purpose:

- a payload that is no JSON is an error here; there it is an event without its members;
- what is no structure or no list is an error here; there it is one where nothing looks;
- XML with a document type, in another encoding than UTF-8 or above a limit is an error
  here;
- an event that names an exception's shape has that shape's members here, none there;
- an unknown event is kept here, and skipped there;
- a frame whose message type is unknown, or that is an event without a type, is an error
  here; there it is an event or skipped;
- a union with no member set is empty here, and an error there;
- of a union with an unknown member the name is that member's here, there it is the first
  key's, though that be ``__type`` or a null.

An exception has the code of botocore's, if that is a string, and its message where that
has one.
"""

from __future__ import annotations

import json
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from botocore.parsers import create_parser

from awsio.errors import EventParseError, FrameError, ServiceStreamError
from awsio.events import Event, EventParser, UnknownEvent
from awsio.events.members import payload_member
from awsio.eventstream import FrameDecoder, encode_headers
from tests.fuzz.inputs import HEAD, seal
from tests.fuzz.targets.comparing import same
from tests.support.models import streaming_operations, streaming_services
from tests.support.traits import all_traits

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from awsio.eventstream import Frame

__all__ = ("KINDS", "Operation", "operations", "parser_cbor", "parser_json", "parser_xml", "slots")

PROTOCOLS = {
    "json": ("json", "rest-json"),
    "xml": ("rest-xml",),
    "cbor": ("smithy-rpc-v2-cbor",),
}
#: What the errors say of XML that only awsio refuses.
XML_REFUSED = (
    "an XML document type", " comes more than once", "not UTF-8", "above the limit", "deeper than",
)  # fmt: skip
#: Messages by a byte of the input: their headers are written for it, but for the last.
KINDS = ("event", "event", "event", "exception", "error", "untyped", "initial", "bare")


class Operation(NamedTuple):
    """All that reads the frames of an operation.

    Attributes:
        model: botocore's model.
        parser: awsio's parser.
        judge: botocore's.
        shape: the stream's shape.
        names: of the stream's events and exceptions.
    """

    model: OperationModel
    parser: EventParser
    judge: Any
    shape: Any
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """Service, operation and protocol."""
        service = self.model.service_model
        return f"{service.service_name} {self.model.name} {service.resolved_protocol}"


@cache
def operations(family: str) -> tuple[Operation, ...]:
    """Find the operations whose protocol is of a family, and make one with every trait."""
    models = [
        model
        for service in streaming_services()
        for model in streaming_operations(service)
        if model.service_model.resolved_protocol in PROTOCOLS[family]
    ]
    models += [all_traits(protocol) for protocol in PROTOCOLS[family]]
    return tuple(map(make_operation, models))


@cache
def slots(family: str) -> tuple[Operation, ...]:
    """Give the operation for each value of a byte.

    It is told by the operations' names, not by how many there are: an operation more in a
    newer botocore takes some slots, and a kept case of any other one stays what it was.
    """
    return tuple(
        min(operations(family), key=lambda one: sha256(f"{one.name} {slot}".encode()).digest())
        for slot in range(256)
    )


def make_operation(model: OperationModel) -> Operation:
    """Make the readers of an operation."""
    shape: Any = model.get_event_stream_output()
    protocol = model.service_model.resolved_protocol
    whole: Any = create_parser(protocol)
    judge = whole._event_stream_parser  # noqa: SLF001 - no other name
    return Operation(model, EventParser.for_operation(model), judge, shape, (*shape.members,))


@cache
def headers_of(kind: str, name: str) -> bytes:
    """Write the headers that all messages of a kind have."""
    if kind == "bare":
        return b""
    if kind == "untyped":
        return encode_headers({":event-type": name})
    if kind == "initial":
        return encode_headers({":message-type": "event", ":event-type": "initial-response"})
    if kind == "error":
        message = {":error-code": name, ":error-message": "told"}
        return encode_headers({":message-type": "error", **message})
    return encode_headers({":message-type": kind, f":{kind}-type": name})


def parse(data: bytes, family: str) -> None:
    """Read a sound frame of an operation.

    The four bytes before the body are the operation, the kind of message, the event, and
    how many bytes of the body are more headers; the rest is the payload.
    """
    chosen, kind, member, more = data[:HEAD].ljust(HEAD, b"\0")
    operation = slots(family)[chosen]
    name = operation.names[member % len(operation.names)]
    block = headers_of(KINDS[kind % len(KINDS)], name) + data[HEAD : HEAD + more]
    frame = decode(seal(block, data[HEAD + more :]))
    if frame is not None:
        check(operation, frame)


parser_json = partial(parse, family="json")
parser_xml = partial(parse, family="xml")
parser_cbor = partial(parse, family="cbor")


def decode(raw: bytes) -> Frame | None:
    """Decode the frame; None where its headers break the format."""
    decoder = FrameDecoder()
    decoder.feed(raw)
    try:
        frame = decoder.next_frame()
    except FrameError:
        return None
    assert frame is not None
    assert frame.encode() == raw
    return frame


def check(operation: Operation, frame: Frame) -> None:
    """Parse a frame, read all of the event, and compare with botocore."""
    parser = operation.parser
    event: Event | None = None
    refused: EventParseError | ServiceStreamError | None = None
    try:
        event = parser.parse(frame)
    except (EventParseError, ServiceStreamError) as error:
        assert error.frame is frame
        refused = error
    try:
        parser.parse_initial(frame)
    except EventParseError:
        assert frame.event_type == "initial-response"
    compare(operation, frame, event, refused)
    if event is not None:
        read_all(event)
        try:
            parser.payload_of(event)
        except ServiceStreamError as error:
            assert error.code  # of an ordinary event that tells a failure


def read_all(value: Any) -> None:
    """Read every attribute that there is."""
    if isinstance(value, Event):
        for name in [*value]:
            # The keys of CBOR may be anything.
            if isinstance(name, str) and name.isidentifier() and not name.startswith("__"):
                read_all(getattr(value, name))


def compare(
    operation: Operation,
    frame: Frame,
    event: Event | None,
    refused: EventParseError | ServiceStreamError | None,
) -> None:
    """Compare what a frame gave with what botocore makes of it."""
    is_failure = frame.headers.get(":message-type") in {"exception", "error"}
    assert is_failure is isinstance(refused, ServiceStreamError), repr(refused)
    headers = {
        name: value.bytes if isinstance(value, UUID) else value
        for name, value in frame.headers.items()
    }
    response = {
        "status_code": 400 if is_failure else 200,
        "headers": headers,
        "body": frame.payload,
    }
    try:
        theirs = operation.judge.parse(response, operation.shape)
    except Exception:  # noqa: BLE001 - botocore raises anything, and is no judge then
        return
    if isinstance(refused, ServiceStreamError):
        compare_failure(operation, frame, refused, theirs["Error"])
    elif is_malformed(frame):
        assert refused is not None, f"without a type: {event!r}"
    elif refused is not None:
        assert may_refuse(operation, frame, refused), f"botocore gives {theirs!r}, here: {refused}"
    elif not theirs:
        assert event is None or isinstance(event, UnknownEvent), f"botocore skips {event!r}"
    elif is_exception(operation, frame):
        assert event is not None
        assert event.keys() == theirs.keys()
    else:
        assert same(event, theirs), f"{event!r} is not {theirs!r}"


def compare_failure(
    operation: Operation, frame: Frame, error: ServiceStreamError, theirs: dict[str, Any]
) -> None:
    """Compare code and message of an exception that the model has."""
    named = frame.headers.get(":exception-type")
    if named in operation.shape.members:
        assert error.code == theirs["Code"]
        if frame.message_type == "exception" and theirs["Message"]:
            assert same(error.response["Error"]["Message"], theirs["Message"])
    elif theirs["Code"] and not (named and isinstance(named, str)):
        assert error.code == (theirs["Code"] if isinstance(theirs["Code"], str) else "")
        told = frame.headers.get(":error-message")
        if frame.message_type == "error" and isinstance(told, str):
            assert error.message == told


def is_malformed(frame: Frame) -> bool:
    """Return whether the headers do not say what the frame carries."""
    message_type = frame.headers.get(":message-type", "event")
    if message_type in {"exception", "error"}:
        return False
    return message_type != "event" or not isinstance(frame.headers.get(":event-type"), str)


def is_exception(operation: Operation, frame: Frame) -> bool:
    """Tell whether an event names an exception's shape."""
    shape = operation.shape.members.get(frame.headers.get(":event-type"))
    return shape is not None and bool(shape.metadata.get("exception"))


def may_refuse(operation: Operation, frame: Frame, error: EventParseError) -> bool:
    """Tell whether this is what awsio refuses on purpose where botocore gives an event."""
    if is_exception(operation, frame):
        return True
    protocol = operation.model.service_model.resolved_protocol
    if protocol == "rest-xml":
        return any(words in str(error) for words in XML_REFUSED)
    if protocol in PROTOCOLS["cbor"]:
        return " came as " in str(error)
    try:
        document = json.loads(frame.payload.decode())
    except (ValueError, RecursionError):
        return True
    event = operation.shape.members[frame.headers[":event-type"]]
    name, payload = payload_member(event)
    return misplaced(event if name is None else payload, document)


def misplaced(shape: Any, value: Any) -> bool:
    """Tell whether something else stands in the place of a structure, a map or a list.

    botocore goes through whatever stands for a list, and looks at nothing that stands for a
    structure without members.
    """
    if value is None or getattr(shape, "is_document_type", False):
        return False
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            return True
        members = shape.members.items()
        wire = {member.serialization.get("name", name): member for name, member in members}
        return any(misplaced(wire[name], item) for name, item in value.items() if name in wire)
    if shape.type_name == "map":
        items = value.values() if isinstance(value, dict) else None
        return items is None or any(misplaced(shape.value, item) for item in items)
    if shape.type_name == "list":
        return not isinstance(value, list) or any(misplaced(shape.member, item) for item in value)
    return False
