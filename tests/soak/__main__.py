"""``python -m tests.soak``: runs streams for some time, and prints the figures."""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.soak.campaign import Campaign
from tests.soak.figures import Figures, held
from tests.soak.middle import PROXIES, proxy
from tests.soak.opening import Openers
from tests.soak.plan import draw, draw_close
from tests.support.tls import make_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECONDS = 600.0
SWITCH_INTERVAL = 1e-5
FAULTS_SHOWN = 20
#: Seconds that what was closed may take until it is gone.
PATIENCE = 20.0


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="N")
    parser.add_argument("--seed", type=int, default=int(time.time()), metavar="N")
    parser.add_argument("--lanes", type=int, default=4, metavar="N", help="threads that read")
    parser.add_argument(
        "--switch-interval",
        type=float,
        default=SWITCH_INTERVAL,
        metavar="SECONDS",
        help="of the interpreter in one half of the time",
    )
    parser.add_argument("--direct", action="store_true", help="through no nginx and no haproxy")
    parser.add_argument(
        "--closes",
        type=int,
        metavar="N",
        help="run N short streams of pools instead, each closed by another thread, at the switch"
        " interval given, however long that takes",
    )
    parser.add_argument("--stream", type=int, metavar="N", help="run this one again and again")
    return parser.parse_args(given)


@contextmanager
def server(certificate: Path) -> Iterator[tuple[int, int]]:
    """Run the server; gives its port, and that of TLS."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109 - sys.path holds strings
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.soak.server", certificate],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        plain, tls = json.loads(process.stdout.readline())
        yield plain, tls
    finally:
        process.stdin.close()
        process.wait(PATIENCE)
        process.stdout.close()


def set_up(stack: ExitStack, folder: Path, *, direct: bool) -> tuple[dict[str, str], Path]:
    """Start the server and the proxies; gives the URL of each route, and the certificate."""
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    certificate = make_certificate(folder)
    os.environ["AWS_CA_BUNDLE"] = str(certificate)
    plain, tls = stack.enter_context(server(certificate))
    routes = {"plain": f"http://127.0.0.1:{plain}", "tls": f"https://127.0.0.1:{tls}"}
    for name in () if direct else PROXIES:
        found = stack.enter_context(proxy(name, folder / name, certificate, plain))
        routes |= found
        if not found:
            print(f"{name} is not installed: no stream goes through it.")
    return routes, certificate


def soak(given: argparse.Namespace, figures: Figures) -> None:
    """Run the streams."""

    def give_up() -> None:
        report(given, figures)
        stack.close()
        os._exit(1)  # a thread that stands still would hold the process, or its locks

    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="soak-")))
        closes = given.closes is not None
        routes, certificate = set_up(stack, folder, direct=given.direct or closes)
        openers = Openers(routes, certificate)
        campaign = Campaign(
            openers.open,
            [*routes],
            given.seed,
            figures,
            give_up,
            lanes=given.lanes,
            draw=draw_close if closes else draw,
        )
        warm = min(given.seconds / 5, 20.0)
        interval = sys.getswitchinterval()
        try:
            campaign.run(warm, given.stream, streams=given.closes or math.inf)
            openers.close()
            figures.before = held()
            sys.setswitchinterval(given.switch_interval)
            if closes:
                campaign.run(math.inf, given.stream, streams=given.closes)
            else:
                half = (given.seconds - warm) / 2
                campaign.run(half, given.stream)
                sys.setswitchinterval(interval)
                campaign.run(half, given.stream)
        finally:
            sys.setswitchinterval(interval)
        openers.close()
        figures.settle(PATIENCE)
        with urllib.request.urlopen(routes["plain"] + "/counts") as answer:  # noqa: S310 - http
            counts = json.load(answer)
        reused = counts["requests"] - counts["connections"]
        figures.server = {**counts, "connections used again, at least": max(reused, 0)}
        campaign.stop()
        if figures.server["reused after surplus"]:
            figures.fault("foreign", None, "a connection with bytes after its body was used again")


def report(given: argparse.Namespace, figures: Figures) -> None:
    """Print the figures, and what went wrong."""
    print(figures.table())
    print(f"seed {given.seed}, {given.lanes} threads")
    for fault in figures.faults[:FAULTS_SHOWN]:
        print(f"\n{fault.kind}: {fault.plan}\n{fault.told}")
        if fault.plan is not None:
            stream = fault.plan.request.stream
            print(f"again: --seed {given.seed} --lanes {given.lanes} --stream {stream}")
    sys.stdout.flush()


def main() -> None:
    """Do what the command line says."""
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and the servers end too
    figures = Figures()
    soak(given, figures)
    report(given, figures)
    if figures.faults:
        sys.exit(1)


if __name__ == "__main__":
    main()
