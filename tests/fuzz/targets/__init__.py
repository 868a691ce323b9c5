"""The targets by name, and how much of a campaign each gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
        framed: whether the body is to be frames, so that mutation mends checksums.
    """

    run: Callable[[bytes], None]
    share: int
    framed: bool = False


TARGETS: dict[str, Target] = {
    "decoder": Target(decoding.decoder, 20, framed=True),
    "decoder_and_botocore": Target(decoding.decoder_and_botocore, 10, framed=True),
    "parser_json": Target(parsing.parser_json, 25),
    "parser_xml": Target(parsing.parser_xml, 10),
    "parser_cbor": Target(parsing.parser_cbor, 10),
    "connection": Target(connections.connection, 5, framed=True),
    "borders": Target(decoding.borders, 5, framed=True),
    "chunked": Target(bodies.chunked, 3),
    "gunzip": Target(bodies.gunzip, 3),
    "lines": Target(texts.lines, 2),
    "sse": Target(texts.sse, 3),
    "json_text": Target(texts.json_text, 4),
}
if texts.orjson is not None:
    TARGETS["documents"] = Target(texts.documents, 4)
