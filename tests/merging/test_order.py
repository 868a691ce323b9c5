"""Several connections in one loop: what arrives first comes first."""

from __future__ import annotations

import io
import os
import select
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import urllib3

import awsio
from awsio import EventParser, PawsConnection
from awsio.errors import StreamTimeoutError
from awsio.sources.waiting import out_of_time
from awsio.testing import LocalServer
from tests.support.frames import CONVERSE, CONVERSE_EVENTS
from tests.support.merging import Endless, frame, gated, payloads_of, stored
from tests.support.tls import TlsServer
from tests.support.waiting import PATIENCE, Task, wait_until
from tests.support.wire import Answer, Gate

if TYPE_CHECKING:
    from pathlib import Path

Connect: TypeAlias = Callable[..., list[PawsConnection]]


# --- order ------------------------------------------------------------------------------------


def test_events_come_in_the_order_in_which_they_arrive_over_the_connections(
    connect: Connect,
) -> None:
    answers = [gated(*"abcd"), gated(*"efgh"), gated(*"ijkl")]
    cons = connect(*(Answer(pieces) for pieces, _ in answers))
    left = [iter(gates) for _, gates in answers]
    threads = set(threading.enumerate())
    with awsio.merge(*cons) as merged:
        for at, payload in zip((2, 0, 0, 1, 2, 0, 1), "iabejcf", strict=True):
            next(left[at]).open()
            con, event = next(merged)
            assert (con, event.payload.decode()) == (cons[at], payload)
            assert set(threading.enumerate()) == threads, "a thread was started"
        for rest in left:
            for gate in rest:
                gate.open()
        assert sorted(payloads_of(merged)) == ["d", "g", "h", "k", "l"]


def test_thousands_of_events_over_twenty_streams_come_whole_and_each_stream_in_its_order() -> None:
    def events(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        key = arguments["Key"]
        yield from ({"Records": {"Payload": b"%s-%d" % (key.encode(), n)}} for n in range(250))
        yield {"End": {}}

    query = {
        "Bucket": "b",
        "Expression": "",
        "ExpressionType": "SQL",
        "InputSerialization": {},
        "OutputSerialization": {},
    }
    with LocalServer() as server, server.client("s3") as client:
        server.add("s3", "SelectObjectContent", events)
        streams = {}
        for n in range(20):
            stream = client.select_object_content(Key=str(n), **query).Payload
            streams[stream(connection=True)] = (str(n), stream)
        seen: dict[str, list[bytes]] = {name: [] for name, _ in streams.values()}
        for con, event in awsio.merge(*(stream for _, stream in streams.values())):
            name, _ = streams[con]
            seen[name].append(event.Records.Payload)
        for name, payloads in seen.items():
            assert payloads == [*(f"{name}-{n}".encode() for n in range(250)), None]
        assert all(con.closed and con.is_complete() for con in streams)


def test_a_fast_stream_does_not_starve_the_others() -> None:
    fast, slow = stored(*["f"] * 3000), stored(*["s"] * 3)
    found = payloads_of(awsio.merge(fast, slow))
    assert [at for at, payload in enumerate(found) if payload == "s"][-1] < 50
    assert Counter(found) == {"f": 3000, "s": 3}


def test_a_fast_stream_does_not_wait_for_one_that_is_silent(connect: Connect) -> None:
    fast = stored(*["f"] * 4800)
    merged = awsio.merge(*connect(Answer([Gate()])), fast)
    began = time.monotonic()
    for _ in range(4800):
        next(merged)
    assert time.monotonic() - began < 3
    merged.close()


def test_a_stream_that_speaks_while_another_runs_fast_is_heard_before_that_ends(
    connect: Connect,
) -> None:
    pieces, (gate,) = gated("now")
    fast, (slow,) = stored(*["f"] * 8000), connect(Answer(pieces))
    merged = awsio.merge(fast, slow)
    # Some turns: at the beginning all are looked at anyway.
    assert {next(merged)[0] for _ in range(100)} == {fast}
    gate.open()
    wait_until(lambda: readable(slow))
    found = payloads_of(merged)
    assert found.index("now") < 100
    assert len(found) == 7901


def readable(con: PawsConnection) -> bool:
    return bool(select.select([con], [], [], 0)[0])


# --- what lies between the bytes and the events ---------------------------------------------


def test_events_that_came_together_all_come_though_the_socket_has_no_more(
    connect: Connect,
) -> None:
    gate = Gate()
    many = b"".join(map(frame, range(100)))
    cons = connect(Answer([many, gate]), Answer([many, gate]))
    with awsio.merge(*cons) as merged:
        found = Counter(next(merged)[1].payload for _ in range(200))
    assert found == {str(n).encode(): 2 for n in range(100)}


def test_an_event_in_pieces_comes_when_its_last_byte_has(connect: Connect) -> None:
    whole = frame("whole")
    gates = [Gate() for _ in whole]
    pieces: list[bytes | Gate] = []
    for n, gate in enumerate(gates):
        pieces += [gate, whole[n : n + 1]]
    end = Gate()
    slow, other = connect(Answer(pieces), Answer([frame("other"), end]))
    merged = awsio.merge(slow, other)
    assert next(merged)[0] is other
    reader = Task(lambda: next(merged))
    for gate in gates[:-1]:
        gate.open()
    assert gates[-1].reached.wait(PATIENCE)
    reader.wait_inside("_wait")
    assert not reader.done
    gates[-1].open()
    con, event = reader.result()
    assert (con, event.payload) == (slow, b"whole")
    merged.close()


def test_events_come_over_tls_when_their_record_is_whole(
    certificate: Path, connect: Connect
) -> None:
    middle, late = Gate(), Gate()
    pieces: list[Any] = [(frame("split"), middle), b"".join(map(frame, range(50))), late]
    pieces.append(frame("last"))
    trusting = urllib3.PoolManager(retries=False, ca_certs=str(certificate), timeout=PATIENCE)
    plain_pieces, gates = gated("plain")
    with TlsServer(certificate, pieces) as server:
        secret = PawsConnection(trusting.request("POST", server.url, preload_content=False))
        (plain,) = connect(Answer(plain_pieces))
        merged = awsio.merge(secret, plain)
        reader = Task(lambda: next(merged))
        # Half a record is there: the descriptor was readable, and gave nothing.
        assert middle.reached.wait(PATIENCE)
        gates[0].open()
        assert reader.result()[0] is plain
        middle.open()
        assert [next(merged)[1].payload for _ in range(51)] == [
            b"split",
            *(str(n).encode() for n in range(50)),
        ]
        late.open()
        assert payloads_of(merged) == ["last"]
    trusting.clear()


def test_http_tls_files_and_pipes_go_together(
    certificate: Path, connect: Connect, tmp_path: Path, converse: EventParser
) -> None:
    (tmp_path / "stream").write_bytes(frame("disk"))
    read_end, write_end = os.pipe()
    raw_read_end, raw_write_end = os.pipe()
    trusting = urllib3.PoolManager(retries=False, ca_certs=str(certificate), timeout=PATIENCE)
    with TlsServer(certificate, [frame("tls")]) as server:
        cons = [
            *connect(Answer([frame("http")])),
            PawsConnection(trusting.request("POST", server.url, preload_content=False)),
            awsio.open(tmp_path / "stream"),
            stored("memory"),
            PawsConnection(open(read_end, "rb")),  # noqa: PTH123, SIM115 - closed by the merge
            PawsConnection(open(raw_read_end, "rb", buffering=0)),  # noqa: PTH123, SIM115 - as above
            PawsConnection(io.BytesIO(b"".join(CONVERSE)), converse),
        ]
        merged = awsio.merge(*cons)
        first = [next(merged)[1] for _ in range(4 + len(CONVERSE))]
        os.write(write_end, frame("pipe"))
        assert next(merged)[1].payload == b"pipe"
        os.write(raw_write_end, frame("raw pipe"))
        assert next(merged)[1].payload == b"raw pipe"
        os.close(write_end)
        os.close(raw_write_end)
        assert list(merged) == []
    trusting.clear()
    dicts = [event for event in first if isinstance(event, dict)]
    frames = {event.payload for event in first if not isinstance(event, dict)}
    assert dicts == CONVERSE_EVENTS
    assert frames == {b"http", b"tls", b"disk", b"memory"}
    assert all(con.closed for con in cons)


def test_a_source_without_a_descriptor_is_looked_at_now_and_then(connect: Connect) -> None:
    pieces, (gate,) = gated("http")
    source = Endless(frame(1), frame(2))
    cons = [PawsConnection(source), *connect(Answer(pieces))]
    merged = awsio.merge(*cons)
    assert [next(merged)[1].payload for _ in range(2)] == [b"1", b"2"]
    gate.open()
    assert payloads_of(merged) == ["http"]
    assert source.closed
    assert source.looks < 200, "it was asked without a pause"


def test_waiting_takes_no_processor_time(connect: Connect) -> None:
    gate = Gate()
    merged = awsio.merge(*connect(Answer([gate, frame(1)]), Answer([gate])))
    opener = threading.Timer(0.5, gate.open)
    opener.start()
    began = time.process_time()
    assert next(merged)[1].payload == b"1"
    assert time.process_time() - began < 0.25
    opener.join()
    assert list(merged) == []


class TakesItsNumber:
    """A byte source whose descriptor gets the number of another's, as that is closed.

    Args:
        other: the connection whose number comes again.
        pieces: what reads return after that.
    """

    timeout = None

    def __init__(self, other: PawsConnection, *pieces: bytes) -> None:
        self._other = other
        self._pieces = list(pieces)
        self._descriptors: list[int] = []
        self._looks = 0

    def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - a source
        if self._descriptors:
            return self._pieces.pop(0) if self._pieces else b""
        self._looks += 1
        if self._looks == 1:  # the other is not waited for yet
            raise StreamTimeoutError("nothing came in time", resumable=True)
        number = self._other.fileno()
        self._other.close()
        self._descriptors += os.pipe()
        assert self._descriptors[0] == number
        os.write(self._descriptors[1], b"x")  # from now on it can be read
        raise StreamTimeoutError("nothing came in time", resumable=True)

    def fileno(self) -> int:
        if not self._descriptors:
            raise OSError
        return self._descriptors[0]

    def wake(self) -> None:
        """Nobody waits."""

    def close(self, *, drain: bool) -> None:  # noqa: ARG002 - a source
        for descriptor in self._descriptors:
            os.close(descriptor)


def test_a_descriptor_whose_number_comes_again_is_that_of_its_new_connection() -> None:
    reader, writer = os.pipe()
    first = PawsConnection(os.fdopen(reader, "rb"))
    os.write(writer, frame("a"))
    second = PawsConnection(TakesItsNumber(first, frame("b")))
    with awsio.merge(first, second) as merged:
        assert payloads_of(merged) == ["a", "b"]
    os.close(writer)


class Useless(Endless):
    """A byte source that always has bytes, of which every second read can make nothing."""

    def read(self, size: int, deadline: float | None = None) -> bytes:
        try:
            return super().read(size, deadline)
        except StreamTimeoutError:
            raise out_of_time(data_pending=True) from None


def test_a_stream_of_useless_bytes_is_read_on_and_not_waited_for() -> None:
    payloads = ["a", "b", "c"]
    source = Useless(*map(frame, payloads))
    with awsio.merge(PawsConnection(source), stored("d")) as merged:
        assert sorted(payloads_of(merged)) == ["a", "b", "c", "d"]
