"""Which peers are here, and in which versions."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import awsio

__all__ = ("available", "describe", "folders_of")

#: aiobotocore wants an older botocore than boto3 does: it may live in a folder of its own.
AIOBOTOCORE = "AWSIO_BENCH_AIOBOTOCORE"
SHOWN = ("boto3", "botocore", "urllib3", "orjson", "isal", "smithy-aws-event-stream")


def folders_of(needs: str | None) -> tuple[str, ...]:
    """Give the folders that go before all others on the path of a contestant."""
    folder = os.environ.get(AIOBOTOCORE, "")
    has_it = needs == "aiobotocore" and Path(folder, "aiobotocore").is_dir()
    return (folder,) if has_it else ()


def available(needs: str | None) -> bool:
    """Tell whether a peer can be measured."""
    return needs is None or bool(folders_of(needs)) or find_spec(needs) is not None


def versions() -> dict[str, str]:
    """Give the versions of those that are here."""
    here = {one.name for one in distributions()}
    found = {name: version(name) for name in SHOWN if name in here}
    folder = folders_of("aiobotocore")
    for one in distributions(path=[*folder]) if folder else distributions():
        if one.name == "aiobotocore":
            found["aiobotocore"] = one.version
    return {"awsio": awsio.__version__, **found}


def processor() -> str:
    """Name the processor."""
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def describe() -> dict[str, Any]:
    """Tell where and with what the run was made."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "awsio from": str(Path(awsio.__file__).parent),
        "prefix": sys.prefix,
        "versions": versions(),
    }
