"""A check of a DataFrame is that of one process."""

from typing import Any

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

from eventschema import EventSchema, Rules, Violation
from eventschema.core.violations import NameConflict
from eventschema.spark import check
from eventschema.spark.verdicts import COLUMNS as VERDICT_COLUMNS
from eventschema.spark.verdicts import FIELDS
from eventschema.stream.envelopes import Envelope
from eventschema.stream.mapping import Mapping
from eventschema.stream.replay import Replay, check_rules
from eventschema.track.violations import ContactConflict
from tests.spark.streams import COLUMNS, collected, events, frame, generated, plain, shuffled, verdicts

STREAM = generated(2, 3, 40)
SCHEMAS = {
    "s0": EventSchema("s0", {"total": "float", "note": "string", "count": "int"}),
    "s1": EventSchema("s1", {"total": "int", "when": "date"}),
}


def classes(base: type[Violation] = Violation) -> list[type[Violation]]:
    return [base, *(each for derived in base.__subclasses__() for each in classes(derived))]


def test_a_verdict_has_the_fields_of_every_violation_of_an_event() -> None:
    fields = {field for each in classes() if each is not ContactConflict for field in each.__match_args__}
    assert fields | {"code", "message"} == set(FIELDS)
    assert "other" in NameConflict.__match_args__
    assert all(f"`{name}`: {type_}" in VERDICT_COLUMNS for name, type_ in FIELDS.items())


@pytest.mark.spark
@pytest.mark.parametrize(
    ("partitions", "rules", "allow_new"),
    [(1, Rules(), False), (2, Rules(), True), (7, Rules(invalid="drop", max_properties=2), False)],
)
def test_the_verdicts_are_those_of_one_process(spark: Any, partitions: int, rules: Rules, allow_new: bool) -> None:
    df = frame(spark, shuffled(STREAM, 1), partitions)
    envelope = Envelope(mapping=Mapping(names="snake_case"))
    for each in (Envelope(), envelope):
        replay = Replay(SCHEMAS, check_rules(rules, allow_new=allow_new), grow=False)
        found = check(df, SCHEMAS, COLUMNS, envelope=each, rules=rules, allow_new=allow_new)
        assert collected(found) == plain(verdicts(events(STREAM, rules, each), replay))


@pytest.mark.spark
def test_the_columns_of_verdicts(spark: Any) -> None:
    df = spark.createDataFrame([('{"eventName":"e","properties":{"a":"x"}}',)], "value string").coalesce(1)
    row = check(df, EventSchema("e", {"a": "int"})).first()
    assert (row.position, row.name, row.ok) == (1, "e", False)
    assert row.violations[0].asDict() == dict.fromkeys(FIELDS) | {
        "code": "type_conflict",
        "pointer": "/properties/a",
        "message": "Expected int (as the schema was declared), found string, at /properties/a.",
        "expected": "int",
        "actual": "string",
        "since": 0,
    }


@pytest.mark.spark
def test_two_schemas_of_one_name(spark: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected one schema for each name"):
        check(spark.createDataFrame([("{}",)], "value string"), [EventSchema("e"), EventSchema("e", {"a": "int"})])
