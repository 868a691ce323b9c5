"""Timestamps are written in the formats of the models."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsio.events.serializing.times import epoch_seconds, format_timestamp
from awsio.events.times import parse_timestamp

UTC = datetime.UTC
EAST = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
WHEN = datetime.datetime(2015, 1, 25, 8, 0, tzinfo=UTC)
SOME = settings(max_examples=100, deadline=None, derandomize=True, database=None)

times = st.datetimes(
    min_value=datetime.datetime(1900, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime.datetime(2200, 1, 1),  # noqa: DTZ001 - likewise
    timezones=st.sampled_from([UTC, EAST, datetime.timezone(-datetime.timedelta(hours=8))]),
)


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("unixTimestamp", WHEN, 1422172800),
        ("unixTimestamp", WHEN.replace(microsecond=250000), 1422172800.25),
        ("unixTimestamp", WHEN.replace(tzinfo=None), 1422172800),
        ("unixTimestamp", 1422172800.25, 1422172800.25),
        ("unixTimestamp", "2015-01-25T08:00:00Z", 1422172800),
        ("unixTimestamp", WHEN.replace(year=1969, month=12, day=31, hour=23), -3600),
        ("iso8601", WHEN, "2015-01-25T08:00:00Z"),
        ("iso8601", WHEN.replace(microsecond=5), "2015-01-25T08:00:00.000005Z"),
        ("iso8601", WHEN.astimezone(EAST), "2015-01-25T08:00:00Z"),
        ("iso8601", WHEN.replace(tzinfo=None), "2015-01-25T08:00:00Z"),
        ("ISO8601", 1422172800, "2015-01-25T08:00:00Z"),
        ("rfc822", WHEN, "Sun, 25 Jan 2015 08:00:00 GMT"),
        ("rfc822", WHEN.astimezone(EAST), "Sun, 25 Jan 2015 08:00:00 GMT"),
    ],
)
def test_writing_is_by_the_format(name: str, value: Any, written: Any) -> None:
    result = format_timestamp(value, name)
    assert (result, type(result)) == (written, type(written))


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot change its time zone")
def test_a_naive_time_is_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    naive = WHEN.replace(tzinfo=None)
    try:
        with monkeypatch.context() as context:
            context.setenv("TZ", "EAST-05:30")
            time.tzset()
            assert naive.timestamp() != 1422172800  # the zone is in force
            assert epoch_seconds(naive) == 1422172800
            assert format_timestamp(naive, "iso8601") == "2015-01-25T08:00:00Z"
            assert parse_timestamp(1422172800) == WHEN
    finally:
        time.tzset()


def test_an_unknown_format_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="unknown timestamp format 'stardate'"):
        format_timestamp(WHEN, "stardate")
    with pytest.raises(ValueError, match="Invalid timestamp"):
        format_timestamp("no time", "iso8601")


@SOME
@given(when=times)
def test_every_time_survives_the_formats(when: datetime.datetime) -> None:
    assert parse_timestamp(format_timestamp(when, "iso8601")) == when
    assert parse_timestamp(format_timestamp(when, "unixTimestamp")) == when
    assert parse_timestamp(format_timestamp(when, "rfc822")) == when.replace(microsecond=0)
    assert epoch_seconds(when) == when.timestamp()
