"""A run: threads that open one stream after another, and a watchdog over them."""

from __future__ import annotations

import math
import random
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING

from awsio.errors import (
    AwsioError,
    ConnectionLostError,
    IncompleteStreamError,
    TruncatedStreamError,
)
from tests.soak.closing import Closer, SignalTimer, drop_in_a_circle
from tests.soak.plan import Plan, draw
from tests.soak.reading import Foreign, Late, Reader, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from awsio import PawsConnection
    from tests.soak.figures import Figures

__all__ = ("Campaign", "judge")

CUT = (TruncatedStreamError, ConnectionLostError, IncompleteStreamError)
CLOSED_BY_OTHERS = frozenset({"other", "finalizer", "signal-closes"})
#: Seconds after which a step is one that stands still.
HANG = 30.0
#: Seconds that a close may take, on a machine that does much else.
SLOW_CLOSE = 1.0


def judge(error: Exception, plan: Plan, *, closed: bool) -> tuple[str, bool]:
    """Judge what a stream has raised.

    Returns:
        How the stream ended, and whether that is what its plan leads to.
    """
    kind = type(error).__name__
    if isinstance(error, Stop):
        return "left before the end", True
    if isinstance(error, (Foreign, Late)):
        return kind.lower(), False
    if isinstance(error, CUT) and plan.request.mode == "cut":
        return "cut", True
    if isinstance(error, ConnectionLostError) and plan.closer == "signal-raises":
        # InterruptedError: by more than one, of which nothing else is known.
        return "interrupted", "interrupted by Interrupt" in str(error)
    by_others = closed and plan.closer in CLOSED_BY_OTHERS
    if isinstance(error, ValueError) and not isinstance(error, AwsioError) and by_others:
        return "closed", True
    return kind, False


class Campaign:
    """Runs streams.

    Args:
        open_stream: opens the stream of a plan.
        routes: the names of those that are there.
        seed: of the plans.
        figures: what came of it.
        give_up: called by the watchdog after it has found a stream that stands still: the
            thread that reads it can neither be ended nor waited for.
        lanes: threads that read, the main one included.
        hang: seconds after which a step stands still.
        draw: draws the plan of a stream.
    """

    def __init__(
        self,
        open_stream: Callable[[Plan], PawsConnection],
        routes: Sequence[str],
        seed: int,
        figures: Figures,
        give_up: Callable[[], None],
        *,
        lanes: int = 4,
        hang: float = HANG,
        draw: Callable[..., Plan] = draw,
    ) -> None:
        self._open = open_stream
        self._routes = routes
        self._seed = seed
        self._figures = figures
        self._give_up = give_up
        self._lanes = lanes
        self._hang = hang
        self._draw = draw
        self._rounds = 0
        self._deadline = 0.0
        self._limit = math.inf
        self._beats: dict[int, tuple[float, Plan]] = {}
        self._closer = Closer(self._note_close)
        self._timer = SignalTimer()
        self._over = threading.Event()  # whether the threads of a round have ended
        self._stuck = False

    def plan(self, stream: int) -> Plan:
        """Return the plan of a stream, which its number and the seed tell."""
        rng = random.Random(f"{self._seed}/{stream}")  # noqa: S311 - it is to be repeatable
        return self._draw(rng, stream, self._routes, main=stream % self._lanes == 0)

    def run(self, seconds: float, only: int | None = None, *, streams: float = math.inf) -> None:
        """Run streams for some seconds.

        Args:
            seconds: how long.
            streams: how many at most, those of earlier rounds counted.
            only: the number of the one stream to run, again and again, in this thread.
        """
        began = time.monotonic()
        self._deadline = began + seconds
        self._limit = streams
        self._rounds += 1
        threads = [
            threading.Thread(target=self._lane, args=(lane, self._rounds), daemon=True)
            for lane in range(1, self._lanes if only is None else 0)
        ]
        self._over.clear()
        watchdog = threading.Thread(target=self._watch, daemon=True)
        for thread in (watchdog, *threads):
            thread.start()
        self._lane(0, self._rounds, only)
        for thread in threads:
            thread.join()
        self._over.set()
        watchdog.join()
        self._figures.seconds += time.monotonic() - began

    def stop(self) -> None:
        """End what closes streams."""
        self._closer.stop()
        self._timer.restore()

    # One thread

    def _lane(self, lane: int, turn: int, only: int | None = None) -> None:
        """Run one stream after another."""
        # Numbers above those of the rounds before, and of this lane alone.
        stream = turn * 100_000_000 // self._lanes * self._lanes + lane
        while (
            time.monotonic() < self._deadline
            and self._figures.streams < self._limit
            and not self._stuck
        ):
            plan = self.plan(only or stream)
            self._beat(plan)
            self._stream(plan)
            stream += self._lanes
        self._beats.pop(threading.get_ident(), None)

    def _beat(self, plan: Plan) -> None:
        """Show that this thread goes on."""
        self._beats[threading.get_ident()] = time.monotonic(), plan

    def _stream(self, plan: Plan) -> None:
        """Open a stream, read it as planned, and judge what came."""
        try:
            con = self._open(plan)
        except Exception:  # noqa: BLE001 - each is a fault
            self._figures.fault("open", plan, traceback.format_exc())
            return
        reader = Reader(con, plan, lambda: self._closer.close_after(plan.after / 1000, plan, con))
        self._prepare(plan, reader)
        try:
            reader.run()
        except Exception as error:  # noqa: BLE001 - it is judged
            end, right = judge(error, plan, closed=con.closed)
            if not right:
                kind = end if end in {"foreign", "late"} else "error"
                self._figures.fault(kind, plan, told(error, reader))
        else:
            end = "whole"
            if not reader.complete:
                self._figures.fault("loss", plan, f"a clean end after {reader.number}")
        finally:
            self._timer.stop()
        if plan.closer != "drop":
            began = time.monotonic()
            con.close()
            self._note_close(plan, None, time.monotonic() - began)
        self._figures.add(end, reader.reads, plan.route)

    def _prepare(self, plan: Plan, reader: Reader) -> None:
        """Have somebody close the stream, if the plan says so."""
        if plan.closer == "finalizer":
            drop_in_a_circle(reader.con)
        elif plan.closer.startswith("signal"):
            self._timer.start(reader, plan.after / 2000)

    def _note_close(self, plan: Plan, error: BaseException | None, seconds: float) -> None:
        """Note a close."""
        self._figures.note_close(seconds)
        if error is not None:
            self._figures.fault("close", plan, "".join(traceback.format_exception(error)))
        elif seconds > SLOW_CLOSE:
            self._figures.fault("late", plan, f"a close took {seconds:.2f} s")

    # The watchdog

    def _watch(self) -> None:
        """Look for a thread that stands still, as long as a round lasts."""
        while not self._over.wait(0.1):
            for ident, (since, plan) in list(self._beats.items()):
                if time.monotonic() - since > self._hang:
                    self._stuck = True
                    frame = sys._current_frames().get(ident)  # noqa: SLF001 - no other way
                    where = "".join(traceback.format_stack(frame)) if frame else ""
                    self._figures.fault("hang", plan, where)
            if self._stuck:
                self._give_up()
                return


def told(error: Exception, reader: Reader) -> str:
    """Return what an error tells, and how far its stream was read."""
    text = "".join(traceback.format_exception(error))
    return f"after {reader.number} of {reader.plan.request.count}\n{text}"
