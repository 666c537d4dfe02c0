"""Which Java and which Python a session uses."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

from eventschema.spark import JavaError, local_session
from eventschema.spark.session import check_java, use_this_python

ROOT = Path(__file__).parents[2]


def java(folder: Path, script: str) -> Path:
    """A folder with ``bin/java``, a shell script."""
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    "version", ['openjdk version "17.0.15" 2025-04-15', 'java version "21" 2023-09-19 LTS', 'openjdk version "25-ea"']
)
def test_javas_that_spark_runs_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, f"echo '{version}' >&2")))
    check_java()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'openjdk version \"11.0.2\"' >&2", "Expected Java 17 or later, which Spark needs, found Java 11 in"),
        ("echo 'java version \"1.8.0_292\"' >&2", "Expected Java 17 or later, which Spark needs, found Java 8 in"),
        ("exit 1", "which does not say its version"),
    ],
)
def test_other_javas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, script)))
    with pytest.raises(JavaError, match=message):
        check_java()


def test_a_java_that_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = java(tmp_path, "")
    (home / "bin" / "java").write_bytes(b"\x7fELF")
    monkeypatch.setenv("JAVA_HOME", str(home))
    with pytest.raises(JavaError, match="which does not run"):
        check_java()


def test_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(JavaError, match=f"found none in JAVA_HOME, {tmp_path}"):
        check_java()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JavaError, match="found none on the PATH, and JAVA_HOME is not set"):
        check_java()


def test_less_than_one_core() -> None:
    with pytest.raises(ValueError, match=r"^expected cores of at least 1, found 0$"):
        local_session(0)


def run(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a process of its own, which finds no commands but those of ``folder``."""
    kept = {name: value for name, value in os.environ.items() if name not in {"JAVA_HOME", "PYSPARK_PYTHON"}}
    environment = kept | {"PATH": str(folder)} | variables
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "found none on the PATH, and JAVA_HOME is not set."),
        ({"JAVA_HOME": "/no/java"}, "found none in JAVA_HOME, /no/java."),
    ],
)
def test_a_process_without_java(tmp_path: Path, variables: dict[str, str], message: str) -> None:
    done = run("from eventschema.spark import local_session; local_session(1)", tmp_path, **variables)
    assert done.returncode == 1
    error = f"eventschema.spark.session.JavaError: Expected Java 17 or later, which Spark needs, {message}"
    assert done.stderr.splitlines()[-1] == error
    assert done.stdout == ""


OTHER_PYTHON = '''
from pyspark.sql import SparkSession
from eventschema.spark import profile
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
print(profile(spark.sql("""SELECT '{"eventName": "a"}' AS value""")).count)
'''


@pytest.mark.spark
@pytest.mark.usefixtures("spark")
def test_workers_of_a_session_that_others_started(tmp_path: Path) -> None:
    """They do not run the ``python3`` of the PATH, which may lack what they need."""
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    done = run(OTHER_PYTHON, tmp_path, PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


@pytest.mark.spark
def test_workers_run_the_python_of_the_driver(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    context = spark.sparkContext
    assert os.environ["PYSPARK_PYTHON"] == sys.executable
    assert local_session(1) is spark  # there is one already
    monkeypatch.setattr(context, "pythonExec", "python3")
    use_this_python(spark)
    assert context.pythonExec == "python3"  # since it is set
    monkeypatch.delenv("PYSPARK_PYTHON")
    use_this_python(spark)
    assert context.pythonExec == sys.executable
