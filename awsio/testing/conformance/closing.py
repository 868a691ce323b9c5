"""Clauses about closing."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from awsio.errors import StreamError
from awsio.testing.conformance.background import BackgroundRead
from awsio.testing.conformance.pieces import FRAMES, WIRE, Stall
from awsio.testing.conformance.trial import Clause, LeftOut, Trial, expect, expect_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsio.connection import PawsConnection

__all__ = ("CLAUSES",)

WAKE_SECONDS = 0.1
# A busy machine may be late once.
WAKE_ATTEMPTS = 3
SETTLE_SECONDS = 0.05

READS: dict[str, Callable[[PawsConnection], Any]] = {
    "read_event()": lambda con: con.read_event(),
    "read_frame()": lambda con: con.read_frame(),
    "read(1)": lambda con: con.read(1),
    "readall()": lambda con: con.readall(),
    "readinto()": lambda con: con.readinto(bytearray(1)),
    "next()": next,
    "payload().read()": lambda con: con.payload().read(),
}


def check_close(trial: Trial) -> None:
    """Close before, in the middle of and behind a stream, twice; then read."""
    for count in (0, 1, len(FRAMES)):
        with trial.open(WIRE) as con:
            trial.expect_frames(con, FRAMES[:count])
            trial.doing = f"closing behind frame {count}"
            for _ in range(2):
                con.close()
            expect(con.closed, "closed is False after close()")
            for name, read in READS.items():
                expect_error(ValueError, f"{name} after close()", partial(read, con))


def check_source_closed(trial: Trial) -> None:
    """Look whether the source is closed with the connection."""
    with trial.open(WIRE) as con:
        if not isinstance(getattr(trial.source, "closed", None), bool):
            msg = "the source has no attribute `closed` to look at"
            raise LeftOut(msg)
        trial.expect_frames(con, FRAMES[:1])
        trial.doing = "closing the connection"
        con.close()
        expect(trial.source.closed, "source.closed is False after the connection's close()")


def check_early_close(trial: Trial) -> None:
    """Close while the source stands still."""
    for steps in ((Stall(), WIRE), (FRAMES[0], Stall(), WIRE), (FRAMES[0][:20], Stall(), WIRE)):
        with trial.open(*steps) as con:
            trial.expect_frames(con, [step for step in steps[:1] if step == FRAMES[0]])
            trial.doing = "closing the connection while the source stands still"
            con.close()


def check_wake(trial: Trial) -> None:
    """Close while another thread waits in a read."""
    best = time_of_wake(trial)
    attempts = 1
    while best > WAKE_SECONDS and attempts < WAKE_ATTEMPTS:
        best = min(best, time_of_wake(trial))
        attempts += 1
    expect(
        best <= WAKE_SECONDS,
        f"the reader went on {best:.3f} s after close(), at best, in {attempts} attempts",
    )


def time_of_wake(trial: Trial) -> float:
    """Give the seconds from a close to the end of a read in another thread."""
    with trial.open(FRAMES[0], Stall(), *FRAMES[1:]) as con:
        trial.expect_frames(con, FRAMES[:1])
        trial.doing = "closing the connection in which another thread waits"
        read = BackgroundRead(con.read_event)
        time.sleep(SETTLE_SECONDS)  # closed before it waits, it would end the same way
        closed = time.monotonic()
        con.close()
        trial.doing = "waiting for the reader whose connection was closed"
        read.ends_within(None)
    outcome = read.outcome
    is_closed_s = isinstance(outcome, ValueError) and not isinstance(outcome, StreamError)
    expect(is_closed_s, f"the reader got {outcome!r}, not a closed file's error")
    return read.ended_at - closed


CLAUSES = (
    Clause("close", "close() may be called twice, and reading after it is ValueError", check_close),
    Clause("source closed", "closing the connection closes its source", check_source_closed),
    Clause(
        "early close",
        "close() does not wait for bytes still to come",
        check_early_close,
        ("stalls",),
    ),
    Clause(
        "wake",
        f"close() ends a read that waits in another thread, within {WAKE_SECONDS * 1000:.0f} ms, "
        "with ValueError",
        check_wake,
        ("stalls", "wakes"),
    ),
)
