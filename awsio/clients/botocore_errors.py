"""Errors of a botocore client's connections, also of the classes that botocore raises there.

Code that was written for boto3 catches botocore's and urllib3's classes. On the connections
of botocore's clients an error is therefore both: awsio's, with its facts, and what the same
failure is in boto3. One class is created for each of awsio's, when it is first needed, as in
:mod:`awsio.events.exceptions`.

- The class has the name of awsio's class, and the same message, attributes and state.
- The constructors of botocore's classes are not run: they make messages of other arguments.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from botocore.eventstream import ChecksumMismatch, DuplicateHeader, ParserError
from botocore.exceptions import (
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import ProtocolError
from urllib3.exceptions import ReadTimeoutError as Urllib3ReadTimeoutError

from awsio.errors import (
    AwsioError,
    BodyChecksumError,
    ChecksumError,
    ConnectionLostError,
    DuplicateHeaderError,
    EventParseError,
    FrameError,
    HttpHeaderError,
    IncompleteStreamError,
    NotAnEventStreamError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from awsio.sources import WrappedSource

__all__ = ("ClientSource", "ClosedStreamError", "as_botocore_error")

# What botocore and urllib3 raise for the same failure. The first row that fits is taken: a
# ChecksumError is a FrameError too. A broken transport leaves botocore's event streams as
# urllib3's ProtocolError, and its bodies as ResponseStreamingError.
COUNTERPARTS: tuple[tuple[type[AwsioError], tuple[type[Exception], ...]], ...] = (
    # botocore derives its own from the urllib3 that it brings along, which is another one.
    (StreamTimeoutError, (ReadTimeoutError, Urllib3ReadTimeoutError)),
    (ConnectionLostError, (ResponseStreamingError, ProtocolError)),
    (TruncatedStreamError, (IncompleteReadError, ResponseStreamingError, ProtocolError)),
    (IncompleteStreamError, (ResponseStreamingError,)),
    (HttpHeaderError, (HTTPClientError,)),
    (BodyChecksumError, (FlexibleChecksumError,)),
    (ChecksumError, (ChecksumMismatch,)),
    (DuplicateHeaderError, (DuplicateHeader,)),
    (FrameError, (ParserError,)),
    # The first four bytes of the body are the length, and the checksum of it is wrong.
    (NotAnEventStreamError, (ChecksumMismatch,)),
    (EventParseError, (ResponseParserError,)),
)


class ClosedStreamError(ValueError, HTTPClientError):
    """The stream of a botocore client was closed, perhaps by another thread while it was read.

    A ``ValueError`` as for every file, and an error of the kind that botocore's transports
    raise, since whoever reads may not be the one who closed.
    """

    def __init__(self, message: str) -> None:
        self.request = self.response = None
        self.kwargs = {"error": ValueError(message)}
        ValueError.__init__(self, message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the message: botocore's errors do so by other arguments."""
        return type(self), self.args


def as_botocore_error(error: BaseException) -> BaseException | None:
    """Return the error that a botocore client's connection raises in place of another.

    Args:
        error: what a read raised.

    Returns:
        The new error, without a traceback; None where ``error`` itself is to be raised.
    """
    if type(error) is ValueError:
        return ClosedStreamError(*error.args)
    ours: Any = type(error)
    kind = error_class(ours)
    return None if kind is None else made(kind, error.args, error.__dict__)


@lru_cache(maxsize=256)
def error_class(kind: Any) -> Any:
    """Return the class that is awsio's and botocore's; None where botocore has no counterpart."""
    if issubclass(kind, Both):
        return None
    bases = next((theirs for ours, theirs in COUNTERPARTS if issubclass(kind, ours)), None)
    if bases is None:
        return None
    attributes = {"awsio_class": kind, "__module__": kind.__module__, "__doc__": kind.__doc__}
    return type(kind.__name__, (Both, kind, *bases), attributes)


class ClientSource(WrappedSource):
    """A byte source whose connection raises errors that are botocore's too."""

    known_as = staticmethod(as_botocore_error)


class Both:
    """What the classes that are awsio's and botocore's have in common.

    The attributes are those that botocore's and urllib3's errors have.
    """

    awsio_class: type[AwsioError]
    args: tuple[Any, ...]
    pool = url = request = response = None

    @property
    def kwargs(self) -> dict[str, Any]:
        """What botocore's errors keep of their constructors' arguments."""
        return {"error": str(self), "endpoint_url": None}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by awsio's class: the other process creates this one."""
        return restore, (self.awsio_class, self.args, self.__dict__)


def restore(kind: Any, args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    """Return an error from its pickle."""
    return made(error_class(kind) or kind, args, state)


def made(kind: Any, args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    """Create an error without running constructors."""
    error: BaseException = kind.__new__(kind, *args)
    error.args = args  # OSError.__new__ leaves it to the constructor
    error.__dict__.update(state)
    return error
