"""`Skipping`: an iterator over a connection's events without some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsio.connection.stream import FrameStream

__all__ = ("Skipping",)


class ReadsEvents(Protocol):
    """A connection, as far as this module knows it."""

    def read_event(self) -> Any:
        """Return the next event, None at the end."""


class Skipping:
    """An iterator over events. Not a generator: one that has raised is over.

    Args:
        connection: is read.
        stream: the connection's.
        skips: returns whether an event is skipped.
    """

    def __init__(
        self, connection: ReadsEvents, stream: FrameStream, skips: Callable[[Any], bool]
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._skips = skips

    def __iter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __next__(self) -> Any:
        """Return the next event that is not skipped."""
        while True:
            event = self._connection.read_event()
            if event is None:
                raise StopIteration
            try:
                if not self._skips(event):
                    return event
            except BaseException as error:
                self._stream.lost = True  # interrupted with the event in hand
                self._stream.lose(error)
                raise
