"""Who closes a stream before its end: a thread, a finalizer, a signal handler."""

from __future__ import annotations

import heapq
import queue
import signal
import threading
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awsio
from tests.soak.reading import Interrupt

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from awsio import PawsConnection
    from tests.soak.plan import Plan
    from tests.soak.reading import Reader

__all__ = ("Closer", "SignalTimer", "drop_in_a_circle")

AWSIO = str(Path(awsio.__file__).parent)
HERE = str(Path(__file__).parent)
QUEUES = frozenset({queue.__file__, threading.__file__})


class Closer:
    """A thread that closes connections after a while.

    Args:
        note: called with what a close has raised, and with how long it took in seconds.
    """

    def __init__(self, note: Callable[[Plan, BaseException | None, float], None]) -> None:
        self._note = note
        self._order = count()
        self._heap: list[tuple[float, int, Plan, PawsConnection]] = []
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="soak-closer", daemon=True)
        self._thread.start()

    def close_after(self, seconds: float, plan: Plan, con: PawsConnection) -> None:
        """Close a connection after some seconds."""
        with self._changed:
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._order), plan, con))
            self._changed.notify()

    def stop(self) -> None:
        """Close what is left, and end the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(30)

    def _next(self) -> tuple[Plan, PawsConnection] | None:
        """Wait for the next connection; None at the end."""
        with self._changed:
            while True:
                if self._heap:
                    left = self._heap[0][0] - time.monotonic()
                    if left <= 0 or self._stopped:
                        return heapq.heappop(self._heap)[2:]
                    self._changed.wait(left)
                elif self._stopped:
                    return None
                else:
                    self._changed.wait()

    def _run(self) -> None:
        while (found := self._next()) is not None:
            plan, con = found
            error: BaseException | None = None
            began = time.monotonic()
            try:
                con.close()
            except BaseException as caught:  # noqa: BLE001 - each is a fault
                error = caught
            self._note(plan, error, time.monotonic() - began)
            del found, con  # or it would live until the next one


class Circle:
    """Closes a connection when the garbage collector finds it, in whatever thread."""

    def __init__(self, con: PawsConnection) -> None:
        self._con = con
        self._self = self

    def __del__(self) -> None:
        self._con.close()


def drop_in_a_circle(con: PawsConnection) -> None:
    """Let the garbage collector close a connection at some time."""
    Circle(con)


class SignalTimer:
    """Signals in the main thread, whose handler closes what is read there, or raises.

    It raises only inside of a read of awsio's: an exception in the soak's own code, between
    the return of a read and its check, would lose what was read.
    """

    def __init__(self) -> None:
        self.reader: Reader | None = None
        self._before = signal.signal(signal.SIGALRM, self._handle)

    def start(self, reader: Reader, seconds: float) -> None:
        """Send signals from now on, the first one after some seconds."""
        self.reader = reader
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-5), max(seconds, 1e-4))

    def stop(self) -> None:
        """Send no more."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.reader = None

    def restore(self) -> None:
        """Put the handler of before back."""
        self.stop()
        signal.signal(signal.SIGALRM, self._before)

    def _handle(self, _number: int, frame: FrameType | None) -> None:
        reader = self.reader
        if reader is None or not reader.reading:
            return
        if reader.plan.closer == "signal-closes":
            reader.con.close()
        elif inside_awsio(frame):
            raise Interrupt


def inside_awsio(frame: Any) -> bool:
    """Return whether code of awsio, rather than of the soak, called what is running.

    Not within the queue of urllib3's pool: an exception there leaves the queue's lock taken, and
    the pool standing still, whoever uses it. CPython does not promise otherwise.
    """
    if frame.f_code.co_filename in QUEUES:
        return False
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith((AWSIO, HERE)):
            return path.startswith(AWSIO)
        frame = frame.f_back
    return False
