"""Fixtures: the server on real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.wire import WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running
