"""``python -m benchmarks``: measure and print the table; with ``--compare``, compare two earlier runs instead."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks import (
    cluster,
    endpoint_figures,
    growth,
    hostile,
    imports,
    keys,
    loading,
    requests,
    shapes,
    stores,
    streams,
    validation,
)
from benchmarks.measure import FULL, QUICK, Effort
from benchmarks.results import Figure, Report, compare, machine
from benchmarks.table import render, render_changes

_PACKAGES: Final = (
    "eventschema",
    "pydantic",
    "msgspec",
    "jsonschema-rs",
    "fastjsonschema",
    "genson",
    "email-validator",
    "rfc3986",
    "python-dateutil",
    "polars",
    "duckdb",
)

#: What is measured, by the name that ``--only`` takes, in the order of the table.
SECTIONS: Final[Mapping[str, Callable[[Effort], Iterator[Figure]]]] = {
    "known": validation.measure_known,
    "first": validation.measure_first,
    "requests": requests.measure_requests,
    "writing": requests.measure_writing,
    "rejections": hostile.measure_rejections,
    "hostile": hostile.measure_hostile,
    "properties": growth.measure_properties,
    "length": growth.measure_length,
    "new-property": growth.measure_new_property,
    "memory": growth.measure_memory,
    "import": imports.measure_imports,
    "keys": keys.measure_keys,
    "streams": streams.measure_streams,
    "shapes": shapes.measure_shapes,
    "loading": loading.measure_loading,
    "stores": stores.measure_stores,
    "endpoint": endpoint_figures.measure_endpoint,
    "spark": cluster.measure_cluster,
}


def measure(sections: Iterable[str], effort: Effort, on_section: Callable[[str], object] = lambda _: None) -> Report:
    """The figures of the named sections; ``on_section`` is called with the name of each before it begins."""
    figures: list[Figure] = []
    for name in sections:
        on_section(name)
        figures.extend(SECTIONS[name](effort))
    return Report(machine(_PACKAGES), tuple(figures))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or argparse's own."""
    options = _parser().parse_args(arguments)
    output = Console(width=None if sys.stdout.isatty() else 140)
    if options.compare:
        old, new = map(Report.load, options.compare)
        output.print(render_changes(compare(old, new)))
        return 0
    effort = QUICK if options.quick else FULL
    if options.events is not None:
        effort = replace(effort, events=options.events)
    progress = Console(stderr=True)
    report = measure(options.only or SECTIONS, effort, lambda name: progress.print(f"{name} ...", style="dim"))
    output.print(render(report))
    if options.json:
        report.dump(options.json)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="few rounds and small files: to see that it runs")
    parser.add_argument("--events", type=int, metavar="N", help="events of the generated file (a million)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    parser.add_argument(
        "--compare", type=Path, nargs=2, metavar=("OLD", "NEW"), help="print the ratios of two such files"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
