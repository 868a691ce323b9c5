"""What a mutation of bytes never gets right by itself: checksums, and documents.

Each function takes an input that was mutated, and a random number; it gives an input that
gets further. Half of the time, or where there is nothing to be made of it, that is the
input itself.
"""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

from tests.fuzz.inputs import HEAD, MAX_LENGTH, mend

__all__ = ("frames", "json_body", "json_payload", "xml_payload")

#: What stands in the place of something else.
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e300, 2**70, float("nan"), "", "a", "é", "\ud800", "MTIz", "12345",
    "2025-01-02T03:04:05Z", [], [None], {}, {"": None}, {"__type": "a"}, [[]], [{}],
)  # fmt: skip
NAMES = ("__type", "message", "Message", "", "nope", "SDK_UNKNOWN_MEMBER")
XML_TEXTS = (
    b"",
    b"1",
    b"-1",
    b"true",
    b"1e9",
    b"9" * 5000,
    b"&#13;",
    b"<a/>",
    b"<!-- -->",
    b"MTIz",
)
find_text = re.compile(rb"(?<=>)[^<]*(?=<)").finditer


def frames(data: bytes, number: int) -> bytes:
    """Set the checksums of frames right, and lengths too, more often than not."""
    kind = number % 4
    return data if kind == 0 else mend(data, lengths=kind > 1)


def json_payload(data: bytes, number: int) -> bytes:
    """Change the document that is the payload of a parser's input."""
    return change_json(data, HEAD + (data[HEAD - 1] if len(data) >= HEAD else 0), number)


def json_body(data: bytes, number: int) -> bytes:
    """Change the document that is the body."""
    return change_json(data, HEAD, number)


def change_json(data: bytes, start: int, number: int) -> bytes:
    """Change one place of a JSON document."""
    if number % 2:
        return data
    try:
        document = json.loads(data[start:].decode())
        changed = change(document, Random(number))  # noqa: S311 - nothing secret
        payload = json.dumps(changed, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return data
    return data[:start] + payload


def change(document: Any, random: Random) -> Any:
    """Change a value, a name or the number of members somewhere in a document."""
    places = [*places_in(document)]
    if not places:
        return random.choice(VALUES)
    holder, key = random.choice(places)
    other_holder, other_key = random.choice(places)
    action = random.randrange(5)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, dict):
        holder[random.choice(NAMES)] = holder[key]
    elif action == 2:
        # A copy: what was put into itself would have no end.
        holder[key] = json.loads(json.dumps(other_holder[other_key]))
    else:
        holder[key] = random.choice(VALUES)
    return document


def places_in(value: Any) -> Any:
    """Give each place of a document, as what holds it and the key or index there."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield value, key
            yield from places_in(item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield value, index
            yield from places_in(item)


def xml_payload(data: bytes, number: int) -> bytes:
    """Change a text between two tags."""
    texts = [*find_text(data, HEAD)]
    if number % 2 or not texts:
        return data
    random = Random(number)  # noqa: S311 - nothing secret
    place = random.choice(texts)
    changed = data[: place.start()] + random.choice(XML_TEXTS) + data[place.end() :]
    return changed[:MAX_LENGTH]
