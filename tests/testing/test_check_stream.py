"""The conformance check finds sources that break the contract."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from awsio.errors import StreamTimeoutError, TruncatedStreamError
from awsio.testing import StreamPieces, check_stream
from awsio.testing.conformance.pieces import FRAMES
from tests.support.queue_source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: For sources that are known to hang. Clauses that hold have to hold within it.
PATIENCE = 1.5


def test_a_source_that_keeps_the_contract_passes_every_clause() -> None:
    report = check_stream(Source, announces_end=True)
    assert report.left_out == {}
    assert len(report.checked) == len(set(report.checked)) == 18
    assert str(report).splitlines()[0] == "frames: holds"


class WaitsForAFullBuffer(Source):
    def read(self, size: int, deadline: float | None = None) -> bytes:
        got = b""
        while len(got) < size and (data := super().read(size - len(got), deadline)):
            got += data
        return got


class DropsAByteAtATimeout(Source):
    dropped = 0

    def read(self, size: int, deadline: float | None = None) -> bytes:
        try:
            data = super().read(size, deadline)
        except StreamTimeoutError:
            self.dropped = 1
            raise
        lost, self.dropped = self.dropped, 0
        return data[lost:]


class ForgetsWhatWasNotAskedFor(Source):
    def read(self, size: int, deadline: float | None = None) -> bytes:
        data = super().read(size, deadline)
        self._rest = b""
        return data


class NeverEnds(Source):
    def _take(self, deadline: float | None) -> None:
        super()._take(deadline)
        if self._ended:
            threading.Event().wait(PATIENCE * 3)


class FailsAtTheEnd(Source):
    def _take(self, deadline: float | None) -> None:
        super()._take(deadline)
        if self._ended:
            msg = "no more"
            raise KeyError(msg)


class GoesOnBehindTheEnd(Source):
    def _fill(self, pieces: StreamPieces) -> None:
        for piece in pieces:
            self._queue.put(piece)
            self._queue.put(piece)
        self._queue.put(b"")


class HidesACut(Source):
    def _take(self, deadline: float | None) -> None:
        try:
            super()._take(deadline)
        except TruncatedStreamError:
            self._ended = True


class EndsAtATimeout(Source):
    def read(self, size: int, deadline: float | None = None) -> bytes:
        try:
            return super().read(size, deadline)
        except StreamTimeoutError:
            return b""


class MindsNoDeadline(Source):
    def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - that is it
        return super().read(size)


class GivesUpForGood(Source):
    def read(self, size: int, deadline: float | None = None) -> bytes:
        try:
            return super().read(size, deadline)
        except StreamTimeoutError:
            raise StreamTimeoutError("late") from None


class CannotBePolled(Source):
    def read(self, size: int, deadline: float | None = None) -> bytes:
        if deadline is not None and deadline <= time.monotonic() + 1:
            raise StreamTimeoutError("late", resumable=True)
        return super().read(size, deadline)


class RepairsFrames(Source):
    """Hides every damage: the frames that it is given are always the same."""

    def _fill(self, pieces: StreamPieces) -> None:
        for number, piece in enumerate(pieces):
            whole = number < len(FRAMES) and len(piece) == len(FRAMES[number])
            self._queue.put(FRAMES[number] if whole else piece)
        self._queue.put(TruncatedStreamError("cut") if pieces.cut else b"")


class EndsInSilence(Source):
    def _take(self, deadline: float | None) -> None:
        with suppress(StreamTimeoutError):
            super()._take(time.monotonic() + 0.1 if deadline is None else deadline)


class FailsInSilence(Source):
    def _take(self, deadline: float | None) -> None:
        super()._take(time.monotonic() + 0.1 if deadline is None else deadline)


class LosesWhatComesInSilence(Source):
    """Drops what comes to a read that has waited."""

    def _take(self, deadline: float | None) -> None:
        try:
            super()._take(time.monotonic() + 0.1 if deadline is None else deadline)
        except StreamTimeoutError:
            super()._take(None)
            self._rest = b"" if self._ended else self._rest[1:]


class DoesNotClose(Source):
    def close(self, *, drain: bool) -> None:
        """Close nothing."""


class ClosesAtTheEnd(Source):
    def close(self, *, drain: bool) -> None:
        while self.read(1000):
            pass
        super().close(drain=drain)


class CannotBeWoken(Source):
    def wake(self) -> None:
        """Wake nobody."""


class WakesLate(Source):
    def wake(self) -> None:
        time.sleep(0.12)
        super().wake()


SOURCES: dict[type[Source], tuple[str, str]] = {
    WaitsForAFullBuffer: ("arrival", "waiting for frame 1 of 1"),
    DropsAByteAtATimeout: ("timeout", "PreludeChecksumError: .*waiting for frame 1 of 3"),
    ForgetsWhatWasNotAskedFor: ("long frames", "MessageChecksumError: .*waiting for frame"),
    NeverEnds: ("frames", "hung for 1.5 s, waiting for the end"),
    GoesOnBehindTheEnd: ("frames", "where the end was due came"),
    HidesACut: ("cut", r"read_event\(\) behind the cut gave None"),
    EndsInSilence: ("silence", r"read_event\(\) gave None while the source stood still"),
    FailsInSilence: ("silence", r"raised StreamTimeoutError\('late'\) while the source"),
    LosesWhatComesInSilence: ("silence", "PreludeChecksumError: .*waiting for frame 1 of 1"),
    EndsAtATimeout: ("timeout", "gave None where StreamTimeoutError was due"),
    MindsNoDeadline: ("timeout", "standing still 0 bytes into a frame"),
    GivesUpForGood: ("timeout", "not resumable"),
    CannotBePolled: ("poll", "waiting for frame"),
    RepairsFrames: ("damage", "of a damaged frame gave"),
    DoesNotClose: ("source closed", "source.closed is False"),
    ClosesAtTheEnd: ("early close", "closing the connection while the source stands still"),
    CannotBeWoken: ("wake", "the reader whose connection was closed"),
    WakesLate: ("wake", "s after close"),
}
#: The clause that they break waits for something that never comes.
HANGS = (
    WaitsForAFullBuffer,
    NeverEnds,
    MindsNoDeadline,
    CannotBePolled,
    ClosesAtTheEnd,
    CannotBeWoken,
)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_a_source_that_breaks_the_contract_is_found_by_the_clause(source: type[Source]) -> None:
    clause, seen = SOURCES[source]
    patience = {"patience": PATIENCE} if source in HANGS else {}
    with pytest.raises(AssertionError, match=f"(?s)'{clause}' is broken.*Seen: .*({seen})"):
        check_stream(source, announces_end=clause == "cut", **patience)


def test_a_source_that_ends_in_silence_is_found_without_timeouts_and_waking() -> None:
    with pytest.raises(AssertionError, match=r"'silence' is broken: .*silence is no end"):
        check_stream(EndsInSilence, timeouts=False, wakes=False)


class GivesNone(Source):
    def read(self, size: int, deadline: float | None = None) -> Any:
        return super().read(size, deadline) or None


class GivesText(Source):
    def read(self, size: int, deadline: float | None = None) -> Any:
        return super().read(size, deadline).decode("latin-1")


class GivesABuffer(Source):
    def read(self, size: int, deadline: float | None = None) -> Any:
        return bytearray(super().read(size, deadline))


class GivesTooMuch(Source):
    def read(self, size: int, deadline: float | None = None) -> bytes:
        return super().read(size + 1, deadline)


class TakesNoDeadline(Source):
    def read(self, size: int) -> bytes:  # type: ignore[override]  # this is what it does wrong
        return super().read(size)


class RaisesTimeoutError(Source):
    def read(self, size: int, deadline: float | None = None) -> bytes:
        try:
            return super().read(size, deadline)
        except StreamTimeoutError:
            msg = "late"
            raise TimeoutError(msg) from None


class FailsToClose(Source):
    def close(self, *, drain: bool) -> None:
        msg = f"drain is {drain}"
        raise KeyError(msg)


class FailsToWake(Source):
    def wake(self) -> None:
        raise ZeroDivisionError


class File:
    """A file by its looks, of what a function makes of the bytes."""

    make: Any = bytes

    def __init__(self, pieces: StreamPieces) -> None:
        self._data = io.BytesIO(b"".join(pieces))

    def read(self, size: int) -> Any:
        return type(self).make(self._data.read(size))


class GivesNoneInAFile(File):
    make = staticmethod(lambda data: data or None)


class GivesANumberInAFile(File):
    make = len


MISTAKES: dict[type[Any], tuple[str, str]] = {
    FailsAtTheEnd: ("frames", "the source raised KeyError: 'no more'; waiting for the end"),
    GivesNone: ("frames", r"the source's read\(\d+\) gave None, not bytes; waiting for the end"),
    GivesText: ("frames", r"the source's read\(\d+\) gave str, not bytes; waiting for frame 1"),
    GivesABuffer: ("frames", r"the source's read\(\d+\) gave bytearray, not bytes; waiting"),
    GivesTooMuch: ("long frames", r"the source's read\((\d+)\) gave \d+ bytes, more than"),
    TakesNoDeadline: ("frames", "the source raised TypeError: .*read.. takes 2 positional"),
    RaisesTimeoutError: (
        "timeout",
        r"the source raised TimeoutError: late \(at its deadline.*\); ",
    ),
    FailsToClose: ("frames", "the source raised KeyError: 'drain is False'; closing the conn"),
    FailsToWake: ("wake", "the source raised ZeroDivisionError: ; closing the connection in"),
    GivesNoneInAFile: (
        "frames",
        r"the source raised TypeError: read\(\) of a .* returned None, and",
    ),
    GivesANumberInAFile: (
        "frames",
        r"the source raised TypeError: read\(\) of a .* returned int, not by",
    ),
}


@pytest.mark.parametrize("source", MISTAKES, ids=lambda source: source.__name__)
def test_what_the_source_itself_does_wrong_stands_first(source: type[Any]) -> None:
    clause, mistake = MISTAKES[source]
    with pytest.raises(AssertionError, match=f"(?s)^{mistake}.*\nIn clause '{clause}': ") as caught:
        check_stream(source)
    assert caught.value.__cause__ is not None


def test_what_the_factory_raises_stands_first() -> None:
    def factory(_pieces: StreamPieces) -> Any:
        raise KeyError("a")

    with pytest.raises(AssertionError, match=r"^the factory raised KeyError: 'a'; making the"):
        check_stream(factory)


@contextmanager
def nothing(_pieces: StreamPieces) -> Iterator[None]:
    yield None


@pytest.mark.parametrize(
    ("factory", "given"),
    [(nothing, "None"), (lambda _: None, "None"), (lambda _: io.StringIO(), "<_io.StringIO")],
    ids=["none in a context", "none", "text"],
)
def test_what_cannot_be_read_is_told(factory: Callable[[StreamPieces], Any], given: str) -> None:
    with pytest.raises(TypeError, match=f"^the factory gave {given}.*: it is to give what a Paws"):
        check_stream(factory)


def test_a_source_that_is_at_rest_and_was_called_live_is_found() -> None:
    with pytest.raises(AssertionError, match=r"(?s)'arrival'.*making the source"):
        check_stream(lambda pieces: io.BytesIO(b"".join(pieces)), patience=PATIENCE)


def test_the_source_is_closed_before_the_factory_goes_on() -> None:
    order = []

    @contextmanager
    def factory(pieces: StreamPieces) -> Iterator[io.BytesIO]:
        with io.BytesIO(b"".join(pieces)) as file:
            yield file
            order.append(file.closed)

    check_stream(factory, stalls=False)
    assert set(order) == {True}


def test_a_skip_inside_the_factory_stays_a_skip() -> None:
    def factory(_pieces: StreamPieces) -> Any:
        pytest.skip("no such source here")

    with pytest.raises(pytest.skip.Exception, match="no such source here"):
        check_stream(factory)


def test_what_is_left_out_is_told_with_the_reason() -> None:
    report = check_stream(Source, stalls=False, timeouts=False, wakes=False)
    assert report.left_out == {
        "cut": "the source's transport announces no end (announces_end=False)",
        "arrival": "the source cannot stand still (stalls=False)",
        "poll": "the source cannot be waited for in time (timeouts=False)",
        "timeout": "the source cannot stand still (stalls=False)",
        "silence": "the source cannot stand still (stalls=False)",
        "early close": "the source cannot stand still (stalls=False)",
        "wake": "the source cannot stand still (stalls=False)",
    }
    told = "arrival: left out, the source cannot stand still (stalls=False)"
    assert told in str(report).splitlines()


def test_a_cut_is_told_to_the_factory_with_the_length_that_is_announced() -> None:
    seen: list[tuple[bool, int, int]] = []

    def factory(pieces: StreamPieces) -> Source:
        source = Source(pieces)
        seen.append((pieces.cut, pieces.length, sum(map(len, pieces))))
        return source

    check_stream(factory, stalls=False, announces_end=True)
    assert {cut: length - came for cut, length, came in seen} == {False: 0, True: 7}


def test_it_needs_no_pytest() -> None:
    code = (
        "import sys; sys.modules['pytest'] = None; import io; "
        "from awsio.testing import check_stream; "
        "check_stream(lambda pieces: io.BytesIO(b''.join(pieces)), stalls=False)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
