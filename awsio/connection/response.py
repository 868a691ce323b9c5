"""What a connection knows of its HTTP exchange, named as in httr2."""

from __future__ import annotations

import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from awsio.errors import HttpStatusError
from awsio.masking import NOTHING_SENSITIVE, SensitiveNames, masked_headers, masked_url
from awsio.media_type import charset, media_type

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("Exchange", "ResponseInfo", "SentRequest")

CLIENT_ERRORS = 400
PHRASES: dict[int | None, str] = {status.value: status.phrase for status in HTTPStatus}


class SentRequest(NamedTuple):
    """The request that a response answers.

    Attributes:
        method: the HTTP method.
        url: the URL.
        headers: names to values, signature and tokens included; its repr masks them.
        body: what was sent: bytes, text, or the file that botocore was given.
        sensitive: what the operation's model marks sensitive in URL and headers.
    """

    method: str
    url: str
    headers: Mapping[str, str] = MappingProxyType({})
    body: Any = None
    sensitive: SensitiveNames = NOTHING_SENSITIVE

    def __repr__(self) -> str:
        """Show everything but secrets and the body."""
        url = masked_url(self.url, self.sensitive)
        headers = masked_headers(self.headers, self.sensitive)
        return f"SentRequest({self.method} {url}, {headers})"


class Exchange(NamedTuple):
    """The part of an HTTP exchange that its response does not have.

    Attributes:
        request: the request, None if it is not known.
        elapsed: seconds from the request to the response's headers, None if not known.
        sensitive: what the operation's model marks sensitive in URL and headers.
    """

    request: SentRequest | None = None
    elapsed: float | None = None
    sensitive: SensitiveNames = NOTHING_SENSITIVE


class ResponseInfo:
    """The response's properties; None, or empty, for bytes without a response."""

    _http: Any = None
    _exchange: Exchange = Exchange()

    @property
    def http(self) -> Any:
        """The urllib3 response, None without one."""
        return self._http

    @property
    def status_code(self) -> int | None:
        """The HTTP status code."""
        return None if self._http is None else int(self._http.status)

    @property
    def reason(self) -> str | None:
        """The reason phrase, such as ``OK``; the code's usual one where the server sent none."""
        if self._http is None:
            return None
        return self._http.reason or PHRASES.get(self.status_code)

    @property
    def is_error(self) -> bool:
        """Whether the status code is an error: 400 or above."""
        return (self.status_code or 0) >= CLIENT_ERRORS

    def raise_for_status(self) -> None:
        """Raise if :attr:`is_error`.

        Raises:
            HttpStatusError: the status code is 400 or above.
        """
        if self.is_error:
            msg = f"{self.status_code} {self.reason or ''}".strip()
            if self.url:
                msg += f" for {masked_url(self.url, self.sensitive_names)}"
            raise HttpStatusError(msg, status_code=self.status_code, reason=self.reason)

    @property
    def headers(self) -> Mapping[str, str]:
        """The response's headers; the case of names does not matter."""
        return MappingProxyType({}) if self._http is None else self._http.headers

    @property
    def content_type(self) -> str | None:
        """The media type of the body, in lower case and without parameters."""
        return media_type(self.headers.get("content-type")) or None

    @property
    def charset(self) -> str:
        """The charset that the content type names, UTF-8 where it names none."""
        return charset(self.headers.get("content-type"))

    @property
    def date(self) -> datetime.datetime | None:
        """When the server sent the response, an aware UTC time; None if it does not say."""
        return http_date(self.headers.get("date"))

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait before the next try, None if the server does not say.

        From the header ``Retry-After`` in either form, seconds or a date; a date is
        counted from :attr:`date`, or from now where that is missing.
        """
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            return float(value)
        then = http_date(value)
        if then is None:
            return None
        now = self.date or datetime.datetime.now(datetime.UTC)
        return max(0.0, (then - now).total_seconds())

    @property
    def request_id(self) -> str | None:
        """AWS's id of the request, which AWS's support asks for."""
        headers = self.headers
        return headers.get("x-amzn-requestid") or headers.get("x-amz-request-id")

    @property
    def request(self) -> SentRequest | None:
        """The request that the response answers."""
        return self._exchange.request

    @property
    def sensitive_names(self) -> SensitiveNames:
        """What the operation's model marks sensitive in URL and headers: it is not logged."""
        return self._exchange.sensitive

    @property
    def url(self) -> str | None:
        """The request's URL."""
        return None if self.request is None else self.request.url

    @property
    def method(self) -> str | None:
        """The request's HTTP method."""
        return None if self.request is None else self.request.method

    @property
    def elapsed(self) -> float | None:
        """Seconds from the request to the response's headers, retries included."""
        return self._exchange.elapsed


def http_date(value: str | None) -> datetime.datetime | None:
    """Return the time of a date in HTTP's form; None if it is not one."""
    try:
        parsed = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=datetime.UTC)
