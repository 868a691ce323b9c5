"""What a connection logs of its work, through ``logging`` and as httr2 counts.

The logger is ``awsio``, the level INFO. Verbosity 0 logs nothing; 1 the headers of
request and response; 2 also every frame, with its payload; 3 also every read of the
source. Credentials are masked at every verbosity, and payloads are not logged below 2: so
headers that carry what users and models say are masked as well.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from awsio.masking import masked_headers, masked_url

if TYPE_CHECKING:
    from awsio.connection.response import ResponseInfo
    from awsio.eventstream import Frame

__all__ = ("StreamLog",)

logger = logging.getLogger("awsio")

HEADERS, FRAMES, READS = 1, 2, 3


class StreamLog:
    """Logs what happens on one connection.

    Attributes:
        verbosity: 0 to 3.
    """

    def __init__(self, verbosity: int) -> None:
        self.verbosity = verbosity

    def exchange(self, info: ResponseInfo) -> None:
        """Log the headers of request and response."""
        if self.verbosity >= HEADERS and info.http is not None:
            request = info.request
            if request is not None:
                url = masked_url(request.url, request.sensitive)
                headers = masked_headers(request.headers, request.sensitive)
                logger.info("-> %s %s %s", request.method, url, headers)
            headers = masked_headers(info.headers, info.sensitive_names)
            logger.info("<- %s %s %s", info.status_code, info.reason, headers)

    def frame(self, frame: Frame) -> None:
        """Log a frame."""
        if self.verbosity >= FRAMES:
            logger.info("<< %s %s", dict(frame.headers), frame.payload)

    def received(self, data: bytes) -> None:
        """Log a read of the source."""
        if self.verbosity >= READS:
            logger.info("<< %s bytes from the source%s", len(data), "" if data else ": its end")
