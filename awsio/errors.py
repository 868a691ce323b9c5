"""Every error that awsio raises, in one tree.

.. code-block:: text

    AwsioError
    ├── StreamError                    what reading a stream can raise
    │   ├── FrameError                 (ValueError) these bytes are not a frame
    │   │   ├── ChecksumError          a CRC-32 differs
    │   │   │   ├── PreludeChecksumError
    │   │   │   └── MessageChecksumError
    │   │   ├── FrameLengthError       lengths that no frame can have
    │   │   ├── FrameTooLargeError     a legal length above the limit in force
    │   │   └── HeaderError            a malformed header block
    │   │       └── DuplicateHeaderError
    │   ├── NotAnEventStreamError      (ValueError) the body is something else
    │   ├── EventParseError            (ValueError) the frame is sound, its payload is not
    │   ├── TextDecodeError            (UnicodeError) text is not in its charset
    │   ├── BodyChecksumError          (ValueError) a body differs from its checksum header
    │   ├── TruncatedStreamError       (EOFError) the bytes stop where they must not
    │   ├── IncompleteStreamError      (EOFError) the terminal event never came
    │   ├── NoProgressError            sessions end again and again without progress
    │   ├── StreamTimeoutError         (TimeoutError)
    │   ├── HttpStatusError            the response's status is an error
    │   ├── HttpHeaderError            (ValueError) a header that leaves the body unreadable
    │   ├── ConnectionLostError        (ConnectionError) reset, TLS failure, broken HTTP body
    │   └── ServiceStreamError         an exception or error frame that the service sent
    ├── LineTooLongError               (ValueError) text above the limit that a reader was given
    ├── EventSerializeError            (ValueError) the dict is not an event of the operation
    ├── ReaderConflictError            (RuntimeError) a frame was asked for inside another
    ├── UnknownNameError               (AttributeError, ValueError)
    │   ├── UnknownServiceError
    │   └── UnknownOperationError
    ├── ConfigError                    (ValueError) a configuration that cannot be read
    └── MissingExtraError              (ImportError) an optional package is not installed

Rules: one root; each error is also the built-in exception that users of files
catch (``EOFError``, ``ValueError``, ``OSError`` by ``TimeoutError`` and
``ConnectionError``); facts are attributes, not only words in a message; every
error can be pickled and copied. Once a stream is broken its error is latched:
reading again raises it again. Only :class:`EventParseError`,
:class:`ServiceStreamError`, a limit that a reader was given for one read and a timeout
that the caller asked for leave the stream readable.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

from awsio.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = (
    "AwsioError",
    "BodyChecksumError",
    "ChecksumError",
    "ConfigError",
    "ConnectionLostError",
    "DuplicateHeaderError",
    "EventParseError",
    "EventSerializeError",
    "FrameError",
    "FrameLengthError",
    "FrameTooLargeError",
    "HeaderError",
    "HttpHeaderError",
    "HttpStatusError",
    "IncompleteStreamError",
    "LineTooLongError",
    "MessageChecksumError",
    "MissingExtraError",
    "NoProgressError",
    "NotAnEventStreamError",
    "PreludeChecksumError",
    "ReaderConflictError",
    "ServiceStreamError",
    "StreamError",
    "StreamTimeoutError",
    "TextDecodeError",
    "TruncatedStreamError",
    "UnknownNameError",
    "UnknownOperationError",
    "UnknownServiceError",
)


class AwsioError(Exception):
    """The root of every error that awsio defines."""


class StreamError(AwsioError):
    """Reading a stream failed."""


class FrameError(StreamError, ValueError):
    """The bytes do not form a frame. Framing is lost, so the error is latched."""


class ChecksumError(FrameError):
    """A CRC-32 in the frame differs from the one computed over its bytes.

    Attributes:
        expected: the checksum that the frame carries, 0 to 2**32 - 1.
        computed: the checksum of the bytes that arrived.
    """

    part = "frame"

    def __init__(self, message: str | None = None, *, expected: int = 0, computed: int = 0) -> None:
        super().__init__(
            message
            or f"{self.part} checksum mismatch: the frame says 0x{expected:08x}, "
            f"its bytes give 0x{computed:08x}"
        )
        self.expected = expected
        self.computed = computed


class PreludeChecksumError(ChecksumError):
    """The CRC of the first 8 bytes is wrong: no length in them can be believed."""

    part = "prelude"


class MessageChecksumError(ChecksumError):
    """The CRC of the whole frame is wrong."""

    part = "message"


class FrameLengthError(FrameError):
    """The prelude has a valid CRC and lengths that no frame can have.

    Attributes:
        total_length: the frame's length in bytes, as announced (at least 16 in a frame).
        headers_length: the header block's length (at most ``total_length - 16``).
    """

    def __init__(self, message: str, *, total_length: int = 0, headers_length: int = 0) -> None:
        super().__init__(message)
        self.total_length = total_length
        self.headers_length = headers_length


class FrameTooLargeError(FrameError):
    """A length is legal on the wire and above the limit in force.

    Attributes:
        part: ``"payload"``, ``"headers"``, ``"header value"`` or ``"frame"``.
        length: the length in bytes.
        limit: the limit in bytes.
    """

    def __init__(
        self, message: str | None = None, *, part: str = "frame", length: int = 0, limit: int = 0
    ) -> None:
        super().__init__(message or f"{part} of {length} bytes is above the limit of {limit}")
        self.part = part
        self.length = length
        self.limit = limit


class HeaderError(FrameError):
    """A header block, a header name or a header value breaks the format."""


class DuplicateHeaderError(HeaderError):
    """A header name occurs twice in one frame.

    Attributes:
        name: the name.
    """

    def __init__(self, message: str | None = None, *, name: str = "") -> None:
        super().__init__(message or f"header {name!r} stands twice in one frame")
        self.name = name


class NotAnEventStreamError(StreamError, ValueError):
    """The body of the response is not an event stream.

    Attributes:
        status_code: the HTTP status, None without an HTTP response.
        content_type: the ``Content-Type`` header, None without one.
        head: the first bytes of the body, at most 256.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        content_type: str | None = None,
        head: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.content_type = content_type
        self.head = head


class EventParseError(StreamError, ValueError):
    """A sound frame whose payload or headers are not what the model says; text that is not JSON.

    The frame, or the text, is consumed; the next read continues after it.

    Attributes:
        frame: the :class:`~awsio.eventstream.Frame`, None for text that is not JSON.
        data: that text as bytes, ``b""`` where ``frame`` is set.
    """

    def __init__(self, message: str, *, frame: Any = None, data: bytes = b"") -> None:
        super().__init__(message)
        self.frame = frame
        self.data = data


class TextDecodeError(StreamError, UnicodeError):
    """Text is not in the charset that the caller, or the response, names.

    Attributes:
        charset: the charset.
        data: the bytes that could not be decoded: one line, where lines are cut as bytes.
    """

    def __init__(self, message: str, *, charset: str = "", data: bytes = b"") -> None:
        super().__init__(message)
        self.charset = charset
        self.data = data


class BodyChecksumError(StreamError, ValueError):
    """A body that is not an event stream, such as an S3 object, differs from its checksum header.

    Raised at the end, after all bytes were delivered: only then the checksum is known.
    """


class TruncatedStreamError(StreamError, EOFError):
    """The bytes end inside a frame, or before the HTTP body's own end.

    Every whole frame before the cut has been delivered.

    Attributes:
        buffered: bytes of the unfinished frame that had arrived.
        missing: bytes that were still to come, None where that is not known.
    """

    def __init__(self, message: str, *, buffered: int = 0, missing: int | None = None) -> None:
        super().__init__(message)
        self.buffered = buffered
        self.missing = missing


class IncompleteStreamError(StreamError, EOFError):
    """The stream ended cleanly, and the operation's terminal event never came.

    The stream of an RPC protocol is incomplete too if it ended without a single frame: it
    opens with an initial response.

    Attributes:
        operation_name: the operation, such as ``ConverseStream``.
        expected: the event types of which one was still awaited.
    """

    def __init__(
        self, message: str, *, operation_name: str = "", expected: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.operation_name = operation_name
        self.expected = tuple(expected)


class NoProgressError(StreamError):
    """A resumed stream was opened again and again, and its position never moved.

    Raised by the iterator of :func:`awsio.resume` alone. The next read starts again from the
    position.

    Attributes:
        operation_name: the operation, such as ``SubscribeToShard``.
        sessions: how many sessions in a row ended without progress.
    """

    def __init__(
        self, message: str | None = None, *, operation_name: str = "", sessions: int = 0
    ) -> None:
        super().__init__(
            message
            or f"{operation_name or 'the stream'} was opened {sessions} times in a row, and "
            "every session ended without progress: the position did not move"
        )
        self.operation_name = operation_name
        self.sessions = sessions


class StreamTimeoutError(StreamError, TimeoutError):
    """Nothing arrived in time.

    Attributes:
        timeout: the time allowed in seconds, None where the transport did not say.
        resumable: True when the caller's own timeout ran out: nothing is lost, and the
            next read continues. False when the transport gave up: the error is latched.
        data_pending: True when the time passed while bytes were still there to be looked at.
            Read again at once then: the descriptor may not become readable for them.
    """

    def __init__(
        self,
        message: str,
        *,
        timeout: float | None = None,
        resumable: bool = False,
        data_pending: bool = False,
    ) -> None:
        super().__init__(message)
        self.timeout = timeout
        self.resumable = resumable
        self.data_pending = data_pending


class ConnectionLostError(StreamError, ConnectionError):
    """The transport broke: a reset, a TLS failure, a body that breaks HTTP's rules.

    Also raised after an interrupt that may have cost bytes on their way from the source.
    """


class HttpStatusError(StreamError):
    """The status of the HTTP response is an error: 400 or above.

    Raised by ``raise_for_status()`` alone: a client raises the service's own error
    before there is a connection.

    Attributes:
        status_code: the status.
        reason: the reason phrase, None without one.
    """

    def __init__(
        self, message: str, *, status_code: int | None = None, reason: str | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.reason = reason


class HttpHeaderError(StreamError, ValueError):
    """A header of the response says how its body is framed or encoded, and awsio cannot follow it.

    The body of such a response cannot be read, and asking again gets the same answer: so
    it is not a ``ConnectionError``. Its connection is not used again.

    Attributes:
        header: ``"Transfer-Encoding"``, ``"Content-Length"`` or ``"Content-Encoding"``.
        value: the header's value; several lines are joined by ``", "``.
    """

    def __init__(self, message: str, *, header: str = "", value: str = "") -> None:
        super().__init__(message)
        self.header = header
        self.value = value


class ServiceStreamError(StreamError):
    """The service sent an exception or an error frame.

    Raised by an operation's parser as a subclass that is also botocore's
    ``EventStreamError`` (hence ``ClientError``) and, where the service models the
    exception, the client's own class, such as ``client.exceptions.ThrottlingException``.

    Attributes:
        response: ``{"Error": {"Code": str, "Message": str}, ...}`` as in botocore,
            with the members that the model gives the exception.
        operation_name: the operation, such as ``ConverseStream``.
        frame: the :class:`~awsio.eventstream.Frame`.
        retryable: True if the model, or one of botocore's retry handlers by the code,
            calls the exception retryable; None if neither does.
        throttling: whether it is a throttling exception, by the model or by
            botocore's retry handlers; None if neither says.
        fault: ``"client"`` or ``"server"`` by the model, None if the model does not say.
        http_status: the HTTP status of the exception in the model, or None.
    """

    def __init__(
        self,
        response: Mapping[str, Any],
        operation_name: str,
        *,
        frame: Any = None,
        retryable: bool | None = None,
        throttling: bool | None = None,
        fault: str | None = None,
        http_status: int | None = None,
    ) -> None:
        super().__init__(response, operation_name)
        self.response = dict(response)
        self.operation_name = operation_name
        self.frame = frame
        self.retryable = retryable
        self.throttling = throttling
        self.fault = fault
        self.http_status = http_status

    @property
    def code(self) -> str:
        """The error's code, as in the frame."""
        return str(self.response.get("Error", {}).get("Code", ""))

    @property
    def message(self) -> str:
        """The error's message, as in the frame."""
        return str(self.response.get("Error", {}).get("Message", ""))

    def __str__(self) -> str:
        """Return the message in the form of botocore's client errors."""
        return (
            f"An error occurred ({self.code}) in the stream of the "
            f"{self.operation_name} operation: {self.message}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the constructor's own arguments, whatever ``args`` holds."""
        return type(self), (self.response, self.operation_name), self.__dict__


class LineTooLongError(AwsioError, ValueError):
    """A line, an event or a JSON document is longer than the reader was told to accept.

    Attributes:
        length: bytes of it that had arrived.
        limit: the limit in bytes.
    """

    def __init__(self, message: str | None = None, *, length: int = 0, limit: int = 0) -> None:
        super().__init__(message or f"a line of {length} bytes is above the limit of {limit}")
        self.length = length
        self.limit = limit


class EventSerializeError(AwsioError, ValueError):
    """A dict is not an event of the operation that it is written for."""


class ReaderConflictError(AwsioError, RuntimeError):
    """A frame was asked for inside another, or two kinds of reader want the same bytes.

    Nothing is lost: bytes can be read on, and frames once the bytes reach a frame's end; what
    a reader of text holds can be read with that reader.

    Attributes:
        missing: bytes up to the end of the frame, None where that is not known.
    """

    def __init__(self, message: str, *, missing: int | None = None) -> None:
        super().__init__(message)
        self.missing = missing


class UnknownNameError(AwsioError, AttributeError, ValueError):
    """A name that does not exist, with similar ones that do.

    Attributes:
        suggestions: similar names, best first.
    """

    def __init__(self, message: str, *, suggestions: Sequence[str] = ()) -> None:
        super().__init__(message + did_you_mean(suggestions))
        self.suggestions = tuple(suggestions)


class UnknownServiceError(UnknownNameError):
    """No service has this name."""


class UnknownOperationError(UnknownNameError):
    """The service has no such operation, or the operation does not stream."""


class ConfigError(AwsioError, ValueError):
    """A configuration cannot be read."""


class MissingExtraError(AwsioError, ImportError):
    """A feature needs a package that an extra installs.

    Attributes:
        extra: the extra's name, as in ``pip install "awsio-streams[local]"``.
    """

    def __init__(self, message: str | None = None, *, extra: str = "") -> None:
        super().__init__(
            message
            or f"the extra {extra!r} is not installed; "
            f'install it with: pip install "awsio-streams[{extra}]"'
        )
        self.extra = extra


AnyError = TypeVar("AnyError", bound=AwsioError)


def fresh_copy(error: AnyError) -> AnyError:
    """Return a copy that was never raised, to latch or to raise in place of the original.

    A raised error refers to its callers through its traceback, so latching it would keep
    the connection alive in a reference cycle. ``copy`` alone is not enough: some libraries
    (tblib, which Dask uses) register a copier that keeps the traceback.
    """
    twin = copy(error).with_traceback(None)
    twin.__cause__ = twin.__context__ = None
    return twin
