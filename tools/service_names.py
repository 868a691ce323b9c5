# ruff: noqa: INP001 - a script, part of no package
"""Make the service name table of ``awsio`` from the models of the installed botocore.

The table, ``awsio/clients/service_table.py``, gives each service's name in the R SDK
paws where that name is not simply botocore's without ``-``. It is data only, so that
``import awsio`` and ``dir(awsio)`` need neither botocore nor its models.

Where the names come from:

* ``tests/data/paws_services.txt`` holds the names that paws really has. A name that a
  rule could give, but that paws never had, does not enter the table.
* paws makes a name from the metadata of the service's model: the abbreviation of the
  service (the full name where there is none), without a leading ``Amazon`` or ``AWS``,
  in lower case, only the ASCII letters and digits of it; then a short list of renames.
  :func:`paws_name` is that rule (paws: ``make.paws/R/names.R``, ``struct_name``).
* ``FORMER_NAMES`` and ``RETIRED_SERVICES`` are written by hand: names that no model of today gives.

Use::

    python tools/service_names.py            # write the table anew
    python tools/service_names.py --print    # show it, write nothing
    python tools/service_names.py --check    # exit 1 when the table is stale

A table that knows more services than the installed botocore is not stale: botocore
drops the models of services that have ended. A botocore older than the table's has
nothing to say of it: what it has besides are services that have ended since.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import botocore
from botocore.loaders import Loader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
PAWS_NAMES = ROOT / "tests" / "data" / "paws_services.txt"
TABLE = ROOT / "awsio" / "clients" / "service_table.py"

#: What paws renames after its rule (``.service_alias`` in make.paws/R/names.R).
PAWS_RENAMES = {
    "agentsforamazonbedrock": "bedrockagent",
    "agentsforamazonbedrockruntime": "bedrockagentruntime",
    "config": "configservice",
    "dataautomationforamazonbedrock": "bedrockdataautomation",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "runtimeforamazonbedrockdataautomation": "bedrockdataautomationruntime",
}

#: Names of earlier paws releases for a service that has another name there now.
FORMER_NAMES = {
    "cloudwatchevents": "events",
}

#: Services that have ended: no model is left to read, but an older botocore has one.
RETIRED_SERVICES = {
    "cloudwatchevidently": "evidently",
    "iot1clickdevicesservice": "iot1click-devices",
    "lookoutforvision": "lookoutvision",
    "nimblestudio": "nimble",
    "telconetworkbuilder": "tnb",
}

#: A service with two models in botocore: the second is the one that paws's name means.
PREFERRED_MODELS = {
    "sms-voice": "pinpoint-sms-voice",
}


class Table(NamedTuple):
    """What ``service_table.py`` holds."""

    aliases: dict[str, str]
    """paws's name to botocore's, where the two differ by more than ``-``."""

    former: dict[str, str]
    """A second, earlier name of paws to botocore's."""

    services: tuple[str, ...]
    """The names of every service of botocore, sorted."""

    version: str = botocore.__version__
    """The version of botocore that the table was made from."""

    def is_newer(self, version: str) -> bool:
        """Say whether the table was made from a botocore later than ``version``."""
        return version_tuple(self.version) > version_tuple(version)


def version_tuple(version: str) -> tuple[int, ...]:
    """Turn a version of botocore, three numbers, into what can be compared."""
    return tuple(int(number) for number in version.split(".")[:3])


def without_hyphens(service: str) -> str:
    """Give botocore's name of a service without ``-``."""
    return service.replace("-", "")


def read_paws_names(path: Path = PAWS_NAMES) -> list[str]:
    """Read the names that paws has.

    Args:
        path: A text file with one name a line; ``#`` begins a comment line.

    Returns:
        The names, in the order of the file.
    """
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def paws_name(metadata: Mapping[str, str], *, renamed: bool = True) -> str:
    """Make the name that paws gives to a service.

    Args:
        metadata: The ``metadata`` member of the service's model.
        renamed: False to leave out paws's renames.

    Returns:
        The name: ASCII letters and digits.
    """
    full = (metadata.get("serviceAbbreviation") or metadata["serviceFullName"]).strip()
    short = re.sub("^(Amazon|AWS)", "", full)
    name = re.sub("[^a-zA-Z0-9]", "", short).lower()
    return PAWS_RENAMES.get(name, name) if renamed else name


def read_metadata() -> dict[str, Mapping[str, str]]:
    """Read the metadata of every model that the installed botocore bundles.

    Models that the user has added (``~/.aws/models``) are left out.

    Returns:
        The metadata of each service's newest model, by botocore's name of the service.
    """
    found: dict[str, Mapping[str, str]] = {}
    for service in bundled_loader().list_available_services("service-2"):
        # A loader keeps every model that it has read, so each service has its own.
        loader = bundled_loader()
        version = loader.determine_latest_version(service, "service-2")
        model = loader.load_data(f"{service}/{version}/service-2")
        found[service] = model["metadata"]
    return found


def bundled_loader() -> Loader:
    """Make a loader that knows only the models of the botocore package."""
    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


def build(metadata: Mapping[str, Mapping[str, str]], paws: Iterable[str]) -> Table:
    """Make the table.

    Args:
        metadata: The metadata of each model, by botocore's name of the service.
        paws: The names that paws has.

    Returns:
        The table.

    Raises:
        ValueError: A name of paws would mean two services.
    """
    wanted = set(paws)
    unhyphenated = {without_hyphens(service): service for service in metadata}
    aliases = {name: service for name, service in RETIRED_SERVICES.items() if name in wanted}
    former = {name: service for name, service in FORMER_NAMES.items() if name in wanted}
    for service, facts in sorted(metadata.items()):
        name, first = paws_name(facts), paws_name(facts, renamed=False)
        if name in wanted and unhyphenated.get(name) not in {
            service,
            PREFERRED_MODELS.get(service, service),
        }:
            add_name(aliases, name, service)
        if first != name and first in wanted and unhyphenated.get(first) != service:
            add_name(former, first, service)
    refuse_collisions(unhyphenated, aliases, former)
    return Table(
        dict(sorted(aliases.items())), dict(sorted(former.items())), tuple(sorted(metadata))
    )


def add_name(names: dict[str, str], name: str, service: str) -> None:
    """Put a name into a mapping that must not hold it for another service."""
    if names.get(name, service) != service:
        msg = f"{name} is paws's name of both {names[name]} and {service}"
        raise ValueError(msg)
    names[name] = service


def refuse_collisions(*spellings: Mapping[str, str]) -> None:
    """Raise when a name is a key of more than one mapping."""
    counts = Counter(name for names in spellings for name in names)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        msg = f"names that would mean two services: {twice}"
        raise ValueError(msg)


def render(table: Table) -> str:
    """Write a table as the text of a Python module.

    Args:
        table: The table.

    Returns:
        The text of ``service_table.py``.
    """
    # A name a line would make a file of more lines than a reader wants to see.
    services = textwrap.fill(
        " ".join(f'"{service}",' for service in table.services),
        width=96,
        initial_indent="    ",
        subsequent_indent="    ",
        break_on_hyphens=False,
    )
    return f'''"""The names of the services: data, made by ``tools/service_names.py``.

``awsio.clients.names`` holds the functions that read it, and the documentation. Do not
edit this file: change the tool or ``tests/data/paws_services.txt`` and run the tool.
"""

from __future__ import annotations

from typing import Final

__all__ = ("ALIASES", "BOTOCORE_VERSION", "FORMER_NAMES", "SERVICES")

#: The version of botocore whose models the table was made from.
BOTOCORE_VERSION: Final = "{table.version}"

#: paws's name of a service to botocore's, where it is not botocore's without ``-``.
ALIASES: Final[dict[str, str]] = {{
{render_items(table.aliases)}
}}

#: Names of earlier paws releases for services that have another name there now.
FORMER_NAMES: Final[dict[str, str]] = {{
{render_items(table.former)}
}}

# fmt: off
#: botocore's name of every service that it knew when the table was made.
SERVICES: Final[tuple[str, ...]] = (
{services}
)
# fmt: on
'''


def render_items(names: Mapping[str, str]) -> str:
    """Write the items of a mapping, one a line."""
    return "\n".join(f'    "{name}": "{service}",' for name, service in names.items())


def read_table(path: Path = TABLE) -> Table:
    """Read a table that was written earlier.

    Args:
        path: The module; an absent file is an empty table.

    Returns:
        The table.
    """
    if not path.exists():
        return Table({}, {}, (), "0")
    spec = importlib.util.spec_from_file_location("service_table", path)
    if spec is None or spec.loader is None:
        msg = f"{path} is not a Python module"
        raise ValueError(msg)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Table(module.ALIASES, module.FORMER_NAMES, module.SERVICES, module.BOTOCORE_VERSION)


def differences(committed: Table, fresh: Table) -> list[str]:
    """Say what a committed table lacks or has wrong, seen from a fresh one.

    Args:
        committed: The table in the package.
        fresh: The table made from the installed botocore.

    Returns:
        One line a difference. Services that only the committed table has, and their
        names, are none.
    """
    known = set(fresh.services) | set(RETIRED_SERVICES.values())
    lines = [
        f"service missing: {name}" for name in fresh.services if name not in committed.services
    ]
    for kind, old, new in (
        ("alias", committed.aliases, fresh.aliases),
        ("former name", committed.former, fresh.former),
    ):
        lines += [
            f"{kind} {name}: {old.get(name)} in the table, should be {new.get(name)}"
            for name in sorted(old.keys() | new.keys())
            if old.get(name) != new.get(name) and (name in new or old[name] in known)
        ]
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool.

    Args:
        arguments: The arguments of the command line, by default those of the process.

    Returns:
        The exit status: 1 when ``--check`` finds the table stale, or when a table would be
        made from an older botocore than it was, else 0.
    """
    parser = argparse.ArgumentParser(description="Make awsio's table of service names.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="exit 1 when the table is stale")
    mode.add_argument("--print", action="store_true", help="show the table, write nothing")
    parser.add_argument("--table", type=Path, default=TABLE, help="the module to read and write")
    options = parser.parse_args(arguments)
    fresh = build(read_metadata(), read_paws_names())
    if options.print:
        sys.stdout.write(render(fresh))
        return 0
    committed = read_table(options.table)
    if committed.is_newer(fresh.version):
        notice = f"the table is of botocore {committed.version}, installed is {fresh.version}\n"
        sys.stdout.write(notice)
        return 0 if options.check else 1
    lines = differences(committed, fresh)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    if options.check:
        return 1 if lines else 0
    options.table.write_text(render(fresh), encoding="utf-8")
    sys.stdout.write(f"{len(fresh.services)} services, {len(fresh.aliases)} aliases written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
