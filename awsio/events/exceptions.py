"""Exception and error frames to exceptions.

What is raised is at once awsio's :class:`~awsio.errors.ServiceStreamError`,
botocore's ``EventStreamError`` (and so ``ClientError``) and, where the service
models the exception, the client's own class: code written for any of the three
catches it. One class is made per modelled exception, when it is first needed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from awsio.errors import ServiceStreamError, UnknownServiceError
from awsio.events.models import service_model

if TYPE_CHECKING:
    from botocore.model import StructureShape

    from awsio.events.formats import ReadDocument, ReadFormat
    from awsio.eventstream import Frame

__all__ = ("StreamExceptions",)


class StreamExceptions:
    """Makes the exceptions of one operation's streams.

    Args:
        stream_shape: the event stream's shape.
        documents: the format of the payloads.
        operation_name: the operation.
        service_name: the service, None where it is not known.
        exceptions: a client's ``exceptions``, None to make them from the model.
    """

    def __init__(
        self,
        stream_shape: StructureShape,
        documents: ReadFormat,
        operation_name: str,
        service_name: str | None,
        exceptions: Any,
    ) -> None:
        self._shapes = stream_shape.members
        self._documents = documents
        self._readers: dict[str, ReadDocument] = {}
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
        members = self._payload(frame, code, shape)
        found = (members.get("message"), members.get("Message"), headers.get(":error-message"))
        if headers.get(":message-type") == "error":
            found = found[::-1]
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

    def _payload(self, frame: Frame, code: str, shape: Any) -> dict[str, Any]:
        """Read an exception's members; a payload that is no structure is its message."""
        payload = frame.payload
        try:
            if shape is None:
                document = self._documents.loads(payload) if payload else {}
            else:
                if code not in self._readers:
                    self._readers[code] = self._documents.reader(shape)
                document = self._readers[code](payload)
        except Exception:  # noqa: BLE001 - the service's words matter more than their form
            document = None
        if isinstance(document, dict):
            return document
        return {"message": payload.decode(errors="replace")}

    def _class(self, name: str) -> type[ServiceStreamError]:
        """Give the class of an exception by its name in the model, if it has one there."""
        if self._exceptions is None and self._service_name is not None:
            self._exceptions = model_exceptions(self._service_name)
        return stream_error_class(modelled_class(self._exceptions, name), self._service_name)


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

    def copy(self: ServiceStreamError, _memo: object = None) -> ServiceStreamError:
        # In this process a copy stays what the client's own class catches.
        twin = type(self)(self.response, self.operation_name)
        twin.__dict__.update(self.__dict__)
        return twin

    methods = {"__reduce__": reduce, "__copy__": copy, "__deepcopy__": copy}
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
    fault = "server" if shape._shape_model.get("fault") else None  # noqa: SLF001
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
