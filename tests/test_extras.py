"""A missing package is reported once, with the extra that brings it."""

import subprocess
import sys
from pathlib import Path

import pytest

from eventschema.extras import of_extra

CHECKOUT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("package", "code", "extra"),
    [
        ("sqlalchemy", "import eventschema.store.sql", "sql"),
        ("sqlalchemy", "from eventschema.store import SQLStore", "sql"),
        ("sqlalchemy", "import eventschema.store; eventschema.store.SQLStore", "sql"),
        ("psycopg", "from eventschema.store.sql import SQLStore; SQLStore('postgresql://localhost/x')", "postgres"),
        ("sqlalchemy", "from eventschema.export import to_sql", "export"),
        ("pyarrow", "import eventschema.export; eventschema.export.to_arrow_table", "export"),
        ("pyarrow", "from eventschema.imports import from_arrow", "export"),
        ("pyspark", "from eventschema.spark import local_session", "spark"),
        ("pyarrow", "from eventschema.spark import profile", "spark"),
        ("starlette", "import eventschema.web", "web"),
        ("msgspec", "import eventschema.web", "web"),
        ("msgspec", "import eventschema.stream.reading", "stream"),
        ("hypothesis", "import eventschema.testing", "testing"),
    ],
)
def test_a_package_that_is_missing(package: str, code: str, extra: str) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; {code}"
    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("eventschema.extras.MissingExtraError: ")
    assert package in last
    assert last.count("the extra") == 1
    assert last.endswith(f": the extra {extra} installs it, pip install 'eventschema[{extra}]'")
    assert "During handling" not in done.stderr


def test_a_module_of_the_package_that_is_missing() -> None:
    error = ModuleNotFoundError("No module named 'eventschema.gone'", name="eventschema.gone")
    assert of_extra("web", error) is error
