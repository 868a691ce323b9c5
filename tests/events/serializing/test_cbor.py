"""CBOR is written as the protocol's specification asks."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from struct import pack
from typing import Any

import pytest
from botocore.model import OperationModel

from awsio.errors import EventSerializeError
from awsio.events import EventSerializer

MakeModel = Callable[[str], OperationModel]
WHEN = datetime.datetime(2015, 1, 25, 8, 0, 0, 250000, tzinfo=datetime.UTC)


def test_cbor_is_written_as_the_specification_says(all_traits: MakeModel) -> None:
    serializer = EventSerializer(all_traits("smithy-rpc-v2-cbor"))

    def written(value: dict[str, Any]) -> bytes:
        return serializer.serialize({"Body": value}).payload

    assert written({}) == b"\xa0"
    assert written({"Flag": True}) == b"\xa1\x64Flag\xf5"
    assert written({"Flag": False}) == b"\xa1\x64Flag\xf4"
    assert written({"Raw": "é"}) == b"\xa1\x63Raw\x42\xc3\xa9"
    assert written({"Ratio": 1.5}) == b"\xa1\x65Ratio\xfb\x3f\xf8" + bytes(6)
    assert written({"When": WHEN}) == b"\xa1\x64When\xc1\xfb" + pack(">d", 1422172800.25)
    assert written({"When": 60}) == b"\xa1\x64When\xc1\x18\x3c"
    assert written({"Names": ["a", None]}) == b"\xa1\x65Names\x82\x61a\xf6"
    for number, form in {
        0: b"\x00", 23: b"\x17", 24: b"\x18\x18", 255: b"\x18\xff", 256: b"\x19\x01\x00",
        65535: b"\x19\xff\xff", 65536: b"\x1a\x00\x01\x00\x00", 2**32: b"\x1b\0\0\0\1\0\0\0\0",
        2**32 - 1: b"\x1a\xff\xff\xff\xff", 2**64 - 1: b"\x1b" + b"\xff" * 8,
        -1: b"\x20", -24: b"\x37", -25: b"\x38\x18", -(2**64): b"\x3b" + b"\xff" * 8,
    }.items():  # fmt: skip
        assert written({"Number": number}) == b"\xa1\x66Number" + form


@pytest.mark.parametrize("number", [2**64, -(2**64) - 1, 1j, object()])
def test_what_cbor_has_no_form_for_is_refused(number: Any, all_traits: MakeModel) -> None:
    with pytest.raises(EventSerializeError):
        EventSerializer(all_traits("smithy-rpc-v2-cbor")).serialize({"Body": {"Number": number}})
