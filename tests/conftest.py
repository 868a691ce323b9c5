"""Fixtures for the tests of every part."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

with suppress(ImportError):  # the env `peers` has no Hypothesis
    from hypothesis import settings

    # How long an example takes says more of what else the machine does than of the code.
    settings.register_profile("awsio", deadline=None)
    settings.load_profile("awsio")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of recorded streams and vectors that lies next to the checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: the recorded streams are not here")
    return folder
