"""``accept``: the events that it must accept, to be of use, and those that it must leave to the definition."""

import sys
from collections import Counter, UserDict
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from types import FrameType, MappingProxyType
from typing import Any

import pytest

from eventschema import (
    Adjustment,
    AdjustmentKind,
    EventSchema,
    MalformedRequest,
    PropertyType,
    Rules,
    TooManyProperties,
)
from eventschema.core import accept as plain
from eventschema.core.acceleration import Accept
from eventschema.core.events import read_event
from eventschema.core.formats import matches, text_type
from eventschema.core.values import round_float
from tests.hostile_values import Colour
from tests.support import ACCEPTS, SCHEMA, decoded, fast_parts, load_cases, row_id, rules_of

each = pytest.mark.parametrize("accept", ACCEPTS)
PAIRS = load_cases("values")["pairs"]
FORMATS = load_cases("formats")


@each
@pytest.mark.parametrize("known", [True, False])
def test_a_value_of_each_type_is_accepted(accept: Accept, known: bool) -> None:
    types = {f"p{number}": PropertyType(word) for number, word in enumerate(PAIRS["order"])}
    event = {f"p{number}": value for number, value in enumerate(PAIRS["values"])}
    added, adjustments, remaining = fast_parts(accept, types if known else {}, event, Rules())
    assert (adjustments, remaining) == ([], [])
    assert list(added.items()) == ([] if known else list(types.items()))


@each
@pytest.mark.parametrize("expected", PropertyType)
def test_no_type_is_accepted_that_is_not_taken(accept: Accept, expected: PropertyType) -> None:
    for value, verdict in zip(PAIRS["values"], PAIRS["conform"][expected], strict=True):
        if verdict == "conflict":
            assert fast_parts(accept, {"p": expected}, {"p": value}, Rules()) == ({}, [], [("p", value)])


@each
@pytest.mark.parametrize("known", [True, False])
def test_numbers_are_accepted_up_to_their_limits(accept: Accept, known: bool) -> None:
    for expected, value in ((PropertyType.INT, -(2**63)), (PropertyType.INT, 2**63 - 1)):
        assert fast_parts(accept, {"p": expected} if known else {}, {"p": value}, Rules())[1:] == ([], [])
    for value in (-(2**53), 2**53):
        adjusted = [Adjustment("p", AdjustmentKind.INT_TO_FLOAT, value, float(value))]
        assert fast_parts(accept, {"p": PropertyType.FLOAT}, {"p": value}, Rules()) == ({}, adjusted, [])


def test_the_fast_path_decides_ascii_formats_but_for_a_labels() -> None:
    # Of the plain one alone: the compiled one leaves more to the definition, whose verdict is the same.
    for kind, rows in FORMATS.items():
        for text in (row["text"] for row in rows["accept"] if row["text"].isascii()):
            long_look = kind == "email" and "--" in text
            remaining = fast_parts(plain.accept, {"p": PropertyType(kind)}, {"p": text}, Rules())[2]
            assert remaining == ([("p", text)] if long_look else []), text


@each
@pytest.mark.parametrize("kind", FORMATS)
def test_no_text_is_accepted_that_is_not_of_its_format(accept: Accept, kind: str) -> None:
    for text in (row["text"] for row in FORMATS[kind]["refuse"]):
        assert fast_parts(accept, {"p": PropertyType(kind)}, {"p": text}, Rules()) == ({}, [], [("p", text)]), text


@each
@pytest.mark.parametrize("left_out", [None, *FORMATS])
def test_a_new_text_is_of_the_type_that_detection_gives(accept: Accept, left_out: str | None) -> None:
    rules = Rules(detect=frozenset(PropertyType) - {left_out})
    for text in (row["text"] for rows in FORMATS.values() for verdict in rows.values() for row in verdict):
        added, adjustments, remaining = fast_parts(accept, {}, {"p": text}, rules)
        assert (adjustments, added) == ([], {} if remaining else {"p": text_type(text, rules)}), text
        may_have_a_label = "@" in text and "--" in text
        if accept is plain.accept and not may_have_a_label:  # the compiled one leaves more to the definition
            certain = text.isascii() or not ("@" in text or "://" in text or "\ud800" <= max(text) <= "\udfff")
            assert remaining == ([] if certain and len(text) <= 2048 else [("p", text)]), text


@each
def test_no_url_is_accepted_of_a_scheme_that_the_rules_lack(accept: Accept) -> None:
    types, event = {"p": PropertyType.URL}, {"p": "https://example.com/"}
    assert fast_parts(accept, types, event, Rules(url_schemes=frozenset({"http"}))) == ({}, [], list(event.items()))


@each
@pytest.mark.parametrize("known", [True, False])
def test_what_is_accepted_ends_nothing(accept: Accept, known: bool) -> None:
    types = {f"p{number}": PropertyType(word) for number, word in enumerate(PAIRS["order"])}
    event: dict[str, Any] = {}
    for number, value in enumerate((*PAIRS["values"], None)):
        event |= {f"p{number}": value, f"odd{number}": object()}
    types["p8"] = PropertyType.INT
    added, _, remaining = fast_parts(accept, types if known else {"p8": PropertyType.INT}, event, Rules())
    assert remaining == [(name, value) for name, value in event.items() if name.startswith("odd")]
    assert list(added) == ([] if known else list(types)[:-1])


@each
@pytest.mark.parametrize("case", [case for case in load_cases("values")["detect"] if "error" in case], ids=row_id)
def test_nothing_wrong_is_accepted(accept: Accept, case: dict[str, Any]) -> None:
    value, rules = decoded(case["value"]), rules_of(case)
    widened = case["error"] == "int_out_of_range"  # a float may take it
    for known in ({}, *({"p": expected} for expected in PropertyType if not widened)):
        added, adjustments, remaining = fast_parts(accept, known, {"a": True, "p": value, "b": True}, rules)
        if value is None and known:
            assert adjustments == [Adjustment("p", AdjustmentKind.NULL_IGNORED, None, None)]
            continue
        [(name, handed_back)] = remaining
        assert name == "p"
        assert handed_back is value
        assert (list(added), adjustments) == (["a", "b"], [])


@each
def test_adjustments(accept: Accept) -> None:
    types = {"i": PropertyType.INT, "f": PropertyType.FLOAT, "g": PropertyType.FLOAT}
    event = {"x": -0.0, "f": 5, "g": 0.1234567, "i": None}
    assert fast_parts(accept, types, event, Rules()) == (
        {"x": PropertyType.FLOAT},
        [
            Adjustment("x", AdjustmentKind.ROUNDED, -0.0, 0.0),
            Adjustment("f", AdjustmentKind.INT_TO_FLOAT, 5, 5.0),
            Adjustment("g", AdjustmentKind.ROUNDED, 0.1234567, 0.123457),
            Adjustment("i", AdjustmentKind.NULL_IGNORED, None, None),
        ],
        [],
    )


@each
@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        (0.123456, 6, None),
        (4.9999999999999996e-06, 6, 5e-06),  # times 10**6 a double is whole, but none of six decimals is nearest to it
        (0.123456, 2, 0.12),
        (0.12, 2, None),
        # Times 10**6 these are whole and a half; the numbers themselves are above the half, or below it.
        (2.5e-06, 6, 3e-06),
        (-2.5e-06, 6, -3e-06),
        (3.5e-06, 6, 3e-06),
        (-3.5e-06, 6, -3e-06),
        (1234567.1234567, 6, 1234567.123457),
        (-1234567.1234567, 6, -1234567.123457),
        (845801986856.7787, 6, None),  # times 10**6 it is beyond 2**52, where the way there and back loses a digit
        (0.1234567, 7, None),
        (0.12345678, 7, 0.1234568),
    ],
)
def test_floats_are_rounded_to_the_digits_of_the_rules(
    accept: Accept, value: float, digits: int, rounded: float | None
) -> None:
    adjustments = [Adjustment("f", AdjustmentKind.ROUNDED, value, rounded)] if rounded is not None else []
    for types in ({"f": PropertyType.FLOAT}, {}):
        assert fast_parts(accept, types, {"f": value}, Rules(float_digits=digits))[1:] == (adjustments, [])


@each
def test_floats_of_every_size_are_rounded_as_defined(accept: Accept) -> None:
    choices = Random(6)
    for power in range(-30, 71):  # times 10**6, so on both sides of 2**52, up to which the short way is right
        for _ in range(100):
            value = choices.choice((1, -1)) * choices.uniform(2.0**power, 2.0 ** (power + 1)) / choices.choice((1, 1e6))
            rounded = round_float(value, 6)
            changed = [] if rounded is value else [Adjustment("f", AdjustmentKind.ROUNDED, value, rounded)]
            assert fast_parts(accept, {"f": PropertyType.FLOAT}, {"f": value}, Rules()) == ({}, changed, []), value


@each
@pytest.mark.parametrize(
    "rules",
    [Rules(types="exact"), Rules(new_properties="reject"), Rules(max_name_length=0)],
    ids=["exact", "no new ones", "no names"],
)
def test_rules_under_which_new_properties_are_not_its_own(accept: Accept, rules: Rules) -> None:
    event = dict(enumerate(PAIRS["values"]))
    named = {f"p{number}": value for number, value in event.items()}
    assert fast_parts(accept, {}, named, rules) == ({}, [], list(named.items()))


@each
def test_nulls_are_handed_back_where_they_are_refused(accept: Accept) -> None:
    assert fast_parts(accept, {"a": PropertyType.INT}, {"a": None}, Rules(nulls="reject")) == ({}, [], [("a", None)])


@each
@pytest.mark.parametrize("key", [1, None, Colour.RED])
def test_an_odd_name_hands_all_back(accept: Accept, key: object) -> None:
    event = {"f": 5, "n": None, "x": 1, key: 1, "y": 2}
    assert fast_parts(accept, {"f": PropertyType.FLOAT, "n": PropertyType.INT}, event, Rules()) == (
        {},
        [],
        list(event.items()),
    )


@each
def test_limits(accept: Accept) -> None:
    rules = Rules(max_name_length=3, max_string_length=3)
    for name, value, accepted in (
        ("abc", "abc", True),
        ("abcd", "abc", False),
        ("ab", "abcd", False),
        ("ab", "ab", True),
    ):
        assert (fast_parts(accept, {}, {name: value}, rules)[2] == []) is accepted
        if len(name) <= 3:
            assert (fast_parts(accept, {name: PropertyType.STRING}, {name: value}, rules)[2] == []) is accepted


class Waiting:
    """A key with the hash of another, whose comparison raises from a given moment on."""

    armed = False

    def __hash__(self) -> int:
        return hash("x")

    def __eq__(self, other: object) -> bool:
        if self.armed:
            raise RuntimeError
        return False


@each
def test_an_event_that_cannot_even_be_copied_is_not_its_own(accept: Accept) -> None:
    key = Waiting()
    event: dict[Any, Any] = {str(number): number for number in range(100)} | {key: 1, "x": 2}
    for number in range(100):
        del event[str(number)]  # a dict with that many gaps is copied key by key, and these two are compared
    key.armed = True
    assert fast_parts(accept, {}, event, Rules()) == ({}, [], list(event.items()))
    (error,) = EventSchema("e").merge(event).errors
    assert error == MalformedRequest("/properties", "object", "an object that cannot be read")


@each
@pytest.mark.parametrize("event", [{"a": 1, "ab": 2}, {"ab": 2, "a": 1}, {"b": 1, "ab": 2}, {"a": 1, "ac": 2, "ab": 3}])
def test_each_name_is_its_own_wherever_it_stands(accept: Accept, event: dict[str, int]) -> None:
    types = {"a": PropertyType.INT, "ab": PropertyType.INT, "b": PropertyType.STRING, "ac": PropertyType.STRING}
    wrong = [(name, value) for name, value in event.items() if types[name] is PropertyType.STRING]
    decoded = {"".join(list(name)): value for name, value in event.items()}  # equal names, but other objects
    assert fast_parts(accept, types, decoded, Rules()) == ({}, [], wrong)


@each
@pytest.mark.parametrize("number", [2**53, -(2**53)])
def test_integers_are_widened_up_to_the_last_certain_double(accept: Accept, number: int) -> None:
    beyond = number + (1 if number > 0 else -1)
    types = {"f": PropertyType.FLOAT}
    widened = Adjustment("f", AdjustmentKind.INT_TO_FLOAT, number, float(number))
    assert fast_parts(accept, types, {"f": number}, Rules()) == ({}, [widened], [])
    assert fast_parts(accept, types, {"f": beyond}, Rules()) == ({}, [], [("f", beyond)])


@each
@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_integers_are_accepted_up_to_64_bits(accept: Accept, number: int) -> None:
    beyond = number + (1 if number > 0 else -1)
    for types in ({"i": PropertyType.INT}, {}):
        assert fast_parts(accept, types, {"i": number}, Rules())[1:] == ([], [])
        assert fast_parts(accept, types, {"i": beyond}, Rules()) == ({}, [], [("i", beyond)])


@each
def test_what_is_no_dict_or_too_large_a_one_is_not_its_own(accept: Accept) -> None:
    types, rules = {"a": PropertyType.INT}, Rules(max_properties=1)
    assert fast_parts(accept, types, {"a": 1}, rules) == ({}, [], [])
    assert accept(SCHEMA, types, 1, {"a": 1, "b": 2}, rules) is None
    for odd in (None, [("a", 1)], "a", MappingProxyType({"a": 1}), Counter({"a": 1}), UserDict({"a": 1})):
        assert accept(SCHEMA, types, 1, odd, rules) is None


@contextmanager
def growing(event: dict[Any, Any]) -> Iterator[None]:
    """Within the block, each count of ``event`` is followed by one property more, as another thread might add it."""

    def add(frame: FrameType, happening: str, function: Any) -> None:
        if happening == "c_return" and function is len and any(held is event for held in frame.f_locals.values()):
            event[f"more{len(event)}"] = 1

    before = sys.getprofile()
    sys.setprofile(add)
    try:
        yield
    finally:
        sys.setprofile(before)


def test_a_dict_that_grows_while_copied_is_checked_for_its_size() -> None:
    event, rules = {"a": 1}, Rules(max_properties=1)
    with growing(event):
        assert plain.accept(SCHEMA, {}, 0, event, rules) is None
    event = {"a": 1}
    with growing(event):
        read = read_event(event, rules)
    assert read == TooManyProperties("/properties", 1, 2)


@each
def test_adjustments_have_the_hash_of_their_equals(accept: Accept) -> None:
    types = {"f": PropertyType.FLOAT, "g": PropertyType.FLOAT, "h": PropertyType.INT}
    _, adjustments, _ = fast_parts(accept, types, {"f": 1, "g": 0.1234567, "h": None}, Rules())
    assert len(adjustments) == 3
    for adjustment in adjustments:
        assert hash(adjustment) == hash(Adjustment(*adjustment)) == hash(tuple(adjustment))


@each
def test_a_schema_with_a_name_that_is_too_long_is_not_its_own(accept: Accept) -> None:
    types, event = {"a": PropertyType.INT, "b" * 9: PropertyType.INT}, {"a": 1}
    assert fast_parts(accept, types, event, Rules(max_name_length=9)) == ({}, [], [])
    assert fast_parts(accept, types, event, Rules(max_name_length=8)) == ({}, [], [("a", 1)])


@each
def test_an_option_it_does_not_know_leaves_every_event(accept: Accept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[accept.__module__], "_OTHER_OPTIONS", (("nulls", "ignore"),))
    assert fast_parts(accept, {"a": PropertyType.INT}, {"a": 1}, Rules(max_properties=9)) == ({}, [], [])
    assert fast_parts(accept, {"a": PropertyType.INT}, {"a": 1}, Rules(nulls="reject")) == ({}, [], [("a", 1)])


YEARS = ("0000", "0001", "1800", "1900", "2000", "2023", "2024", "9999")


@each
def test_every_day_that_is_accepted_is_one(accept: Accept) -> None:
    days = [f"{year}-{month:02}-{day:02}" for year in YEARS for month in range(14) for day in range(33)]
    ends = [day for day in days if day[-2:] in {"00", "01", "28", "29", "30", "31", "32"}]
    times = ("T00:00:00Z", "T23:59:59.5Z", "T24:00:00Z", "T23:60:00Z", "T23:59:61Z", "T23:59:9Z")
    for expected, texts in (
        (PropertyType.DATE, days),
        (PropertyType.DATETIME, [day + time for day in ends for time in times]),
    ):
        for text in texts:
            _, _, remaining = fast_parts(accept, {"p": expected}, {"p": text}, Rules())
            assert matches(text, expected, Rules()) or remaining == [("p", text)]
            assert remaining == [] or not matches(text, expected, Rules())
