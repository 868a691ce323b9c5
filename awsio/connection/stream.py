"""`FrameStream`: one stream, read as frames or as bytes, by any number of threads.

Rules:

- one lock guards the parts and their state. It is taken in one place, with a deadline:
  :meth:`FrameStream.exclusively`. Only a frame that is decoded already is taken without
  it, which a deque allows: so each frame and each byte goes to one thread;
- a frame leaves the queue in the step that returns it, and goes back if an exception of
  another kind comes before it was returned (a signal handler's): it is read next. Where
  such an exception may have cost something, nothing that follows is delivered: the error
  that says so is;
- a read inside a read of the same thread, from a signal or log handler, is a
  ``RuntimeError``, as in :mod:`io`;
- ``close()`` never waits for the lock: it wakes the reader, which then releases the source.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeVar

from awsio.connection.body import ResponseFacts
from awsio.connection.ending import Ending
from awsio.connection.frames import FrameSide
from awsio.connection.state import State, Status
from awsio.connection.transport import Transport
from awsio.connection.wire import ByteSide
from awsio.errors import (
    AwsioError,
    NotAnEventStreamError,
    ReaderConflictError,
    StreamTimeoutError,
)
from awsio.sources.waiting import raised_while_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awsio.connection.log import StreamLog
    from awsio.connection.watching import StreamWatcher
    from awsio.eventstream import Frame, FrameDecoder
    from awsio.sources import ByteSource

__all__ = ("FrameStream",)

Result = TypeVar("Result")


class FrameStream:
    """Frames or bytes of one source.

    Args:
        source: where the bytes come from; closed with the stream.
        decoder: a new decoder, with its limits.
        terminal: event types of which one must come before the end.
        facts: what the response says of the body; may change until it is needed.
        opens_with_initial: whether the stream opens with an initial response.

    Attributes:
        transport: the source side.
        frames: the frame side.
        bytes: the byte side.
        watcher: is told the end of the stream; None for nobody.
        lost: whether an interrupt may have cost something. Set by those who have something in
            hand, before they call :meth:`lose`.
    """

    def __init__(
        self,
        source: ByteSource,
        decoder: FrameDecoder,
        *,
        terminal: frozenset[str] = frozenset(),
        facts: ResponseFacts | None = None,
        opens_with_initial: bool = False,
    ) -> None:
        facts = facts or ResponseFacts()
        self._status = status = Status()
        self._ending = Ending(terminal, opens_with_initial=opens_with_initial)
        self.transport = Transport(source, status)
        self.frames = FrameSide(self.transport, decoder, status, self._ending, facts)
        self.bytes = ByteSide(
            self.transport,
            self.frames,
            status,
            self._ending,
            facts,
            framed=getattr(source, "framed", True),
        )
        self.watcher: StreamWatcher | None = None
        # Returns what the users of the source know an error as; None for the error itself.
        self._known_as: Callable[[BaseException], BaseException | None] | None = getattr(
            source, "known_as", None
        )
        self._log: StreamLog | None = None
        # Frames of one type share their headers, which the decoder caches. Those looked at last
        # need no other look: comparing them costs almost nothing.
        self._seen: Mapping[str, Any] | None = None
        self._queue = self.frames.queue  # another, empty one after close()
        # Takes the first frame when a `for` statement asks for it. Unlike a call, that leaves no
        # moment for an interrupt between the frame's leaving the queue and its being stored. And
        # it needs no lock, which would cost a quarter of what reading a frame costs.
        self._popped = map(deque.popleft, repeat(self.frames.queue))
        # An RLock, because only its owner can release one: the code that was interrupted
        # need not know whether it had taken it.
        self._lock = threading.RLock()
        self._reading = False  # guarded by _lock: whether its owner is inside a step
        self._undone: BaseException | None = None  # guarded by _lock: it has cost nothing
        self._releasing = False  # guarded by _lock: whether its owner releases the source
        self.lost = False  # whether an interrupt may have cost something

    @property
    def log(self) -> StreamLog | None:
        """What logs frames and reads; None logs nothing."""
        return self._log

    @log.setter
    def log(self, log: StreamLog | None) -> None:
        self._log = self.transport.log = log
        self._seen = None  # the next frame is to be looked at

    @property
    def state(self) -> State:
        """Where the stream stands."""
        return self._status.state

    # Reading

    def next_frame(self, timeout: float | None = None) -> Frame | None:
        """Return the next frame, None at the end; see ``PawsConnection.read_frame``."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            if not self._queue and not self.exclusively(self._fill, timeout, deadline):
                return None
            frame: Any = None
            try:
                for frame in self._popped:  # noqa: B007  # pragma: no branch - see __init__
                    break
                if frame.headers is not self._seen:
                    self._look(frame)
            except BaseException as error:
                if frame is not None:
                    self._queue.appendleft(frame)
                elif isinstance(error, IndexError):
                    continue  # another thread took it
                raise
            found: Frame = frame
            return found

    def undo(self, frame: Frame, error: BaseException) -> None:
        """Return a frame to the queue inside a step that ends with an exception.

        Args:
            frame: what the step had taken.
            error: the exception, such as one of a parser that is not awsio's.
        """
        assert self._reading  # noqa: S101 - only inside exclusively()
        self._queue.appendleft(frame)
        self._undone = error

    def take_frame(self, deadline: float | None) -> Frame | None:
        """Return the next frame inside a step, None at the end."""
        assert self._reading  # noqa: S101 - only inside exclusively()
        while self._fill(deadline):
            frame = self.frames.take()
            if frame is not None:
                self._look(frame)
                return frame
        return None

    def _look(self, frame: Frame) -> None:
        """Look at a frame that is delivered: whether it ends the stream, and to log it."""
        ends = self._ending.look(frame.headers)
        if self.log is not None:
            self.log.frame(frame)
        elif not ends:
            self._seen = frame.headers

    def peek(self) -> Frame | None:
        """Return the next frame without taking it; waits for the stream's first one only.

        None at the end, or where nothing is known of a later frame.
        """
        self.exclusively(self._find_first)
        try:
            return self._queue[0]
        except IndexError:
            return None

    def read(self, size: int) -> bytes:
        """Return bytes: what is there, at most ``size``; ``b""`` at the end.

        Asking for nothing changes nothing.
        """
        self.check_open()
        return self.exclusively(lambda _: self.bytes.read(size)) if size else b""

    def read_bytes(self, read: Callable[[ByteSide], Result]) -> Result:
        """Read bytes by a method of the byte side, in one step."""
        return self.exclusively(lambda _: read(self.bytes))

    def take_bytes(self, size: int) -> bytes:
        """Read bytes inside a step; see :meth:`read`."""
        assert self._reading  # noqa: S101 - only inside exclusively()
        return self.bytes.read(size)

    def check_open(self) -> None:
        """Raise for a closed stream.

        Raises:
            ValueError: it is closed.
        """
        try:
            self._status.check_open()
        except ValueError as error:
            self.raise_known(error)
            raise

    def raise_known(self, error: BaseException) -> None:
        """Raise what the users of the source know an error as, where that is another one.

        Called where an error leaves the connection, inside ``except``; the traceback goes with it.
        """
        if self._known_as is None or (type(error) is ValueError and not self._status.closed):
            return
        known = self._known_as(error)
        if known is not None:
            try:
                raise known.with_traceback(error.__traceback__) from error.__cause__
            finally:
                del known, error  # or this frame and the traceback would refer to each other

    def is_framed(self) -> bool:
        """Return whether the body holds frames; waits for its first bytes.

        Raises:
            StreamError: the first bytes are no good frame, and no other body either.
        """
        return self.exclusively(self.holds_frames)

    def holds_frames(self, deadline: float | None) -> bool:
        """Return whether the body holds frames, inside a step; see :meth:`is_framed`."""
        assert self._reading  # noqa: S101 - only inside exclusively()
        if not self.bytes.framed:
            return False
        boundaries = self.bytes.boundaries
        if boundaries is not None and (boundaries.seen_prelude or not boundaries.at_boundary):
            return self._status.state is not State.FOREIGN and self.bytes.holds_frames(deadline)
        self.bytes.hand_back()  # a read of bytes came before, and delivered none
        if self._status.state is State.START:
            try:
                self.frames.fill(deadline)
            except NotAnEventStreamError:
                return False
        return self._status.state is not State.FOREIGN

    def is_complete(self) -> bool:
        """Return whether the end was reached and everything was delivered. Never waits."""
        status = self._status
        if status.state is State.CLOSED:
            return status.complete
        if not (self.bytes.is_empty and self.frames.is_empty):
            return False
        if status.state is State.FOREIGN:
            return self.transport.ended and self.bytes.boundaries is not None
        return status.state is State.ENDED

    def exclusively(
        self,
        step: Callable[[float | None], Result],
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Result:
        """Run a step of reading with the lock held.

        A ``try`` and not a context manager of our own: an interrupt at the start of its
        ``__exit__`` would leave the lock taken.

        Args:
            step: called with the deadline; may use the methods that ask for a step.
            timeout: what the caller gave, for the error.
            deadline: by ``time.monotonic()``; None waits as the idle timeout says.

        Raises:
            StreamTimeoutError: resumable: another thread was reading all the time.
            RuntimeError: this thread is inside a step already.
            ValueError: the connection is closed.
        """
        entered = False
        result: Any = None
        failure: BaseException | None = None
        try:
            try:
                self._acquire(timeout, deadline)
                self._check_alone()
                self._reading = entered = True
                self._check_begin()
                result = step(deadline)
            except BaseException as error:
                if entered and not self.lost:
                    self.lost = True  # before any call, in which the next interrupt may come
                    if self._is_harmless(error):
                        failure = error if self._is_raised_once(error) else None
                        self.lost = False
                        add_timeout(error, timeout)
                    else:
                        self.lose(error)
                raise
            finally:
                if entered:
                    self._undone = None
                    self._reading = False
                try:  # noqa: SIM105 - suppress() is a call, after which an interrupt may come
                    self._lock.release()
                except RuntimeError:  # it was not taken
                    pass
                if self._status.closed:  # close() found the lock taken and left the source to us
                    self._release()
                elif self.watcher is not None:
                    self._tell(self.watcher)
        except BaseException as error:
            failed = failure is not None and failure is not error
            if failed or (result and result is not True):
                self.lost = True  # interrupted with the step's error, or its result, in hand
                self.lose(error)
            self.raise_known(error)
            raise
        finally:
            failure = None  # or this frame and the traceback would refer to each other
        found: Result = result
        return found

    def _check_alone(self) -> None:
        """Check that this thread is not inside a step.

        Raises:
            RuntimeError: it is.
        """
        if self._reading:
            msg = "a read inside a read: a signal or log handler may not read this stream"
            raise RuntimeError(msg)

    def lose(self, error: BaseException) -> None:
        """Latch an error for an exception that took what a read had in hand.

        Args:
            error: the exception, such as a signal handler's.
        """
        with self._lock:
            if not self._status.closed:
                self.lost = True
                self._queue.clear()  # what follows a gap is not delivered
                self.transport.interrupted(error)

    def _tell(self, watcher: StreamWatcher) -> None:
        """Tell a watcher the end, after a step that has come to it."""
        error = self._status.error
        if error is not None or self._status.state is State.ENDED:
            watcher.ended(error)

    def _check_begin(self) -> None:
        """Check that a step may begin.

        Raises:
            ConnectionLostError: an interrupt has cost something.
        """
        self._status.check_open()
        if self.lost:
            if self._status.error is None:  # another one came before the first was latched
                self.lose(InterruptedError())
            self._status.raise_latched()

    def _is_harmless(self, error: BaseException) -> bool:
        """Return whether an exception that ends a step has cost nothing."""
        if isinstance(error, AwsioError) or error is self._undone:
            return True
        return raised_while_waiting(error)

    def _is_raised_once(self, error: BaseException) -> bool:
        """Return whether an error stands for what a step has taken: the next read goes on after it.

        Others are latched, or are raised before anything is taken.
        """
        takes = isinstance(error, AwsioError) and self._status.error is None
        return takes and not isinstance(error, (StreamTimeoutError, ReaderConflictError))

    def _acquire(self, timeout: float | None, deadline: float | None) -> None:
        """Take the lock in time.

        Raises:
            StreamTimeoutError: resumable: another thread held it all the time.
        """
        if deadline is not None:
            left = min(max(deadline - time.monotonic(), 0.0), threading.TIMEOUT_MAX)
            if not self._lock.acquire(timeout=left):
                msg = f"another thread was reading for all of the {timeout} s"
                raise StreamTimeoutError(msg, timeout=timeout, resumable=True)
            return
        idle = self.transport.idle_timeout
        if idle is None:
            self._lock.acquire()
            return
        received = self.transport.received
        # Given up only if the reader that holds it received nothing all the while.
        while not self._lock.acquire(timeout=min(idle, threading.TIMEOUT_MAX)):
            if received == self.transport.received:
                msg = f"another thread was reading, and nothing arrived for {idle} s"
                raise StreamTimeoutError(msg, timeout=idle, resumable=True)
            received = self.transport.received

    def _fill(self, deadline: float | None) -> bool:
        """Have a frame in the queue; False at the end."""
        assert self._reading  # noqa: S101 - only inside exclusively()
        if self.frames.queue:
            return True
        self._status.raise_latched()
        self.bytes.hand_back()
        return self.frames.fill(deadline)

    def _find_first(self, deadline: float | None) -> None:
        """Have the next frame in the queue where it is the first, or bytes were read before."""
        if self._status.state is State.START or self.bytes.boundaries is not None:
            self._fill(deadline)

    # Closing

    def close(self) -> None:
        """Wake a reader and release the source. Never waits for the lock."""
        self._status.closed = True
        self._queue = deque()
        if self.transport.in_child:
            # The lock may be held for ever: its owner is a thread of the parent.
            self.transport.release(drain=False)
        elif not self._release():
            self.transport.wake()
        if self.watcher is not None:
            self.watcher.closed()

    def _release(self) -> bool:
        """Release the source unless a reader is inside a step; return whether that is done."""
        entered = False
        try:
            if not self._lock.acquire(blocking=False):
                return False
            # In this thread: a handler has called close(), and what it interrupts releases.
            if self._reading or self._releasing:
                return False
            self._releasing = entered = True
            drain = self._ending.reached and not self.transport.ended and not self._status.error
            if self._status.state is not State.CLOSED:
                self._status.complete = self.is_complete()
                self._status.move(State.CLOSED)
            self.transport.release(drain=drain)  # again where an interrupt has broken it off
        finally:
            if entered:
                self._releasing = False
            try:  # noqa: SIM105 - as in exclusively()
                self._lock.release()
            except RuntimeError:  # it was not taken
                pass
        return True

    def fileno(self) -> int:
        """Return the source's descriptor."""
        self.check_open()
        return self.transport.fileno()


def add_timeout(error: BaseException, timeout: float | None) -> None:
    """Tell a timeout its number."""
    if isinstance(error, StreamTimeoutError) and error.resumable and timeout is not None:
        error.timeout = timeout
