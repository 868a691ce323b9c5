"""Values are converted by their shapes before JSON or CBOR is written."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from botocore.model import OperationModel

from awsio.events import EventSerializer

MakeModel = Callable[[str], OperationModel]
WHEN = datetime.datetime(2015, 1, 25, 8, 0, 0, 250000, tzinfo=datetime.UTC)


def test_timestamps_are_written_in_the_format_of_each_member(all_traits: MakeModel) -> None:
    times = dict.fromkeys(("When", "Iso", "Mail", "Unix", "Iso2"), WHEN)
    body = EventSerializer(all_traits("json")).serialize({"Body": {**times, "Times": [WHEN]}}).body
    assert body == {
        "When": 1422172800.25,
        "Iso": "2015-01-25T08:00:00.250000Z",
        "Mail": "Sun, 25 Jan 2015 08:00:00 GMT",
        "Unix": 1422172800.25,
        "Iso2": "2015-01-25T08:00:00.250000Z",
        "Times": ["2015-01-25T08:00:00.250000Z"],
    }


def test_nulls_stay_in_lists_and_maps_and_leave_structures(all_traits: MakeModel) -> None:
    serializer = EventSerializer(all_traits("json"))
    value = {"Names": ["a", None], "Map": {"a": None, "b": [None]}, "Text": None, "Inner": None}
    assert serializer.serialize({"Body": value}).body == {
        "Names": ["a", None],
        "Map": {"a": None, "b": [None]},
    }
