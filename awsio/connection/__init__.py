"""An event stream as a file; see :class:`PawsConnection`."""

from __future__ import annotations

from awsio.connection.connection import PawsConnection
from awsio.connection.given import SupportsConnection
from awsio.connection.parser import FrameParser
from awsio.connection.response import Exchange, SentRequest
from awsio.connection.watching import StreamWatcher
from awsio.masking import SensitiveNames

__all__ = (
    "Exchange",
    "FrameParser",
    "PawsConnection",
    "SensitiveNames",
    "SentRequest",
    "StreamWatcher",
    "SupportsConnection",
)
