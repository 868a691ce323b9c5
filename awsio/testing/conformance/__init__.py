"""The contract of a connection, checked for any byte source; see :func:`check_stream`."""

from __future__ import annotations

from awsio.testing.conformance.check import StreamReport, check_stream
from awsio.testing.conformance.pieces import StreamPieces

__all__ = ("StreamPieces", "StreamReport", "check_stream")
