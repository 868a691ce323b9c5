"""A parser that is not awsio's own may raise anything: the frame stays, however it was read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from awsio import PawsConnection
from awsio.eventstream import Frame, encode_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Fragile:
    """A parser that cannot parse some payloads, until it is told to."""

    operation_name = "Fragile"
    terminal: frozenset[str] = frozenset()
    blobs: Mapping[str, str] = {"A": "data"}

    def __init__(self, *, fails_in: str) -> None:
        self.fails_in = fails_in

    def parse(self, frame: Frame) -> Any:
        if self.fails_in == "parse" and frame.payload.startswith(b"bad"):
            raise LookupError(frame.payload.decode())
        return {"A": {"data": frame.payload}}

    def parse_initial(self, _frame: Frame) -> None:
        return None

    def payload_of(self, event: Any) -> bytes:
        payload: bytes = event["A"]["data"]
        if self.fails_in == "payload_of" and payload.startswith(b"bad"):
            raise LookupError(payload.decode())
        return payload


# What is read is cut into three payloads, of which the second fails.
READS: dict[str, tuple[Callable[[PawsConnection], Any], list[bytes], Any]] = {
    "lines": (lambda con: con.read_lines(2), [b"one\n", b"bad ", b"two\n"], ["one", "bad two"]),
    "JSON": (lambda con: next(con.iter_json()), [b'["', b"bad", b'"]'], ["bad"]),
    "server-sent event": (
        lambda con: con.read_server_sent_event().data,  # type: ignore[union-attr]
        [b"data: ", b"bad\n", b"\n"],
        "bad",
    ),
}


def wire(payloads: list[bytes]) -> io.BytesIO:
    return io.BytesIO(b"".join(encode_frame({":event-type": "A"}, part) for part in payloads))


@pytest.mark.parametrize("fails_in", ["parse", "payload_of"])
@pytest.mark.parametrize("name", READS)
def test_a_read_of_text(name: str, fails_in: str) -> None:
    read, payloads, whole = READS[name]
    parser = Fragile(fails_in=fails_in)
    con = PawsConnection(wire(payloads), parser)
    for _ in range(3):
        with pytest.raises(LookupError, match="bad"):
            read(con)
    parser.fails_in = ""
    assert read(con) == whole
    assert con.read_event() is None
    assert con.is_complete()


def test_a_read_of_events() -> None:
    parser = Fragile(fails_in="parse")
    con = PawsConnection(wire([b"a", b"bad", b"c"]), parser)
    assert con.read_event() == {"A": {"data": b"a"}}
    for _ in range(3):
        with pytest.raises(LookupError, match="bad"):
            con.read_event()
    parser.fails_in = ""
    assert [event["A"]["data"] for event in con] == [b"bad", b"c"]
