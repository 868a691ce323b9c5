"""Decoders from other packages: the real ones where they are installed, and what they lack."""

from __future__ import annotations

import lzma
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from awsio.errors import ConnectionLostError, HttpHeaderError, TruncatedStreamError
from awsio.sources.decoders import find_coding, find_module, has_zlib_header
from awsio.sources.decoding import DecodedSource, decode_source
from tests.fuzz.targets.bodies import PiecesSource

BODY = bytes(100_000) + b"some bytes of a body" * 50
MODULES = ("brotlicffi", "brotli", "compression.zstd", "backports.zstd")


def read(wire: bytes, coding: Any, step: int = 7, size: int = 4096) -> bytes:
    parts = (wire[at : at + step] for at in range(0, len(wire), step))
    source = DecodedSource(PiecesSource(parts), coding)
    got = b""
    while data := source.read(size):
        assert len(data) <= size
        got += data
    return got


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """No module is there but those that a test puts here."""
    found: dict[str, Any] = dict.fromkeys(MODULES)
    for name in MODULES:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(
        "awsio.sources.decoders.find_module",
        lambda *names: next((found[name] for name in names if found[name]), None),
    )
    return found


@pytest.mark.parametrize(
    ("name", "lacking"), [("br", "Brotli or brotlicffi, 1.2 or above"), ("zstd", "backports.zstd")]
)
@pytest.mark.usefixtures("modules")
def test_a_coding_whose_package_is_missing_names_it(name: str, lacking: str) -> None:
    with pytest.raises(HttpHeaderError, match=rf"Content-Encoding '{name}' .*{lacking}"):
        find_coding(name)


def test_brotli_without_a_bound_for_its_output_is_refused(modules: dict[str, Any]) -> None:
    modules["brotli"] = SimpleNamespace(Decompressor=object, error=ValueError)  # as in 1.1
    with pytest.raises(HttpHeaderError, match=r"1\.2 or above"):
        find_coding("br")


class Doubled:
    """Stands for a Brotli decompressor: each byte but the last, a full stop, comes twice.

    As Brotli's, a call may return more than its limit, and may hold content back of input
    that is used up, while it says that it accepts more.
    """

    def __init__(self) -> None:
        self._input = self._held = b""
        self._seen_end = False

    def process(self, data: bytes, output_buffer_limit: int) -> bytes:
        assert not (data and self._input), "fed with input left"
        self._input += data
        if b"!" in data:
            raise ValueError("not Brotli")
        taken, self._input = self._input[:4], self._input[4:]
        self._seen_end |= taken.endswith(b".")
        self._held += b"".join(bytes([byte]) * 2 for byte in taken if byte != ord("."))
        size = output_buffer_limit + 1
        content, self._held = self._held[:size], self._held[size:]
        return content

    def can_accept_more_data(self) -> bool:
        return not self._input

    def is_finished(self) -> bool:
        return self._seen_end and not self._held


def test_brotli_s_interface_is_kept(modules: dict[str, Any]) -> None:
    modules["brotlicffi"] = SimpleNamespace(Decompressor=Doubled, error=ValueError)
    coding = find_coding("br")
    for size in (1, 3, 100):
        assert read(b"abcdefghi.", coding, size=size) == b"aabbccddeeffgghhii"
    with pytest.raises(TruncatedStreamError, match="inside its br encoding"):
        read(b"abc", coding)
    with pytest.raises(ConnectionLostError, match="br encoding is broken: not Brotli"):
        read(b"abc!", coding)
    with pytest.raises(ConnectionLostError, match="after the end of its br encoding"):
        read(b"abc.x", coding, step=4)


def test_zstd_s_interface_is_kept_and_its_window_bounded(modules: dict[str, Any]) -> None:
    options: list[Any] = []

    def create(**given: Any) -> Any:
        options.append(given["options"])
        return lzma.LZMADecompressor()  # of the same interface

    modules["backports.zstd"] = SimpleNamespace(
        ZstdDecompressor=create,
        ZstdError=lzma.LZMAError,
        DecompressionParameter=SimpleNamespace(window_log_max="window"),
    )
    coding = find_coding("zstd")
    packed = lzma.compress(BODY)
    assert read(packed, coding) == BODY
    assert read(packed * 2, coding, step=len(packed)) == BODY * 2
    assert options[0] == {"window": 23}  # 8 MiB
    with pytest.raises(TruncatedStreamError):
        read(packed[:-1], coding)
    with pytest.raises(ConnectionLostError, match="zstd encoding is broken"):
        read(b"plain text, not encoded", coding)


@pytest.mark.parametrize(
    ("head", "is_zlib"),
    [
        (b"\x78\x9c", True),
        (b"\x78\x01", True),
        (b"\x08\x1d", True),  # a window of 256 bytes
        (b"\x88\x1c", False),  # one of 64 KiB
        (b"\x78\x9d", False),
        (b"\x79\x18", False),
        (b"\x03\x00", False),
    ],
)
def test_the_zlib_format_is_told_from_raw_deflate(head: bytes, *, is_zlib: bool) -> None:
    assert has_zlib_header(head) is is_zlib


def test_modules_are_looked_for_in_order() -> None:
    assert find_module("no_such_module", "lzma", "zlib") is lzma
    assert find_module("no_such_module") is None


def test_real_brotli_is_decoded() -> None:
    brotli = find_module("brotlicffi", "brotli")
    if not hasattr(getattr(brotli, "Decompressor", None), "can_accept_more_data"):
        pytest.skip("neither Brotli nor brotlicffi of version 1.2 is installed")
    packed = brotli.compress(BODY)
    for step in (1, 7, len(packed)):
        for size in (1000, 4096, 1 << 20):
            assert read(packed, find_coding("br"), step, size) == BODY
    with pytest.raises(TruncatedStreamError):
        read(packed[:-1], find_coding("br"))
    with pytest.raises(ConnectionLostError):
        read(packed + b"more", find_coding("br"))


def test_real_zstandard_is_decoded() -> None:
    zstd = find_module("compression.zstd", "backports.zstd")
    if zstd is None:
        pytest.skip("neither compression.zstd nor backports.zstd is installed")
    packed = zstd.compress(BODY)
    assert read(packed * 2, find_coding("zstd")) == BODY * 2
    with pytest.raises(TruncatedStreamError):
        read(packed[:-1], find_coding("zstd"))
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 24})
    wide = packer.compress(bytes(1 << 20)) + packer.flush()
    with pytest.raises(ConnectionLostError, match="zstd encoding is broken"):
        decode_source(PiecesSource([wide]), ["zstd"]).read(4096)
