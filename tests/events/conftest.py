"""Fixtures for the tests of events: botocore as the judge, and models of every trait."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from botocore.eventstream import EventStream
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape
from botocore.parsers import create_parser

from awsio.eventstream import Frame, FrameDecoder

if TYPE_CHECKING:
    from random import Random

Judge: TypeAlias = Callable[[StructureShape, str, bytes], Iterator[dict[str, Any]]]
MakeService: TypeAlias = Callable[[str, dict[str, Any]], ServiceModel]
MakeValue: TypeAlias = Callable[..., Any]
Wire: TypeAlias = Callable[[Frame], Frame]

OLDEST = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
TEXTS = ("", "a", "None", "null", "é", "日本語", "🙂", "<a>&amp;\"'", " spaced ", "a\nb\tc", "0")


class Body:
    """The bytes of a response, as botocore's EventStream takes them."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def stream(self) -> Iterator[bytes]:
        yield self.data


@pytest.fixture(scope="session")
def botocore_events() -> Judge:
    """Give a function that reads a body with botocore's own EventStream."""

    def read(shape: StructureShape, protocol: str, data: bytes) -> Iterator[dict[str, Any]]:
        parser = create_parser(protocol)._event_stream_parser  # noqa: SLF001 - it has no other name
        return iter(EventStream(Body(data), shape, parser, "Operation"))

    return read


@pytest.fixture(scope="session")
def wire() -> Wire:
    """Give a function that sends a frame through its bytes."""

    def send(frame: Frame) -> Frame:
        decoder = FrameDecoder()
        decoder.feed(frame.encode())
        decoder.feed_eof()
        (received,) = decoder
        return received

    return send


@pytest.fixture(scope="session")
def make_service() -> MakeService:
    """Give a function that makes a model of one operation ``Op`` out of shapes."""

    def make(protocol: str, shapes: dict[str, Any]) -> ServiceModel:
        members = shapes["Out"]["members"]
        description = {
            "version": "2.0",
            "metadata": {
                "apiVersion": "2020-01-01",
                "endpointPrefix": "synthetic",
                "protocol": protocol,
                "protocols": [protocol],
                "serviceFullName": "Synthetic",
                "serviceId": "Synthetic",
                "signatureVersion": "v4",
                "uid": "synthetic-2020-01-01",
            },
            "operations": {
                "Op": {
                    "name": "Op",
                    "http": {"method": "POST", "requestUri": "/"},
                    "input": {"shape": "In"},
                    "output": {"shape": "Out"},
                }
            },
            "shapes": {"In": {"type": "structure", "members": members}, **shapes},
        }
        return ServiceModel(description, "synthetic-service")

    return make


@pytest.fixture(scope="session")
def all_traits(make_service: MakeService) -> Callable[[str], OperationModel]:
    """Give the model, by protocol, of an operation whose events have every trait there is."""
    made: dict[str, OperationModel] = {}

    def make(protocol: str) -> OperationModel:
        if protocol not in made:
            service = make_service(protocol, every_trait(protocol))
            made[protocol] = service.operation_model("Op")
        return made[protocol]

    return make


HEADERS = {
    "HeadFlag": "boolean",
    "HeadTiny": "byte",
    "HeadSmall": "short",
    "HeadNumber": "integer",
    "HeadBig": "long",
    "HeadRaw": "blob",
    "HeadText": "string",
    "HeadWhen": "timestamp",
}


def every_trait(protocol: str) -> dict[str, Any]:
    """Write the shapes of a stream with every kind of event."""
    headers = {name: {"shape": kind, "eventheader": True} for name, kind in HEADERS.items()}
    inner = {"shape": "Inner", "eventpayload": True}
    events = {
        "Body": body_members(protocol),
        "Bytes": {"Data": {"shape": "blob", "eventpayload": True}},
        "Words": {"Data": {"shape": "string", "eventpayload": True}},
        "Struct": {"Data": inner},
        "Headers": headers,
        "HeadersBytes": {**headers, "Data": {"shape": "blob", "eventpayload": True}},
        "HeadersWords": {**headers, "Data": {"shape": "string", "eventpayload": True}},
        "HeadersStruct": {**headers, "Data": inner},
        "HeadersBody": {**headers, "Other": {"shape": "string"}, "Inner": {"shape": "Inner"}},
        "Empty": {},
    }
    return {
        **{name: {"type": "structure", "event": True, "members": m} for name, m in events.items()},
        "Out": {
            "type": "structure",
            "members": {"Stream": {"shape": "Stream"}, "First": {"shape": "string"}},
        },
        "Stream": {
            "type": "structure",
            "eventstream": True,
            "members": {name: {"shape": name} for name in (*events, "Failure")},
        },
        "Failure": {
            "type": "structure",
            "exception": True,
            "error": {"httpStatusCode": 429, "senderFault": True},
            "retryable": {"throttling": True},
            "members": {"message": {"shape": "string"}, "Count": {"shape": "integer"}},
        },
        "Inner": {
            "type": "structure",
            "members": {"Text": {"shape": "string"}, "Deeper": {"shape": "Inner"}},
        },
        **scalars_and_collections(),
    }


def body_members(protocol: str) -> dict[str, Any]:
    """Write the members of an event whose payload is the event itself."""
    members = {
        "Text": {"shape": "string", "locationName": "text-on-the-wire"},
        "Kind": {"shape": "string", "xmlAttribute": True, "locationName": "kind"},
        "Flag": {"shape": "boolean"},
        "Number": {"shape": "integer"},
        "Ratio": {"shape": "double"},
        "Raw": {"shape": "blob"},
        "When": {"shape": "timestamp"},
        "Iso": {"shape": "timestamp", "timestampFormat": "iso8601"},
        "Mail": {"shape": "timestamp", "timestampFormat": "rfc822"},
        "Unix": {"shape": "timestamp", "timestampFormat": "unixTimestamp"},
        "Iso2": {"shape": "IsoTime"},
        "Names": {"shape": "Names"},
        "Nested": {"shape": "NestedList"},
        "NamedItems": {"shape": "NamedItems"},
        "Flat": {"shape": "FlatNames"},
        "FlatNamed": {"shape": "FlatNamed"},
        "FlatStructs": {"shape": "FlatStructs", "locationName": "flat-structs"},
        "Map": {"shape": "Map"},
        "NamedMap": {"shape": "NamedMap"},
        "FlatMap": {"shape": "FlatMap"},
        "Choice": {"shape": "Choice"},
        "Inner": {"shape": "Inner"},
        "Times": {"shape": "Times"},
    }
    if protocol == "smithy-rpc-v2-cbor":  # botocore reads CBOR members by their own names
        return {
            name: {key: item for key, item in ref.items() if key != "locationName"}
            for name, ref in members.items()
        }
    if protocol != "rest-xml":
        members["Free"] = {"shape": "Free"}
    return members


def scalars_and_collections() -> dict[str, Any]:
    """Write the shapes that members refer to."""
    name = {"shape": "string"}
    named = {"shape": "string", "locationName": "item"}
    return {
        **{kind: {"type": kind} for kind in (*HEADERS.values(), "double")},
        "IsoTime": {"type": "timestamp", "timestampFormat": "iso8601"},
        "Times": {"type": "list", "member": {"shape": "IsoTime"}},
        "Names": {"type": "list", "member": name},
        "NestedList": {"type": "list", "member": {"shape": "Names"}},
        "NamedItems": {"type": "list", "member": named},
        "FlatNames": {"type": "list", "member": name, "flattened": True},
        "FlatNamed": {"type": "list", "member": named, "flattened": True},
        "FlatStructs": {"type": "list", "member": {"shape": "Inner"}, "flattened": True},
        "Map": {"type": "map", "key": name, "value": {"shape": "Names"}},
        "NamedMap": {
            "type": "map",
            "key": {"shape": "string", "locationName": "K"},
            "value": {"shape": "Inner", "locationName": "V"},
        },
        "FlatMap": {"type": "map", "key": name, "value": {"shape": "blob"}, "flattened": True},
        "Choice": {
            "type": "structure",
            "union": True,
            "members": {
                "Text": {"shape": "string"},
                "Inner": {"shape": "Inner"},
                "Choice": {"shape": "Choice"},
            },
        },
        "Free": {"type": "structure", "document": True, "members": {}},
    }


@pytest.fixture(scope="session")
def make_value() -> MakeValue:
    """Give a function that makes a random value of a shape, in boto3's form.

    Args of the function: a shape, a random generator (Hypothesis's, so that a failure
    shrinks), how deep structures may go.
    """
    return value_of


def value_of(shape: Shape, random: Random, depth: int = 4) -> Any:
    make = MAKERS.get(shape.type_name)
    return make_document(random) if is_document(shape) else make(shape, random, depth)


def is_document(shape: Shape) -> bool:
    return bool(getattr(shape, "is_document_type", False))


def make_structure(shape: Any, random: Random, depth: int) -> dict[str, Any]:
    if shape.is_tagged_union:
        names = [*shape.members]
        if depth <= 0:  # a leaf, so that recursion ends
            leaves = [name for name in names if shape.members[name].type_name in SCALARS]
            names = leaves or names
        names = [random.choice(names)]
    elif depth <= 0:
        names = [name for name in shape.members if shape.members[name].type_name in SCALARS]
    else:
        names = [
            name
            for name, member in shape.members.items()
            # An event cannot say that its payload is not there: no bytes are a value.
            if random.random() < KEEP or member.serialization.get("eventpayload")
        ]
    return {name: value_of(shape.members[name], random, depth - 1) for name in names}


def make_list(shape: Any, random: Random, depth: int) -> list[Any]:
    # XML cannot say that a flattened list is there and empty.
    least = 1 if shape.serialization.get("flattened") else 0
    count = random.randint(least, 2 if depth > 0 else least)
    return [value_of(shape.member, random, depth - 1) for _ in range(count)]


def make_map(shape: Any, random: Random, depth: int) -> dict[str, Any]:
    least = 1 if shape.serialization.get("flattened") else 0
    count = random.randint(least, 2 if depth > 0 else least)
    return {
        f"{make_text(shape.key, random, depth)}{n}": value_of(shape.value, random, depth - 1)
        for n in range(count)
    }


def make_text(_shape: Any, random: Random, _depth: int) -> str:
    return random.choice(TEXTS)


def make_timestamp(shape: Any, random: Random, _depth: int) -> datetime.datetime:
    scale = 1000 if shape.serialization.get("timestampFormat") == "rfc822" else 1
    milliseconds = random.randint(-(10**12), 4 * 10**12) // scale * scale
    return OLDEST + datetime.timedelta(milliseconds=milliseconds)


def make_integer(bits: int) -> Callable[[Any, Random, int], int]:
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    return lambda _shape, random, _depth: random.choice((0, 1, -1, low, high, 7))


def make_float(_shape: Any, random: Random, _depth: int) -> float:
    return random.choice((0.0, -0.0, 1.5, -2.25, 1e300, 5e-324, math.pi, 1e16, 0.1))


def make_document(random: Random) -> Any:
    return random.choice(
        (False, True, 0, -1.5, "", "x", [], {}, [None, {"a": [1]}], {"": None, "b": {"c": "🙂"}})
    )


KEEP = 0.6
SCALARS = {"string", "integer", "long", "boolean", "double", "float", "timestamp", "blob"}
MAKERS: dict[str, Callable[[Any, Random, int], Any]] = {
    "structure": make_structure,
    "list": make_list,
    "map": make_map,
    "string": make_text,
    "character": make_text,
    "timestamp": make_timestamp,
    "boolean": lambda _shape, random, _depth: random.random() < KEEP,
    "blob": lambda _shape, random, _depth: random.randbytes(random.randint(0, 4)),
    "byte": make_integer(8),
    "short": make_integer(16),
    "integer": make_integer(32),
    "long": make_integer(64),
    "float": make_float,
    "double": make_float,
}
