"""`merge`: several connections, one loop, events in the order in which they arrive.

Rules:

- one thread waits for all, the one that iterates: what has bytes is read with
  ``timeout=0`` until nothing complete is left, and only then all are waited for;
- a stream that runs fast takes turns with the others;
- whatever ends the iteration closes every connection;
- whoever closes a connection, in the loop or in another thread, takes it out.
"""

from __future__ import annotations

import select
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from awsio.closing import ClosedOnExit
from awsio.connection import PawsConnection
from awsio.errors import StreamTimeoutError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ("GivesConnection", "Merged", "merge")

# Events of one connection in a row while others wait.
TURN = 16
# Seconds after which all are looked at: a descriptor that another thread closes wakes
# nobody, and a source may have none.
LONGEST_WAIT = 0.02


class GivesConnection(Protocol):
    """What gives its connection when asked, as a :class:`~awsio.StreamHandler` does."""

    def __call__(self, *, connection: Literal[True]) -> PawsConnection:
        """Hand the connection out."""
        ...


def merge(*connections: PawsConnection | GivesConnection) -> Merged:
    """Iterate over the events of several connections in order of arrival.

    No thread is started. Each connection's ``idle_timeout``, or else its transport's
    timeout, goes on counting: none may be silent for longer while the iterator waits.

    Args:
        connections: open connections, or the stream handlers of responses; one that is
            given twice counts once. The iterator owns them: all are closed when the
            iteration ends, by whatever end: the streams are over, the iterator is
            closed or dropped, or an error passes.

    Returns:
        An iterator over ``(connection, event)``, which is a context manager too. The
        events of one connection keep their order. A connection that is closed on the
        way is left out from then on; the others go on.

    Raises:
        TypeError: what was given is neither a connection nor a stream handler.
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
    # Checked before one of them is owned: who gets an error keeps all of them open.
    opened = [connection_of(given) for given in connections]
    if any(con.closed for con in opened):
        msg = "a connection to merge is closed"
        raise ValueError(msg)
    return Merged(opened)


def connection_of(given: Any) -> PawsConnection:
    """Find the connection that an argument means.

    Raises:
        TypeError: there is none.
    """
    if not isinstance(given, PawsConnection) and callable(given):
        given = given(connection=True)
    if not isinstance(given, PawsConnection):
        msg = (
            f"merge() takes connections and stream handlers, not a {type(given).__name__}; "
            "awsio.connect() makes a connection of botocore's EventStream"
        )
        raise TypeError(msg)
    return given


class Merged(ClosedOnExit):
    """The iterator that :func:`awsio.merge` gives.

    Threads may share it: each event goes to one of them.

    Args:
        connections: open connections, each once; closed with the iterator.
    """

    def __init__(self, connections: list[PawsConnection]) -> None:
        self._connections = connections
        self._lock = threading.Lock()
        self._events = arrivals(connections)

    def __iter__(self) -> Self:
        """Give the iterator itself."""
        return self

    def __next__(self) -> tuple[PawsConnection, Any]:
        """Wait for the next event of any connection."""
        try:
            with self._lock:
                return next(self._events)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close all connections, which ends the iteration; safe from any thread."""
        with ExitStack() as stack:  # one that cannot be closed does not keep the others open
            for con in self._connections:
                stack.callback(con.close)

    def __del__(self) -> None:
        """Close all connections of an iterator that is dropped, begun or not."""
        self.close()


class Inflow:
    """A connection whose stream goes on.

    Attributes:
        con: the connection.
        transport_timeout: seconds that its transport waits for bytes, None without end.
        waited: seconds spent on waiting for it since it last had bytes.
    """

    __slots__ = ("con", "transport_timeout", "waited")

    def __init__(self, con: PawsConnection) -> None:
        self.con = con
        self.transport_timeout = con.transport_timeout
        self.waited = 0.0

    def wait(self, seconds: float) -> None:
        """Count what was waited in vain.

        Raises:
            StreamTimeoutError: it is longer than a read of the connection waits.
        """
        self.waited += seconds
        longest = self.con.idle_timeout
        if longest is None:
            longest = self.transport_timeout
        if longest is not None and self.waited >= longest:
            msg = f"no bytes came in time: {longest} s without any"
            raise StreamTimeoutError(msg, timeout=longest)


def arrivals(connections: list[PawsConnection]) -> Generator[tuple[PawsConnection, Any]]:
    """Read from all until all are over; the connections are left open."""
    running = [Inflow(con) for con in connections]
    ready = running[:]
    while running:
        busy = []
        for inflow in ready:
            con = inflow.con
            for _ in range(TURN):
                try:
                    event = con.read_event(timeout=0)
                except StreamTimeoutError as error:
                    if not error.resumable:
                        raise
                    break
                except ValueError:
                    if not con.closed:
                        raise
                    event = None
                if event is None:
                    running.remove(inflow)
                    break
                yield con, event
            else:
                busy.append(inflow)
        ready = wait_for_any(running, busy)


def wait_for_any(running: list[Inflow], busy: list[Inflow]) -> list[Inflow]:
    """Wait a while for one of the running connections to have something to read.

    Args:
        running: connections whose streams go on.
        busy: those that still had complete events: with any, nothing is waited for.

    Returns:
        Those to read from, the busy ones last; may be empty.

    Raises:
        StreamTimeoutError: one has been silent for longer than a read of it waits.
    """
    poll = select.poll()
    waiting: list[tuple[int, Inflow]] = []
    ready = []
    for inflow in running:
        if inflow in busy:
            continue
        try:
            descriptor = inflow.con.fileno()
        except (OSError, ValueError):  # there is none, or none any more: a read will tell
            ready.append(inflow)
        else:
            waiting.append((descriptor, inflow))
            poll.register(descriptor, select.POLLIN)
    began = time.monotonic()
    found = {descriptor for descriptor, _ in poll.poll(0 if busy else LONGEST_WAIT * 1000)}
    seconds = time.monotonic() - began
    for descriptor, inflow in waiting:
        if descriptor in found:
            inflow.waited = 0.0
            ready.append(inflow)
        else:
            inflow.wait(seconds)
    return ready + busy
