"""The readers of paws and httr2, by their names.

Each reads on from where the connection stands and gives None at the end, so both
``while chunk := reader(con)`` and ``while (chunk := reader(con)) is not None`` end.

Where httr2 gives an empty vector at the end these give None. Lines and server-sent
events are read from what the events carry where the body is an event stream, and
from the body itself where it is text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from awsio.text import LineSplitter, ServerSentEvent, SseDecoder, decoder_of, decoders

if TYPE_CHECKING:
    from awsio.connection import PawsConnection
    from awsio.eventstream import Frame

__all__ = (
    "GivesEvents",
    "paws_stream_parser",
    "resp_stream_aws",
    "resp_stream_is_complete",
    "resp_stream_lines",
    "resp_stream_raw",
    "resp_stream_sse",
)

KIB = 1024
TEXT_PIECE = 64 * KIB


class GivesEvents(Protocol):
    """What gives one event after another: a connection, or what :func:`awsio.resume` gives."""

    def read_event(self, *, max_size: int | None = None) -> Any:
        """Read the next event; None at the end."""
        ...


def paws_stream_parser(con: GivesEvents, max_size: int | None = None) -> Any:
    """Read the next event, as paws's function of this name.

    Args:
        con: a connection from ``resp.stream(connection=True)``, or what
            :func:`awsio.resume` gives.
        max_size: as in :func:`resp_stream_aws`.

    Returns:
        The event, None at the end.

    Raises:
        FrameTooLargeError: the event's frame is above ``max_size``.
        Exception: what the connection's ``read_event`` raises.

    Example:
        >>> def texts(con):
        ...     while (chunk := paws_stream_parser(con)) is not None:
        ...         print(chunk.contentBlockDelta.delta.text)
    """
    return con.read_event(max_size=max_size)


def resp_stream_aws(con: PawsConnection, max_size: int | None = None) -> Frame | None:
    """Read the next frame raw, as httr2's function of this name.

    Args:
        con: the connection.
        max_size: the longest frame accepted, in bytes; None for the decoder's limits.
            A longer one is passed over: the next read goes on after it.

    Returns:
        The frame with ``headers`` and ``body``, None at the end. An exception frame is
        a frame like any other, as in httr2.

    Raises:
        FrameTooLargeError: the frame is above ``max_size``.
        Exception: what :meth:`PawsConnection.read_frame` raises.
    """
    return con.read_frame(max_size=max_size)


def resp_stream_raw(
    con: PawsConnection, kb: float = 32, max_size: int | None = None
) -> bytes | None:
    """Read bytes of the wire: what is there, at most ``kb`` KiB.

    Args:
        con: the connection.
        kb: the most to read, in KiB.
        max_size: the most to read, in bytes, if that is less.

    Returns:
        The bytes, None at the end.

    Raises:
        ValueError: a size that is not positive.
        Exception: what :meth:`PawsConnection.read` raises.
    """
    if kb <= 0 or (max_size is not None and max_size <= 0):
        msg = f"a read takes at least one byte, not {kb if kb <= 0 else max_size}"
        raise ValueError(msg)
    size = max(1, int(kb * KIB))
    return con.read(size if max_size is None else min(size, max_size)) or None


def resp_stream_lines(
    con: PawsConnection, lines: int = 1, *, max_size: int | None = None, encoding: str = "utf-8"
) -> list[str] | None:
    """Read lines, which may cross the frames of an event stream.

    Args:
        con: the connection.
        lines: how many to read.
        max_size: the longest line accepted, in bytes.
        encoding: of the text.

    Returns:
        ``lines`` lines without their ends, fewer at the end, then None.

    Raises:
        ValueError: ``lines`` is not positive.
        LineTooLongError: a line is above ``max_size``.
        UnicodeDecodeError: a line is not in the encoding.
        ReaderConflictError: the connection was read as server-sent events before.
        Exception: what :meth:`PawsConnection.read_payload` raises.
    """
    if lines <= 0:
        msg = f"a read takes at least one line, not {lines}"
        raise ValueError(msg)
    splitter = decoder_of(con, LineSplitter, max_size)
    found: list[bytes] = []
    try:
        while len(found) < lines:
            line = splitter.next_line()
            if line is None:
                if more_text(con, splitter):
                    continue
                splitter.feed_eof()
                line = splitter.next_line()
                if line is None:
                    break
            found.append(line)
        return [line.decode(encoding) for line in found] or None
    except BaseException:
        splitter.unread(found)  # whoever handles the error can still have them
        raise


def resp_stream_sse(con: PawsConnection, max_size: int | None = None) -> ServerSentEvent | None:
    """Read the next server-sent event of a ``text/event-stream``.

    Args:
        con: the connection.
        max_size: the longest event accepted, in bytes of all its lines.

    Returns:
        The event with ``type``, ``data`` and ``id``, None at the end.

    Raises:
        LineTooLongError: an event is above ``max_size``.
        ReaderConflictError: the connection was read as lines before.
        Exception: what :meth:`PawsConnection.read_payload` raises.
    """
    decoder = decoder_of(con, SseDecoder, max_size)
    while (event := decoder.next_event()) is None:
        if not more_text(con, decoder):
            decoder.feed_eof()
            return None
    return event


def resp_stream_is_complete(con: PawsConnection) -> bool:
    """Tell whether the end was reached and everything was delivered. Never waits."""
    decoder = decoders.get(con)
    return con.is_complete() and (decoder is None or not decoder.buffered)


def more_text(con: PawsConnection, decoder: LineSplitter | SseDecoder) -> bool:
    """Feed the next piece of text; False at the end."""
    piece = con.read_payload() if con.is_framed else con.read(TEXT_PIECE) or None
    if piece is None:
        return False
    decoder.feed(piece)
    return True
