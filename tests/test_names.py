"""Test names are short enough to read in a report."""

import re
from pathlib import Path

MAX_LENGTH = 60


def test_names_of_tests_have_at_most_60_characters() -> None:
    too_long = [
        f"{path.name}: {name}"
        for path in sorted(Path(__file__).parent.rglob("*.py"))
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        if len(name) > MAX_LENGTH
    ]
    assert too_long == []
