"""Clauses about streams that come while they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsio.errors import StreamTimeoutError
from awsio.testing.conformance.background import BackgroundRead
from awsio.testing.conformance.pieces import FRAMES, Stall
from awsio.testing.conformance.trial import Clause, Trial, expect, expect_error, shown, take

if TYPE_CHECKING:
    from awsio.connection import PawsConnection
    from awsio.testing.conformance.pieces import Step

__all__ = ("CLAUSES",)

# Where in a frame the source stands still: before it, in a length, behind the prelude,
# in the headers, and one byte before its end.
STALLS = (0, 1, 12, 40, len(FRAMES[1]) - 1)
SHORT = 0.01
SILENCE = 0.2  # seconds that a read is watched while the source stands still


def check_arrival(trial: Trial) -> None:
    """Read each frame while the source stands still behind it."""
    stalls = [Stall() for _ in FRAMES]
    steps: list[Step] = [step for pair in zip(FRAMES, stalls, strict=True) for step in pair]
    with trial.open(*steps) as con:
        for frame, stall in zip(FRAMES, stalls, strict=True):
            trial.expect_frames(con, [frame])
            stall.open()
        trial.expect_end(con)
    stall = Stall()
    with trial.open(FRAMES[0], stall, *FRAMES[1:]) as con:
        trial.doing = "waiting for bytes that were given, fewer than were asked for"
        expect(take(con, len(FRAMES[0])) == FRAMES[0], "other bytes came")
        stall.open()
        trial.expect_frames(con, FRAMES[1:])


def check_silence(trial: Trial) -> None:
    """Read while the source stands still, and go on waiting when it does not any more."""
    stall = Stall()
    with trial.open(FRAMES[0], stall, *FRAMES[1:]) as con:
        trial.expect_frames(con, FRAMES[:1])
        read = BackgroundRead(lambda: con.read_event(raw=True))
        early = read.ends_within(SILENCE)
        what = "raised" if isinstance(read.outcome, Exception) else "gave"
        expect(
            not early,
            f'read_event() {what} {shown(read.outcome)} while the source stood still; b"" of a '
            "source's read() is its end",
        )
        trial.doing = "waiting for the frame that came when the source went on"
        stall.open()
        read.ends_within(None)
        trial.expect_frames(con, FRAMES[1:2], lambda: result(read.outcome))
        trial.expect_frames(con, FRAMES[2:])
        trial.expect_end(con)


def result(outcome: Any) -> Any:
    """Give what a read gave, or raise what it raised."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def check_poll(trial: Trial) -> None:
    """Read frames with a timeout, and without waiting."""
    with trial.open(*FRAMES) as con:
        trial.expect_frames(con, FRAMES[:2], lambda: con.read_event(raw=True, timeout=60))
        trial.expect_frames(con, FRAMES[2:], lambda: trial.poll(con))
        trial.expect_end(con)


def check_timeout(trial: Trial) -> None:
    """Run out of time everywhere in a frame, then read on."""
    frame = FRAMES[1]
    for at in STALLS:
        stall = Stall()
        head: tuple[Step, ...] = (frame[:at],) if at else ()
        with trial.open(FRAMES[0], *head, stall, frame[at:], *FRAMES[2:]) as con:
            trial.expect_frames(con, FRAMES[:1])
            trial.doing = f"standing still {at} bytes into a frame, with a timeout"
            stall.reached.wait()
            run_out_of_time(con)
            stall.open()
            trial.expect_frames(con, FRAMES[1:])
            trial.expect_end(con)


def run_out_of_time(con: PawsConnection) -> None:
    """Read with each kind of timeout, which all run out."""
    for timeout in (SHORT, 0, SHORT):
        expect_resumable(con, f"read_event(timeout={timeout})", timeout)
    con.idle_timeout = SHORT
    expect_resumable(con, f"read_event() with an idle_timeout of {SHORT}")
    con.idle_timeout = None


def expect_resumable(con: PawsConnection, what: str, timeout: float | None = None) -> None:
    """Run out of time once."""
    error = expect_error(StreamTimeoutError, what, lambda: con.read_event(timeout=timeout), times=1)
    expect(getattr(error, "resumable", False), f"{what} raised a timeout that is not resumable")


CLAUSES = (
    Clause(
        "arrival",
        "what has arrived is given at once, and waits for nothing behind it",
        check_arrival,
        ("stalls",),
    ),
    Clause(
        "silence",
        "a read waits while nothing comes: silence is no end",
        check_silence,
        ("stalls",),
        lasts=SILENCE,
    ),
    Clause(
        "poll",
        "a read with a timeout, 0 too, gives what a read without one gives",
        check_poll,
        ("timeouts",),
    ),
    Clause(
        "timeout",
        "a timeout that runs out raises StreamTimeoutError, and the next read goes on with "
        "nothing lost",
        check_timeout,
        ("stalls", "timeouts"),
    ),
)
