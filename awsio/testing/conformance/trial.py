"""`Trial`: one clause tried on sources of one factory, with an eye on hanging.

Each clause runs in a thread of its own, so that a source that hangs is a finding and
not the end of everything. What a clause does at the moment is noted for that case.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from awsio.connection import PawsConnection
from awsio.errors import StreamError, StreamTimeoutError
from awsio.sources import make_source
from awsio.testing.conformance.pieces import FRAMES, StreamPieces
from awsio.testing.conformance.watched import WatchedSource, raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from awsio.testing.conformance.pieces import Step

__all__ = ("Clause", "LeftOut", "Trial", "expect", "expect_error", "run_clause", "take")

# How long a clause that hung has to end once everything was let go.
GRACE = 0.2
SHOWN = 60


class LeftOut(Exception):  # noqa: N818 - it tells of no error
    """A clause that cannot be checked with this source; its text says why."""


class WrongFactory(TypeError):  # noqa: N818 - it is told as a TypeError
    """The factory gives what nobody could read."""


class Clause(NamedTuple):
    """A clause of the contract.

    Attributes:
        name: what it is called.
        promise: what it says.
        check: checks it; raises :class:`AssertionError` with what was seen.
        needs: what the source must be able to do, by the names of
            :func:`~awsio.testing.check_stream`'s arguments.
        lasts: seconds that it takes in any case.
    """

    name: str
    promise: str
    check: Callable[[Trial], None]
    needs: tuple[str, ...] = ()
    lasts: float = 0.0


class Trial:
    """Sources of a factory, under trial for one clause.

    Args:
        factory: makes a source of pieces.

    Attributes:
        doing: what is done at the moment.
        source: the last source that was made.
        mistake: the last that was noted: what source or factory did wrong, and the error
            that tells of it.
    """

    def __init__(self, factory: Callable[[StreamPieces], Any]) -> None:
        self.doing = "nothing yet"
        self.source: Any = None
        self.mistake: tuple[str, Exception] | None = None
        self._factory = factory
        self._pieces = StreamPieces(())
        self._connection: PawsConnection | None = None
        self._abandoned = False

    @contextmanager
    def open(self, *steps: Step, cut: bool = False) -> Iterator[PawsConnection]:
        """Open a connection on a new source; afterwards it is closed, then the source.

        Args:
            steps: what the source gives, and where it stands still.
            cut: see :class:`StreamPieces`.
        """
        if self._abandoned:
            raise LeftOut
        self.doing = "making the source, before anything was read"
        self._pieces = pieces = StreamPieces(steps, cut=cut)
        with ExitStack() as stack:
            stack.callback(pieces.release)
            self.source = self._make(pieces, stack)
            self._connection = con = self._connect()
            # Last in, first out: what the factory does at the end must not have to wait.
            stack.callback(pieces.release)
            stack.callback(close_once, con)
            yield con
            self.doing = "closing the connection"

    def _make(self, pieces: StreamPieces, stack: ExitStack) -> Any:
        """Make a source; what is to be closed after it goes to the stack."""
        try:
            made = self._factory(pieces)
            if not hasattr(made, "read") and hasattr(made, "__enter__"):
                made = stack.enter_context(made)
        except Exception as error:
            self._note(raised("the factory", error), error)
            raise
        return made

    def _connect(self) -> PawsConnection:
        """Make a connection of the source, unless it is one."""
        if isinstance(self.source, PawsConnection):
            return self.source
        try:
            byte_source = make_source(self.source)
        except TypeError as error:
            msg = (
                f"the factory gave {shown(self.source)}: it is to give what a PawsConnection "
                "takes, a connection, or a context manager that gives one of the two"
            )
            raise WrongFactory(msg) from error
        return PawsConnection(WatchedSource(byte_source, self._note))

    def _note(self, mistake: str, error: Exception) -> None:
        self.mistake = (mistake, error)

    def expect_frames(
        self,
        con: PawsConnection,
        frames: Sequence[bytes] = FRAMES,
        read: Callable[[], Any] | None = None,
    ) -> None:
        """Read frames and compare them.

        Args:
            con: where to read.
            frames: what must come.
            read: reads a frame; None reads without a timeout.
        """
        for number, expected in enumerate(frames, 1):
            self.doing = (
                f"waiting for frame {number} of {len(frames)}, all of whose bytes were given"
            )
            frame = read() if read is not None else con.read_event(raw=True)
            got = None if frame is None else frame.encode()
            expect(
                got == expected,
                f"frame {number} of {len(frames)} came as {shown(got)}, not {shown(expected)}",
            )

    def expect_end(self, con: PawsConnection) -> None:
        """Read the end, twice."""
        self.doing = "waiting for the end behind the last frame"
        for _ in range(2):
            frame = con.read_frame()
            expect(frame is None, f"where the end was due came {frame!r}")
        expect(con.is_complete(), "is_complete() is False at the end")

    def poll(self, con: PawsConnection) -> Any:
        """Read a frame that is there or on its way, without ever waiting for it."""
        while True:
            try:
                return con.read_event(raw=True, timeout=0)
            except StreamTimeoutError as error:
                expect(error.resumable, "a timeout of the caller's is not resumable")
                threading.Event().wait(0.001)

    def abandon(self, thread: threading.Thread) -> None:
        """Let go what hangs, so that the clause's thread can end."""
        self._abandoned = True
        self._pieces.release()
        thread.join(GRACE)
        if thread.is_alive() and self._connection is not None:
            closing = threading.Thread(target=self._connection.close, daemon=True)
            closing.start()  # it may hang as well
            thread.join(GRACE)


def run_clause(
    clause: Clause, factory: Callable[[StreamPieces], Any], patience: float
) -> str | None:
    """Check a clause.

    Args:
        clause: the clause.
        factory: makes the sources.
        patience: seconds after which it counts as hung.

    Returns:
        None if it holds, else why it was left out.

    Raises:
        AssertionError: it does not hold.
        TypeError: the factory gives what nobody could read.
    """
    trial = Trial(factory)
    errors: list[BaseException] = []

    def check() -> None:
        try:
            clause.check(trial)
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that asked
            errors.append(error)

    thread = threading.Thread(target=check, name="check_stream", daemon=True)
    thread.start()
    thread.join(patience + clause.lasts)
    if thread.is_alive():
        doing = trial.doing
        trial.abandon(thread)
        raise broken(clause, f"it hung for {patience} s, {doing}")
    if not errors:
        return None
    error = errors.pop()
    try:
        if isinstance(error, LeftOut):
            return str(error)
        if not isinstance(error, Exception):
            raise error
        raise verdict(clause, trial, error) from error
    finally:
        trial.mistake = None
        del error  # or this frame and the traceback would hold each other


def verdict(clause: Clause, trial: Trial, error: Exception) -> Exception:
    """Make of what a clause raised what is to be raised to the user.

    What source or factory did wrong by itself comes first, and then where.
    """
    if isinstance(error, WrongFactory):
        return TypeError(str(error))
    if trial.mistake is not None and trial.mistake[1] is error:
        where = f"In clause {clause.name!r}: {clause.promise}."
        return AssertionError(f"{trial.mistake[0]}; {trial.doing}.\n{where}")
    if isinstance(error, AssertionError):
        return broken(clause, str(error))
    return broken(clause, f"{type(error).__name__}: {error}; {trial.doing}")


def broken(clause: Clause, seen: str) -> AssertionError:
    """Make the error of a clause that does not hold."""
    return AssertionError(f"clause {clause.name!r} is broken: {clause.promise}.\nSeen: {seen}")


def expect(condition: object, seen: str) -> None:
    """Raise what was seen, unless the condition holds."""
    if not condition:
        raise AssertionError(seen)


def expect_error(
    kind: type[Exception], what: str, read: Callable[[], Any], times: int = 2
) -> Exception:
    """Read, and be raised an error, the same one each time.

    Args:
        kind: the error's class. ValueError means the one of a closed file.
        what: what the read is called.
        read: reads.
        times: how often to read.

    Returns:
        The last error.
    """
    for _ in range(times):
        try:
            got = read()
        except kind as error:
            other = kind is ValueError and isinstance(error, StreamError)
            expect(not other, f"{what} raised {type(error).__name__}, not a closed file's error")
            found = error
        else:
            msg = f"{what} gave {shown(got)} where {kind.__name__} was due"
            raise AssertionError(msg)
    return found


def close_once(con: PawsConnection) -> None:
    """Close a connection unless that was done."""
    if not con.closed:
        con.close()


def take(con: PawsConnection, size: int) -> bytes:
    """Read so many bytes, of which each read may give fewer; less at the end."""
    got = b""
    while len(got) < size and (piece := con.read(size - len(got))):
        got += piece
    return got


def shown(value: object) -> str:
    """Give a value in short."""
    text = repr(value)
    if isinstance(value, bytes) and len(text) > SHOWN:
        return f"{len(value)} bytes {text[:SHOWN]}..."
    return text
