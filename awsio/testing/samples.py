"""Sample events made from the model: the same ones every time.

A value is told by its shape and name. A union inside an event has one member at a
time, so an event has as many variants as its largest union has members.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from awsio.events import TERMINAL_EVENTS, operation_model
from awsio.events.terminal import IN_BAND_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.model import OperationModel, Shape

__all__ = (
    "one_event_per_type",
    "sample_events",
    "sample_exceptions",
    "sample_params",
    "sample_value",
)

#: The media type and the time of every sample.
MEDIA_TYPE = "application/json"
SAMPLE_TIME = datetime.datetime(2025, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def sample_events(service: str, operation: str, *, full: bool = True) -> list[dict[str, Any]]:
    """Make sample events for every event of an operation's stream.

    Args:
        service: botocore's name of the service.
        operation: the operation, as ``ConverseStream``.
        full: with all optional members; else with the required ones alone.

    Returns:
        The events in the order of the model, those last that end the stream. Exceptions
        are not among them, see :func:`sample_exceptions`; nor are the members by which an
        event says that the work failed. Where unions are inside an event, it comes
        again for each member of the largest.

    Raises:
        UnknownServiceError: botocore has no such service.
        UnknownOperationError: the service has no such operation.
    """
    model = operation_model(service, operation)
    return [
        {name: value}
        for name, shape in event_shapes(model)
        for value in variants(shape, skipped_members(model, name), full=full)
    ]


def sample_exceptions(service: str, operation: str) -> list[dict[str, Any]]:
    """Make a sample of each exception of an operation's stream, with all members.

    Args:
        service: botocore's name of the service.
        operation: the operation, as ``ConverseStream``.

    Returns:
        Events ``{exception: {...}}`` in the order of the model.

    Raises:
        UnknownServiceError: botocore has no such service.
        UnknownOperationError: the service has no such operation.
    """
    stream: Any = operation_model(service, operation).get_event_stream_output()
    return [
        {name: sample_value(shape)}
        for name, shape in stream.members.items()
        if shape.metadata.get("exception")
    ]


def sample_params(service: str, operation: str, *, full: bool = False) -> dict[str, Any]:
    """Make arguments that an operation can be called with.

    Args:
        service: botocore's name of the service.
        operation: the operation, as ``ConverseStream``.
        full: with all optional members; else with the required ones alone. A service may
            well reject all of them together.

    Returns:
        The keyword arguments of a call.

    Raises:
        UnknownServiceError: botocore has no such service.
        UnknownOperationError: the service has no such operation.
    """
    shape = operation_model(service, operation).input_shape
    return {} if shape is None else SampleMaker(full=full).structure(shape, "")


def one_event_per_type(model: OperationModel) -> list[dict[str, Any]]:
    """Make one full event of each kind: what an operation streams by default."""
    return [
        {name: variants(shape, skipped_members(model, name), full=True)[0]}
        for name, shape in event_shapes(model)
    ]


def event_shapes(model: OperationModel) -> list[tuple[str, Any]]:
    """List the events that are no exceptions; those that end a stream come last."""
    ends = TERMINAL_EVENTS.get((model.service_model.service_name, model.name), ())
    stream: Any = model.get_event_stream_output()
    shapes = [
        (name, shape)
        for name, shape in stream.members.items()
        if not shape.metadata.get("exception")
    ]
    # Of several that end a stream the table names the successful one first.
    return sorted(shapes, key=lambda item: -ends.index(item[0]) if item[0] in ends else -len(ends))


def skipped_members(model: OperationModel, event: str) -> frozenset[str]:
    """Name the members by which an event says that the work failed."""
    row = IN_BAND_ERRORS.get((model.service_model.service_name, model.name))
    is_failure = row is not None and row.event_type == event
    return frozenset({row.code, row.message}) if row is not None and is_failure else frozenset()


def variants(shape: Any, skipped: frozenset[str], *, full: bool) -> list[dict[str, Any]]:
    """Make an event once for each member of its largest union."""
    result: list[dict[str, Any]] = []
    maker = SampleMaker(full=full)
    while maker.variant < maker.largest_union:
        value = maker.structure(shape, "")
        value = {name: item for name, item in value.items() if name not in skipped}
        if value not in result:
            result.append(value)
        maker.variant += 1
    return result


def sample_value(shape: Shape, name: str = "", *, full: bool = True) -> Any:
    """Make a sample value of a shape."""
    return SampleMaker(full=full).value(shape, name)


class SampleMaker:
    """Makes the values of one variant.

    Args:
        full: with all optional members.

    Attributes:
        variant: which member a union takes, counted round.
        largest_union: members of the largest union seen, at least 1.
    """

    def __init__(self, *, full: bool) -> None:
        self.full = full
        self.variant = 0
        self.largest_union = 1
        self._enclosing: list[str] = []

    def value(self, shape: Any, name: str) -> Any:
        """Make a value by its shape; ``name`` is what a text says."""
        if getattr(shape, "is_document_type", False):
            return {"sample": [name, 1, True, None]}
        if shape.type_name == "structure":
            return self.structure(shape, name)
        if shape.type_name == "list":
            count = max(1, shape.metadata.get("min", 1))
            return (
                [] if self.is_recursive(shape.member) else [self.value(shape.member, name)] * count
            )
        if shape.type_name == "map":
            closed = not self.is_recursive(shape.value)
            return {self.value(shape.key, name): self.value(shape.value, name)} if closed else {}
        if shape.type_name == "string" and shape.enum:
            return shape.enum[0]
        return bounded(SCALARS[shape.type_name](name), shape.metadata)

    def structure(self, shape: Any, name: str) -> dict[str, Any]:
        """Make a structure; a shape is not made inside itself."""
        self._enclosing.append(shape.name)
        members = {
            key: member for key, member in shape.members.items() if not self.is_recursive(member)
        }
        if shape.is_tagged_union and members:
            self.largest_union = max(self.largest_union, len(members))
            chosen = [*members][self.variant % len(members)]
            members = {chosen: members[chosen]}
        elif not self.full:
            members = {
                key: member
                for key, member in members.items()
                if key in shape.required_members or is_payload(member)
            }
        result = {key: self.value(member, key or name) for key, member in members.items()}
        self._enclosing.pop()
        return result

    def is_recursive(self, shape: Any) -> bool:
        """Tell whether this shape is being made right now, or cannot do without one that is."""
        if shape.type_name == "list" and shape.metadata.get("min"):
            return self.is_recursive(shape.member)
        return shape.type_name == "structure" and shape.name in self._enclosing


def is_payload(member: Shape) -> bool:
    """Tell whether a member is the payload of an event: a frame always has one."""
    return bool(member.serialization.get("eventpayload"))


def bounded(value: Any, limits: Mapping[str, Any]) -> Any:
    """Bring a value between the limits that its shape sets: of its length, or of itself."""
    least, most = limits.get("min"), limits.get("max")
    if isinstance(value, str):
        return value.ljust(least or 0, "-")[:most]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = value if least is None else max(value, least)
        return value if most is None else min(value, most)
    return value


def sample_text(name: str) -> str:
    """Make a text: a media type where one is asked for, else what it is."""
    return MEDIA_TYPE if name.lower().endswith("contenttype") else f"sample-{name}".strip("-")


SCALARS: dict[str, Callable[[str], Any]] = {
    "string": sample_text,
    "blob": lambda name: sample_text(name).encode(),
    "boolean": lambda _: True,
    "byte": lambda _: 1,
    "short": lambda _: 1,
    "integer": lambda _: 1,
    "long": lambda _: 1,
    "float": lambda _: 0.5,
    "double": lambda _: 0.5,
    "timestamp": lambda _: SAMPLE_TIME,
}
