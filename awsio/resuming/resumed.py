"""`Resumed`: the iterator over a stream that is opened again where it stopped.

Rules:

- each event is returned once: the position moves when it is returned, and the next
  connection receives again what a broken one had not returned;
- only failures that may pass by themselves are tried again; every other error is raised
  unchanged;
- the caller's timeout is for the event, pauses and calls included, and only ends the
  caller's wait;
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

    from awsio.connection import PawsConnection, SupportsConnection
    from awsio.resuming.pacing import Pacing
    from awsio.resuming.rules import ResumeRule

    Opened: TypeAlias = PawsConnection | SupportsConnection | Mapping[str, Any]

__all__ = ("Resumed",)

Position = TypeVar("Position")


class Resumed(ClosedOnExit, Generic[Position]):
    """The iterator that :func:`awsio.resume` returns.

    Threads may share it: each event goes to one of them. The position is that of the last
    event returned to any of them, so a thread that saves it should be the only reader.

    An error ends a ``for`` loop, and nothing else: the next read tries again, from the
    position. So does the one after an interrupt (``KeyboardInterrupt``).

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
        # Only its owner can release an RLock, so code that was interrupted need not know
        # whether it had taken it.
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
        """Read the next event, opening the stream where that is needed.

        Args:
            timeout: the longest wait in seconds for the event, pauses included. A call
                of ``open`` is not cut short; after the time has passed no further call
                begins. With 0, a stream that is not open is opened once. None waits
                without end.
            max_size: as in :meth:`awsio.PawsConnection.read_event`; the next read reads
                an event above it again.

        Returns:
            The event; None at the end, again and again.

        Raises:
            StreamTimeoutError: it did not arrive within ``timeout``. Nothing is opened
                again for that, and nothing is lost: the next call continues, in the
                middle of a pause too.
            NoProgressError: ``max_sessions`` sessions in a row ended without progress.
            TypeError: it is not known how to continue, or ``open`` returned no stream.
            ValueError: the iterator is closed.
            RuntimeError: ``open`` or ``advance`` raised ``StopIteration``; this is a
                read inside a read, from one of them or from a signal handler.
            Exception: the failure of the last of the ``attempts``; a failure that cannot
                pass, from ``open`` or :meth:`awsio.PawsConnection.read_event`; an error
                of ``advance``. The next call tries again from the position.
        """
        deadline = None if timeout is None else time.monotonic() + max(timeout, 0.0)
        longest = -1 if timeout is None else min(max(timeout, 0.0), threading.TIMEOUT_MAX)
        # An interrupt may come after any call. After an acquire before `try`, or in a
        # context manager of our own, it would leave the lock taken for ever.
        try:
            if not self._lock.acquire(timeout=longest):
                msg = f"another thread was reading for all of the {timeout} s"
                raise StreamTimeoutError(msg, timeout=timeout, resumable=True)
            return self._read_alone(timeout, deadline, max_size)
        finally:
            try:  # noqa: SIM105 - suppress() is a call, after which an interrupt may come
                self._lock.release()
            except RuntimeError:  # it was not taken
                pass

    def __iter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __next__(self) -> Any:
        """Return the next event."""
        event = self.read_event()
        if event is None:
            raise StopIteration
        return event

    @property
    def position(self) -> Position | None:
        """Where the stream would continue: after the event that was returned last.

        To continue there in another process, save it after the event has been processed,
        not before: the other process then receives each event at least once. None after
        the event that ends a Kinesis shard.
        """
        return self._position

    @property
    def restarts(self) -> int:
        """How often the stream was opened again: one less than the number of openings."""
        return max(self._opened - 1, 0)

    @property
    def connection(self) -> PawsConnection | None:
        """The current connection, None if none is open. It must not be read."""
        return self._connection

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closing.is_set()

    def close(self) -> None:
        """Close the connection; safe to call twice, and from any thread.

        A reader in another thread is woken, from a pause too, and gets a ``ValueError``.
        If it is in a call of ``open``, that call ends first, and its stream is closed.
        """
        self._closing.set()
        con = self._connection
        if con is not None:
            con.close()

    def __repr__(self) -> str:
        """Show the state and the position."""
        state = "closed" if self.closed else "complete" if self._over else "open"
        return f"<Resumed {state} restarts={self.restarts} position={self._position!r}>"

    # The parts of a read; the lock is held

    def _read_alone(
        self, timeout: float | None, deadline: float | None, max_size: int | None
    ) -> Any:
        """Read an event, with the lock held."""
        if self._reading:
            msg = "a read inside a read: open and advance must not read the stream that they serve"
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
        """Read the connection's next event; None if it ended or failed, which is dealt with.

        Any error but the caller's timeout drops the connection: otherwise its state, and
        not the position, would decide what the next read returns.
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
        """Open the stream at the position; return False if that failed and is tried again."""
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

        After the deadline, a read that has tried to open the stream does not try again. A
        read that has not tries once, or short timeouts would never get anywhere.

        Raises:
            StreamTimeoutError: the caller's timeout passed before.
            ValueError: the iterator was closed.
        """
        while True:
            now, left = time.monotonic(), self._pacing.seconds_left
            if deadline is not None and (tried or left > 0):
                if now >= deadline:
                    msg = f"no event within {timeout} s: the stream has to be opened again"
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
            StreamTimeoutError: resumable if the caller's timeout passed, or if the caller
                has none; not if the connection was silent for too long.
        """
        if deadline is None:
            return con.read_event(max_size=max_size)
        while True:
            # A read with its own timeout observes neither of these. If it finds nothing,
            # nothing has arrived since the connection was last heard of, however long the
            # caller has been doing something else.
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
                    msg = f"no bytes arrived in time: {patience} s without any"
                    raise StreamTimeoutError(msg, timeout=patience) from None
                if now >= deadline:
                    error.timeout = timeout
                    raise

    def _take(self, event: Any) -> None:
        """Move the position to after an event.

        It moves last, after the last call: whatever is raised before, an interrupt too,
        leads to the event being read again.
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
        """Return whether reading continues after an error of the connection."""
        rule: Any = self._rule
        if isinstance(error, ServiceStreamError) and error.code in rule.session_end_codes:
            self._end()
            return True
        return self._retries(error, rule.retryable_in_stream)

    def _end(self) -> None:
        """Deal with the clean end of a connection, which may be that of one session only.

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
        """Count a failure, and return whether another attempt is made."""
        if self.closed:
            return True  # the next step raises the error for it
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
