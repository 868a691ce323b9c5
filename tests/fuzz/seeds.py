"""What the engines begin with: inputs that reach deep, made by the project's own code.

Recorded streams are among them where the folder of them lies next to the checkout.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from awsio.events import EventSerializer
from awsio.eventstream import Byte, Frame, FrameDecoder, Long, Short, Timestamp, encode_headers
from awsio.testing import encode_events, sample_events, sample_exceptions
from awsio.testing.samples import sample_value
from tests.fuzz.inputs import MAX_LENGTH
from tests.fuzz.targets.parsing import KINDS, Operation, slots

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("TOKENS", "seeds_of")

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "recorded"
#: Heads: all at once, byte by byte, across the fields of a prelude; other flags.
HEADS = (b"\0\0\0\0", b"\3\1\1\1", b"\6\5\14\3", b"\x1d\0\7\0")
MOST_HEADERS = 255

#: Bytes that mean something to some target.
TOKENS = (
    b"null", b"true", b"[]", b"{}", b'""', b'"__type":', b"NaN", b"-0.0", b"1e999", b"9" * 20,
    b'"\\ud800"', b"\\", b'"', b"<a/>", b"<member>", b"</member>", b"&#13;", b"<!DOCTYPE",
    b"\r\n", b"\n\n", b"data:", b"event: ", b"id:", b"retry: 1", b"[DONE]", b"\xef\xbb\xbf",
    b"0\r\n\r\n", b"\x1f\x8b\x08", b"\xf6", b"\xbf", b"\x9f", b"\xff", b"\xc1\xfb", b"\0",
)  # fmt: skip

TEXTS = (
    b"one\r\ntwo\rthree\n\nlast",
    b"\xef\xbb\xbfid: 1\nevent: e\nretry: 10\ndata: a\ndata: b\n\n: c\r\ndata\r\rdata: [DONE]\n\n",
    b'data: {"a": 1}\n\ndata: {"b":\ndata: 2}\n\ndata: [DONE]\n\n',
    b'{"a": "\\"}\\u00e9"} [1, [2]] 3 -4.5e6 true null "s"{"b":{}}',
    b'{"n": 12345678901234567890, "x": [1e999, -0.0, "\\ud800"], "long": 0.1234567890123456789}',
    b"5\r\nhello\r\n3;name=value\r\nbye\r\n0\r\nTrailer: 1\r\n\r\n",
    gzip.compress(b"one" * 50, 1, mtime=0) + gzip.compress(b"two", 9, mtime=0),
)


# Lines of a header are parted by NUL.
HEADERS = (
    b"chunked",
    b"Chunked ",
    b"identity, chunked",
    b"identity\0chunked",
    b"chunked, chunked",
    b"chunked, gzip",
    b"gzip",
    b"x-gzip, deflate",
    b"br",
    b"zstd\0identity",
    b"5",
    b"5, 5",
    b"5\0\x30\x35",
    b"5, 6",
    b"99999999999999999999",
    b"+1_0",
)


def seeds_of(target: str) -> list[bytes]:
    """Give the inputs that a target begins with."""
    family = target.removeprefix("parser_")
    if family != target:
        found = [*parser_seeds(family), *recorded_messages(family)]
    elif target == "headers":
        found = list(HEADERS)
    elif target in {"chunked", "decoding", "lines", "sse", "json_text", "documents"}:
        found = [head + text for head in HEADS for text in TEXTS]
    else:
        found = [head + body for body in streams() for head in HEADS]
        found += [b"\0\0\0\0" + text for text in TEXTS]
    return [seed[:MAX_LENGTH] for seed in dict.fromkeys(found)]


@cache
def streams() -> tuple[bytes, ...]:
    """Make streams: of some operations, of every type of header, and recorded ones."""
    every_type = Frame(
        {
            "yes": True,
            "no": False,
            "byte": Byte(-1),
            "short": Short(2),
            "int": 3,
            "long": Long(4),
            "bytes": b"\0\xff",
            "text": "é",
            "time": Timestamp(1),
            "uuid": UUID(int=7),
        },
        b"payload",
    )
    made = [every_type.encode() * 2, Frame().encode() * 3, b""]
    for service, name in (
        ("bedrock-runtime", "ConverseStream"),
        ("s3", "SelectObjectContent"),
        ("kinesis", "SubscribeToShard"),
    ):
        events = [*sample_events(service, name, full=False)[:6], *sample_exceptions(service, name)]
        made += [encode_events(service, name, [event]) for event in events[:8]]
        made.append(encode_events(service, name, events[:4]))
    recorded = (path.read_bytes() for path in sorted(CORPUS.glob("*.bin")))
    return (*made, *islice((data for data in recorded if len(data) < MAX_LENGTH // 2), 20))


def parser_seeds(family: str) -> Iterator[bytes]:
    """Write every event of every operation as the parser's targets take it."""
    for chosen, operation in slot_of_each(family):
        serializer = EventSerializer(operation.model)
        for member, name in enumerate(operation.names):
            value = sample_value(operation.shape.members[name])
            frame = serializer.serialize({name: value})
            is_event = frame.message_type == "event"
            for kind in (0, 5) if is_event else (3, 4):
                yield from parser_input(chosen, kind, member, frame)


def slot_of_each(family: str) -> list[tuple[int, Operation]]:
    """Give a slot of each operation."""
    first = {operation.name: slot for slot, operation in reversed([*enumerate(slots(family))])}
    return [(slot, slots(family)[slot]) for slot in first.values()]


def parser_input(chosen: int, kind: int, member: int, frame: Frame) -> Iterator[bytes]:
    """Write a frame as an input; none where its headers are too long for one."""
    own = {
        name: value
        for name, value in frame.headers.items()
        if not name.startswith(":") or KINDS[kind] == "bare"
    }
    block = encode_headers(own)
    if len(block) <= MOST_HEADERS:
        yield bytes((chosen, kind, member, len(block))) + block + frame.payload


def recorded_messages(family: str) -> Iterator[bytes]:
    """Give the messages of recorded streams of the operations, some of each."""
    index = CORPUS / "index.json"
    if not index.exists():
        return
    known = {
        tuple(operation.name.split()[:2]): (slot, operation)
        for slot, operation in slot_of_each(family)
    }
    for entry in json.loads(index.read_text("utf-8")):
        found = known.get((entry["service"], entry["operation"]))
        if found is None or entry["state"] != "ok":
            continue
        decoder = FrameDecoder()
        decoder.feed((CORPUS / entry["file"]).read_bytes())
        for frame in islice(decoder, 6):
            if frame.event_type in found[1].names:
                member = found[1].names.index(frame.event_type)
                yield from parser_input(found[0], 0, member, frame)
