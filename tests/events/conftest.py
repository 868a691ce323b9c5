"""Fixtures for the tests of events: botocore as the judge, random values of every shape."""

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
from tests.support.traits import all_traits, make_service

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


@pytest.fixture(scope="session", name="make_service")
def make_service_fixture() -> MakeService:
    """Give a function that makes a model of one operation ``Op`` out of shapes."""
    return make_service


@pytest.fixture(scope="session", name="all_traits")
def all_traits_fixture() -> Callable[[str], OperationModel]:
    """Give the model, by protocol, of an operation whose events have every trait there is."""
    return all_traits


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
