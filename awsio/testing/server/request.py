"""A request as it came, and as the server keeps it."""

from __future__ import annotations

import ipaddress
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from awsio.events import operation_model
from awsio.events.sensitive import sensitive_members, sensitive_names
from awsio.masking import MASK, masked_headers, masked_path

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("HttpRequest", "RecordedRequest", "virtual_host_bucket")

FORM = "application/x-www-form-urlencoded"
GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class HttpRequest:
    """An HTTP request, read to its end.

    Attributes:
        method: such as ``POST``.
        path: quoted, as it came, without the query.
        query: names and values, in order, unquoted.
        headers: lower-case names to values; of a repeated header the values are joined.
        body: all of it.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of_scope(cls, scope: Mapping[str, Any], body: bytes) -> HttpRequest:
        """Take a request from what ASGI says of it."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        path = scope["raw_path"].decode("latin-1")
        return cls(scope["method"], path, tuple(query), headers, body)

    @cached_property
    def content(self) -> bytes:
        """The body without its content encodings.

        Raises:
            ValueError: the body is not in the encoding that its header names.
        """
        encodings = self.headers.get("content-encoding", "").replace(" ", "").lower().split(",")
        content = self.body
        for encoding in reversed(encodings):
            decode = DECODERS.get(encoding)
            content = decode(content) if decode is not None else content
        return content

    @cached_property
    def form(self) -> tuple[tuple[str, str], ...]:
        """The fields of a form, from the body or, where there is none, from the query."""
        if not self.is_form:
            return self.query
        text = self.content.decode(errors="replace")
        return (*self.query, *parse_qsl(text, keep_blank_values=True))

    @cached_property
    def is_long_get(self) -> bool:
        """Whether this is a GET whose query was sent as a form, as Amazon CloudSearch allows."""
        return self.method == "POST" and self.is_form and "Action" not in dict(self.form)

    @property
    def is_form(self) -> bool:
        """Whether the body is a form."""
        return self.headers.get("content-type", "").lower().startswith(FORM)

    @cached_property
    def path_with_bucket(self) -> str:
        """The path with the bucket of a virtual-host address before it."""
        bucket = virtual_host_bucket(self.headers.get("host", ""))
        return f"/{bucket}{self.path}" if bucket else self.path


def virtual_host_bucket(host: str) -> str:
    """Return the bucket of a virtual-host address, ``bucket.localhost:port``; "" without."""
    name = host.rpartition(":")[0] or host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.rpartition(".")[0]
    return ""


def gunzip(data: bytes) -> bytes:
    """Decompress a gzip body.

    Raises:
        ValueError: the data are not gzip's.
    """
    try:
        return zlib.decompress(data, GZIP)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def join_aws_chunks(data: bytes) -> bytes:
    """Join the chunks of ``aws-chunked``; their signatures and the trailers are left out.

    See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html

    Raises:
        ValueError: a chunk has no size.
    """
    content = bytearray()
    while data:
        head, _, data = data.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if size == 0:
            break
        content += data[:size]
        data = data[size + 2 :]
    return bytes(content)


DECODERS = {"aws-chunked": join_aws_chunks, "gzip": gunzip}


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that the local server was sent.

    Attributes:
        service: botocore's name of the service; empty where no operation matched.
        operation: the operation, such as ``ConverseStream``; empty where none matched.
        params: the arguments of the call, as boto3 takes them; blobs are bytes.
        method: the HTTP method.
        path: the path, quoted as it came, without the query.
        query: the query's names and values in order.
        headers: lower-case names to values.
        body: the bytes of the body.
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Show the call and the headers; secrets in headers are masked, as arguments too.

        A program that calls this server may send the real tokens that it has.
        """
        if not self.operation:
            headers = masked_headers(self.headers)
            return (
                f"RecordedRequest(no operation, {self.method} {self.path}, "
                f"params={self.params!r}, headers={headers})"
            )
        model = operation_model(self.service, self.operation)
        secret = sensitive_members(model.input_shape)
        params = {name: MASK if name in secret else self.params[name] for name in self.params}
        sensitive = sensitive_names(model)
        headers = masked_headers(self.headers, sensitive)
        path = masked_path(self.path, sensitive)
        return (
            f"RecordedRequest({self.service}.{self.operation}, {self.method} {path}, "
            f"params={params!r}, headers={headers})"
        )
