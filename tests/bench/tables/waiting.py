"""Rows of streams that are slower than their readers."""

from __future__ import annotations

from tests.bench.row import CPU_S, MS, SLOW, Contestant, Row

__all__ = ("rows_of_first_events", "rows_of_trickle")


def rows_of_first_events(*, quick: bool) -> list[Row]:
    """Give the rows of the time to the first event, one for each way to frame a body."""
    calls = 3 if quick else 10

    def first(framing: str) -> Row:
        script = {"count": 6, "pace": 0.05}
        chunked = {"server": {**script, "framing": "chunked"}, "calls": calls}
        params = {"server": {**script, "framing": framing}, "calls": calls}
        return Row(
            f"first-event-{framing}",
            f"request to first event, {framing}; boto3 chunked",
            MS,
            Contestant("awsio", "loopback:awsio_first", params),
            Contestant("boto3", "loopback:boto3_first", chunked),
            ()
            if framing == "chunked"
            else (Contestant(f"boto3, {framing}", "loopback:boto3_first", params | {"calls": 1}),),
            "later",
            0.001,
        )

    return [*map(first, ("chunked", "length", "close"))]


def rows_of_trickle(*, quick: bool) -> list[Row]:
    """Give the rows of many slow streams at once."""
    streams, count = (50, 25) if quick else (100, 100)
    trickle = {"streams": streams, "server": {"count": count, "pace": 0.02}}
    threads = Contestant("boto3, threads", "trickle:boto3_threads", trickle)
    tasks = Contestant("aiobotocore", "aio:tasks", trickle, needs="aiobotocore")

    def together(name: str, label: str, task: str, *others: Contestant) -> Row:
        return Row(
            name,
            f"{streams} streams, an event every 20 ms each, {label}",
            CPU_S,
            Contestant("awsio", task, trickle),
            threads,
            others,
            target=1,
            most_rounds=SLOW,
        )

    return [
        together("trickle-merge", "merge", "trickle:awsio_merge", tasks),
        together("trickle-threads", "threads", "trickle:awsio_threads"),
    ]
