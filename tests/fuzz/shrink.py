"""A finding made small: fewer bytes, plainer bytes, the same error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz.inputs import HEAD, LENGTHS, OVERHEAD, PRELUDE, mend, seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("failure", "shrink")

MOST_TRIES = 3000


def failure(run: Callable[[bytes], None], data: bytes) -> Exception | None:
    """Give what a target raises for an input."""
    try:
        run(data)
    except Exception as error:  # noqa: BLE001 - any error is a finding
        return error
    return None


def shrink(run: Callable[[bytes], None], data: bytes) -> bytes:
    """Make an input small that fails; what it fails with stays of the same class.

    Args:
        run: the target.
        data: the input.

    Returns:
        The smallest input found within bounds, maybe ``data`` itself.
    """
    kind = type(failure(run, data))
    tries = 0
    better = True
    while better:
        better = False
        for candidate in smaller(data):
            tries += 1
            if tries > MOST_TRIES:
                return data
            if type(failure(run, candidate)) is kind:
                data, better = candidate, True
                break
    return data


def smaller(data: bytes) -> Iterator[bytes]:
    """Give inputs that are shorter or plainer, the boldest first, with checksums mended too."""
    yield from with_smaller_frames(data)
    size = len(data) // 2
    while size:
        for at in range(0, len(data), size):
            less = data[:at] + data[at + size :]
            yield less
            if (mended := mend(less)) != less:
                yield mended
        size //= 2
    for at, byte in enumerate(data):
        if byte:
            plain = data[:at] + b"\0" + data[at + 1 :]
            yield plain
            if (mended := mend(plain)) < data:
                yield mended


def with_smaller_frames(data: bytes) -> Iterator[bytes]:
    """Give inputs without one of their frames, or with less in it."""
    at = HEAD
    while len(data) - at >= OVERHEAD:
        total, headers = LENGTHS.unpack_from(data, at)
        if total < OVERHEAD or headers > total - OVERHEAD:
            return
        before, after = data[:at], data[at + total :]
        block = data[at + PRELUDE : at + PRELUDE + headers]
        payload = data[at + PRELUDE + headers : at + total - (OVERHEAD - PRELUDE)]
        yield before + after
        if block:
            yield before + seal(b"", payload) + after
        size = len(payload)
        while size:
            for start in range(0, len(payload), size):
                yield before + seal(block, payload[:start] + payload[start + size :]) + after
            size //= 2
        at += total
