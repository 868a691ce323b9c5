"""The targets by name, and how much of a campaign each gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fuzz import remaking
from tests.fuzz.targets import bodies, connections, decoding, parsing, texts

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("TARGETS", "Target")


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes:
        run: takes an input; raises where a rule does not hold.
        share: of the executions of a campaign, beside the other targets' shares.
        remake: makes a mutated input get further, by a random number; None leaves it.
    """

    run: Callable[[bytes], None]
    share: int
    remake: Callable[[bytes, int], bytes] | None = None


TARGETS: dict[str, Target] = {
    "decoder": Target(decoding.decoder, 15, remaking.frames),
    "decoder_and_botocore": Target(decoding.decoder_and_botocore, 15, remaking.frames),
    "parser_json": Target(parsing.parser_json, 25, remaking.json_payload),
    "parser_xml": Target(parsing.parser_xml, 12, remaking.xml_payload),
    "parser_cbor": Target(parsing.parser_cbor, 12),
    "connection": Target(connections.connection, 4, remaking.frames),
    "boundaries": Target(decoding.boundaries, 5, remaking.frames),
    "chunked": Target(bodies.chunked, 2),
    "decoding": Target(bodies.decoding, 2),
    "headers": Target(bodies.headers, 1),
    "lines": Target(texts.lines, 2),
    "sse": Target(texts.sse, 2),
    "json_text": Target(texts.json_text, 2, remaking.json_body),
}
if texts.quick_loads is not None:
    TARGETS["documents"] = Target(texts.documents, 3, remaking.json_body)
