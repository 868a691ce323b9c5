"""The botocore session of local clients: nothing of the user's configuration enters."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore import UNSIGNED
from botocore.config import Config
from botocore.session import Session

from awsio.testing.server.address import HOST

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("ACCESS_KEY", "HANDLERS", "local_config", "local_session")

#: Both halves of the key that requests are signed with; the server checks no signature.
ACCESS_KEY = "local"


def local_config() -> Config:
    """Make the configuration of a local client.

    Requests are signed whatever bearer token the environment has: botocore sends those
    over TLS alone.
    """
    return Config(
        auth_scheme_preference="sigv4",  # type: ignore[call-arg]  # the stubs lack it
        inject_host_prefix=False,
        proxies={},
        retries={"total_max_attempts": 1},
        use_dualstack_endpoint=False,
        use_fips_endpoint=False,
    )


@lru_cache(maxsize=1)
def local_session() -> Session:
    """Give the session that all local clients share, for its cache of models."""
    nothing = (None, None, None, None)
    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    session = Session(session_vars={"profile": nothing, **files})
    session.set_credentials(ACCESS_KEY, ACCESS_KEY)
    session.set_default_client_config(local_config())
    for event, handler in HANDLERS.items():
        session.register(event, handler)
    return session


def remove_host_prefix(request: Any, **_: Any) -> None:
    """Send a request to the server itself whose host some rule has put a name before.

    S3 Control's endpoint rules put the account there, and no resolver knows such a host.
    """
    url = urlsplit(request.url)
    if url.netloc.partition(":")[0].endswith(f".{HOST}"):
        _, _, port = url.netloc.partition(":")
        request.url = url._replace(netloc=f"{HOST}:{port}").geturl()


def without_bearer_token(signature_version: Any, **_: Any) -> Any:
    """Sign nothing where a service takes bearer tokens alone: there is none, and no TLS."""
    return UNSIGNED if signature_version == "bearer" else None


#: Events of local clients to their handlers.
HANDLERS: dict[str, Callable[..., Any]] = {
    "before-send": remove_host_prefix,
    "choose-signer": without_bearer_token,
}
