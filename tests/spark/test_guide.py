"""The examples of the guide run, and so does its command."""

import doctest
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

from eventschema import spark as package
from tests.test_readme import ROOT, SOURCES

GUIDE = str(package.__doc__)
WITH_EXAMPLES = [
    name
    for name, path in SOURCES.items()
    if name.startswith("eventschema.spark") and ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.spark
@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_run(spark: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert spark is not None
    monkeypatch.chdir(ROOT)
    results = doctest.testmod(sys.modules[name])
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.spark
@pytest.mark.slow
def test_the_command_of_the_guide_profiles_the_sample(tmp_path: Path) -> None:
    block = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)[0]
    program = re.fullmatch(r".* &&\n\.venv/bin/python -c '\n(.*)'\n", block, re.DOTALL)
    assert program is not None
    done = subprocess.run([sys.executable, "-c", program[1]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "'mag': <PropertyType.FLOAT: 'float'>" in done.stdout


def test_every_name_is_there_when_it_is_asked_for() -> None:
    assert all(getattr(package, name).__doc__ for name in dir(package))
    with pytest.raises(AttributeError, match=r"^module 'eventschema\.spark' has no attribute 'replay'$"):
        package.replay  # type: ignore[attr-defined]  # noqa: B018  (asking is what fails)
