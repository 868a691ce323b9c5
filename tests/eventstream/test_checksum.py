"""The checksum is the same number whichever library computes it."""

from __future__ import annotations

import importlib.util
import sys
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsio.eventstream import checksum


@given(data=st.binary(), begun=st.integers(0, 0xFFFFFFFF))
def test_it_is_that_of_zlib(data: bytes, begun: int) -> None:
    assert checksum.crc32(data) == zlib.crc32(data)
    assert checksum.crc32(memoryview(data)) == zlib.crc32(data)
    assert checksum.crc32(data, begun) == zlib.crc32(data, begun)


def test_it_is_that_of_zlib_for_what_is_long() -> None:
    data = bytes(range(256)) * 4099
    assert checksum.crc32(data) == zlib.crc32(data)


def load_again() -> Any:
    spec = importlib.util.spec_from_file_location("checksum_again", checksum.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_isal_it_is_zlib_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
    assert load_again().crc32 is zlib.crc32


def test_with_isal_it_is_that_of_isal() -> None:
    isal_zlib = pytest.importorskip("isal.isal_zlib", reason="isal is not installed: zlib is used")
    assert load_again().crc32 is isal_zlib.crc32
