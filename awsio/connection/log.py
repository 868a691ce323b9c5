"""What a connection tells of its work, through ``logging`` and as httr2 counts.

The logger is ``awsio``, the level INFO. Verbosity 0 says nothing; 1 the headers of
request and response; 2 also every frame, with its payload; 3 also every read of the
source. Credentials are masked at every verbosity, and no payload is told below 2.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awsio.connection.response import ResponseInfo
    from awsio.eventstream import Frame

__all__ = ("StreamLog", "masked", "masked_url")

logger = logging.getLogger("awsio")

HEADERS, FRAMES, READS = 1, 2, 3
SECRET_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-amz-security-token",
        "x-api-key",
    }
)
CUSTOMER_KEY = "-customer-key"  # S3's headers for a key that the customer keeps
MASK = "***"
# What a presigned URL holds.
find_secret_query = re.compile(r"(?i)(x-amz-(?:signature|security-token)=)[^&]*")


def masked(headers: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Give headers with the values of those that hold secrets taken out."""
    pairs = dict(headers).items()
    return {name: MASK if is_secret(name.lower()) else value for name, value in pairs}


def is_secret(name: str) -> bool:
    """Tell whether a header holds a secret, by its name in lower case."""
    return name in SECRET_HEADERS or name.endswith(CUSTOMER_KEY)


def masked_url(url: str) -> str:
    """Give a URL with the secrets of its query taken out."""
    return find_secret_query.sub(rf"\1{MASK}", url)


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
                url, headers = masked_url(request.url), masked(request.headers)
                logger.info("-> %s %s %s", request.method, url, headers)
            logger.info("<- %s %s %s", info.status_code, info.reason, masked(info.headers))

    def frame(self, frame: Frame) -> None:
        """Tell a frame."""
        if self.verbosity >= FRAMES:
            logger.info("<< %s %s", dict(frame.headers), frame.payload)

    def received(self, data: bytes) -> None:
        """Tell a read of the source."""
        if self.verbosity >= READS:
            logger.info("<< %s bytes from the source%s", len(data), "" if data else ": its end")
