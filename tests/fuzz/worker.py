"""A process that runs one target with one engine: ``python -m tests.fuzz.worker SPEC``.

It writes inputs that fail into a folder, and its last line says how much it has done. Where
libFuzzer ends, its own lines do.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ("Spec", "main")


@dataclass(frozen=True)
class Spec:
    """What a worker is to do.

    Attributes:
        engine: ``atheris`` or ``hypothesis``.
        target: the target's name.
        executions: after which it ends; 0 for no limit.
        seconds: after which it ends; 0 for no limit.
        seed: of the random numbers.
        corpus: a folder of inputs that is read, and that atheris adds to.
        findings: a folder for inputs that fail.
    """

    engine: str
    target: str
    executions: int
    seconds: int
    seed: int
    corpus: str
    findings: str

    def as_argument(self) -> str:
        """Write the spec for the command line."""
        return json.dumps(asdict(self))


def main(argument: str) -> None:
    """Do what the argument says."""
    spec = Spec(**json.loads(argument))
    Path(spec.findings).mkdir(parents=True, exist_ok=True)
    Path(spec.corpus).mkdir(parents=True, exist_ok=True)
    if spec.engine == "atheris":
        from tests.fuzz.engines import guided as engine
    else:
        from tests.fuzz.engines import random as engine
    engine.run(spec)


if __name__ == "__main__":
    main(sys.argv[1])
