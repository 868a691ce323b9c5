"""Which failures may pass by themselves, so that another attempt may succeed.

The lists are those of botocore's ``standard`` retry mode (``botocore/retries/standard.py``).
That mode ends where a response begins: what it tries again before the first byte, awsio
tries again after it.
"""

from __future__ import annotations

from typing import Any

from botocore.eventstream import NoInitialResponseError
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotocoreConnectionError
from botocore.parsers import ResponseParserError
from urllib3 import exceptions as urllib3

from awsio.clients.botocore_errors import ClosedStreamError
from awsio.errors import AwsioError, IncompleteStreamError, ServiceStreamError, TruncatedStreamError

__all__ = ("is_transient", "operation_of", "reason_of")

# A transport that breaks in the response, and a stream that is not whole. What awsio raises is
# judged by these alone: it may be of botocore's classes too.
BROKEN_STREAM = (ConnectionError, TimeoutError, TruncatedStreamError, IncompleteStreamError)
# A transport that breaks before the response.
BROKEN_CALL = (
    ConnectionError,
    TimeoutError,
    BotocoreConnectionError,
    HTTPClientError,
    # Of boto3's own client, which for JSON-RPC services reads the first frame inside the
    # call: urllib3's errors leave it unchanged, and "First event was not of type
    # initial-response" is all that is left of an exception of the service, or of an end.
    urllib3.ProtocolError,
    urllib3.TimeoutError,
    urllib3.SSLError,
    urllib3.ProxyError,
    urllib3.MaxRetryError,
    NoInitialResponseError,
    ResponseParserError,
)
TRANSIENT_STATUS = frozenset({429, 500, 502, 503, 504})
# In lower case: exception frames spell codes as the model's members, which begin with a
# small letter in some services.
TRANSIENT_CODES = frozenset(
    {
        # Of requests that botocore repeats.
        "requesttimeout",
        "requesttimeoutexception",
        "priorrequestnotcomplete",
        # Of throttling.
        "throttling",
        "throttlingexception",
        "throttledexception",
        "requestthrottledexception",
        "toomanyrequestsexception",
        "provisionedthroughputexceededexception",
        "transactioninprogressexception",
        "requestlimitexceeded",
        "bandwidthlimitexceeded",
        "limitexceededexception",
        "requestthrottled",
        "slowdown",
        "ec2throttledexception",
        # What botocore recognizes by the status, which an exception frame does not have. The
        # first two are AWS's common errors with status 500 and 503.
        "internalfailure",
        "serviceunavailable",
        "internalerror",
        "internalservererror",
    }
)
# Characters of a code in the log: the longest name of an error in the models has 61.
LONGEST_CODE = 100


def is_transient(error: BaseException, codes: frozenset[str]) -> bool:
    """Return whether another call may succeed.

    Args:
        error: what a call or its stream raised.
        codes: further error codes of the operation after which it may.
    """
    if isinstance(error, BROKEN_STREAM if is_awsio_s(error) else BROKEN_CALL):
        return True
    if not isinstance(error, (ClientError, ServiceStreamError)):
        return False
    response: Any = error.response
    code = str(response.get("Error", {}).get("Code", ""))
    if code in codes or code.lower() in TRANSIENT_CODES:
        return True
    if isinstance(error, ServiceStreamError):
        return bool(error.retryable) or error.fault == "server"
    return response.get("ResponseMetadata", {}).get("HTTPStatusCode") in TRANSIENT_STATUS


def is_awsio_s(error: BaseException) -> bool:
    """Return whether a connection of awsio has raised an error."""
    return isinstance(error, (AwsioError, ClosedStreamError))


def operation_of(error: Exception) -> str:
    """Return the operation that an error names, empty if it names none."""
    return str(getattr(error, "operation_name", None) or "")


def reason_of(error: Exception) -> str:
    """Return an error's class and code for the log, never its message.

    The peer has written the code: it is cut, and everything but plain characters is escaped,
    so that it cannot look like another line.
    """
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    kind = type(error).__name__
    if not code or code == kind:
        return kind
    return f"{kind} {ascii(str(code)[:LONGEST_CODE])[1:-1]}"
