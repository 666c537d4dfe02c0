"""What several test modules need: the tables of ``tests/cases``."""

import json
from pathlib import Path
from typing import Any

_CASES = Path(__file__).parent / "cases"


def load_cases(name: str) -> Any:
    """Read one table, ``tests/cases/NAME.json``."""
    return json.loads((_CASES / f"{name}.json").read_text(encoding="utf-8"))
