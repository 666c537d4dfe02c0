"""The figures of a run, by section: written to JSON, read back, and compared with those of another run."""

import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement: ``what`` was measured on which ``case``, in which ``unit``.

    ``compiled`` and ``plain`` are the own time over this one, with the compiled variant and with the plain one;
    ``None`` where there is nothing to compare. ``notes`` say what a reader must know of it.
    """

    section: str
    case: str
    what: str
    value: float
    unit: str
    compiled: float | None = None
    plain: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run, and the machine that they were measured on."""

    machine: Mapping[str, str]
    figures: tuple[Figure, ...]

    def dump(self, path: Path) -> None:
        """Write the report to ``path`` as JSON."""
        document = {"machine": dict(self.machine), "figures": [asdict(figure) for figure in self.figures]}
        path.write_text(json.dumps(document, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Report":
        """The report that :meth:`dump` wrote to ``path``."""
        document: dict[str, Any] = json.loads(path.read_text())
        figures = (Figure(**{**entry, "notes": tuple(entry["notes"])}) for entry in document["figures"])
        return cls(document["machine"], tuple(figures))


class Change(NamedTuple):
    """One figure in two runs; ``ratio`` is the new value over the old, ``None`` where the old one is 0."""

    figure: Figure
    old: float
    new: float

    @property
    def ratio(self) -> float | None:
        """The new value over the old."""
        return self.new / self.old if self.old else None


def compare(old: Report, new: Report) -> list[Change]:
    """The figures that both reports have, in the order of the new one."""
    before = {_key(figure): figure.value for figure in old.figures}
    return [Change(figure, before[_key(figure)], figure.value) for figure in new.figures if _key(figure) in before]


def _key(figure: Figure) -> tuple[str, str, str]:
    return figure.section, figure.case, figure.what


def machine(packages: Iterable[str]) -> dict[str, str]:
    """What the figures depend on: interpreter, processor, load, and the versions of the ``packages``."""
    from importlib.metadata import version

    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": f"{sys.platform}, {platform.machine()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
        "packages": ", ".join(f"{name} {version(name)}" for name in packages),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")
