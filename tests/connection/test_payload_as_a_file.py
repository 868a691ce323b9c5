"""``payload()`` beside ``io.BufferedReader`` over the same bytes: the same file."""

from __future__ import annotations

import io
import marshal
import pickle
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsio import EventParser, PawsConnection
from awsio.errors import StreamTimeoutError
from awsio.events import operation_model
from awsio.payload import PayloadFile, PayloadReader
from tests.support.frames import event
from tests.support.waiting import Task

SELECT = EventParser.for_operation(operation_model("s3", "SelectObjectContent"))
OCTETS = "application/octet-stream"
BIG = 64 * 1024


def payload_of(*pieces: bytes) -> io.BufferedReader:
    frames = [event("Records", piece, OCTETS) for piece in pieces]
    return PawsConnection(io.BytesIO(b"".join((*frames, event("End", b"")))), SELECT).payload()


class Number:
    """Not an int, and good for an index."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value


Action: TypeAlias = Callable[[Any], Any]


def outcome(action: Action, file: Any) -> Any:
    """Return what an action gives, or the type of what it raises."""
    try:
        return action(file)
    except (TypeError, ValueError, OSError, BufferError) as error:
        # UnsupportedOperation is both of two types, and the better word.
        return io.UnsupportedOperation if isinstance(error, OSError) else type(error)


def into(name: str, size: int, file: Any) -> Any:
    buffer = bytearray(b"." * size)
    return getattr(file, name)(buffer), bytes(buffer)


SIZES = st.integers(-3, 40) | st.sampled_from([None, BIG, BIG + 1, Number(3), 5.3, "a", True])
# Reads whose results do not depend on how the pieces are cut.
READS: st.SearchStrategy[Action] = st.one_of(
    st.builds(lambda size: lambda file: file.read(size), SIZES),
    st.builds(lambda size: lambda file: file.readline(size), SIZES),
    st.builds(lambda hint: lambda file: file.readlines(hint), SIZES),
    st.builds(lambda size: partial(into, "readinto", size), st.integers(0, 40)),
    st.sampled_from(
        [
            lambda file: file.read(),
            lambda file: file.readline(),
            lambda file: file.readlines(),
            lambda file: next(file, None),
            lambda file: file.tell(),
            lambda file: file.readinto(b"cannot be written to"),
            lambda file: file.readinto1(memoryview(b"neither")),
            lambda file: file.readinto("a"),
            lambda file: file.closed,
            lambda file: file.readable(),
            lambda file: file.writable(),
            lambda file: file.isatty(),
            lambda file: file.write(b"x"),
            lambda file: file.writelines([b"x"]),
            lambda file: file.close(),
            lambda file: file.flush(),
        ]
    ),
)


@settings(max_examples=300)
@given(
    st.lists(st.text("ab\n", max_size=12).map(str.encode), max_size=8),
    st.lists(READS, max_size=8),
)
def test_it_reads_as_a_buffered_reader_does(pieces: list[bytes], actions: list[Action]) -> None:
    mine, theirs = payload_of(*pieces), io.BufferedReader(io.BytesIO(b"".join(pieces)))  # type: ignore[arg-type]
    for action in actions:
        assert outcome(action, mine) == outcome(action, theirs)
    for file in (mine, theirs):
        file.close()
    for action in actions:  # and so it fails once it is closed
        assert outcome(action, mine) == outcome(action, theirs)


@given(
    st.lists(st.binary(min_size=1, max_size=12), max_size=8),
    st.lists(st.integers(1, 20), max_size=12),
    st.sampled_from(["read1", "readinto1", "peek"]),
)
def test_what_is_there_comes_whatever_the_pieces(
    pieces: list[bytes], sizes: list[int], name: str
) -> None:
    file, whole, got = payload_of(*pieces), b"".join(pieces), b""
    for size in sizes:
        if name == "peek":
            seen = file.peek(size)
            assert whole[len(got) :].startswith(seen)
            assert bool(seen) is (len(got) < len(whole))
            data = file.read1(size)
            assert data == seen[:size]
        elif name == "read1":
            data = file.read1(size)
        else:
            count, buffer = into("readinto1", size, file)
            data = buffer[:count]
        assert len(data) <= size
        assert bool(data) is (len(got) < len(whole))
        got += data
        assert file.tell() == len(got)
    assert got + file.read() == whole


@given(
    st.lists(st.binary(min_size=1, max_size=12), max_size=8),
    st.lists(st.integers(0, 20), max_size=3),
)
def test_a_detached_raw_file_continues_where_the_file_stopped(
    pieces: list[bytes], sizes: list[int]
) -> None:
    file, whole = payload_of(*pieces), b"".join(pieces)
    got = b"".join(file.read(size) for size in sizes)
    file.peek(1)
    raw = file.detach()
    assert got + raw.readall() == whole
    for action in (lambda: file.read(1), file.detach, file.tell, lambda: file.closed):
        with pytest.raises(ValueError, match="detached"):
            action()


def in_pieces(data: bytes) -> list[bytes]:
    return [data[at : at + BIG] for at in range(0, len(data), BIG)]


LOADS = {"pickle": pickle.load, "pickle in Python": pickle._load, "marshal": marshal.load}  # type: ignore[attr-defined]  # noqa: SLF001 - no other way


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS.keys())
def test_what_reads_by_readinto_reads_across_frames(load: Callable[[Any], Any]) -> None:
    value = {"numbers": list(range(20_000)), "bytes": bytes(100_000)}
    data = (marshal if load is marshal.load else pickle).dumps(value)
    assert len(data) > 150_000
    assert load(payload_of(*in_pieces(data))) == value


def test_pandas_reads_a_pickle_across_frames() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pandas.DataFrame({"n": range(30_000), "x": [1.5] * 30_000})
    file = io.BytesIO()
    table.to_pickle(file)
    assert len(file.getvalue()) > 200_000
    assert pandas.read_pickle(payload_of(*in_pieces(file.getvalue()))).equals(table)


class Failing:
    """Pieces, and failures between them."""

    def __init__(self, *pieces: bytes | None) -> None:
        self._pieces = list(pieces)

    def __call__(self) -> bytes | None:
        if not self._pieces:
            return None
        piece = self._pieces.pop(0)
        if piece is None:
            raise StreamTimeoutError("late", resumable=True)
        return piece


READ_NAMES = ["read", "read(n)", "readline", "readlines", "readinto", "read1", "peek", "readinto1"]


def read_by(name: str, file: Any, size: int) -> bytes:
    if name == "read":
        found: bytes = file.read()
    elif name in {"readinto", "readinto1"}:
        count, buffer = into(name, size, file)
        found = buffer[:count]
    elif name == "readlines":
        found = b"".join(file.readlines())
    elif name == "readline":
        found = file.readline()
    else:
        if name == "peek":
            file.peek(size)
        found = file.read(size) if name == "read(n)" else file.read1(size)
    return found


@given(
    st.lists(st.none() | st.text("ab\n", min_size=1, max_size=9).map(str.encode), max_size=9),
    st.lists(st.tuples(st.sampled_from(READ_NAMES), st.integers(1, 30)), min_size=1),
    st.sampled_from([4, BIG]),
)
def test_a_read_that_fails_loses_nothing(
    pieces: list[bytes | None], reads: list[tuple[str, int]], buffer_size: int
) -> None:
    file = PayloadFile(PayloadReader(Failing(*pieces)), buffer_size)
    whole = b"".join(piece for piece in pieces if piece)
    got = b""
    for name, size in reads:
        try:
            got += read_by(name, file, size)
        except StreamTimeoutError:
            assert file.tell() == len(got)
    while len(got) < len(whole):
        try:
            data = file.read1(5)
        except StreamTimeoutError:
            continue
        assert data
        got += data
    assert got == whole


def test_many_pieces_that_were_not_delivered_are_not_counted_again_for_each() -> None:
    """Reading all of a long stream takes time by its length, and not by its square."""
    pieces = iter([b"x" * 100] * 20_000)
    lengths = 0

    class Counted(bytes):
        def __len__(self) -> int:
            nonlocal lengths
            lengths += 1
            return super().__len__()

    file = PayloadFile(PayloadReader(lambda: next(map(Counted, pieces), None)), BIG)
    assert len(file.read()) == 2_000_000
    assert lengths < 20_000 * 10


@pytest.fixture
def quick_switches() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("quick_switches")
@pytest.mark.parametrize("name", ["read(n)", "readline", "readinto", "read1", "readlines"])
def test_each_byte_goes_to_one_thread(name: str) -> None:
    lines = [b"%d\n" % number for number in range(600)]
    data = b"".join(lines)
    pieces = [data[at : at + 11] for at in range(0, len(data), 11)]

    def share(file: Any) -> list[bytes]:
        found: list[bytes] = []
        while part := read_by(name, file, 7):
            found.append(part)
        return found

    for _ in range(10):
        file = payload_of(*pieces)
        tasks = [Task(partial(share, file)) for _ in range(3)]
        shares = [task.result() for task in tasks]
        parts = [part for one in shares for part in one]
        assert sorted(b"".join(parts)) == sorted(data)
        if name == "readline":
            assert sorted(parts) == sorted(lines)


def test_a_read_inside_a_read_is_refused_and_loses_nothing() -> None:
    pieces = [b"abc", b"def"]
    refused: list[type[BaseException]] = []

    def next_piece() -> bytes | None:
        try:
            file.read(1)
        except RuntimeError as error:
            refused.append(type(error))
        return pieces.pop(0) if pieces else None

    file = PayloadFile(PayloadReader(next_piece), BIG)
    assert file.read(4) == b"abcd"
    assert file.read() == b"ef"
    assert len(refused) >= 3
