"""Exception and error frames to exceptions.

What is raised is at once awsio's :class:`~awsio.errors.ServiceStreamError`,
botocore's ``EventStreamError`` (and so ``ClientError``) and, where the service
models the exception, the client's own class: code written for any of the three
catches it. One class is made per modelled exception, when it is first needed.
"""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from awsio.errors import ServiceStreamError, UnknownServiceError
from awsio.events.models import service_model

if TYPE_CHECKING:
    from botocore.model import StructureShape

    from awsio.events.formats import PayloadFormat, PayloadParser
    from awsio.eventstream import Frame

__all__ = ("StreamExceptions",)


class StreamExceptions:
    """Makes the exceptions of one operation's streams.

    Args:
        stream_shape: the event stream's shape.
        payloads: the format of structured payloads.
        operation_name: the operation.
        service_name: the service, None where it is not known.
        exceptions: a client's ``exceptions``, None to make them from the model.
    """

    def __init__(
        self,
        stream_shape: StructureShape,
        payloads: PayloadFormat,
        operation_name: str,
        service_name: str | None,
        exceptions: Any,
    ) -> None:
        self._shapes = stream_shape.members
        self._payloads = payloads
        self._parsers: dict[str, PayloadParser] = {}
        self._operation_name = operation_name
        self._service_name = service_name
        self._exceptions = exceptions

    def of(self, frame: Frame) -> ServiceStreamError:
        """Make the exception of a frame whose message type is ``exception`` or ``error``.

        An exception has its code in the header ``:exception-type`` and its message in
        the payload; an error has both in headers, ``:error-code`` and
        ``:error-message``. Where a service puts one in the other's place, it is found.
        """
        headers = frame.headers
        code = str(headers.get(":exception-type") or headers.get(":error-code") or "")
        shape = self._shapes.get(code)
        document = self._document(frame.payload)
        members = document if shape is None else self._members(frame.payload, code, shape)
        if members is None:  # no structure: its text is all that the service said
            members = {"message": frame.payload.decode(errors="replace")}
        # The model spells the member message or Message, or not at all; a service may
        # not care.
        found = [message_of(members), message_of(document), headers.get(":error-message")]
        if headers.get(":message-type") == "error":
            found.reverse()
        message = next((text for text in found if text is not None), "")
        if shape is None:
            return self.unmodelled(code, str(message), frame=frame)
        response = {"Error": {"Code": code, "Message": message}, **members}
        cls = self._class(shape.name)
        return cls(response, self._operation_name, frame=frame, **traits(shape))

    def unmodelled(
        self, code: str, message: str, *, frame: Frame | None = None
    ) -> ServiceStreamError:
        """Make an exception that the service does not model in this stream."""
        response = {"Error": {"Code": code, "Message": message}}
        return self._class(code)(response, self._operation_name, frame=frame)

    def _document(self, payload: bytes) -> dict[str, Any] | None:
        """Read a payload without a shape; None if it is no structure."""
        if not payload:
            return {}
        try:
            document = self._payloads.loads(payload)
        except Exception:  # noqa: BLE001 - the service's words matter more than their form
            return None
        return document if isinstance(document, dict) else None

    def _members(self, payload: bytes, code: str, shape: Any) -> dict[str, Any] | None:
        """Read a modelled exception's members; None if the payload is no structure."""
        if code not in self._parsers:
            self._parsers[code] = self._payloads.parser(shape)
        try:
            members = self._parsers[code](payload)
        except Exception:  # noqa: BLE001 - likewise
            return None
        return members if isinstance(members, dict) else None

    def _class(self, name: str) -> type[ServiceStreamError]:
        """Give the class of an exception by its name in the model, if it has one there."""
        if self._exceptions is None and self._service_name is not None:
            self._exceptions = model_exceptions(self._service_name)
        return stream_error_class(modelled_class(self._exceptions, name), self._service_name)


def message_of(members: dict[str, Any] | None) -> Any:
    """Find the message among an exception's members, None where there is none."""
    return None if members is None else members.get("message", members.get("Message"))


def modelled_class(exceptions: Any, name: str | None) -> Any:
    """Find a client's exception class by its name, None where there is none."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    found = getattr(exceptions, name, None) if name and name.isidentifier() else None
    is_modelled = isinstance(found, type) and issubclass(found, ClientError)
    return found if is_modelled and found is not ClientError else None


@lru_cache(maxsize=64)
def model_exceptions(service_name: str) -> Any:
    """Make the exception classes of a service that no client has made."""
    from botocore.errorfactory import ClientExceptionsFactory  # noqa: PLC0415 - slow to import

    try:
        return ClientExceptionsFactory().create_client_exceptions(service_model(service_name))
    except UnknownServiceError:
        return None


@lru_cache(maxsize=1024)
def stream_error_class(modelled: Any, service_name: str | None) -> type[ServiceStreamError]:
    """Make the class that is a stream error, botocore's, and the client's own."""
    from botocore.exceptions import EventStreamError  # noqa: PLC0415 - slow to import

    name = modelled.__name__ if modelled is not None else "ServiceStreamError"
    bases = (ServiceStreamError, *((modelled,) if modelled is not None else ()), EventStreamError)

    def reduce(self: ServiceStreamError) -> tuple[Any, ...]:
        state = (self.response, self.operation_name, self.__dict__)
        return restore, (service_name, None if modelled is None else name, *state)

    # In this process a copy stays what the client's own class catches.
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
    """Build an exception from its pickle, with the classes of this process's model."""
    exceptions = model_exceptions(service_name) if service_name is not None else None
    modelled = modelled_class(exceptions, name)
    error = stream_error_class(modelled, service_name)(response, operation_name)
    error.__dict__.update(state)
    return error


def traits(shape: Any) -> dict[str, Any]:
    """Read what the model says of an exception: retryable, throttling, fault, status."""
    metadata = shape.metadata
    error = metadata.get("error", {})
    status = error.get("httpStatusCode")
    # botocore's metadata leaves this trait out.
    fault = "server" if shape._shape_model.get("fault") else None  # noqa: SLF001 - no public name
    if error.get("senderFault"):
        fault = "client"
    elif fault is None and status is not None:
        fault = "server" if status >= SERVER_ERRORS else "client"
    retryable = metadata.get("retryable")
    return {
        "retryable": None if retryable is None else True,
        "throttling": bool(retryable and retryable.get("throttling")),
        "fault": fault,
        "http_status": status,
    }


SERVER_ERRORS = 500
