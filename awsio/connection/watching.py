"""`StreamWatcher`: sees what is read from a connection, and how it ends."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from awsio.errors import FrameError, ServiceStreamError
from awsio.eventstream import FrameDecoder

if TYPE_CHECKING:
    from awsio.connection.parser import FrameParser
    from awsio.eventstream import Frame

__all__ = ("StreamWatcher", "WatchedBytes", "WatchedParser")

logger = logging.getLogger("awsio")


class StreamWatcher(Protocol):
    """What :meth:`awsio.PawsConnection.watch` takes, for example to trace a stream.

    Methods are called in the thread that reads or closes. What :meth:`event` raises is raised
    by the read; the other two must raise nothing.
    """

    def event(self, event: Any, frame: Frame) -> Any:
        """Return the event to deliver, as a rule the one that was passed.

        Reads of frames and bytes call it too, with the event of each frame that they have
        passed, where the connection can parse it; what it returns or raises is ignored then.

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

    def look(self, frame: Frame) -> Frame:
        """Let the watcher see the event of a frame, and return the frame as it is."""
        try:
            self.parse(frame)
        except Exception as error:
            logger.debug("a watched frame has no event", exc_info=error)
        return frame

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the parser."""
        if name == "parser":  # of an object whose __init__ was not run, as copying makes one
            raise AttributeError(name)
        return getattr(self.parser, name)


class WatchedBytes:
    """Finds the frames in bytes that are delivered, from the beginning of one on.

    Args:
        parser: lets the watcher see them.
    """

    def __init__(self, parser: WatchedParser) -> None:
        self._parser = parser
        self._decoder: FrameDecoder | None = FrameDecoder()

    def look(self, data: bytes) -> None:
        """Look at bytes; no more after the first that are not frames."""
        if self._decoder is None:
            return
        self._decoder.feed(data)
        try:
            for frame in self._decoder:
                self._parser.look(frame)
        except FrameError:
            self._decoder = None
