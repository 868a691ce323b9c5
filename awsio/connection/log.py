"""What a connection tells of its work, through ``logging`` and as httr2 counts.

The logger is ``awsio``, the level INFO. Verbosity 0 says nothing; 1 the headers of
request and response; 2 also every frame, with its payload; 3 also every read of the
source. Credentials are masked at every verbosity, and no payload is told below 2.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awsio.connection.response import ResponseInfo
    from awsio.eventstream import Frame

__all__ = ("StreamLog", "masked")

logger = logging.getLogger("awsio")

HEADERS, FRAMES, READS = 1, 2, 3
SECRET_HEADERS = frozenset(
    {"authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token"}
)
MASK = "***"


def masked(headers: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Give headers with the values of those that hold secrets taken out."""
    pairs = dict(headers).items()
    return {name: MASK if name.lower() in SECRET_HEADERS else value for name, value in pairs}


class StreamLog:
    """Tells what happens on one connection.

    Attributes:
        verbosity: 0 to 3.
    """

    def __init__(self, verbosity: int) -> None:
        self.verbosity = verbosity

    def exchange(self, info: ResponseInfo) -> None:
        """Tell the headers of request and response."""
        if self.verbosity >= HEADERS and info.http is not None:
            request = info.request
            if request is not None:
                logger.info("-> %s %s %s", request.method, request.url, masked(request.headers))
            logger.info("<- %s %s %s", info.status_code, info.reason, masked(info.headers))

    def frame(self, frame: Frame) -> None:
        """Tell a frame."""
        if self.verbosity >= FRAMES:
            logger.info("<< %s %s", dict(frame.headers), frame.payload)

    def received(self, data: bytes) -> None:
        """Tell a read of the source."""
        if self.verbosity >= READS:
            logger.info("<< %s bytes from the source%s", len(data), "" if data else ": its end")
