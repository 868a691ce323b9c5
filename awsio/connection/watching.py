"""`StreamWatcher`: sees what is read from a connection, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from awsio.errors import ServiceStreamError

if TYPE_CHECKING:
    from awsio.connection.parser import FrameParser
    from awsio.eventstream import Frame

__all__ = ("StreamWatcher", "WatchedParser")


class StreamWatcher(Protocol):
    """What :meth:`awsio.PawsConnection.watch` takes, for example to trace a stream.

    Methods are called in the thread that reads or closes. What :meth:`event` raises is raised
    by the read; the other two must raise nothing.
    """

    def event(self, event: Any, frame: Frame) -> Any:
        """Return the event to deliver, as a rule the one that was passed.

        Called with each event that is parsed: by reads of events, of what they carry and of
        selections, not by reads of frames and bytes.

        Args:
            event: the event.
            frame: what it was parsed from.
        """
        ...

    def ended(self, error: Exception | None) -> None:
        """Note the end of the stream.

        Called at least once when the stream was read to its end, broke or sent an exception.

        Args:
            error: what the read raises; None for a clean end.
        """
        ...

    def closed(self) -> None:
        """Note that the connection is closed; called each time that ``close()`` is."""
        ...


class WatchedParser:
    """A parser whose events pass through a watcher.

    Args:
        parser: the parser; it has all other attributes.
        watcher: sees the events.

    Attributes:
        parser: as given.
    """

    def __init__(self, parser: FrameParser, watcher: StreamWatcher) -> None:
        self.parser = parser
        self._watcher = watcher

    def parse(self, frame: Frame) -> Any:
        """Return the event of a frame, as the watcher delivers it."""
        try:
            event = self.parser.parse(frame)
        except ServiceStreamError as error:
            self._watcher.ended(error)
            raise
        return event if event is None else self._watcher.event(event, frame)

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the parser."""
        if name == "parser":  # of an object whose __init__ was not run, as copying makes one
            raise AttributeError(name)
        return getattr(self.parser, name)
