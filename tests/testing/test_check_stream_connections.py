"""The conformance check finds connections that break the contract."""

from __future__ import annotations

import io
from typing import Any

import pytest

from awsio import PawsConnection
from awsio.errors import ReaderConflictError
from awsio.testing import StreamPieces, check_stream
from tests.support.queue_source import Source

PATIENCE = 0.4  # for connections that are known to hang


class Connection(PawsConnection):
    """A connection that keeps the contract; those below do not."""

    def __init__(self, pieces: StreamPieces) -> None:
        super().__init__(Source(pieces))


class IsNeverComplete(Connection):
    def is_complete(self) -> bool:
        return False


class IsAlwaysComplete(Connection):
    def is_complete(self) -> bool:
        return True


class RepeatsAFrame(Connection):
    last = None

    def read_event(self, **options: Any) -> Any:
        self.last = self.last or super().read_event(**options)
        return self.last


class ReadsOneByteTooFew(Connection):
    def readall(self) -> bytes:
        return super().readall()[:-1]


class WritesBehindTheCount(Connection):
    def readinto(self, buffer: Any, /) -> int:
        count = super().readinto(buffer)
        buffer[-1:] = b"x"
        return count


class StaysOpen(Connection):
    closed = False


class CannotBeClosedTwice(Connection):
    def close(self) -> None:
        if self.closed:
            msg = "it is closed"
            raise RuntimeError(msg)
        super().close()


class JoinsPayloadsWithCommas(Connection):
    def payload(self, member: str | None = None) -> Any:
        return io.BytesIO(b",".join(iter(lambda: self.read_payload(member) or b"", b"")))


class ReadsEventsInsideFrames(Connection):
    def read_event(self, **options: Any) -> Any:
        try:
            return super().read_event(**options)
        except ReaderConflictError:
            return None


class ReadsAfterClose(Connection):
    def read_event(self, **options: Any) -> Any:
        return None if self.closed else super().read_event(**options)


CONNECTIONS: dict[type[Connection], tuple[str, str]] = {
    IsNeverComplete: ("frames", "is_complete"),
    IsAlwaysComplete: ("frames", "is_complete"),
    RepeatsAFrame: ("frames", "frame 2 of 4 came as"),
    ReadsOneByteTooFew: ("bytes", r"readall\(\) gave"),
    WritesBehindTheCount: ("bytes", "wrote behind"),
    JoinsPayloadsWithCommas: ("payload", "payload"),
    ReadsEventsInsideFrames: ("mixing", "inside a frame gave None"),
    ReadsAfterClose: ("close", r"read_event\(\) after close\(\) gave None"),
    CannotBeClosedTwice: ("close", "it is closed"),
    StaysOpen: ("file", "left the connection open"),
}


@pytest.mark.parametrize("connection", CONNECTIONS, ids=lambda kind: kind.__name__)
def test_a_connection_that_breaks_the_contract_is_found_by_the_clause(
    connection: type[Connection],
) -> None:
    clause, seen = CONNECTIONS[connection]
    with pytest.raises(AssertionError, match=f"(?s)'{clause}' is broken.*Seen: .*{seen}"):
        check_stream(connection, announces_end=True, patience=PATIENCE)


def test_a_connection_is_checked_too() -> None:
    assert check_stream(Connection, announces_end=True).left_out == {}
