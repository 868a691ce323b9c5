"""Clauses about streams that end where they must not, and damaged ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsio.errors import MessageChecksumError, PreludeChecksumError, TruncatedStreamError
from awsio.testing.conformance.pieces import FRAMES, WIRE
from awsio.testing.conformance.trial import Clause, Trial, expect, expect_error, take

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsio.connection import PawsConnection

__all__ = ("CLAUSES",)

# Inside a length, the prelude, the headers, and one byte before the end.
CUTS = (1, 11, 12, 40, -1)
# A frame's second CRC is its last byte's, the first one stands behind the lengths.
MESSAGE_CRC, PRELUDE_CRC = -1, 11


def check_truncation(trial: Trial) -> None:
    """End inside the last frame."""
    *whole, last = FRAMES
    for at in CUTS:
        with trial.open(*whole, last[:at]) as con:
            expect_truncation(trial, con, whole)
        with trial.open(*whole, last[:at]) as con:
            expect_truncated_bytes(trial, con, b"".join(whole) + last[:at])


def check_cut(trial: Trial) -> None:
    """Break the transport off, behind a frame and inside one."""
    for at in (len(FRAMES[-1]), 40):
        steps = (*FRAMES[:-1], FRAMES[-1][:at])
        whole = [frame for frame in steps if frame in FRAMES]
        with trial.open(*steps, cut=True) as con:
            expect_truncation(trial, con, whole)
        with trial.open(*steps, cut=True) as con:
            expect_truncated_bytes(trial, con, b"".join(steps))


def expect_truncation(trial: Trial, con: PawsConnection, whole: list[bytes]) -> None:
    """Read the whole frames, then the error, again and again."""
    trial.expect_frames(con, whole)
    trial.doing = "waiting for the end that comes too early"
    reads: dict[str, Callable[[], Any]] = {
        "read_event": con.read_event,
        "read_frame": con.read_frame,
    }
    for name, read in reads.items():
        expect_error(TruncatedStreamError, f"{name}() behind the cut", read)
    expect(not con.is_complete(), "is_complete() is True for a stream that was cut")


def expect_truncated_bytes(trial: Trial, con: PawsConnection, data: bytes) -> None:
    """Read the bytes that there are, then the error."""
    trial.doing = "reading bytes up to a cut"
    got = take(con, len(data))
    expect(got == data, f"before the cut came {got!r}, not {data!r}")
    expect_error(TruncatedStreamError, "read() behind the cut", lambda: con.read(1))


def check_damage(trial: Trial) -> None:
    """Give frames of which one has a wrong checksum."""
    for at, kind in ((MESSAGE_CRC, MessageChecksumError), (PRELUDE_CRC, PreludeChecksumError)):
        damaged = bytearray(FRAMES[1])
        damaged[at] ^= 1
        with trial.open(FRAMES[0], bytes(damaged), *FRAMES[2:]) as con:
            trial.expect_frames(con, FRAMES[:1])
            trial.doing = "waiting for a damaged frame"
            expect_error(kind, "read_event() of a damaged frame", con.read_event, times=3)
            expect(not con.is_complete(), "is_complete() is True for a damaged stream")
    with trial.open(WIRE[1:]) as con:
        expect_error(PreludeChecksumError, "read_event() beside a border", con.read_event)


CLAUSES = (
    Clause(
        "truncation",
        "bytes that end inside a frame give every whole frame, then TruncatedStreamError "
        "again and again",
        check_truncation,
    ),
    Clause(
        "cut",
        "a transport that ends before the end it announced gives every whole frame, then "
        "TruncatedStreamError again and again",
        check_cut,
        ("announces_end",),
    ),
    Clause("damage", "a wrong checksum is an error that stays, never an end", check_damage),
)
