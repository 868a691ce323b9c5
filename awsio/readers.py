"""The readers of paws and httr2, by their names.

Each reads on from where the connection stands and returns None at the end, so both
``while chunk := reader(con)`` and ``while (chunk := reader(con)) is not None`` end.

Where httr2 returns an empty vector at the end these return None. Lines and server-sent
events are read from what the events carry where the body is an event stream, and
from the body itself where it is text.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from awsio.connection.given import connection_of

if TYPE_CHECKING:
    from awsio.connection import PawsConnection, SupportsConnection
    from awsio.eventstream import Frame
    from awsio.sse import ServerSentEvent

__all__ = (
    "SupportsReadEvent",
    "paws_stream_parser",
    "resp_stream_aws",
    "resp_stream_is_complete",
    "resp_stream_lines",
    "resp_stream_raw",
    "resp_stream_sse",
)

KIB = 1024
WHOLE = 1 << 62  # more than any body has


class SupportsReadEvent(Protocol):
    """An object that returns one event after another, and can be closed.

    A connection, or the iterator that :func:`awsio.resume` returns.
    """

    def read_event(self, *, max_size: int | None = None) -> Any:
        """Read the next event; None at the end."""
        ...

    def close(self) -> None:
        """Close the stream."""
        ...


def paws_stream_parser(
    con: SupportsReadEvent | SupportsConnection, max_size: int | None = None
) -> Any:
    """Read the next event, and close the connection at the end, as paws's function does.

    Args:
        con: a connection from ``resp.stream(connection=True)``, what
            :func:`awsio.resume` returns, or the stream of a response itself.
        max_size: as in :func:`resp_stream_aws`.

    Returns:
        The event, or None at the end: ``con`` is closed then.

    Raises:
        FrameTooLargeError: the event's frame is above ``max_size``.
        ValueError: ``con`` is closed.
        Exception: what the connection's ``read_event`` raises.

    Example:
        >>> def texts(con):
        ...     while (chunk := paws_stream_parser(con)) is not None:
        ...         print(chunk.contentBlockDelta.delta.text)
    """
    stream = connection_of(con)
    event = stream.read_event(max_size=max_size)
    if event is None:
        stream.close()
    return event


def resp_stream_aws(
    con: PawsConnection | SupportsConnection, max_size: int | None = None
) -> Frame | None:
    """Read the next frame raw, as httr2's function of this name. It closes nothing.

    Args:
        con: the connection.
        max_size: the longest frame accepted, in bytes; None for the decoder's limits.
            A longer one is skipped: the next read continues after it.

    Returns:
        The frame with ``headers`` and ``body``, None at the end. An exception frame is
        a frame like any other, as in httr2.

    Raises:
        FrameTooLargeError: the frame is above ``max_size``.
        Exception: what :meth:`PawsConnection.read_frame` raises.
    """
    return connection_of(con).read_frame(max_size=max_size)


def resp_stream_raw(
    con: PawsConnection | SupportsConnection, kb: float = 32, max_size: int | None = None
) -> bytes | None:
    """Read bytes of the wire: what is there, at most ``kb`` KiB.

    Args:
        con: the connection.
        kb: the most to read, in KiB; may be infinite.
        max_size: the most to read, in bytes, if that is less.

    Returns:
        The bytes, None at the end.

    Raises:
        ValueError: a size that is not positive.
        Exception: what :meth:`PawsConnection.read` raises.
    """
    if not kb > 0 or (max_size is not None and max_size <= 0):
        msg = f"a read takes at least one byte, not {max_size if kb > 0 else kb}"
        raise ValueError(msg)
    size = WHOLE if math.isinf(kb) else max(1, int(kb * KIB))
    return connection_of(con).read(size if max_size is None else min(size, max_size)) or None


def resp_stream_lines(
    con: PawsConnection | SupportsConnection,
    lines: int = 1,
    *,
    max_size: int | None = None,
    encoding: str | None = None,
) -> list[str] | None:
    """Read lines; see :meth:`PawsConnection.read_lines`, which says what it raises.

    Args:
        con: the connection.
        lines: how many to read.
        max_size: the longest line accepted, in bytes.
        encoding: the charset of the text; None for what the response says.

    Returns:
        ``lines`` lines without their ends, fewer at the end, then None.
    """
    return connection_of(con).read_lines(lines, max_size=max_size, charset=encoding)


def resp_stream_sse(
    con: PawsConnection | SupportsConnection, max_size: int | None = None
) -> ServerSentEvent | None:
    """Read the next server-sent event of a ``text/event-stream``.

    See :meth:`PawsConnection.read_server_sent_event`, which says what it raises.

    Args:
        con: the connection.
        max_size: the longest event accepted, in bytes of all its lines.

    Returns:
        The event with ``type``, ``data``, ``id`` and ``retry``, None at the end.
    """
    return connection_of(con).read_server_sent_event(max_size=max_size)


def resp_stream_is_complete(con: PawsConnection | SupportsConnection) -> bool:
    """Return whether the end was reached and everything was delivered. Never waits."""
    return connection_of(con).is_complete()
