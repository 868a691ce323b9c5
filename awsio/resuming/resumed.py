"""`Resumed`: the iterator over a stream that is opened again where it stopped.

Rules:

- each event is returned once: the position moves when it is returned, and what a broken
  connection had not returned is sent again by the next one;
- only failures that may pass by themselves are tried again; every other error is raised
  as it is;
- a timeout of the caller's is for the event, pauses and calls included, and changes
  nothing but that the caller waits no longer;
- after any other error, an interrupt included, the connection is dropped, so that the
  next read tries again from the position, whatever was raised;
- no error is kept: by its traceback it would keep the connection alive.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar

from awsio.closing import ClosedOnExit
from awsio.errors import ServiceStreamError, StreamTimeoutError
from awsio.resuming.failures import is_transient, operation_of
from awsio.resuming.opening import connection_of, name_of, result_of, rule_for
from awsio.resuming.rules import resume_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awsio.connection import PawsConnection
    from awsio.merging import SupportsConnection
    from awsio.resuming.pacing import Pacing
    from awsio.resuming.rules import ResumeRule

    Opened: TypeAlias = PawsConnection | SupportsConnection | Mapping[str, Any]

__all__ = ("Resumed",)

Position = TypeVar("Position")


class Resumed(ClosedOnExit, Generic[Position]):
    """The iterator that :func:`awsio.resume` gives.

    Threads may share it: each event goes to one of them. Who keeps the position should
    read alone, for it is that of the last event given to anybody.

    An error that is raised ends a ``for`` loop, and nothing else: the next read tries
    again, from the position. So does the one after an interrupt (``KeyboardInterrupt``).

    Args:
        open_at: see :func:`awsio.resume`.
        position: see :func:`awsio.resume`.
        advance: see :func:`awsio.resume`.
        pacing: when it is opened again, and when it is given up.
        idle_timeout: see :func:`awsio.resume`.
    """

    def __init__(
        self,
        open_at: Callable[[Position], Opened],
        position: Position,
        *,
        advance: Callable[[Any, Position], Position] | None,
        pacing: Pacing,
        idle_timeout: float | None,
    ) -> None:
        self._open_at = open_at
        self._position: Position | None = position
        self._advance = advance
        self._pacing = pacing
        self._idle_timeout = idle_timeout
        # Only its owner can release an RLock: who was interrupted need not know if it is.
        self._lock = threading.RLock()
        self._reading = False
        self._closing = threading.Event()
        self._connection: PawsConnection | None = None
        self._rule: ResumeRule | None = None  # known with the first connection
        self._over = False
        self._opened = 0
        # When the connection was last known to be alive, by time.monotonic().
        self._heard = 0.0

    # Reading

    def read_event(self, *, timeout: float | None = None, max_size: int | None = None) -> Any:
        """Read the next event, from this connection or from one that is opened.

        Args:
            timeout: the longest wait in seconds for the event, with all pauses. Only a
                call of ``open`` is not cut short, for nobody could: what is left of the
                time counts when it has ended, and no other begins after it. With 0, what
                is not open is opened once. None waits as long as it takes.
            max_size: as in :meth:`awsio.PawsConnection.read_event`; an event above it
                comes again with the next read.

        Returns:
            The event; None at the end, again and again.

        Raises:
            StreamTimeoutError: it did not come within ``timeout``. Nothing is opened
                again for that, and nothing is lost: the next call goes on, in the middle
                of a pause too.
            NoProgressError: ``max_sessions`` sessions in a row ended without progress.
            TypeError: it is not known how to go on, or ``open`` gave no stream.
            ValueError: closed.
            RuntimeError: ``open`` or ``advance`` raised ``StopIteration``; this is a
                read inside a read, from one of them or from a signal handler.
            Exception: the last of the ``attempts``; what may not pass, from ``open`` or
                :meth:`awsio.PawsConnection.read_event`; what ``advance`` raised. The
                next call tries again from the position.
        """
        deadline = None if timeout is None else time.monotonic() + max(timeout, 0.0)
        longest = -1 if timeout is None else min(max(timeout, 0.0), threading.TIMEOUT_MAX)
        # An interrupt comes behind a call: were this behind `try`, or in a context manager
        # of our own, the lock would stay taken for ever.
        try:
            if not self._lock.acquire(timeout=longest):
                msg = f"another thread was reading for all of the {timeout} s"
                raise StreamTimeoutError(msg, timeout=timeout, resumable=True)
            return self._read_alone(timeout, deadline, max_size)
        finally:
            try:  # noqa: SIM105 - suppress() is a call, behind which an interrupt may come
                self._lock.release()
            except RuntimeError:  # it was not taken
                pass

    def __iter__(self) -> Self:
        """Give the iterator itself."""
        return self

    def __next__(self) -> Any:
        """Give the next event."""
        event = self.read_event()
        if event is None:
            raise StopIteration
        return event

    @property
    def position(self) -> Position | None:
        """Where it would go on: behind the event that was given last.

        To go on there in another process, save it when the event has been dealt with,
        and not before: what was not done then comes again, at least once. None behind
        the event that ends a Kinesis shard.
        """
        return self._position

    @property
    def restarts(self) -> int:
        """How often the stream was opened again: once less than it was opened."""
        return max(self._opened - 1, 0)

    @property
    def connection(self) -> PawsConnection | None:
        """The connection that is read, None where none is open. It is not for reading."""
        return self._connection

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closing.is_set()

    def close(self) -> None:
        """Close the connection; safe to call twice, and from any thread.

        A reader in another thread is woken, from a pause too, and gets a ``ValueError``.
        A call of ``open`` that it is in ends first, and its stream is closed.
        """
        self._closing.set()
        con = self._connection
        if con is not None:
            con.close()

    def __repr__(self) -> str:
        """Show how far it is."""
        state = "closed" if self.closed else "complete" if self._over else "open"
        return f"<Resumed {state} restarts={self.restarts} position={self._position!r}>"

    # The parts of a read; the lock is held

    def _read_alone(
        self, timeout: float | None, deadline: float | None, max_size: int | None
    ) -> Any:
        """Read an event, as the only one who does."""
        if self._reading:
            msg = "a read inside a read: neither open nor advance may read what they are for"
            raise RuntimeError(msg)
        try:
            self._reading = True
            tried = False
            while not self._over:
                self._check_open()
                if self._connection is None:
                    self._wait_until_due(timeout, deadline, tried=tried)
                    tried = True
                    if not self._open():
                        continue
                event = self._step(timeout, deadline, max_size)
                if event is not None:
                    return event
            self._check_open()
        finally:
            self._reading = False
        return None

    def _step(self, timeout: float | None, deadline: float | None, max_size: int | None) -> Any:
        """Read the connection's next event; None where it ended, and what follows is seen to.

        What is raised drops the connection, unless it is the caller's timeout: its state
        would decide what a next read gives, and not the position.
        """
        con: Any = self._connection
        keep = False
        try:
            try:
                event = self._receive(con, timeout, deadline, max_size)
            except Exception as error:
                late = isinstance(error, StreamTimeoutError) and error.resumable
                keep = late and deadline is not None
                if keep or not self._goes_on(error):
                    raise
                return None
            if event is None:
                self._end()
                return None
            self._take(event)
            keep = True
            return event
        finally:
            if not keep:
                self._connection = None  # before any call, for the next may be interrupted
                con.close()

    def _check_open(self) -> None:
        if self.closed:
            msg = "I/O operation on closed stream"
            raise ValueError(msg)

    def _open(self) -> bool:
        """Open the stream at the position; False if that failed and is to be tried again."""
        self._pacing.begin()
        try:
            con = connection_of(result_of("open", self._open_at, self._position))
        except Exception as error:
            rule = self._rule or resume_rule(None, operation_of(error))
            codes = rule.retryable_at_open if rule is not None else frozenset()
            if not self._retries(error, codes):
                raise
            return False
        try:
            self._rule = rule_for(con, self._advance)
            if self._idle_timeout is not None:
                con.idle_timeout = self._idle_timeout
            self._heard = time.monotonic()
        except BaseException:
            con.close()
            raise
        self._opened += 1
        self._connection = con
        if self.closed:  # meanwhile: close() may not have seen it
            con.close()
            self._check_open()
        return True

    def _wait_until_due(
        self, timeout: float | None, deadline: float | None, *, tried: bool
    ) -> None:
        """Wait for the end of the pause.

        A read that has tried to open the stream does not once more behind the deadline.
        One that has not does, or a short timeout would never get anywhere.

        Raises:
            StreamTimeoutError: the caller's timeout ran out before.
            ValueError: it was closed.
        """
        while True:
            now, left = time.monotonic(), self._pacing.seconds_left
            if deadline is not None and (tried or left > 0):
                if now >= deadline:
                    msg = f"no event within {timeout} s: the stream is to be opened again"
                    raise StreamTimeoutError(msg, timeout=timeout, resumable=True)
                left = min(left, deadline - now)
            if left <= 0:
                return
            self._closing.wait(min(left, threading.TIMEOUT_MAX))
            self._check_open()

    def _receive(
        self,
        con: PawsConnection,
        timeout: float | None,
        deadline: float | None,
        max_size: int | None,
    ) -> Any:
        """Read an event of the connection.

        Raises:
            StreamTimeoutError: resumable if the caller's timeout ran out, or if the
                caller has none; not if the connection was silent for too long.
        """
        if deadline is None:
            return con.read_event(max_size=max_size)
        while True:
            # A read with a timeout of its own asks for neither of these. If it finds
            # nothing, nothing has come since the connection was last heard of, however
            # long the caller has been doing something else.
            patience = con.transport_timeout if con.idle_timeout is None else con.idle_timeout
            now, received = time.monotonic(), con.received
            wait = deadline - now
            if patience is not None:
                wait = min(wait, self._heard + patience - now)
            try:
                return con.read_event(timeout=wait, max_size=max_size)
            except StreamTimeoutError as error:
                if not error.resumable:
                    raise
                now = time.monotonic()
                if con.received != received:
                    self._heard = now
                elif patience is not None and now - self._heard >= patience:
                    msg = f"no bytes came in time: {patience} s without any"
                    raise StreamTimeoutError(msg, timeout=patience) from None
                if now >= deadline:
                    error.timeout = timeout
                    raise

    def _take(self, event: Any) -> None:
        """Move the position behind an event.

        It moves last, and behind the last call: whatever is raised before, an interrupt
        too, lets the event come again.
        """
        rule: Any = self._rule
        position = result_of("advance", rule.advance, event, self._position)
        last = rule.is_last(event)
        self._heard = time.monotonic()
        if self._pacing.needs_progress:
            self._pacing.note_event(moved=rule.is_progress(event, self._position, position))
        if last:
            self._drop()
        self._position, self._over = position, last

    # What comes after an end or a failure

    def _goes_on(self, error: Exception) -> bool:
        """Tell whether reading goes on after what a connection raised."""
        rule: Any = self._rule
        if isinstance(error, ServiceStreamError) and error.code in rule.session_end_codes:
            self._end()
            return True
        return self._retries(error, rule.retryable_in_stream)

    def _end(self) -> None:
        """Deal with the clean end of a connection: of everything, or of a session only.

        Raises:
            NoProgressError: too many sessions ended without progress.
        """
        name = name_of(self._connection)
        self._drop()
        rule: Any = self._rule
        if not rule.reopens_at_end:
            self._over = True
            return
        self._pacing.end_session(name)

    def _retries(self, error: Exception, codes: frozenset[str]) -> bool:
        """Count a failure, and tell whether another attempt is made."""
        if self.closed:
            return True  # and the next step says so
        if not is_transient(error, codes):
            return False
        name = name_of(self._connection) or operation_of(error) or "the stream"
        self._drop()
        return self._pacing.fail(error, name)

    def _drop(self) -> None:
        """Close the connection and forget it."""
        con, self._connection = self._connection, None
        if con is not None:
            con.close()
