"""Sessions of Spark: a local one, and the checks without which a session fails with a message of Java or none.

Spark starts its workers with the command ``python3`` unless the environment variable ``PYSPARK_PYTHON`` says otherwise:
another Python than the driver's, which lacks its packages. And it needs Java 17 or later.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pyspark import SparkContext
from pyspark.sql import SparkSession

from eventschema.store.arguments import check_count

#: The oldest Java that Spark 4 runs on.
MIN_JAVA: Final = 17

_PYTHON: Final = "PYSPARK_PYTHON"
_PYTHON_OPTION: Final = "spark.pyspark.python"
_SECONDS: Final = 30  # that Java may take to say its version
_VERSION: Final = re.compile(r'version "(?:1\.)?([0-9]+)')  # before 9, Java 8 was 1.8


class JavaError(RuntimeError):
    """Java is missing, older than 17, or does not run."""


def check_java() -> None:
    """Raise ``JavaError`` unless the Java that Spark would start is Java 17 or later."""
    home = os.environ.get("JAVA_HOME")
    command = str(Path(home, "bin", "java")) if home else "java"
    where = f"in JAVA_HOME, {home}" if home else "on the PATH, and JAVA_HOME is not set"
    if shutil.which(command) is None:
        raise JavaError(f"Expected Java {MIN_JAVA} or later, which Spark needs, found none {where}.")
    try:
        done = subprocess.run(
            [command, "-version"], capture_output=True, text=True, timeout=_SECONDS, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        raise JavaError(f"Expected Java {MIN_JAVA} or later, found {command}, which does not run.") from None
    version = _VERSION.search(done.stderr + done.stdout)
    if version is None:
        raise JavaError(f"Expected Java {MIN_JAVA} or later, found {command}, which does not say its version.")
    if int(version[1]) < MIN_JAVA:
        raise JavaError(f"Expected Java {MIN_JAVA} or later, which Spark needs, found Java {version[1]} {where}.")


def local_session(
    cores: int | None = None,
    *,
    memory: str = "1g",
    name: str = "eventschema",
    options: Mapping[str, str | int | bool] | None = None,
) -> SparkSession:
    """A session of Spark on this machine, with so many ``cores`` (``None``: all of them), without a web page or Hive.

    The workers run the Python that runs this, unless ``PYSPARK_PYTHON`` is set. ``memory`` is that of the driver, whose
    process does all of the work of Java; ``options`` are further settings of Spark. If there is a session already, that
    is returned. Raises ``JavaError`` without Java 17, and ``ValueError`` for less than one core.
    """
    if cores is not None:
        check_count("cores", cores, "cores", 1)
    if SparkContext._active_spark_context is None:
        check_java()
    os.environ.setdefault(_PYTHON, sys.executable)
    builder: Any = SparkSession.builder
    builder = builder.master(f"local[{'*' if cores is None else cores}]").appName(name)
    builder = builder.config("spark.driver.memory", memory).config("spark.ui.enabled", value=False)
    for option, value in (options or {}).items():
        builder = builder.config(option, value)
    session: SparkSession = builder.getOrCreate()
    return session


def use_this_python(session: SparkSession) -> None:
    """Have the workers of a local ``session`` run the Python that runs this, unless another one is set.

    For sessions that others have started. On a cluster this interpreter may not exist, so nothing is changed there.
    """
    context = session.sparkContext
    is_set = _PYTHON in os.environ or context.getConf().get(_PYTHON_OPTION) is not None
    if context.master.startswith("local") and not is_set:
        context.pythonExec = sys.executable
