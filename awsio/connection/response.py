"""What a connection knows of the HTTP response that it reads, named as in httr2."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("Exchange", "ResponseInfo")


class Exchange(NamedTuple):
    """What a response does not say of the request that it answers.

    Attributes:
        method: the request's HTTP method.
        url: the request's URL.
        elapsed: seconds from the request to the response's headers.
    """

    method: str | None = None
    url: str | None = None
    elapsed: float | None = None


class ResponseInfo:
    """The response's properties; None, or empty, for bytes that no response brought."""

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
        """The reason phrase, as ``OK``."""
        return None if self._http is None else self._http.reason

    @property
    def headers(self) -> Mapping[str, str]:
        """The response's headers, names in any case."""
        return MappingProxyType({}) if self._http is None else self._http.headers

    @property
    def content_type(self) -> str | None:
        """The media type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip() or None

    @property
    def request_id(self) -> str | None:
        """AWS's id of the request, by which support finds it."""
        headers = self.headers
        return headers.get("x-amzn-requestid") or headers.get("x-amz-request-id")

    @property
    def url(self) -> str | None:
        """The request's URL."""
        return self._exchange.url

    @property
    def method(self) -> str | None:
        """The request's HTTP method."""
        return self._exchange.method

    @property
    def elapsed(self) -> float | None:
        """Seconds from the request to the response's headers, retries included."""
        return self._exchange.elapsed
