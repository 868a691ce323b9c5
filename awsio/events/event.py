"""`Event`: a dict whose attributes know the model.

An event is exactly the dict that boto3 returns: the live member of the union and nothing
else. Attributes add what R users have from the templates of paws, without building the
template: every name of the model can be read (an unset structure is empty, an unset
scalar is None), any other name is an error.

Rules kept here: users of the dict pay nothing, so nested dicts become events only when an
attribute reaches them, and then in place; each shape has one subclass of :class:`Event`,
created when it is first needed, so an instance is as small as a dict.
"""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, ClassVar, Self

from awsio.errors import UnknownServiceError
from awsio.events.models import service_model
from awsio.suggestions import close_matches, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from botocore.model import Shape, StructureShape

    from awsio.eventstream import Frame

__all__ = ("Event", "EventClasses", "UnknownEvent")

UNKNOWN_MEMBER = "SDK_UNKNOWN_MEMBER"


class Event(dict[str, Any]):
    """One event, or a structure inside one: a dict with attributes from the model.

    ``event["contentBlockDelta"]["delta"]["text"]`` and
    ``event.contentBlockDelta.delta.text`` are the same value. As an attribute, a member
    that is not set is an empty, falsy ``Event`` (structure), ``[]`` (list), ``{}`` (map)
    or None (anything else). These values are not stored: ``event.x.y`` never changes the
    event.

    A member with the name of a dict method (``items``) or a keyword (``from``) is reached
    by its key, or with a trailing underscore: ``event.items_``.

    Raises:
        AttributeError: the model has no such member; the message suggests similar names.
    """

    __slots__ = ()

    _shape: ClassVar[StructureShape | None] = None
    _classes: ClassVar[EventClasses | None] = None

    def __getattr__(self, name: str) -> Any:
        """Return a member by the model."""
        if name.startswith("__"):
            raise AttributeError(name)
        member = self._member_name(name)
        value = self.get(member)
        if self._shape is None or self._classes is None:
            return value
        shape = self._shape.members.get(member)
        if shape is None:  # a key of the dict that is not a member of the model
            return value
        if value is None:
            return self._classes.empty(shape)
        wrapped = self._classes.wrap(shape, value)
        if wrapped is not value:
            self[member] = wrapped
        return wrapped

    def __dir__(self) -> Iterable[str]:
        """Return the methods of dict and the members of the model."""
        members = self._shape.members if self._shape is not None else self
        names = (name + "_" if is_reserved(name) else name for name in members)
        return sorted({*super().__dir__(), *names})

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the names of service and shape, without the model."""
        service = self._classes.service_name if self._classes is not None else None
        shape = self._shape.name if self._shape is not None else None
        return restore_event, (service, shape, dict(self))

    def __copy__(self) -> Self:
        """Copy with the model."""
        return type(self)(self)

    copy = __copy__

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy with the model, and copy the values."""
        return type(self)(deepcopy(dict(self), memo))

    def _member_name(self, name: str) -> str:
        """Return the member that an attribute name refers to.

        Raises:
            AttributeError: there is no such member.
        """
        members = self._shape.members if self._shape is not None else self
        if name in members or name in self:
            return name
        if name.endswith("_") and name[:-1] in members and is_reserved(name[:-1]):
            return name[:-1]
        kind = self._shape.name if self._shape is not None else "this event"
        near = close_matches(name, members, cutoff=0.5)
        hint = did_you_mean(near)
        known = "" if near else f"; it has {', '.join(members) or 'no members'}"
        msg = f"{kind} has no member {name!r}{hint}{known}"
        raise AttributeError(msg, name=name, obj=self)


def is_reserved(name: str) -> bool:
    """Return whether a name is a keyword or a method of dict, so not a member's attribute."""
    return iskeyword(name) or hasattr(dict, name)


class UnknownEvent(Event):
    """An event whose type the model does not know.

    It equals ``{"SDK_UNKNOWN_MEMBER": {"name": type}}``, botocore's form of an unknown
    union member. Attributes of the known members read as unset.

    Attributes:
        frame: the :class:`~awsio.eventstream.Frame`, with headers and payload.
    """

    __slots__ = ("frame",)

    frame: Frame

    def __copy__(self) -> Self:
        """Copy with the frame, which is immutable."""
        twin = super().__copy__()
        twin.frame = self.frame
        return twin

    copy = __copy__

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy with the frame."""
        twin = super().__deepcopy__(memo)
        twin.frame = self.frame
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with the frame."""
        return restore_unknown, (*super().__reduce__()[1], self.frame)


class EventClasses:
    """The :class:`Event` subclasses of one service, one for each shape.

    Args:
        service_name: botocore's name of the service; None if it is not known, in which
            case events are unpickled without the model.
    """

    def __init__(self, service_name: str | None = None) -> None:
        self.service_name = service_name
        self._classes: dict[tuple[type[Event], str], type[Event]] = {}

    def of(self, shape: StructureShape, base: type[Event] = Event) -> type[Event]:
        """Return the class of a shape."""
        key = (base, shape.name)
        found = self._classes.get(key)
        if found is None:
            names = {"__slots__": (), "_shape": shape, "_classes": self, "__doc__": Event.__doc__}
            # setdefault: two threads that get here at once both return the first one's class.
            found = self._classes.setdefault(key, type(shape.name, (base,), names))
        return found

    def empty(self, shape: Shape) -> Any:
        """Return the value of an unset member."""
        if is_structure(shape):
            return self.of(shape)()  # type: ignore[arg-type]  # is_structure says so
        if shape.type_name == "list":
            return []
        return {} if shape.type_name == "map" else None

    def wrap(self, shape: Shape, value: Any) -> Any:
        """Return a value with its dicts as events; lists and maps are changed in place."""
        if is_structure(shape):
            cls = self.of(shape)  # type: ignore[arg-type]  # is_structure says so
            return value if type(value) is cls or not isinstance(value, dict) else cls(value)
        if shape.type_name == "list" and isinstance(value, list):
            member = shape.member  # type: ignore[attr-defined]  # a list shape
            if may_contain_structures(member):
                value[:] = [item if item is None else self.wrap(member, item) for item in value]
        elif shape.type_name == "map" and isinstance(value, dict):
            member = shape.value  # type: ignore[attr-defined]  # a map shape
            if may_contain_structures(member):
                for key, item in value.items():
                    value[key] = item if item is None else self.wrap(member, item)
        return value


def is_structure(shape: Shape) -> bool:
    """Return whether a shape is a structure with members, not a free-form document."""
    return shape.type_name == "structure" and not shape.is_document_type  # type: ignore[attr-defined]  # of a structure


def may_contain_structures(shape: Shape) -> bool:
    """Return whether values of a shape may contain structures."""
    return shape.type_name in {"structure", "list", "map"}


@lru_cache(maxsize=64)
def unpickled_classes(service_name: str) -> EventClasses:
    """Return the classes of unpickled events."""
    return EventClasses(service_name)


def restored_class(service: str | None, shape: str | None, base: type[Event]) -> type[Event]:
    """Return the class of a pickled event, ``base`` if the model is not installed."""
    if service is None or shape is None:
        return base
    try:
        model = service_model(service)
        if shape not in model.shape_names:
            return base
    except UnknownServiceError:
        return base
    return unpickled_classes(service).of(model.shape_for(shape), base)  # type: ignore[arg-type]  # it is a structure


def restore_event(service: str | None, shape: str | None, members: dict[str, Any]) -> Event:
    """Return an event from its pickle."""
    return restored_class(service, shape, Event)(members)


def restore_unknown(
    service: str | None, shape: str | None, members: dict[str, Any], frame: Frame
) -> Event:
    """Return an unknown event from its pickle."""
    event = restored_class(service, shape, UnknownEvent)(members)
    event.frame = frame  # type: ignore[attr-defined]  # the base is UnknownEvent
    return event
