"""`awsio.resume` and interrupts: wherever one comes, reading goes on behind the position."""

from __future__ import annotations

import json
import linecache
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

import awsio
from awsio.resuming import opening, pacing, resumed
from tests.support.calls import KINESIS_CALL
from tests.support.shard import BEGIN, FAST, LAST, after, batch, numbers_in
from tests.support.waiting import Task, places_of, wait_until
from tests.support.wire import Answer, Gate, WireServer

if TYPE_CHECKING:
    from types import FrameType

    from awsio import PawsConnection
    from awsio.resuming import Resumed

MakeAnswer: TypeAlias = Callable[[str], Answer]
MakeClient: TypeAlias = Callable[..., Any]
Resume: TypeAlias = Callable[..., "Resumed[Any]"]

FILES = {resumed.__file__, opening.__file__, pacing.__file__}
# The interpreter looks for signals behind calls, and so never right before these, which
# stand behind no call; a trace would.
NEVER_BEFORE = (
    "try:  # noqa: SIM105",
    "self._lock.release()",
    "self._reading = False",
    "if not keep:",
    "self._connection = None  #",
)
SIZE = 3


class InterruptAt:
    """Raise a `KeyboardInterrupt` before the n-th line of `resume` that a thread runs."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        return self.at_line if frame.f_code.co_filename in FILES else None

    def at_line(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line" and not self.is_never_before(frame):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt(frame.f_code.co_name, frame.f_lineno)
        return self.at_line

    def is_never_before(self, frame: FrameType) -> bool:
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
        return line.startswith(NEVER_BEFORE)


def read_all(events: Resumed[Any], timeout: float | None) -> list[int]:
    found: list[int] = []
    while (event := events.read_event(timeout=timeout)) is not None:
        found += numbers_in(event)
    return found


def number_of(position: Any) -> int:
    return 0 if position == BEGIN else int(position["SequenceNumber"])


@pytest.fixture
def shard(server: WireServer) -> MakeAnswer:
    """Answer a subscription: the one at the beginning breaks off inside the third event."""

    def answer(_head: str) -> Answer:
        begin = number_of(json.loads(server.requests[-1][1])["StartingPosition"])
        frames = [batch(number) for number in range(begin + 1, SIZE + 1)]
        return Answer([*frames[:2], frames[2][:-1]] if begin == 0 else [*frames, LAST])

    return answer


@pytest.mark.parametrize("timeout", [None, 20])
def test_an_interrupt_anywhere_in_a_read_loses_nothing_behind_the_position(
    timeout: float | None, client: MakeClient, shard: MakeAnswer
) -> None:
    kinesis = client("kinesis", shard)
    call = {name: KINESIS_CALL[name] for name in ("ConsumerARN", "ShardId")}
    opened: list[PawsConnection] = []

    def open_at(position: Any) -> PawsConnection:
        response = kinesis.subscribe_to_shard(**call, StartingPosition=position)
        opened.append(response.EventStream(connection=True))
        return opened[-1]

    met: set[int] = set()
    number = 0
    interrupted = True
    while interrupted:
        number += 1
        events = awsio.resume(open_at, BEGIN, **FAST)
        trace = InterruptAt(number)

        def read(events: Resumed[Any] = events, trace: InterruptAt = trace) -> list[int]:
            sys.settrace(trace)
            try:
                return read_all(events, timeout)
            finally:
                sys.settrace(None)

        reader = Task(read)
        try:
            assert reader.result() == [*range(1, SIZE + 1)]
            interrupted = False
        except KeyboardInterrupt as error:
            place, position = error.args, events.position
            behind = SIZE if position is None else number_of(position)
            # A lock that was left taken would be another thread's here.
            assert read_all(events, 5) == [*range(behind + 1, SIZE + 1)], place
            met.add(behind)
        events.close()
        while opened:
            opened.pop().close()  # an interrupt may come before anybody has it
    assert met == {*range(SIZE + 1)}
    assert number > 80


@pytest.mark.parametrize("timeout", [None, 20])
def test_an_interrupt_while_a_read_waits_is_raised_and_the_next_one_goes_on(
    timeout: float | None, subscribe: Resume, server: WireServer
) -> None:
    """A real signal, as Ctrl-C sends it, to the thread that reads."""
    main = threading.main_thread().ident or 0
    events = subscribe(Answer([batch(1), Gate()]), Answer([batch(2), LAST]))
    assert numbers_in(next(events)) == [1]

    def waits() -> bool:
        return any(name == "wait_readable" for _, name in places_of(main))

    def press() -> None:
        wait_until(waits)
        signal.pthread_kill(main, signal.SIGINT)

    key = Task(press)
    with pytest.raises(KeyboardInterrupt):
        events.read_event(timeout=timeout)
    key.result()
    assert (events.position, events.connection) == (after(1), None)
    assert Task(lambda: read_all(events, 5)).result() == [2]
    assert len(server.requests) == 2
