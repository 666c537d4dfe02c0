"""Test names are short enough to read in a report."""

import ast
from pathlib import Path

MAX_LENGTH = 60


def test_names_of_tests_have_at_most_60_characters() -> None:
    too_long = [
        f"{path.name}: {node.name}"
        for path in sorted(Path(__file__).parent.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and len(node.name) > MAX_LENGTH
    ]
    assert too_long == []
