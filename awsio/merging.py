"""`merge`: several connections, one loop, events in the order in which they arrive.

Rules:

- one thread waits for all, the one that iterates: what has bytes is read with
  ``timeout=0`` until nothing complete is left, and only then all are waited for;
- a stream that runs fast takes turns with the others;
- every end of the iteration closes every connection;
- a connection that is closed, in the loop or in another thread, is left out.
"""

from __future__ import annotations

import selectors
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Self

from awsio.closing import ClosedOnExit
from awsio.connection import PawsConnection
from awsio.connection.given import connection_of
from awsio.errors import StreamTimeoutError

if TYPE_CHECKING:
    from collections.abc import Generator

    from awsio.connection.given import SupportsConnection

__all__ = ("Merged", "merge")

# Events of one connection in a row while others wait.
TURN = 16
# Seconds after which all are looked at: a descriptor that another thread closes ends no
# wait, and a source may have none.
LONGEST_WAIT = 0.02


def merge(*connections: PawsConnection | SupportsConnection) -> Merged:
    """Iterate over the events of several connections in order of arrival.

    No thread is started. Each connection's ``idle_timeout``, or else its transport's
    timeout, stays in force: no connection may be silent for longer while the iterator waits.

    Args:
        connections: open connections, or the stream handlers of responses. The iterator
            owns them: all are closed when the iteration ends, because the streams are
            over, the iterator is closed or dropped, or an error is raised. One that is
            passed twice counts once.

    Returns:
        An iterator over ``(connection, event)``, which is also a context manager. The events
        of one connection keep their order. A connection that is closed meanwhile is left
        out from then on; the others continue.

    Raises:
        TypeError: an argument is neither a connection nor a stream handler.
        ValueError: a connection is closed already.
        Exception: while iterating, what :meth:`PawsConnection.read_event` raises, of
            the connection that fails first; the others are closed with it.

    Example:
        >>> import awsio
        >>> def stored(word):
        ...     events = [{"Records": {"Payload": word}}, {"End": {}}]
        ...     wire = awsio.testing.encode_events("s3", "SelectObjectContent", events)
        ...     return awsio.open(wire, "s3", "SelectObjectContent")
        >>> with awsio.merge(stored(b"one"), stored(b"two")) as events:
        ...     for con, event in events:
        ...         print(event)
        {'Records': {'Payload': b'one'}}
        {'End': {}}
        {'Records': {'Payload': b'two'}}
        {'End': {}}
    """
    # Checked before one of them is owned: after an error, all of them are still open.
    opened = list(dict.fromkeys(map(checked, connections)))
    if any(con.closed for con in opened):
        msg = "a connection to merge is closed"
        raise ValueError(msg)
    return Merged(opened)


def checked(given: Any) -> PawsConnection:
    """Return the connection that an argument stands for.

    Raises:
        TypeError: there is none.
    """
    found: Any = connection_of(given)
    if not isinstance(found, PawsConnection) and callable(found):
        found = found(connection=True)
    if not isinstance(found, PawsConnection):
        msg = (
            f"merge() takes connections and stream handlers, not a {type(found).__name__}; "
            "awsio.connect() makes a connection from botocore's EventStream"
        )
        raise TypeError(msg)
    return found


class Merged(ClosedOnExit):
    """The iterator that :func:`awsio.merge` returns.

    Threads may share it: each event goes to one of them.

    Args:
        connections: open connections, each once; closed with the iterator.
    """

    def __init__(self, connections: list[PawsConnection]) -> None:
        self._connections = connections
        self._lock = threading.RLock()  # so that a read inside a read is seen, and does not wait
        self._reading = False  # guarded by _lock
        self._events = Arrivals(connections).events()

    def __iter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __next__(self) -> tuple[PawsConnection, Any]:
        """Return the next event of any connection."""
        try:
            with self._lock:
                if not self._reading:
                    self._reading = True
                    try:
                        return next(self._events)
                    finally:
                        self._reading = False
        except BaseException:
            self.close()
            raise
        # In this thread, from a signal or log handler: what it interrupts goes on.
        msg = "a read inside a read: a signal or log handler may not read what is merged"
        raise RuntimeError(msg)

    def close(self) -> None:
        """Close all connections, which ends the iteration; safe from any thread."""
        with ExitStack() as stack:  # one that cannot be closed does not keep the others open
            for con in self._connections:
                stack.callback(con.close)

    def __del__(self) -> None:
        """Close all connections of an iterator that is dropped, begun or not."""
        self.close()


class Inflow:
    """A connection whose stream continues.

    Attributes:
        con: the connection.
        transport_timeout: seconds that its transport waits for bytes, None without end.
        silent_since: when it was first found without bytes since its last turn, by
            ``time.monotonic()``; None before that.
        descriptor: what the selector waits for, None where it waits for nothing.
        over: whether the stream is over.
    """

    __slots__ = ("con", "descriptor", "over", "silent_since", "transport_timeout")

    def __init__(self, con: PawsConnection) -> None:
        self.con = con
        self.transport_timeout = con.transport_timeout
        self.silent_since: float | None = None
        self.descriptor: int | None = None
        self.over = False

    def check_silence(self, now: float) -> None:
        """Check how long nothing has come.

        Raises:
            StreamTimeoutError: longer than a read of the connection waits.
        """
        if self.silent_since is None:
            self.silent_since = now
        longest = self.con.idle_timeout
        if longest is None:
            longest = self.transport_timeout
        if longest is not None and now - self.silent_since >= longest:
            msg = f"no bytes arrived in time: {longest} s without any"
            raise StreamTimeoutError(msg, timeout=longest)


class Arrivals:
    """Reads from connections until all are over; they are left open.

    The selector is kept from wait to wait: a connection is registered when it is first
    waited for, and taken out when its stream is over. So a wait costs what is ready, however
    many streams are silent.

    Args:
        connections: open connections, each once.
    """

    def __init__(self, connections: list[PawsConnection]) -> None:
        self._running = [Inflow(con) for con in connections]
        self._selector = selectors.DefaultSelector()  # epoll or kqueue, where there is one
        self._swept = 0.0  # when all were looked at last, by time.monotonic()

    def events(self) -> Generator[tuple[PawsConnection, Any]]:
        """Iterate over the connections' events."""
        ready = self._running[:]
        with self._selector:
            while self._running:
                busy: list[Inflow] = []
                for inflow in ready:
                    yield from self._turn(inflow, busy)
                ready = self._wait(ready, busy)

    def _turn(self, inflow: Inflow, busy: list[Inflow]) -> Generator[tuple[PawsConnection, Any]]:
        """Give a connection its turn; it joins ``busy`` if it may have more."""
        con = inflow.con
        inflow.silent_since = None
        for _ in range(TURN):
            try:
                event = con.read_event(timeout=0)
            except StreamTimeoutError as error:
                if not error.resumable:
                    raise
                if error.data_pending:
                    break
                return
            except ValueError:
                if not con.closed:
                    raise
                event = None
            if event is None:
                self._take_out(inflow)
                return
            yield con, event
        busy.append(inflow)

    def _wait(self, served: list[Inflow], busy: list[Inflow]) -> list[Inflow]:
        """Wait a while for one of the connections to have something to read.

        Args:
            served: those that had their turn.
            busy: those of them that may have more events: with any, nothing is waited for.

        Returns:
            Those to read from, the busy ones last; may be empty.

        Raises:
            StreamTimeoutError: one has been silent for longer than a read of it waits.
        """
        waiting = [one for one in served if not one.over and one not in busy]
        # Without a descriptor there is nothing to wait for: a read will tell.
        ready = [one for one in waiting if not self._watch(one)]
        found = self._selector.select(0.0 if busy else LONGEST_WAIT)
        ready += [key.data for key, _ in found if key.data not in busy]
        now = time.monotonic()
        if now - self._swept >= LONGEST_WAIT:
            self._swept = now
            ready += self._sweep(now, {*ready, *busy})
        return ready + busy

    def _sweep(self, now: float, others: set[Inflow]) -> list[Inflow]:
        """Look at all connections but those that have something to read.

        Returns:
            Those that were closed: a read will tell.

        Raises:
            StreamTimeoutError: one has been silent for longer than a read of it waits.
        """
        closed = []
        for inflow in self._running:
            if inflow not in others:
                inflow.check_silence(now)
                if inflow.con.closed:
                    closed.append(inflow)
        return closed

    def _watch(self, inflow: Inflow) -> bool:
        """Have the selector wait for a connection; False where it cannot."""
        if inflow.descriptor is not None:
            return True
        try:
            descriptor = inflow.con.fileno()
            if descriptor in self._selector.get_map():
                # Of a connection that was closed: the system has given its number again.
                self._forget(self._selector.get_key(descriptor).data)
            self._selector.register(descriptor, selectors.EVENT_READ, inflow)
        except (OSError, ValueError):  # there is none, or it is a file on disk, or closed
            return False
        inflow.descriptor = descriptor
        return True

    def _take_out(self, inflow: Inflow) -> None:
        """Wait for a connection no more."""
        inflow.over = True
        self._running.remove(inflow)
        self._forget(inflow)

    def _forget(self, inflow: Inflow) -> None:
        """Take a connection's descriptor, which may be closed, out of the selector."""
        if inflow.descriptor is not None:
            with suppress(KeyError, OSError, ValueError):
                self._selector.unregister(inflow.descriptor)
            inflow.descriptor = None
