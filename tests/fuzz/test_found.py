"""Every case that was kept is run again, and every target on what a campaign begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz import found
from tests.fuzz.engines.random import explore
from tests.fuzz.seeds import seeds_of
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = 40
EXECUTIONS = 200


@pytest.mark.parametrize("path", found.cases(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_case_that_was_kept_is_none_any_more(path: Path) -> None:
    if path.parent.name == "documents":
        pytest.importorskip("orjson", reason="orjson is not installed: json alone is used")
    TARGETS[path.parent.name].run(found.read(path))


def test_cases_of_most_kinds_are_kept() -> None:
    assert {path.parent.name for path in found.cases()} >= {"decoder", "parser_json", "parser_cbor"}


@pytest.mark.parametrize("target", TARGETS)
def test_the_rules_hold_for_what_a_campaign_begins_with(target: str) -> None:
    seeds = seeds_of(target)
    assert len(seeds) > 10
    for seed in seeds[:: max(1, len(seeds) // SEEDS)]:
        TARGETS[target].run(seed)


@pytest.mark.parametrize("target", TARGETS)
def test_the_rules_hold_for_some_random_inputs(target: str) -> None:
    count, failed = explore(TARGETS[target], seeds_of(target), EXECUTIONS, 0, 1)
    assert failed is None, failed.hex()
    assert count >= EXECUTIONS


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_is_too_short(target: str) -> None:
    for length in range(6):
        TARGETS[target].run(bytes(length))
