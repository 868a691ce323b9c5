"""Streams that others have wrapped: a tracer puts an object of its own into a response.

Such a wrapper iterates over what it wraps, looks at each event, and knows by that when the stream
has ended. A connection reads in other ways. So each event that it has read is sent through the
wrapper's loop before it is delivered, and the wrapper learns how the stream ended.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from awsio.errors import ServiceStreamError
from awsio.events.event import UNKNOWN_MEMBER
from awsio.internals.botocore import message_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awsio.eventstream import Frame

__all__ = ("Feed", "MessageFeed", "Relay", "unwrapped")

logger = logging.getLogger("awsio")

# Wrappers inside wrappers that are looked into.
DEEPEST = 32


def unwrapped(value: Any, kinds: type | tuple[type, ...]) -> Any:
    """Return the object of one of these classes that a value is, or wraps; None without one.

    ``__wrapped__`` is followed, the name of wrapt and functools. The class of an object is that of
    ``type()``: proxies claim to be of the class of what they wrap.
    """
    for _ in range(DEEPEST):
        if issubclass(type(value), kinds):
            return value
        value = getattr(value, "__wrapped__", None)
    return None


class Feed:
    """The iterator in which a wrapper finds one event at a time.

    Attributes:
        override: what others have set in the place of botocore's ``_parse_event``, None without
            it: called with each raw message, returns the event.
        finishing: whether the wrapper is being closed because the stream has ended.
    """

    def __init__(self) -> None:
        self.override: Callable[[Any], Any] | None = None
        self.finishing = False
        self._next: deque[Any] = deque()
        self._event: Any = None
        self._message: Any = None

    def put(self, event: Any, frame: Frame) -> bool:
        """Have an event next; return whether it is one that passes through the wrapper."""
        self._message = None if self.override is None else message_of(frame.encode())
        self._next.append(event)
        return True

    def fail(self, error: Exception) -> None:
        """Have an exception next."""
        self._next.append(error)

    def parsed(self, _message: Any) -> Any:
        """Return the event of the message at hand; what an override finds to call."""
        return self._event

    def __iter__(self) -> Iterator[Any]:
        """Return the iterator itself."""
        return self

    def __next__(self) -> Any:
        """Return the event that was put; end where there is none."""
        if not self._next:
            raise StopIteration
        event = self._next.popleft()
        if isinstance(event, BaseException):
            raise event
        self._event = event
        return event if self.override is None else self.override(self._message)


class MessageFeed(Feed):
    """A feed of raw messages, of which botocore's ``EventStream`` makes events itself."""

    def put(self, event: Any, frame: Frame) -> bool:
        """Have a message next; not of an event that the model does not know: botocore drops it."""
        if UNKNOWN_MEMBER in event:
            return False
        return super().put(message_of(frame.encode()), frame)


class Relay:
    """Sends what a connection reads through a wrapper; see :class:`~awsio.StreamWatcher`.

    Args:
        wrapper: iterates over the feed, or over what iterates over it.
        feed: has the events for the wrapper.
        keep: kept as long as the relay.
    """

    def __init__(self, wrapper: Any, feed: Feed, keep: Any = None) -> None:
        self._wrapper = wrapper
        self._feed = feed
        self._keep = keep
        self._iterator: Iterator[Any] | None = None
        # An RLock: what the wrapper does may close the connection.
        self._lock = threading.RLock()
        self._over = False  # guarded by _lock: the wrapper gets no more events
        self._at_end = False  # guarded by _lock: its loop has come to its end
        self._finished = False  # guarded by _lock: the wrapper was closed

    def event(self, event: Any, frame: Frame) -> Any:
        """Return what the wrapper makes of an event.

        It is the event itself unless the wrapper changed it. A wrapper that wants another event
        first, or no more, has ended: events are delivered past it from then on.
        """
        with self._lock:
            if self._over or not self._feed.put(event, frame):
                return event
            try:
                found = self._step()
            except StopIteration:
                self._over = True
                logger.debug("%r has ended before its stream", type(self._wrapper).__name__)
                return event
            except BaseException:
                self._over = True
                raise
            return event if found == event else found

    def ended(self, error: Exception | None) -> None:
        """Let the wrapper come to the end, or to the error.

        It is closed only after an error of the transport: some count what they have seen once
        more when they are closed after an end that their loop has seen.
        """
        with self._lock:
            if self._over:
                return
            self._over = True
            if error is not None:
                self._feed.fail(error)
            self._run_out(error)
            self._finish(close=error is not None and not isinstance(error, ServiceStreamError))

    def closed(self) -> None:
        """Close the wrapper before the end."""
        with self._lock:
            self._over = True
            self._finish(close=True)

    def _step(self) -> Any:
        """Run the wrapper's loop up to its next event."""
        if self._iterator is None:
            self._iterator = iter(self._wrapper)
        return next(self._iterator)

    def _run_out(self, error: Exception | None = None) -> None:
        """Run the wrapper's loop to its end, with nothing in the feed but an error."""
        try:
            self._step()
        except StopIteration:
            self._at_end = True
        except Exception as caught:
            self._iterator = None  # it has ended in another way
            if caught is not error:
                logger.debug("a wrapper of a stream failed at its end", exc_info=caught)

    def _finish(self, *, close: bool) -> None:
        """Have the wrapper see an end, once.

        Some know no close, and no end but that of their loop. It is run out, again after an error.

        Args:
            close: whether to call its ``close``.
        """
        if self._finished:
            return
        self._finished = self._feed.finishing = True
        try:
            if close and (method := getattr(self._wrapper, "close", None)) is not None:
                method()
        except Exception as caught:
            logger.debug("a wrapper of a stream could not be closed", exc_info=caught)
        finally:
            self._feed.finishing = False
        if not self._at_end:
            self._run_out()
