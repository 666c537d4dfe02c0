from typing import Any

import pytest
from click import Command

from eventschema.cli.profile import profile as profile_command
from eventschema.core.rules import Rules
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profile.finding import Finding
from eventschema.stream.profile.valuehints import HINT_KINDS


def hints(values: list[Any], rules: Rules | None = None, **bounds: int) -> list[Finding]:
    profile = EventProfile(rules or Rules(), Bounds(**bounds))
    for value in values:
        profile.add("order", {"a": value})
    return [one for one in profile.findings() if one.kind in HINT_KINDS]


UUIDS = [f"f81d4fae-7dec-11d0-a765-{number:012x}" for number in range(3)]
HINTS: list[tuple[list[Any], str, int, str, tuple[str, ...]]] = [
    (["1", "-2", "30"], "number_text", 3, "3 of 3 texts: numbers as text", ()),
    (["1", "2.5", "N/A"], "number_text", 2, "2 of 3 texts: numbers as text", ()),
    (["x"] * 9 + ["1", 5], "number_text", 1, "1 of 10 texts: numbers as text", ()),
    (["2021-01-02 10:00"], "spaced_datetime", 1, "with a T in its place they are dateTimes", ()),
    (UUIDS, "uuid", 3, "3 of 3 texts: UUIDs", ()),
    (["d41d8cd98f00b204e9800998ecf8427e"], "hex", 1, "hexadecimal", ()),
    (['{"a":1}', "[]"], "json", 2, "string keeps it; send what it holds as properties to have their types", ()),
    ([1_700_000_000] * 9 + [5], "epoch_seconds", 9, "9 of 10 ints: seconds since 1970", ()),
    ([1_700_000_000_000], "epoch_milliseconds", 1, "milliseconds since 1970", ()),
    (["true", "FALSE"], "bool_text", 2, "send them without quotes to have bools", ()),
    (["a", "", "", "N/A"], "placeholder", 3, "(2 empty, 1 such as N/A or null)", ("--empty-texts ignore",)),
    (["a", "null"], "placeholder", 1, "1 of 2 texts: placeholders (1 such as N/A or null)", ()),
    (["01/02/2021", "03/04/2021"], "other_date", 2, "(2 with either first: ambiguous", ()),
    (["01/02/2021", "31/01/2021"], "other_date", 2, "(1 with the day first, 1 with either first)", ()),
    (["01/02/2021", "31/01/2021", "01/31/2021"], "other_date", 3, "and there are both orders", ()),
    (["2021/01/02", "2 Jan 2021"], "other_date", 2, "(1 with the year first, 1 with the month in words)", ()),
    (["10.0.0.1"], "ip_address", 1, "IP addresses", ()),
    (["https://a.b{/x}", "https://a.b/"], "url_template", 1, "url templates", ("--hint a=string",)),
    (["s3://bucket/x"], "other_scheme", 1, "a scheme that the rules leave out", ("--url-scheme",)),
    (["007", "008"], "leading_zeros", 2, "a leading zero", ("--hint a=string",)),
    (["007", "2021-01-02"], "leading_zeros", 1, "must stay text (in CSV and TSV: --text-column)", ("--hint a=string",)),
    (["1"] * 9 + ["007"], "leading_zeros", 1, "1 of 10 texts: digits with a leading zero", ("--hint a=string",)),
    (["1.5", "007"], "leading_zeros", 1, "1 of 2 texts: digits with a leading zero", ("--hint a=string",)),
    (["007", 8], "leading_zeros", 1, "must stay text (in CSV and TSV: --text-column)", ()),
]


@pytest.mark.parametrize(("values", "kind", "count", "text", "options"), HINTS)
def test_a_hint_at_what_values_are(
    values: list[Any], kind: str, count: int, text: str, options: tuple[str, ...]
) -> None:
    one = next(one for one in hints(values) if one.kind == kind)
    assert (one.affected, one.events, one.options) == (count, 0, options)
    assert text in one.message


@pytest.mark.parametrize("values", [["x"] * 9 + ["1"], [5, 1_700_000_000], ["x"], [""], ["N/A", "null"], [1.5, True]])
def test_values_that_give_no_hint(values: list[Any]) -> None:
    assert hints(values) == []


@pytest.mark.parametrize("values", [["99999"] * 9 + ["01234"], ["99999", "01234", 5]])
def test_texts_with_leading_zeros_are_no_numbers(values: list[Any]) -> None:
    assert [one.kind for one in hints(values)] == ["leading_zeros"]


def test_ignored_empty_texts_are_no_placeholders() -> None:
    assert hints(["a", ""], Rules(empty_texts="ignore")) == []


def test_hints_come_in_the_order_of_their_kinds() -> None:
    profile = EventProfile()
    profile.add("a", {"x": "007", "y": "1"})
    profile.add("b", {"z": "true", "w": "2", "o": []})
    listed = [(one.kind, one.property) for one in profile.findings()]
    assert listed == [
        ("unsupported_type", "o"),
        *(("number_text", "y"), ("number_text", "w"), ("bool_text", "z"), ("leading_zeros", "x")),
    ]


def test_without_examples_there_are_the_same_hints() -> None:
    assert [one._replace(examples=()) for one in hints(UUIDS)] == hints(UUIDS, examples=0)


def test_texts_that_stand_for_no_value_cost_events() -> None:
    profile = EventProfile()
    for value in (1, 2, "N/A", ""):
        profile.add("order", {"a": value})
    one = next(one for one in profile.findings() if one.kind == "placeholder")
    assert (one.affected, one.events, one.options) == (2, 2, ("--invalid drop",))
    assert one.message.startswith("2 of 4 values are texts such as N/A or null, the rest are of type int;")


def test_the_command_has_every_option_that_a_finding_names() -> None:
    profile = EventProfile(Rules(nulls="reject"))
    for number, (values, *_) in enumerate(HINTS):
        for value in [*values, {}, [], None, 2**64, float("nan"), "x" * 3000]:
            profile.add("order", {f"a{number}": value, "first": number or 1.5, "both": number or True, "bad name": 1})
    named = {option.split()[0] for one in profile.findings() for option in one.options}
    assert isinstance(profile_command, Command)
    known = {name for parameter in profile_command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert len(named) >= 7
    assert named <= known
