"""Clauses about streams that come whole: frames, bytes, and both."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING

from awsio.errors import ReaderConflictError
from awsio.testing.conformance.pieces import FRAMES, PAYLOAD, WIRE, records
from awsio.testing.conformance.trial import Clause, Trial, expect, expect_error, take

if TYPE_CHECKING:
    from awsio.connection import PawsConnection

__all__ = ("CLAUSES",)

SIZES = (1, 7, 64, 3, 1000)
INSIDE = 20  # bytes into a frame, beyond its lengths


def check_frames(trial: Trial) -> None:
    """Read frames in order, then the end."""
    with trial.open(WIRE) as con:
        expect(not con.is_complete(), "is_complete() is True before anything was read")
        trial.expect_frames(con)
        trial.expect_end(con)
    with trial.open() as con:
        trial.expect_end(con)


def check_pieces(trial: Trial) -> None:
    """Read frames that come byte by byte, and in pieces that are no frames."""
    for size in (1, 13, len(FRAMES[0]) + 1):
        with trial.open(*(WIRE[at : at + size] for at in range(0, len(WIRE), size))) as con:
            trial.expect_frames(con)
            trial.expect_end(con)


def check_long_frames(trial: Trial) -> None:
    """Read frames above the size of every buffer."""
    frames = [records(bytes([number]) * 150_000) for number in range(3)]
    with trial.open(*frames) as con:
        trial.expect_frames(con, frames)
        trial.expect_end(con)


def check_bytes(trial: Trial) -> None:
    """Read bytes, all at once and a few at a time."""
    trial.doing = "reading all bytes"
    with trial.open(*FRAMES) as con:
        got = con.readall()
        expect(got == WIRE, f"readall() gave {len(got)} bytes, not the {len(WIRE)} that came")
        expect(con.read(1) == b"", "read(1) gave bytes behind the end")
    with trial.open(*FRAMES) as con:
        trial.doing = "reading a few bytes at a time"
        got, sizes = b"", [*SIZES]
        while piece := read_into(con, sizes[0]):
            got += piece
            sizes.append(sizes.pop(0))
        expect(got == WIRE, f"readinto() gave {got!r} in all, not {WIRE!r}")
        expect(con.is_complete(), "is_complete() is False at the end")


def read_into(con: PawsConnection, size: int) -> bytes:
    """Read into a buffer."""
    buffer = bytearray(size)
    count = con.readinto(buffer)
    expect(not any(buffer[count:]), f"readinto() wrote behind the {count} bytes that it tells of")
    return bytes(buffer[:count])


def check_file(trial: Trial) -> None:
    """Read through what takes any file."""
    trial.doing = "reading through io.BufferedReader"
    with trial.open(*FRAMES) as con:
        reader = io.BufferedReader(con)
        head = reader.read(INSIDE)
        expect(head == WIRE[:INSIDE], f"io.BufferedReader.read({INSIDE}) gave {head!r}")
        expect(reader.read() == WIRE[INSIDE:], "io.BufferedReader.read() gave other bytes")
        reader.close()
        expect(con.closed, "closing io.BufferedReader left the connection open")
    trial.doing = "reading through shutil.copyfileobj"
    with trial.open(*FRAMES) as con:
        shutil.copyfileobj(con, target := io.BytesIO())
        expect(target.getvalue() == WIRE, "shutil.copyfileobj wrote other bytes")


def check_payload(trial: Trial) -> None:
    """Read what the frames carry."""
    with trial.open(*FRAMES) as con:
        trial.doing = "reading payload()"
        got = con.payload().read()
        expect(got == PAYLOAD, f"payload().read() gave {got!r}, not {PAYLOAD!r}")
    with trial.open(*FRAMES) as con:
        trial.doing = "reading lines of payload()"
        lines = list(con.payload())
        expect(lines == PAYLOAD.splitlines(keepends=True), f"payload() gave the lines {lines!r}")


def check_mixing(trial: Trial) -> None:
    """Read a frame, bytes up to a border, bytes up to the middle, and a frame."""
    with trial.open(WIRE) as con:
        trial.expect_frames(con, FRAMES[:1])
        trial.doing = "reading bytes behind a frame"
        got = take(con, len(FRAMES[1]))
        expect(got == FRAMES[1], f"the bytes behind the first frame came as {got!r}")
        head = take(con, INSIDE)
        conflict = expect_error(ReaderConflictError, "an event inside a frame", con.read_event)
        left = len(FRAMES[2]) - INSIDE
        missing = getattr(conflict, "missing", None)
        expect(missing == left, f"{missing} bytes were told to be missing, not {left}")
        got = head + take(con, left)
        expect(got == FRAMES[2], f"the bytes of the third frame came as {got!r}")
        trial.expect_frames(con, FRAMES[3:])
        trial.expect_end(con)


CLAUSES = (
    Clause("frames", "every frame comes once, in order, then None again and again", check_frames),
    Clause("pieces", "frames may come in any pieces, byte by byte too", check_pieces),
    Clause("long frames", "frames above the size of every buffer come whole", check_long_frames),
    Clause("bytes", "reads of bytes give the bytes of the wire, no more than asked", check_bytes),
    Clause("file", "what takes a raw file can read the connection", check_file),
    Clause("payload", "payload() is a file of what the frames carry, joined", check_payload),
    Clause("mixing", "bytes, frames and events may be mixed, and nothing is lost", check_mixing),
)
