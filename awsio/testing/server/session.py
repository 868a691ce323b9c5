"""The botocore session of local clients: nothing of the user's configuration enters."""

from __future__ import annotations

import os
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

from botocore import UNSIGNED
from botocore.config import Config
from botocore.session import Session

__all__ = ("ACCESS_KEY", "local_config", "local_session", "register_handlers")

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
    """Return the session that all local clients share, for its cache of models."""
    nothing = (None, None, None, None)
    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    session = Session(session_vars={"profile": nothing, **files})
    session.set_credentials(ACCESS_KEY, ACCESS_KEY)
    session.set_default_client_config(local_config())
    return session


def register_handlers(events: Any, url: str) -> None:
    """Let a client send all its requests to the server, and none with a bearer token.

    Args:
        events: the client's event system, ``client.meta.events``.
        url: the server's address.
    """
    events.register("before-send", partial(send_to, url))
    events.register("choose-signer", without_bearer_token)


def send_to(url: str, request: Any, **_: Any) -> None:
    """Change a request's host.

    Endpoint rules may put a name before the host, as those of S3 Control do, which no
    resolver knows; or ignore the endpoint that was given, as those of Sign-in do.
    """
    server = urlsplit(url)
    request.url = (
        urlsplit(request.url)._replace(scheme=server.scheme, netloc=server.netloc).geturl()
    )


def without_bearer_token(signature_version: Any, **_: Any) -> Any:
    """Sign nothing where a service takes bearer tokens alone: there is none, and no TLS."""
    return UNSIGNED if signature_version == "bearer" else None
