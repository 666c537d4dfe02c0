"""The README and the guides tell the truth: examples run, commands print what is shown, pages can be made.

The guides are the docstrings of packages.
"""

import dataclasses
import doctest
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import eventschema
from eventschema import Rules, loads_schemas
from tests import error_index

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "eventschema").rglob("*.py"))
}
WITH_EXAMPLES = [
    name
    for name, path in SOURCES.items()
    if ">>> " in path.read_text(encoding="utf-8") and not name.startswith("eventschema.spark")  # run where Spark is
]
PACKAGES = [name for name, path in SOURCES.items() if path.name == "__init__.py"]
TEXTS = {"README.md": README} | {name: str(importlib.import_module(name).__doc__) for name in PACKAGES}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def all_blocks(language: str) -> list[Any]:
    return [
        pytest.param(block, id=f"{name} {block.splitlines()[0]}")
        for name, text in TEXTS.items()
        for block in blocks(text, language)
    ]


def test_the_first_two_commands_are_one_line_each() -> None:
    infer, tests = blocks(README, "sh")[:2]
    assert infer.count("\n") == tests.count("\n") == 1
    assert infer.rstrip().endswith("infer benchmarks/data/earthquakes.ndjson")
    assert " -m pytest" in tests


def test_the_readme_is_short() -> None:
    assert README.count("\n") <= 200


def test_the_readme_links_to_every_guide() -> None:
    links = set(re.findall(r"\]\((?!https?:)([^)]+)\)", README))
    assert all((ROOT / link).is_file() for link in links)
    assert {str(SOURCES[name].relative_to(ROOT)) for name in PACKAGES if name.count(".") < 2} <= links


def test_the_examples_of_the_readme_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert results.attempted > 3
    assert results.failed == 0


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_docstrings_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize("block", all_blocks("console"))
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


@pytest.mark.parametrize("block", all_blocks("json"))
def test_the_documents_are_documents(block: str) -> None:
    assert not ("schemas" in json.loads(block) and not loads_schemas(block))


def test_the_table_of_rules_has_every_field() -> None:
    """Each field in the order of ``Rules``, with its default."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", TEXTS["eventschema.core"].partition("## Rules")[2], re.MULTILINE)
    words = {"url_schemes": "http, https, ftp, ftps", "detect": "all eight types"}
    fields = dataclasses.fields(Rules)
    assert rows == [(each.name, words.get(each.name) or json_like(each.default)) for each in fields]


def json_like(default: object) -> str:
    return f'"{default}"' if isinstance(default, str) else str(default)


def test_the_index_of_errors_is_that_of_the_classes() -> None:
    docstring = str(eventschema.__doc__)
    assert error_index.updated(docstring) == docstring, "python -m tests.error_index writes it anew"


def test_the_pages_hold_the_guides(tmp_path: Path) -> None:
    pytest.importorskip("pdoc", reason="the extra docs brings what makes the pages")
    done = subprocess.run(
        [sys.executable, ".ci/docs.py", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for name in PACKAGES:
        page = (tmp_path / f"{name.replace('.', os.sep)}.html").read_text(encoding="utf-8")
        for heading in re.findall(r"^#+ (.*)$", TEXTS[name], re.MULTILINE):
            assert f">{heading}</h" in page, (name, heading)
