"""What tests of processes need to know of those that run."""

from pathlib import Path


def running(group: int) -> list[str]:
    """The processes of a group that have not ended; proc(5): after the name, the state, the parent, the group."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, process_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it has ended meanwhile
            continue
        if process_group == str(group) and state not in "ZX":
            found.append(path.parent.name)
    return found
