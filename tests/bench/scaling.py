"""The points of the plot: cost by the size of an event, and by the number of streams."""

from __future__ import annotations

from tests.bench.row import CPU_S, FEW, HIDE_FAST, KIB, US_EVENT, Contestant, Row

__all__ = ("SIZE", "STREAMS", "scaling_rows")

#: How the names of the two kinds of points begin; the number stands behind.
SIZE, STREAMS = "scaling-size-", "scaling-streams-"


def by_size(size: int, *, quick: bool) -> Row:
    """Give the point of a size of text: as many events as make some hundred KiB, at least 50."""
    total = (64 if quick else 512) * KIB
    events = max(total // (size + 200), 50)
    stream = {"events": events, "read": 64 * KIB, "size": size}
    return Row(
        f"{SIZE}{size}",
        f"{events} events with {size} bytes of text",
        US_EVENT,
        Contestant("awsio", "decode:awsio_events", stream, HIDE_FAST),
        Contestant("botocore", "decode:botocore_events", stream),
        (
            Contestant("awsio, fast", "decode:awsio_events", stream, needs="isal"),
            Contestant(
                "floor: json and CRC",
                "floors:json_and_crc",
                {"events": events, "size": size},
            ),
        ),
    )


def by_streams(streams: int, *, quick: bool) -> Row:
    """Give the point of a number of streams, each with an event every 20 ms."""
    trickle = {"streams": streams, "server": {"count": 25 if quick else 50, "pace": 0.02}}
    return Row(
        f"{STREAMS}{streams}",
        f"{streams} streams, an event every 20 ms each",
        CPU_S,
        Contestant("awsio.merge", "trickle:awsio_merge", trickle),
        Contestant("boto3, threads", "trickle:boto3_threads", trickle),
        (
            Contestant("awsio, threads", "trickle:awsio_threads", trickle),
            Contestant("aiobotocore", "aio:tasks", trickle, needs="aiobotocore"),
        ),
        most_rounds=FEW,
    )


def scaling_rows(*, quick: bool) -> list[Row]:
    """Give all points."""
    sizes = (8, 256, 8192) if quick else (8, 64, 512, 4096, 32768, 262144)
    numbers = (1, 10, 50) if quick else (1, 3, 10, 30, 100, 200)
    return [by_size(size, quick=quick) for size in sizes] + [
        by_streams(number, quick=quick) for number in numbers
    ]
