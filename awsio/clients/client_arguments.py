"""`ClientArguments`: what a client was created with, for creating it in another process.

A pickle holds what the user passed, and no secret that the user did not pass: keys from
the environment, from files or from a role stay where they are, and the other process
finds its own. Only the region is sent along where it came from there: it is not a secret,
and a client that worked in another region would be another client.
"""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore import UNSIGNED
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from botocore.config import Config

    from awsio.connection.options import StreamOptions

__all__ = ("ClientArguments", "snapshot")

# botocore's mark for anonymous requests is the one instance of a class that its name
# hides, so pickle needs to be told to send the name.
copyreg.pickle(type(UNSIGNED), lambda _: "UNSIGNED")


@dataclass(frozen=True, repr=False)  # repr would show keys
class ClientArguments:
    """The arguments of :func:`awsio.client`.

    Attributes:
        service: as given.
        config: as given; of a dict, a copy made then.
        credentials: as given; of a dict, a copy made then.
        endpoint: as given.
        region: as given, or as configured in this process.
        options: the options of the client's streams.
    """

    service: str
    config: Config | Mapping[str, Any] | None
    credentials: Any
    endpoint: str | None
    region: str | None
    options: StreamOptions

    def checked(self) -> ClientArguments:
        """Return the arguments themselves if they can be sent to another process.

        Raises:
            TypeError: the credentials refresh themselves.
        """
        nested = self.config.get("credentials") if isinstance(self.config, Mapping) else None
        for given in (self.credentials, nested):
            if isinstance(given, Credentials) and type(given) is not Credentials:
                msg = (
                    "a client cannot be pickled with credentials that refresh themselves: create "
                    'it with a profile (credentials={"profile": ...}), with keys, or with '
                    "nothing, for what the other process has configured"
                )
                raise TypeError(msg)
        return self


def snapshot(value: Any) -> Any:
    """Return a copy of nested dicts, which later changes of them do not reach."""
    if isinstance(value, Mapping):
        return {key: snapshot(inner) for key, inner in value.items()}
    return value
