"""Exception and error frames to exceptions.

An exception is at once awsio's :class:`~awsio.errors.ServiceStreamError`, botocore's
``EventStreamError`` (and so ``ClientError``) and, if the service models it, the client's
own class: code written for any of the three catches it. One class is created for each
modelled exception, when it is first needed.
"""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from awsio.errors import ServiceStreamError, UnknownServiceError
from awsio.events.error_traits import error_traits
from awsio.events.models import service_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import StructureShape

    from awsio.events.formats import PayloadFormat, PayloadParser
    from awsio.eventstream import Frame

__all__ = ("StreamExceptions",)


class StreamExceptions:
    """Creates the exceptions of one operation's streams.

    Args:
        stream_shape: the event stream's shape.
        payloads: the format of structured payloads.
        operation_name: the operation.
        service_name: botocore's name of the service, None if it is not known.
        exceptions: a client's ``exceptions``; None creates them from the model.
    """

    def __init__(
        self,
        stream_shape: StructureShape,
        payloads: PayloadFormat,
        operation_name: str,
        service_name: str | None,
        exceptions: Any,
    ) -> None:
        # By the names of the union's members, as codes are; services also write the shape's
        # name, which begins with a capital letter where the member does not.
        members = stream_shape.members
        self._shapes = {shape.name: shape for shape in members.values()} | dict(members)
        self._payloads = payloads
        self._parsers: dict[str, PayloadParser] = {}
        self._operation_name = operation_name
        self._service_name = service_name
        self._exceptions = exceptions

    def from_frame(self, frame: Frame) -> ServiceStreamError:
        """Return the exception of a frame whose message type is ``exception`` or ``error``.

        An exception has its code in the header ``:exception-type`` and its message in
        the payload; an error has both in headers, ``:error-code`` and
        ``:error-message``. Each is also accepted in the other's place. A code that is
        missing or is not a string is empty: the service's failure must not pass for a
        malformed frame that a reader may skip.
        """
        headers = frame.headers
        code = text_header(headers, ":exception-type") or text_header(headers, ":error-code") or ""
        shape = self._shapes.get(code)
        document = self._document(frame.payload)
        members = document if shape is None else self._members(frame.payload, code, shape)
        if members is None:  # not a structure: the text is all that the service said
            members = {"message": frame.payload.decode(errors="replace")}
        # Models spell the member message or Message, or leave it out, and services do not
        # always follow them.
        found = [
            message_of(members),
            message_of(document),
            text_header(headers, ":error-message"),
        ]
        if headers.get(":message-type") == "error":
            found.reverse()
        message = next((text for text in found if text is not None), "")
        if shape is None:
            return self.unmodelled(code, str(message), frame=frame)
        response = {"Error": {"Code": code, "Message": message}, **members}
        facts = error_traits(code, shape, self._service_name)
        return self._class(shape.name)(response, self._operation_name, frame=frame, **facts)

    def unmodelled(
        self, code: str, message: str, *, frame: Frame | None = None
    ) -> ServiceStreamError:
        """Return an exception that the stream does not model."""
        response = {"Error": {"Code": code, "Message": message}}
        facts = error_traits(code, None, self._service_name)
        return self._class(code)(response, self._operation_name, frame=frame, **facts)

    def _document(self, payload: bytes) -> dict[str, Any] | None:
        """Parse a payload without a shape; None if it is not a structure."""
        if not payload:
            return {}
        try:
            document = self._payloads.loads(payload)
        except Exception:  # noqa: BLE001 - the service's words matter more than their form
            return None
        return document if isinstance(document, dict) else None

    def _members(self, payload: bytes, code: str, shape: Any) -> dict[str, Any] | None:
        """Parse a modelled exception's members; None if the payload is not a structure."""
        if code not in self._parsers:
            self._parsers[code] = self._payloads.parser(shape)
        try:
            members = self._parsers[code](payload)
        except Exception:  # noqa: BLE001 - the service's words matter more than their form
            return None
        return members if isinstance(members, dict) else None

    def _class(self, name: str) -> type[ServiceStreamError]:
        """Return the class of an exception, by its name if the service models it."""
        if self._exceptions is None and self._service_name is not None:
            self._exceptions = model_exceptions(self._service_name)
        return stream_error_class(modelled_class(self._exceptions, name), self._service_name)


def text_header(headers: Mapping[str, Any], name: str) -> str | None:
    """Return the value of a string header; None if it is missing or of another type."""
    value = headers.get(name)
    return value if isinstance(value, str) else None


def message_of(members: dict[str, Any] | None) -> Any:
    """Return the message among an exception's members, None without one."""
    return None if members is None else members.get("message", members.get("Message"))


def modelled_class(exceptions: Any, name: str | None) -> Any:
    """Return a client's exception class by its name, None if there is none."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    found = getattr(exceptions, name, None) if name and name.isidentifier() else None
    is_modelled = isinstance(found, type) and issubclass(found, ClientError)
    return found if is_modelled and found is not ClientError else None


@lru_cache(maxsize=64)
def model_exceptions(service_name: str) -> Any:
    """Return the exception classes of a service, created from its model."""
    from botocore.errorfactory import ClientExceptionsFactory  # noqa: PLC0415 - slow to import

    try:
        return ClientExceptionsFactory().create_client_exceptions(service_model(service_name))
    except UnknownServiceError:
        return None


@lru_cache(maxsize=1024)
def stream_error_class(modelled: Any, service_name: str | None) -> type[ServiceStreamError]:
    """Return the class that is awsio's stream error, botocore's, and the client's own."""
    from botocore.exceptions import EventStreamError  # noqa: PLC0415 - slow to import

    name = modelled.__name__ if modelled is not None else "ServiceStreamError"
    bases = (ServiceStreamError, *((modelled,) if modelled is not None else ()), EventStreamError)

    def reduce(self: ServiceStreamError) -> tuple[Any, ...]:
        state = (self.response, self.operation_name, self.__dict__)
        return restore, (service_name, None if modelled is None else name, *state)

    # A copy keeps the client's own class; an unpickled exception cannot.
    def copy(self: ServiceStreamError) -> ServiceStreamError:
        twin = type(self)(self.response, self.operation_name)
        twin.__dict__.update(self.__dict__)
        return twin

    def deep_copy(self: ServiceStreamError, memo: dict[int, Any]) -> ServiceStreamError:
        twin = copy(self)
        twin.__dict__.update(deepcopy(self.__dict__, memo))
        return twin

    methods = {"__reduce__": reduce, "__copy__": copy, "__deepcopy__": deep_copy}
    return type(name, bases, {**methods, "__doc__": ServiceStreamError.__doc__})


def restore(
    service_name: str | None,
    name: str | None,
    response: dict[str, Any],
    operation_name: str,
    state: dict[str, Any],
) -> ServiceStreamError:
    """Return an exception from its pickle, with the classes of this process's model."""
    exceptions = model_exceptions(service_name) if service_name is not None else None
    modelled = modelled_class(exceptions, name)
    error = stream_error_class(modelled, service_name)(response, operation_name)
    error.__dict__.update(state)
    return error
