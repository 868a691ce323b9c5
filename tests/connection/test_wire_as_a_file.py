"""A connection's bytes beside ``io.FileIO`` over the same ones: the same raw file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsio import PawsConnection

if TYPE_CHECKING:
    from pathlib import Path

Action: TypeAlias = Callable[[Any], Any]


class Number:
    """Not an int, and good for an index."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value


def into(size: int) -> Action:
    def read(file: Any) -> Any:
        buffer = bytearray(b"." * size)
        return file.readinto(buffer), bytes(buffer)

    return read


SIZES = st.integers(-3, 40) | st.sampled_from([None, 1 << 20, Number(3), 5.3, "a", True])
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(lambda size: lambda file: file.read(size), SIZES),
    st.builds(lambda size: lambda file: file.readline(size), SIZES),
    st.builds(lambda hint: lambda file: file.readlines(hint), SIZES),
    st.builds(into, st.integers(0, 40)),
    st.sampled_from(
        [
            lambda file: file.read(),
            lambda file: file.readall(),
            lambda file: file.readline(),
            lambda file: file.readlines(),
            lambda file: file.readinto(b"cannot be written to"),
            lambda file: file.readinto("a"),
            lambda file: file.readinto(memoryview(bytearray(4))[::2]),
            lambda file: file.closed,
            lambda file: file.readable(),
            lambda file: file.writable(),
            lambda file: file.isatty(),
            lambda file: file.write(b"x"),
            lambda file: file.writelines([b"x"]),
            lambda file: file.close(),
            lambda file: file.flush(),
            lambda file: file.__enter__() is file,
            lambda file: iter(file) is file,
        ]
    ),
)


def outcome(action: Action, file: Any) -> Any:
    """Return what an action gives, or the type of what it raises."""
    try:
        return action(file)
    except (TypeError, ValueError, OSError, BufferError) as error:
        if isinstance(error, OSError):
            return io.UnsupportedOperation
        return TypeError if isinstance(error, BufferError) else type(error)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("file") / "bytes"


@settings(max_examples=300)
@given(st.text("ab\n", max_size=60).map(str.encode), st.lists(ACTIONS, max_size=8))
def test_it_reads_as_a_raw_file_does(path: Path, data: bytes, actions: list[Action]) -> None:
    path.write_bytes(data)
    mine = PawsConnection(io.BytesIO(data))
    with io.FileIO(path) as theirs:
        for action in [*actions, lambda file: file.close(), *actions]:
            expected = outcome(action, theirs)
            if theirs.closed and expected == b"":
                # FileIO.readline(0) reads nothing, and so does not look whether it can.
                expected = ValueError
            assert outcome(action, mine) == expected


def test_positions_cannot_be_asked_for_as_those_of_a_pipe() -> None:
    reader, writer = os.pipe()
    os.close(writer)
    con = PawsConnection(io.BytesIO(b"abc"))
    with io.FileIO(reader) as pipe:
        for action in (
            lambda file: file.seekable(),
            lambda file: file.tell(),
            lambda file: file.seek(0),
            lambda file: file.truncate(),
        ):
            assert outcome(action, con) == outcome(action, pipe)
    assert con.read() == b"abc"


class Trickle:
    """A file that gives at most ``piece`` bytes at a time."""

    def __init__(self, data: bytes, piece: int) -> None:
        self._file = io.BytesIO(data)
        self._piece = piece

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, self._piece))


@given(
    st.text("ab\n", max_size=80).map(str.encode),
    st.integers(1, 30),
    st.lists(st.integers(-1, 20), max_size=9),
)
def test_lines_are_the_same_whatever_the_pieces(data: bytes, piece: int, sizes: list[int]) -> None:
    for name in ("readline", "readlines"):
        con, file = PawsConnection(Trickle(data, piece)), io.BytesIO(data)
        whole = io.BufferedReader(file)  # type: ignore[arg-type]  # counts a hint as raw files do
        for size in sizes:
            assert getattr(con, name)(size) == getattr(whole, name)(size)
        assert con.readlines() == whole.readlines()
        assert con.readline() == b""


def test_a_line_longer_than_any_piece_is_not_copied_for_each() -> None:
    """Reading it takes time by its length, and not by its square."""

    class Counting(Trickle):
        reads = 0

        def read(self, size: int) -> bytes:
            self.reads += 1
            return super().read(size)

    file = Counting(b"x" * 4_000_000 + b"\nrest", 1000)
    con = PawsConnection(file)
    assert len(con.readline()) == 4_000_001
    assert file.reads < 4100
    assert con.read() == b"rest"
