"""The memory that a process has, as the system tells it."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

__all__ = ("reset_peak", "resident")

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # proc(5): makes VmHWM what VmRSS is now


def resident(name: str) -> int:
    """Give the bytes of memory that this process has (``VmRSS``), or had at most (``VmHWM``).

    Where the kernel does not tell, both are the most that it had since its start.
    """
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def reset_peak() -> int:
    """Let the peak begin again from what this process has now; gives that, in bytes."""
    if CLEAR.exists():
        CLEAR.write_text(RESET_PEAK)
    return resident("VmRSS")
