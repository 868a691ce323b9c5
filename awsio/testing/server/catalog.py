"""Which services the installed botocore has, and by what a request names them.

A model is large: parsing all of them takes seconds. A service's metadata stand at the
beginning of its file, and the URIs of its operations are found in the text by a regular
expression, so a search parses only the models that may match.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from awsio.events.models import available_services, loader
from awsio.testing.server.protocols import REST

__all__ = ("ServiceEntry", "service_entries", "services_by_first_segment")

TYPE_NAME = "service-2"
#: Bytes of a model's text that hold its metadata, where nothing stands before them.
HEAD = 8192
GZIP = 16 + zlib.MAX_WBITS
find_uris = re.compile(rb'"requestUri"\s*:\s*"/([^/"?]*)').findall


class ServiceEntry(NamedTuple):
    """What a request may say of the service that it is for.

    Attributes:
        service: botocore's name.
        signing_name: the service's name in a signature's scope.
        target_prefix: what stands before the operation in ``X-Amz-Target`` and in the
            path of RPC v2; empty where the service has none.
        api_version: the ``Version`` of the query protocols.
        protocols: the protocols that the model names.
    """

    service: str
    signing_name: str
    target_prefix: str
    api_version: str
    protocols: frozenset[str]

    @property
    def is_rest(self) -> bool:
        """Whether operations are told by method and path."""
        return bool(self.protocols & REST)


@lru_cache(maxsize=1)
def service_entries() -> tuple[ServiceEntry, ...]:
    """Read the entries of all services."""
    return tuple(map(service_entry, available_services()))


def service_entry(service: str) -> ServiceEntry:
    """Read the entry of one service."""
    metadata = model_metadata(service)
    protocols = {metadata.get("protocol", ""), *metadata.get("protocols", ())}
    return ServiceEntry(
        service,
        metadata.get("signingName") or metadata.get("endpointPrefix", ""),
        metadata.get("targetPrefix", ""),
        metadata.get("apiVersion", ""),
        frozenset(protocols),
    )


@lru_cache(maxsize=1)
def services_by_first_segment() -> dict[str, tuple[str, ...]]:
    """Group the REST services by the first segments of their operations' paths.

    A segment that is a label, such as a bucket, stands under the empty string, where S3,
    for which such requests mostly are, goes first.
    """
    groups: dict[str, dict[str, None]] = defaultdict(dict)
    for entry in service_entries():
        if entry.is_rest:
            for segment in set(find_uris(model_text(entry.service))):
                groups["" if b"{" in segment else segment.decode()][entry.service] = None
    groups[""] = {"s3": None, **groups[""]}
    return {segment: tuple(services) for segment, services in groups.items()}


def model_metadata(service: str) -> dict[str, Any]:
    """Read the metadata of a service, from the head of its model where they stand there."""
    head = model_text(service, HEAD).decode(errors="ignore")
    key = '"metadata":'
    start = head.find(key)
    if start >= 0:
        try:
            metadata, _ = json.JSONDecoder().raw_decode(head[start + len(key) :].lstrip())
        except ValueError:  # cut off
            pass
        else:
            return dict(metadata)
    return dict(json.loads(model_text(service))["metadata"])


def model_text(service: str, size: int = 0) -> bytes:
    """Read the file of a service's model, from the place where botocore takes it.

    Args:
        service: botocore's name.
        size: read only so many bytes of the text; 0 for all.
    """
    models = loader()
    version = models.determine_latest_version(service, TYPE_NAME)
    paths = (
        Path(folder, service, version, TYPE_NAME + suffix)
        for folder in models.search_paths
        for suffix in (".json", ".json.gz")
    )
    path = next(filter(Path.is_file, paths))
    with path.open("rb") as file:
        data = file.read(size or -1)
    if path.suffix != ".gz":
        return data
    return zlib.decompressobj(GZIP).decompress(data, size)
