"""Where a stream stands: one state, and every way from one to another.

.. code-block:: text

    START ──────► FRAMES ◄────► BYTES       (BYTES ──► START: bytes ended before a frame)
      │             │             │
      ├─► FOREIGN   │             │         from FOREIGN too:
      └─────────────┴──────┬──────┘
                    ENDED  │  BROKEN        then CLOSED; CLOSED is final

The state says what a read may do. What was received and not delivered is not part of it:
bytes that came before an error can still be read after it.
"""

from __future__ import annotations

from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from awsio.errors import NotAnEventStreamError, fresh_copy

if TYPE_CHECKING:
    from awsio.errors import StreamError

__all__ = ("TRANSITIONS", "State", "Status")


class State(Enum):
    """Where a stream stands."""

    START = auto()
    """No frame was seen yet: what the body is, is not known."""
    FRAMES = auto()
    """The body is an event stream, and the position is a frame's first byte."""
    BYTES = auto()
    """Bytes were delivered: frames continue only where these reached a boundary."""
    FOREIGN = auto()
    """The body is not an event stream: frames are refused, its bytes can be read."""
    ENDED = auto()
    """The end was reached cleanly: reads return None or ``b""``."""
    BROKEN = auto()
    """An error is latched: reads raise it, after the bytes that came before it."""
    CLOSED = auto()
    """The source is released."""


END_STATES = frozenset({State.ENDED, State.BROKEN, State.CLOSED})

TRANSITIONS = MappingProxyType(
    {
        State.START: frozenset({State.FRAMES, State.BYTES, State.FOREIGN}) | END_STATES,
        State.FRAMES: frozenset({State.BYTES}) | END_STATES,
        State.BYTES: frozenset({State.START, State.FRAMES}) | END_STATES,
        State.FOREIGN: END_STATES - {State.ENDED},
        State.ENDED: frozenset({State.BROKEN, State.CLOSED}),
        State.BROKEN: frozenset({State.CLOSED}),
        State.CLOSED: frozenset[State](),
    }
)


class Status:
    """The state of a stream and the error that broke it.

    The parts of a stream share one. Guarded by the stream's lock, but for :attr:`closed`.

    Attributes:
        state: where the stream stands.
        error: the latched error, never raised itself: copies are.
        closed: whether ``close()`` was called, in whichever thread; set without the lock.
        complete: whether the stream was read to its end before it was closed.
    """

    __slots__ = ("closed", "complete", "error", "state")

    def __init__(self) -> None:
        self.state = State.START
        self.error: StreamError | None = None
        self.closed = False
        self.complete = False

    def move(self, state: State) -> None:
        """Go to a state."""
        if state is not self.state:
            assert state in TRANSITIONS[self.state], f"{self.state} to {state}"  # noqa: S101 - a rule of ours
            self.state = state

    def latch(self, error: StreamError) -> None:
        """Remember the error that breaks the stream; the first one stays.

        Only what the body is gives way: a transport may break while a body that is not an
        event stream is read as bytes.
        """
        if self.error is None or isinstance(self.error, NotAnEventStreamError):
            self.error = fresh_copy(error)
            foreign = isinstance(error, NotAnEventStreamError) and self.state is State.START
            if self.state is not State.CLOSED:
                self.move(State.FOREIGN if foreign else State.BROKEN)

    def fail(self, error: StreamError) -> NoReturn:
        """Latch an error and raise it."""
        self.latch(error)
        try:
            raise error
        finally:
            del error  # or this frame and the traceback would refer to each other

    def check_open(self) -> None:
        """Raise if ``close()`` was called.

        Raises:
            ValueError: as every file does.
        """
        if self.closed:
            msg = "I/O operation on closed connection"
            if self.complete:
                msg += ": its stream was read to its end; make the call again for another one"
            raise ValueError(msg)

    def raise_latched(self) -> None:
        """Raise a copy of the latched error, if there is one."""
        if self.error is not None:
            raise fresh_copy(self.error)
