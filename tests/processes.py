"""The environment of processes that tests start, and the processes that still run."""

import os
import sys
from pathlib import Path


def unmeasured() -> dict[str, str]:
    """The environment of a process that finds the package and the tests, and measures no coverage.

    What measures coverage loads modules, writes files and takes a lock of its own, which not every test can bear.
    """
    measured_by_none = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return measured_by_none | {"PYTHONPATH": os.pathsep.join(sys.path)}


def running(group: int) -> list[str]:
    """The processes of a group that still run. proc(5): after the name follow the state, the parent and the group."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, process_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it has ended meanwhile
            continue
        if process_group == str(group) and state not in "ZX":
            found.append(path.parent.name)
    return found
