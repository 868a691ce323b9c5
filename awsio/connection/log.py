"""What a connection tells of its work, through ``logging`` and as httr2 counts.

The logger is ``awsio``, the level INFO. Verbosity 0 says nothing; 1 the headers of
request and response; 2 also every frame, with its payload; 3 also every read of the
source. Credentials are masked at every verbosity, and no payload is told below 2: so
headers that carry what users and models say are masked as well.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from awsio.connection.options import StreamOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awsio.connection.response import ResponseInfo
    from awsio.eventstream import Frame

__all__ = ("StreamLog", "masked", "masked_url", "verbosity_level")

logger = logging.getLogger("awsio")

HEADERS, FRAMES, READS = 1, 2, 3
SECRET_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "workloadaccesstoken",  # Bedrock AgentCore's
        "x-amz-s3session-token",
        "x-amz-security-token",
        "x-amz-sso_bearer_token",
        "x-api-key",
        # What the models call sensitive, too: most of it is part of what is said.
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amzn-bedrock-request-metadata",
        "x-amzn-sagemaker-custom-attributes",
    }
)
CONTENT_PREFIX = "x-amz-lex-"  # Lex has messages and the state of a session in headers
CUSTOMER_KEY = "-customer-key"  # S3's headers for a key that the customer keeps
MASK = "***"
# What a presigned URL holds, of either version of signatures; the API key of Amazon
# Location; and the usual names of other services' keys and tokens.
SECRET_QUERY = (
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-s3session-token",
    "signature",
    "awsaccesskeyid",
    "key",
    "api_key",
    "apikey",
    "access_token",
    "token",
)
find_secret_query = re.compile(rf"(?i)([?&;](?:{'|'.join(SECRET_QUERY)})=)[^&#\s]*")
# Behind a host's colon comes a port. What is none is a password, of which somebody has left
# a slash, a question mark or a hash as it is; looked for in a bounded number of characters.
find_user = re.compile(
    r"(?i)(\b[a-z][a-z0-9+.-]*://)"
    r"(?:[^/?#\s]*|[^/?#\s:\[]*:(?!\d*[/?#])\S{0,256})@"
)


def verbosity_level(value: int) -> int:
    """Check a verbosity as the options do.

    Raises:
        TypeError: it is not an int.
        ValueError: it is not from 0 to 3.
    """
    return StreamOptions(verbosity=value).verbosity


def masked(headers: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Give headers with the values of those that hold secrets taken out.

    In the others a presigned URL, as ``Location`` may hold, is masked.
    """
    return {name: masked_value(name.lower(), value) for name, value in dict(headers).items()}


def masked_value(name: str, value: Any) -> Any:
    """Give a header's value without secrets, by its name in lower case."""
    if name in SECRET_HEADERS or name.endswith(CUSTOMER_KEY) or name.startswith(CONTENT_PREFIX):
        return MASK
    if isinstance(value, bytes):
        return masked_url(value.decode("latin-1")).encode("latin-1")
    return masked_url(value) if isinstance(value, str) else value


def masked_url(url: str) -> str:
    """Give a URL, or a text with URLs, with the secrets of query and user taken out."""
    return find_secret_query.sub(rf"\1{MASK}", find_user.sub(rf"\1{MASK}@", url))


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
