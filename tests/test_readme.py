"""The README tells the truth: its examples run, and its commands print what it shows."""

import doctest
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from eventschema import loads_schemas

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_first_two_commands_are_one_line_each() -> None:
    infer, tests = blocks("sh")[:2]
    assert infer.count("\n") == tests.count("\n") == 1
    assert infer.rstrip().endswith("infer benchmarks/data/earthquakes.ndjson")
    assert " -m pytest" in tests


def test_the_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert results.attempted > 5
    assert results.failed == 0


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.splitlines()[0])
def test_the_commands_print_what_is_shown(block: str) -> None:
    """Each line that is shown is printed, in this order; ``...`` stands for any lines."""
    command, *shown = block.splitlines()
    arguments = command.removeprefix("$ eventschema ").split()
    done = subprocess.run(
        [sys.executable, "-m", "eventschema", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    printed = iter(line.rstrip() for line in done.stdout.splitlines() if line.strip())
    for line in shown:
        if line.strip() and line != "...":
            assert any(line.rstrip() == other for other in printed), f"not printed, or not here: {line}"


def test_the_documents_are_documents() -> None:
    for block in blocks("json"):
        document = json.loads(block)
        if "schemas" in document:
            assert loads_schemas(block)
