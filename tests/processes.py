"""Finds the processes that still run."""

from pathlib import Path


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
