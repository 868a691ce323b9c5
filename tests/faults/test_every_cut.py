"""A Converse stream of thirty events, cut at every byte in every way that HTTP has.

All whole frames before the cut are delivered; then comes the error that names the loss,
and it stays. Nothing hangs, nothing ends in silence, nothing of urllib3, http.client, ssl
or struct comes out. A cut is of the bytes on the wire: of a chunked body, inside its size
lines and line ends too.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Any, TypeAlias

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import (
    ConnectionLostError,
    IncompleteStreamError,
    StreamError,
    TruncatedStreamError,
)
from tests.support.thirty import BODY, CHUNKED, ENDS, EVENTS, FRAMES, TERMINAL_AT
from tests.support.wire import Answer

OpenStream: TypeAlias = Callable[..., PawsConnection]
Ending: TypeAlias = type[StreamError] | None

LAST_CHUNK = b"0\r\n\r\n"
CHUNK_WIRE = CHUNKED + LAST_CHUNK
# In the chunked wire: where each frame's last byte is, and where "0\r\n" has come.
CHUNK_ENDS = [end - 2 for end in accumulate(len(b"%x" % len(f)) + 4 + len(f) for f in FRAMES)]
LAST_SIZE_AT = len(CHUNKED) + len(b"0\r\n")


def by_content(cut: int) -> tuple[int, Ending]:
    """Tell what a body gives whose HTTP ends well behind ``cut`` bytes of content."""
    whole = sum(end <= cut for end in ENDS)
    if cut not in {0, *ENDS}:
        return whole, TruncatedStreamError
    return whole, None if whole > TERMINAL_AT else IncompleteStreamError


def clean_chunks(cut: int) -> tuple[Answer, int, Ending]:
    return Answer([BODY[:cut]] if cut else []), *by_content(cut)


def no_last_chunk(cut: int) -> tuple[Answer, int, Ending]:
    answer = Answer(raw=[CHUNK_WIRE], last_chunk=False, cut=cut, end=("fin", "ragged")[cut % 2])
    # Once the last chunk's size has come, only the trailer can be missing: no loss.
    ending = None if cut >= LAST_SIZE_AT else TruncatedStreamError
    return answer, sum(end <= cut for end in CHUNK_ENDS), ending


def short_length(cut: int) -> tuple[Answer, int, Ending]:
    answer = Answer([BODY], "length", cut=cut, end=("fin", "ragged")[cut % 2])
    ending = None if cut == len(BODY) else TruncatedStreamError
    return answer, sum(end <= cut for end in ENDS), ending


def close_delimited(cut: int) -> tuple[Answer, int, Ending]:
    return Answer([BODY[:cut]], "close"), *by_content(cut)


def reset_in_chunks(cut: int) -> tuple[Answer, int, Ending]:
    answer = Answer(raw=[CHUNK_WIRE], last_chunk=False, cut=cut, end="rst")
    ending = None if cut == len(CHUNK_WIRE) else ConnectionLostError
    return answer, sum(end <= cut for end in CHUNK_ENDS), ending


def reset_in_a_length(cut: int) -> tuple[Answer, int, Ending]:
    answer = Answer([BODY], "length", cut=cut, end="rst")
    ending = None if cut == len(BODY) else ConnectionLostError
    return answer, sum(end <= cut for end in ENDS), ending


def reset_instead_of_close(cut: int) -> tuple[Answer, int, Ending]:
    answer = Answer([BODY], "close", cut=cut, end="rst")
    return answer, sum(end <= cut for end in ENDS), ConnectionLostError


def gzipped() -> bytes:
    """Compress the body so that each frame can be had as soon as it is sent."""
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(frame) + packer.flush(zlib.Z_SYNC_FLUSH) for frame in FRAMES]
    return b"".join(parts) + packer.flush()


GZIPPED = gzipped()


def gzip_whole(cut: int) -> int:
    """Tell how many frames a cut gzip body holds."""
    content = zlib.decompressobj(31).decompress(GZIPPED[:cut])
    return sum(end <= len(content) for end in ENDS)


GZIP_ENDS = [
    next(at for at in range(len(GZIPPED) + 1) if gzip_whole(at) >= number)
    for number in range(1, len(FRAMES) + 1)
]


def gzip_clean_end(cut: int) -> tuple[Answer, int, Ending]:
    answer = Answer([GZIPPED[:cut]] if cut else [], headers={"Content-Encoding": "gzip"})
    ending = None if cut == len(GZIPPED) else TruncatedStreamError
    return answer, gzip_whole(cut), ending if cut else IncompleteStreamError


def gzip_short_length(cut: int) -> tuple[Answer, int, Ending]:
    headers = {"Content-Encoding": "gzip"}
    answer = Answer([GZIPPED], "length", headers=headers, cut=cut, end="fin")
    return answer, gzip_whole(cut), None if cut == len(GZIPPED) else TruncatedStreamError


# How the stream breaks; how many bytes there are to cut at; where its frames end.
WAYS: dict[str, tuple[Callable[[int], tuple[Answer, int, Ending]], int, list[int]]] = {
    "chunked, clean end": (clean_chunks, len(BODY), ENDS),
    "chunked, no last chunk": (no_last_chunk, len(CHUNK_WIRE), CHUNK_ENDS),
    "short Content-Length": (short_length, len(BODY), ENDS),
    "close-delimited": (close_delimited, len(BODY), ENDS),
    "reset in chunks": (reset_in_chunks, len(CHUNK_WIRE), CHUNK_ENDS),
    "reset in a length": (reset_in_a_length, len(BODY), ENDS),
    "reset instead of close": (reset_instead_of_close, len(BODY), ENDS),
    "gzip, clean end": (gzip_clean_end, len(GZIPPED), GZIP_ENDS),
    "gzip, short Content-Length": (gzip_short_length, len(GZIPPED), GZIP_ENDS),
}
# The reset at every byte is tried in chunks; in the other two framings at a sample.
SAMPLED = {
    "reset in a length",
    "reset instead of close",
    "gzip, clean end",
    "gzip, short Content-Length",
}

READS: list[tuple[list[Any], Callable[[PawsConnection], Any]]] = [
    (EVENTS, lambda con: con.read_event()),
    (FRAMES, lambda con: encoded(con.read_frame())),
    (EVENTS, lambda con: con.read_event(timeout=20)),
    (EVENTS, lambda con: next(con, None)),
    (FRAMES, lambda con: encoded(con.read_frame(timeout=20))),
]


def encoded(frame: Any) -> bytes | None:
    return None if frame is None else frame.encode()


def sample(size: int, ends: list[int], step: int) -> list[int]:
    """Choose every border of a frame with its neighbours, and some positions between."""
    near = {end + by for end in (0, *ends, size) for by in (-1, 0, 1)}
    return sorted(at for at in near | {*range(0, size, step)} if 0 <= at <= size)


def check(con: PawsConnection, cut: int, whole: int, ending: Ending) -> None:
    """Read a cut stream to its end, in a manner that changes from cut to cut."""
    expected, read = READS[cut % len(READS)]
    got = [read(con) for _ in range(whole)]
    assert got == expected[:whole]
    for _ in range(2):
        if ending is None:
            assert read(con) is None
        else:
            with pytest.raises(StreamError) as caught:
                read(con)
            assert type(caught.value) is ending
    assert con.is_complete() == (ending is None)
    con.close()


def cuts(way: str, scheme: str, *, long: bool) -> Iterable[int]:
    _, size, ends = WAYS[way]
    if long:
        return range(size + 1)
    if scheme == "tls":
        return sample(size, ends, 97)
    return sample(size, ends, 31) if way in SAMPLED else range(size + 1)


@pytest.mark.parametrize("way", WAYS)
def test_all_before_a_cut_is_delivered_and_then_the_loss_is_told(
    open_stream: OpenStream,
    converse: EventParser,
    scheme: str,
    way: str,
    long: bool,  # noqa: FBT001 - a fixture
    record_property: Callable[[str, object], None],
) -> None:
    answer_for = WAYS[way][0]
    positions = list(cuts(way, scheme, long=long))
    for cut in positions:
        answer, whole, ending = answer_for(cut)
        con = open_stream(answer, converse, keep=False)
        try:
            check(con, cut, whole, ending)
        except BaseException as error:
            error.add_note(f"{way}, cut behind {cut} bytes: expected {whole} events, {ending}")
            raise
    record_property("cuts", len(positions))
