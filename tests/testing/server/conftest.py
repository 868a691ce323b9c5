from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from awsio.testing import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running
