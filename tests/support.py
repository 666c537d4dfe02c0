"""What several test modules need: the tables of ``tests/cases``, the values in them, how results are compared."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from eventschema import Rules
from eventschema.core.accept import Accepted, accept
from eventschema.core.types import PropertyType
from tests.odd import ODD

_CASES = Path(__file__).parent / "cases"

Accept = Callable[[Mapping[str, PropertyType], dict[Any, Any], Rules], Accepted]

#: Every implementation of the recogniser; each is held to the same laws.
ACCEPTS: list[Accept] = [accept]


def settle(accept: Accept, types: Mapping[str, PropertyType], event: dict[Any, Any], rules: Rules) -> Accepted:
    """What an implementation says: ``(added, adjustments, rest)``. The one place that knows how it is called."""
    return accept(types, event, rules)


def load_cases(name: str) -> Any:
    """Read one table, ``tests/cases/NAME.json``."""
    return json.loads((_CASES / f"{name}.json").read_text(encoding="utf-8"))


def decoded(value: Any) -> Any:
    """Turn what a table writes as ``{"$kind": ...}``, for want of JSON, into the Python value it stands for."""
    if isinstance(value, dict) and len(value) == 1:
        [(kind, argument)] = value.items()
        if kind in _DECODERS:
            return _DECODERS[kind](argument)
    if isinstance(value, dict):
        return {name: decoded(member) for name, member in value.items()}
    return [decoded(member) for member in value] if isinstance(value, list) else value


def _total(terms: list[Any]) -> int:
    """Add up terms: integers, and powers as ``[base, exponent]``, negative where the base is."""
    return sum(
        term if isinstance(term, int) else (1 if term[0] > 0 else -1) * int(abs(term[0]) ** term[1]) for term in terms
    )


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$float": float,
    "$decimal": Decimal,
    "$sum": _total,
    "$repeat": lambda argument: argument[0] * argument[1],
    "$date": date.fromisoformat,
    "$datetime": datetime.fromisoformat,
    "$odd": lambda name: ODD[name](),
}


def same(value: Any) -> tuple[type, str]:
    """What tells values apart that ``==`` does not: ``1``, ``1.0`` and ``True``; ``0.0`` and ``-0.0``; two NaNs."""
    return type(value), repr(value)


def rules_of(case: Mapping[str, Any]) -> Rules:
    """The rules of a row of a table."""
    return Rules(**case.get("rules", {}))


def row_id(case: Any) -> str:
    """Name a test after its row."""
    return str(case["source"])
