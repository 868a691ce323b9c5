"""Objects that no bytes can be read from are refused at once, with what to pass."""

from __future__ import annotations

import asyncio
import codecs
import io
import socket
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import awsio
from awsio.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class AsyncFile:
    """As the files of aiofiles and anyio are."""

    async def read(self, size: int = -1) -> bytes:
        """Return nothing."""
        return b"" * size


class HiddenAsyncFile:
    """A file whose ``read`` does not say that it is to be awaited."""

    def read(self, size: int) -> Any:
        """Return a coroutine."""
        return AsyncFile().read(size)


class HiddenAsyncSource(HiddenAsyncFile):
    """The same as a byte source."""

    timeout = None

    def read(self, size: int, deadline: float | None = None) -> Any:  # noqa: ARG002 - the protocol's
        """Return a coroutine."""
        return super().read(size)

    def wake(self) -> None:
        """Do nothing."""

    def close(self, *, drain: bool) -> None:
        """Do nothing."""


async def coroutine() -> bytes:
    """Stand for a call without ``await``."""
    return b""


async def pieces() -> Any:
    """Stand for the body of an asynchronous HTTP client."""
    yield b""


@pytest.fixture
def kept() -> Iterator[list[Any]]:
    """Close what a test has opened."""
    opened: list[Any] = []
    yield opened
    for one in opened:
        one.close()


AWAITED = "read with await: pass an ordinary file"
TEXT = 'gives text: .*open it for reading bytes, with the mode "rb"'
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "an async file": (AsyncFile, AWAITED),
    "a reader of asyncio": (lambda: asyncio.StreamReader(loop=asyncio.new_event_loop()), AWAITED),
    "a coroutine": (coroutine, AWAITED),
    "an async generator": (pieces, AWAITED),
    "a text file": (lambda: io.TextIOWrapper(io.BytesIO()), "pass its buffer"),
    "text in memory": (lambda: io.StringIO("x"), TEXT),
    "a temporary text file": (lambda: tempfile.NamedTemporaryFile("w+"), TEXT),  # noqa: SIM115 - closed by the test
    "a spooled text file": (lambda: tempfile.SpooledTemporaryFile(mode="w+"), TEXT),  # noqa: SIM115 - as above
    "a reader of codecs": (lambda: codecs.getreader("utf-8")(io.BytesIO()), TEXT),
    "a path": (lambda: Path("stream"), r"awsio\.open\(\) takes a path"),
    "a name": (lambda: "stream", r"awsio\.open\(\) takes a path"),
    "bytes": (lambda: b"x", r"awsio\.open\(\) takes bytes"),
    "a bytearray": (bytearray, r"awsio\.open\(\) takes bytes"),
    "a memoryview": (lambda: memoryview(b"x"), r"awsio\.open\(\) takes bytes"),
    "a dict": (dict, r"awsio\.connect\(\) takes the stream in a response"),
    "a socket": (socket.socket, r'sock\.makefile\("rb"\)'),
    "a class": (lambda: io.BytesIO, "the class BytesIO$"),
    "nothing": (lambda: None, "NoneType$"),
    "a number": (lambda: 5, "int$"),
}


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_read_is_refused_with_what_to_pass(
    make: Callable[[], Any], message: str, kept: list[Any]
) -> None:
    wrong = make()
    if hasattr(wrong, "close") and not isinstance(wrong, type):
        kept.append(wrong)
    elif isinstance(wrong, asyncio.StreamReader):
        kept.append(wrong._loop)  # type: ignore[attr-defined]  # noqa: SLF001 - to close it
    with pytest.raises(TypeError, match=message) as caught:
        awsio.PawsConnection(wrong)
    assert str(caught.value).startswith("a connection reads bytes of a file or a response, not of")
    if not isinstance(wrong, (str, Path, bytes, bytearray, memoryview)):
        with pytest.raises(TypeError, match=message):
            awsio.open(wrong)


@pytest.mark.parametrize("make", [HiddenAsyncFile, HiddenAsyncSource])
@pytest.mark.filterwarnings("error")  # such as "coroutine was never awaited"
def test_a_read_that_returns_a_coroutine_says_so(make: type) -> None:
    with awsio.PawsConnection(make()) as con, pytest.raises(TypeError, match="read with await"):
        con.read(1)


def test_an_awaitable_that_is_no_coroutine_is_named_too() -> None:
    class Future:
        def __await__(self) -> Any:
            yield

    class File:
        def read(self, _size: int) -> Any:
            return Future()

    with (
        awsio.PawsConnection(File()) as con,
        pytest.raises(TypeError, match="read with await"),
    ):
        con.read(1)


@pytest.mark.parametrize(
    "make",
    [
        io.BytesIO,
        tempfile.TemporaryFile,
        tempfile.NamedTemporaryFile,
        tempfile.SpooledTemporaryFile,
        partial(Path(__file__).open, "rb"),
        partial(Path(__file__).open, "rb", buffering=0),
    ],
    ids=["memory", "temporary", "named", "spooled", "buffered", "raw"],
)
def test_files_of_bytes_are_taken(make: Callable[[], Any]) -> None:
    with make() as file:
        assert make_source(file).read(1) in (b"", b'"')
