"""Timestamps are parsed as botocore parses them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.utils import parse_timestamp as judge

from awsio.events.times import parse_timestamp


@pytest.mark.parametrize(
    "value",
    [0, 1422172800, 1422172800.123, -1.5, "1422172800", "1422172800.5", "2015-01-25T08:00:00Z",
     "2015-01-25T08:00:00.123456789Z", "2015-01-25T08:00:00+05:30", "20150125T080000Z",
     "Sun, 25 Jan 2015 08:00:00 GMT", "2015-01-25", 2**37],
    ids=repr,
)  # fmt: skip
def test_reading_is_botocores(value: Any) -> None:
    ours = parse_timestamp(value)
    theirs = judge(value)
    assert (ours, ours.utcoffset()) == (theirs, theirs.utcoffset())


@pytest.mark.parametrize("value", ["", "no time", None, [], {}, "2015-13-45T99:00:00Z"], ids=repr)
def test_what_is_no_timestamp_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match="Invalid timestamp"):
        parse_timestamp(value)


@pytest.mark.parametrize(
    "value", [1e30, -1e30, float("inf"), 10**400, "1e400", 2**40], ids="abcdef"
)
def test_a_number_beyond_every_year_is_no_timestamp(value: Any) -> None:
    with pytest.raises((ValueError, RuntimeError)):
        parse_timestamp(value)
