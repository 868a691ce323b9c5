"""Short runs of both campaigns: the long ones are for ``tox -e soak``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = "hangs|losses|foreign bytes|cut by others|refused opens|other faults"


@pytest.mark.parametrize("campaign", [("--seconds", "3"), ("--closes", "1000")])
def test_a_short_run_finds_nothing(campaign: tuple[str, str]) -> None:
    path = os.pathsep.join([*filter(None, sys.path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.soak", *campaign, "--seed", "1", "--direct"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    figures = dict(re.findall(rf"^({NAMES}) +(\d+)$", done.stdout, re.MULTILINE))
    assert set(figures.values()) == {"0"}
    assert len(figures) == 6
