"""The codec on frames that others made: conformance vectors and recorded streams."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from awsio.errors import (
    AwsioError,
    DuplicateHeaderError,
    FrameLengthError,
    FrameTooLargeError,
    HeaderError,
    MessageChecksumError,
    PreludeChecksumError,
    TruncatedStreamError,
)
from awsio.eventstream import Byte, Frame, FrameDecoder, HeaderValue, Long, Short, Timestamp

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"

# The kinds of error that the corpus knows, and the documented class of each.
ERRORS: dict[str, type[AwsioError]] = {
    "prelude_crc": PreludeChecksumError,
    "message_crc": MessageChecksumError,
    "truncated": TruncatedStreamError,
    "duplicate_header": DuplicateHeaderError,
    "bad_header_type": HeaderError,
    "bad_header_name_length": HeaderError,
    "header_overrun": HeaderError,
    "headers_too_long": FrameLengthError,
    "payload_too_long": FrameTooLargeError,
    "message_too_short": FrameLengthError,
    "too_many_headers": HeaderError,
    "header_value_too_long": FrameTooLargeError,
}

STALE_MESSAGE_CRC = (
    MessageChecksumError,
    "the bytes carry the message checksum of another frame, and it is checked before the headers",
)
STALE_PRELUDE_CRC = (
    PreludeChecksumError,
    "the prelude carries the checksum of another frame: its lengths are not believed",
)
# Where awsio does something else than the vector says: what (None: it reads the frame), and why.
DIFFERENCES: dict[str, tuple[type[AwsioError] | None, str]] = {
    "smithy-rs/invalid_header_string_value_length": STALE_MESSAGE_CRC,
    "smithy-rs/invalid_header_string_length_cut_off": STALE_MESSAGE_CRC,
    "smithy-rs/invalid_header_value_type": STALE_MESSAGE_CRC,
    "smithy-rs/invalid_header_name_length": STALE_MESSAGE_CRC,
    "smithy-rs/invalid_header_name_length_too_long": STALE_MESSAGE_CRC,
    "kotlin/testInvalidHeaderNameLength": STALE_MESSAGE_CRC,
    "transcribe/CORRUPTED_LENGTH": STALE_PRELUDE_CRC,
    "transcribe/CORRUPTED_HEADER_LENGTH": STALE_PRELUDE_CRC,
    "c/read_message_headers_too_many": (
        FrameTooLargeError,
        "a megabyte of headers is above the limit of 128 KiB, which the prelude tells",
    ),
    "smithy-python/invalid-header-value-length": (
        None,
        "the source stops at 32,767 bytes; a u16 length goes to 65,535",
    ),
    "smithy-python/invalid-payload-length": (
        None,
        "the source stops at 16 MiB; the limit here is 24 MiB",
    ),
}


def corpus_parameters(file: str, key: str, read: Callable[[str], Any]) -> list[Any]:
    """Give one parameter an entry of a corpus file, or one that skips and says why."""
    path = CORPUS / file
    if not path.is_file():
        reason = f"no {path}: the conformance corpus is not here"
        return [pytest.param(None, id="absent", marks=pytest.mark.skip(reason=reason))]
    entries = read(path.read_text(encoding="utf-8"))
    return [pytest.param(entry, id=entry[key]) for entry in entries]


VECTORS = corpus_parameters(
    "vectors.jsonl", "id", lambda text: [json.loads(line) for line in text.splitlines()]
)
RECORDINGS = corpus_parameters("recorded/index.json", "file", json.loads)
REQUESTS = corpus_parameters(
    "recorded/index.json",
    "file",
    lambda text: [each for each in json.loads(text) if each["direction"] == "request"],
)


# Ways to feed the same bytes.


def whole(data: bytes, _seed: str) -> Iterator[bytes]:
    yield data


def byte_by_byte(data: bytes, _seed: str) -> Iterator[bytes]:
    """Cut into single bytes; of a giant's inside only the first and the last 4 KiB."""
    edge = 4096 if len(data) > 2**20 else len(data)
    for at in range(edge):
        yield data[at : at + 1]
    if edge < len(data):
        yield data[edge:-edge]
        for at in range(len(data) - edge, len(data)):
            yield data[at : at + 1]


def random_pieces(data: bytes, seed: str) -> Iterator[bytes]:
    chance = random.Random(seed)  # noqa: S311 - the same pieces on every run
    longest = chance.choice((8, 40, 300)) if len(data) < 2**20 else 2**16
    at = 0
    while at < len(data):
        size = chance.randint(0, longest)
        yield data[at : at + size]
        at += size


FEEDS = pytest.mark.parametrize("cut", [whole, byte_by_byte, random_pieces])
Cut = Callable[[bytes, str], Iterator[bytes]]


def decode(pieces: Iterator[bytes], *, ends: bool) -> tuple[list[Frame], FrameDecoder]:
    """Decode as a reader does: ask for frames after each piece; raise what comes."""
    decoder = FrameDecoder()
    frames: list[Frame] = []
    for piece in pieces:
        decoder.feed(piece)
        frames.extend(decoder)
    if ends:
        decoder.feed_eof()
        frames.extend(decoder)
    return frames, decoder


def bytes_of(vector: dict[str, Any]) -> bytes:
    if "hex" in vector:
        return bytes.fromhex(vector["hex"])
    return b"".join(
        bytes.fromhex(part["repeat"]) * part["times"]
        if "repeat" in part
        else bytes.fromhex(part["hex"])
        for part in vector["hex_parts"]
    )


# Wire type in the corpus: the class of the value here, and how the corpus writes the value.
VALUES: dict[int, tuple[type, Callable[[Any], HeaderValue]]] = {
    0: (bool, bool),
    1: (bool, bool),
    2: (Byte, int),
    3: (Short, int),
    4: (int, int),
    5: (Long, int),
    6: (bytes, bytes.fromhex),
    7: (str, str),
    8: (Timestamp, int),
    9: (UUID, UUID),
}


def headers_of(message: dict[str, Any]) -> list[tuple[str, type, HeaderValue]]:
    return [
        (name, VALUES[header["type"]][0], VALUES[header["type"]][1](header["value"]))
        for name, header in message["headers"].items()
    ]


def typed(frame: Frame) -> list[tuple[str, type, HeaderValue]]:
    return [(name, type(value), value) for name, value in frame.headers.items()]


def check_error(pieces: Iterator[bytes], data: bytes, expected: type[AwsioError]) -> None:
    decoder = FrameDecoder()
    raised: list[AwsioError] = []
    fed = 0
    try:
        for piece in pieces:
            decoder.feed(piece)
            fed += len(piece)
            assert list(decoder) == []
        decoder.feed_eof()
        decoder.next_frame()
    except AwsioError as error:
        raised.append(error)
    assert [type(error) for error in raised] == [expected]
    with pytest.raises(expected) as again:
        decoder.next_frame()
    assert str(again.value) == str(raised[0])
    assert vars(again.value) == vars(raised[0])
    kept = decoder.buffered == data[:fed]
    assert kept


@FEEDS
@pytest.mark.parametrize("vector", VECTORS)
def test_a_vector_is_read_as_it_says_or_is_the_documented_error(
    vector: dict[str, Any], cut: Cut
) -> None:
    data, expect, name = bytes_of(vector), vector["expect"], vector["id"]
    pieces = cut(data, name)
    if "error" in expect:
        error, _reason = DIFFERENCES.get(name, (ERRORS[expect["error"]], ""))
        if error is not None:
            check_error(pieces, data, error)
            return
        frames, decoder = decode(pieces, ends=True)
        assert len(frames) == 1
    else:
        frames, decoder = decode(pieces, ends=not expect.get("incomplete"))
        assert [typed(frame) for frame in frames] == list(map(headers_of, expect["messages"]))
        payloads = [message["payload_hex"] for message in expect["messages"]]
        assert [frame.payload.hex() for frame in frames] == payloads
    # Not one assertion: pytest would take minutes to show how 16 MiB differ.
    same = b"".join(frame.encode() for frame in frames) + decoder.buffered == data
    assert same
    assert bool(decoder.buffered) is bool(expect.get("incomplete"))


def test_the_table_of_differences_names_error_vectors_that_are_there(shared: Path) -> None:
    lines = (shared / "corpus" / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = {vector["id"]: vector["expect"].get("error") for vector in map(json.loads, lines)}
    assert len(kinds) == len(lines) >= 205
    for name, (error, reason) in DIFFERENCES.items():
        assert ERRORS[kinds[name]] is not error
        assert reason


@FEEDS
@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_recorded_stream_has_its_frames_and_encodes_to_its_bytes(
    recording: dict[str, Any], cut: Cut
) -> None:
    data = (CORPUS / "recorded" / recording["file"]).read_bytes()
    assert len(data) == recording["bytes"]
    pieces = cut(data, recording["file"])
    if recording["state"] != "ok":
        check_error(pieces, data, ERRORS[recording["state"]])
        return
    frames, _ = decode(pieces, ends=True)
    assert len(frames) == recording["frames"]
    assert b"".join(frame.encode() for frame in frames) == data


@pytest.mark.parametrize("recording", REQUESTS)
def test_what_a_client_sent_is_signed_envelopes_around_frames(recording: dict[str, Any]) -> None:
    data = (CORPUS / "recorded" / recording["file"]).read_bytes()
    envelopes, _ = decode(whole(data, ""), ends=True)
    assert envelopes
    for envelope in envelopes:
        assert set(typed(envelope)) == {
            (":date", Timestamp, envelope.headers[":date"]),
            (":chunk-signature", bytes, envelope.headers[":chunk-signature"]),
        }
        inner, _ = decode(whole(envelope.payload, ""), ends=True)
        assert len(inner) == (1 if envelope.payload else 0)
