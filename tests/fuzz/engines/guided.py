"""Atheris: libFuzzer, guided by which lines of awsio an input reaches.

It has to see awsio's modules before anything imports them. Only they are counted: how the
judges and the targets read an input says nothing about awsio.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import atheris

if TYPE_CHECKING:
    from tests.fuzz.worker import Spec

__all__ = ("run",)

SLOW = 20  # seconds for one input: a loop
MOST_MEMORY = 1024  # MiB


def run(spec: Spec) -> None:
    """Run a target; libFuzzer ends the process."""
    with atheris.instrument_imports(include=["awsio"]):
        from tests.fuzz.inputs import MAX_LENGTH
        from tests.fuzz.seeds import TOKENS, seeds_of
        from tests.fuzz.targets import TARGETS
    target = TARGETS[spec.target]
    seeds = Path(tempfile.mkdtemp(dir=spec.findings, prefix="seeds-"))
    for number, seed in enumerate(seeds_of(spec.target)):
        (seeds / f"{number:04}").write_bytes(seed)
    words = Path(spec.findings, "words.dict")
    words.write_text("".join(f'"{escaped(token)}"\n' for token in TOKENS), "ascii")
    arguments = [
        sys.argv[0],
        f"-seed={spec.seed}",
        f"-runs={spec.executions or -1}",
        f"-max_total_time={spec.seconds}",
        f"-max_len={MAX_LENGTH}",
        f"-timeout={SLOW}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-artifact_prefix={spec.findings}/",
        f"-dict={words}",
        "-print_final_stats=1",
        spec.corpus,
        str(seeds),
    ]
    remake = target.remake
    more: dict[str, Any] = {}
    if remake is not None:

        def mutate(data: bytes, max_size: int, number: int) -> bytes:
            made = remake(data, number)
            if made == data:  # it is sound already, or is to be broken
                made = remake(atheris.Mutate(data, max_size), number)
            return made[:max_size]

        more["custom_mutator"] = mutate
    atheris.Setup(arguments, target.run, **more)
    atheris.Fuzz()


def escaped(token: bytes) -> str:
    """Write a token as libFuzzer's dictionaries want it."""
    return "".join(f"\\x{byte:02x}" for byte in token)
