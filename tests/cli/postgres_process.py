"""A PostgreSQL server that the tests can stop, as a debugger or a frozen virtual machine would, and let go on."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg


def _processes(url: str) -> list[int]:
    """The server's processes: the first one, and those that it started."""
    with psycopg.connect(url, autocommit=True) as connection:
        [[directory]] = connection.execute("SHOW data_directory")
    first = int(Path(directory, "postmaster.pid").read_text(encoding="ascii").split()[0])
    return [first, *_children(first)]


def _children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            if path.read_text().rpartition(")")[2].split()[1] == str(parent):
                found.append(int(path.parent.name))
    return found


@contextmanager
def stopped(url: str) -> Iterator[None]:
    """Within the block no process of the server runs: it accepts connections in its queue, and answers nothing."""
    processes = _processes(url)
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)
