"""JSON is written compactly, and only what JSON can represent."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsio.events.json import loads
from awsio.events.serializing.json import dumps

MANY = settings(max_examples=100, deadline=None, derandomize=True, database=None)

texts = st.text(max_size=12) | st.text(st.characters(categories=["Cs"]), max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(2**70), 2**70) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@MANY
@given(value=values)
def test_what_is_written_reads_back(value: Any) -> None:
    try:
        payload = dumps(value)
    except ValueError:  # JSON has neither NaN nor infinities
        assert json.dumps(value)
        with pytest.raises(ValueError, match="JSON"):
            json.dumps(value, allow_nan=False)
        return
    assert repr(loads(payload)) == repr(json.loads(payload))
    assert payload.isascii()


def test_json_is_written_compactly() -> None:
    assert dumps({"a": [1, "é"], "b": None}) == b'{"a":[1,"\\u00e9"],"b":null}'


@pytest.mark.parametrize("value", [math.nan, math.inf, [-math.inf]])
def test_nan_and_infinities_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="JSON"):
        dumps(value)


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError):
        dumps({"a": b"bytes"})
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(ValueError, match="Circular"):
        dumps(cycle)
