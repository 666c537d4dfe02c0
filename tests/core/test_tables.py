"""Every table has a row for each type, each option of ``Rules`` and each violation. A failure names table and row."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import Phase, find, settings
from hypothesis import strategies as st

import eventschema
from eventschema import PropertyType, Rules, Violation
from eventschema.cli.profilepage import TYPE_COLOURS
from eventschema.cli.ruleoptions import RULE_OPTIONS, WITHOUT_OPTION
from eventschema.core import acceleration, accept, columns, formats, mismatches, reasons, rules, schemaerrors, types
from eventschema.core import violations as core_violations
from eventschema.core.explain import _WORDS
from eventschema.core.formats import likely_format, text_type
from eventschema.core.rules import DEFAULT_RULES
from eventschema.core.types import TEXT_FORMATS
from eventschema.testing.schemas import _FIELDS
from eventschema.testing.texts import near_misses, texts
from eventschema.testing.values import values
from eventschema.track import fastpath
from tests.support import load_cases

ONE = settings(max_examples=1, phases=[Phase.generate], database=None)
FIELDS = [field.name for field in dataclasses.fields(Rules)]
FORMAT_CASES = load_cases("formats")
CLASSES = [
    member
    for name in eventschema.__all__
    if isinstance(member := getattr(eventschema, name), type) and hasattr(member, "code")
]

TABLES: dict[str, tuple[Iterable[Any], Iterable[Any]]] = {
    "core.types.CLASSES": (types.CLASSES, PropertyType),
    "core.types.ACCEPTED_TYPES": (types.ACCEPTED_TYPES, PropertyType),
    "core.explain._WORDS": (_WORDS, types.CLASSES.values()),
    "core.formats.CHECKS": (formats.CHECKS, TEXT_FORMATS),
    "core.mismatches.MISMATCHES": (mismatches.MISMATCHES, TEXT_FORMATS),
    "core.reasons.FORMAT_REASONS": (reasons.FORMAT_REASONS, TEXT_FORMATS),
    "core.accept.SUBSETS": (accept.SUBSETS, TEXT_FORMATS),
    "core.columns._FORMATS": (columns._FORMATS, TEXT_FORMATS),
    "cli.profilepage.TYPE_COLOURS": (TYPE_COLOURS, PropertyType),
    "tests/cases/formats.json": (FORMAT_CASES, TEXT_FORMATS),
    "tests/cases/values.json, pairs.order": (load_cases("values")["pairs"]["order"], PropertyType),
    "core.rules._CHECKS": (rules._CHECKS, FIELDS),
    "cli.ruleoptions.RULE_OPTIONS or WITHOUT_OPTION": ({*RULE_OPTIONS, *WITHOUT_OPTION}, FIELDS),
    "testing.schemas._FIELDS": (_FIELDS, FIELDS),
    "tests/cases/violations.json": (
        {row["code"] for row in load_cases("violations")["violations"]},
        {kind.code for kind in CLASSES if kind.__module__ in {core_violations.__name__, schemaerrors.__name__}},
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_total(table: str) -> None:
    given, expected = map(set, TABLES[table])
    assert not expected - given, f"{table} has no row for {', '.join(sorted(map(str, expected - given)))}"
    assert not given - expected, f"{table} has a row too many: {', '.join(sorted(map(str, given - expected)))}"


def test_every_type_is_text_or_a_number_or_bool() -> None:
    others = {PropertyType.BOOL, PropertyType.INT, PropertyType.FLOAT, PropertyType.STRING}
    missing = set(PropertyType) - others - set(TEXT_FORMATS)
    assert not missing, f"core.types.TEXT_FORMATS has no row for {', '.join(missing)}"
    assert list(PropertyType)[:4] == ["bool", "int", "float", "string"], "the codes of text formats come after string"


@pytest.mark.parametrize("type_", PropertyType)
def test_the_guide_has_a_row_for_each_type(type_: PropertyType) -> None:
    assert f"\n| `{type_}` |" in (eventschema.core.__doc__ or ""), f"core.__doc__ has no row for {type_}"


@pytest.mark.parametrize("name", FIELDS)
def test_the_guide_has_a_row_for_each_option(name: str) -> None:
    assert f"\n| `{name}` |" in (eventschema.core.__doc__ or ""), f"core.__doc__ has no row for {name}"


@pytest.mark.parametrize("format_", TEXT_FORMATS)
def test_each_format_is_detected(format_: PropertyType) -> None:
    for text in (row["text"] for row in FORMAT_CASES.get(format_, {"accept": []})["accept"]):
        found = text_type(text, DEFAULT_RULES)
        hint = f"core.formats.likely_format gives {likely_format(text)}, core.formats.CHECKS must have {format_}"
        assert found is format_, f"{text!r} is detected as {found}: {hint}"
        for name, type_codes in {"core.columns": columns.type_codes, "core._accept": acceleration.type_codes}.items():
            [code] = type_codes([text], DEFAULT_RULES)
            expected = (list(PropertyType).index(format_), columns.UNCERTAIN)
            assert code in expected, f"{name}.type_codes detects {text!r} as {columns.TYPES[code]}, expected {format_}"


STRATEGIES: dict[str, tuple[Callable[[PropertyType], st.SearchStrategy[Any]], Iterable[PropertyType]]] = {
    "testing.values.values": (values, PropertyType),
    "testing.texts.texts": (texts, types.TEXT_TYPES),
    "testing.texts.near_misses": (near_misses, TEXT_FORMATS),
}


@pytest.mark.parametrize("name", STRATEGIES)
def test_there_is_a_strategy_for_each_type(name: str) -> None:
    strategy_of, expected = STRATEGIES[name]
    for type_ in expected:
        try:
            found = eventschema.classify(find(strategy_of(type_), lambda _: True, settings=ONE))
        except (ValueError, KeyError) as error:
            pytest.fail(f"{name} has no strategy for {type_}: {error}")
        assert found is (PropertyType.STRING if name.endswith("near_misses") else type_), f"{name} of {type_}"


@pytest.mark.parametrize(
    ("path", "known"), [("core.accept", accept.KNOWN_OPTIONS), ("track.fastpath", fastpath.KNOWN_OPTIONS)]
)
def test_a_fast_path_knows_options_that_there_are(path: str, known: frozenset[str]) -> None:
    unknown = known - set(FIELDS)
    assert not unknown, f"{path}.KNOWN_OPTIONS has no field of Rules for {', '.join(sorted(unknown))}"


def test_each_code_has_one_public_class() -> None:
    def below(kind: type[Violation]) -> Iterable[type[Violation]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    with_code = [
        kind for kind in below(Violation) if "code" in vars(kind) and kind.__module__.startswith("eventschema")
    ]
    assert len({kind.code for kind in with_code}) == len(with_code)
    missing = {kind.__name__ for kind in with_code} - set(eventschema.__all__)
    assert not missing, f"eventschema.__all__ has no {', '.join(sorted(missing))}"
