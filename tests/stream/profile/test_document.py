import copy
import json
from typing import Any

import pytest

from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.stream.envelopes import StreamEvent
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profile.recommendation import in_order


def document() -> dict[str, Any]:
    profile = EventProfile()
    profile.add("order", {"total": 1, "note": "x", "bad name": 1, "tags": []}, "file", 1)
    profile.add("order", {"total": 1.5, "note": None}, "file", 2)
    profile.add("order", {"total": 1e-7}, "file", 4)
    profile.add("", {}, "file", 3)
    return copy.deepcopy(json.loads(json.dumps(profile.to_dict())))


def test_what_it_looks_like() -> None:
    written = document()
    assert (written["format"], written["count"], list(written["events"])) == (1, 4, ["order"])
    assert written["faults"]["invalid_event_name"]["first"] == ["file", 3]
    total = written["events"]["order"]["properties"]["total"]
    assert total["types"] == {
        "int": {"count": 1, "first": [["file", 1]], "examples": [["file", 1, 1]], "values": [[1, 1]]},
        "float": {
            "count": 2,
            "first": [["file", 2], ["file", 4]],
            "examples": [["file", 2, 1.5], ["file", 4, 0.0]],
            "values": [[0.0, 1], [1.5, 1]],
        },
    }
    counts = {"least": 0.0, "greatest": 1.5, "whole": 0, "inexact": 0, "beyond": 0}
    places = {"firstFraction": ["file", 2], "firstInexact": None, "firstBeyond": None}
    assert total["numbers"] == counts | places
    assert (total["adjusted"], total["zeroed"], "unrounded" in total) == ({"rounded": 1}, 1, True)
    order = written["events"]["order"]
    assert order["properties"]["tags"]["unsupported"] == {"array": 1}
    assert list(order["badNames"]) == ["bad name"]
    assert (order["misnamed"], order["unread"]) == (1, 0)
    assert (len(total["distinct"]), len(total["unrounded"])) == (48, 48)


def test_rules_and_bounds_travel_along() -> None:
    hints = (("utm_*", PropertyType.STRING), ("?", PropertyType.INT))
    rules = Rules(url_schemes=frozenset({"http"}), max_properties=7, hints=hints, invalid="drop")
    bounds = Bounds(examples=5)
    read = EventProfile.from_dict(json.loads(json.dumps(EventProfile(rules, bounds).to_dict())))
    assert (read.rules, read.bounds) == (rules, bounds)


def test_older_documents_have_the_defaults_of_later_rules() -> None:
    document = EventProfile(Rules(nulls="reject")).to_dict()
    for name in ("invalid", "empty_texts", "hints", "event_ids", "unknown_fields"):
        del document["rules"][name]
    assert EventProfile.from_dict(document).rules == Rules(nulls="reject")


def test_ranges_and_counts_of_values_travel_along() -> None:
    profile = EventProfile()
    for number in range(120):
        properties = {"day": f"2026-01-{1 + number % 28:02}", "at": f"2026-01-01T10:00:00.{number}Z", "id": f"{number}"}
        profile.add("order", properties)
    written = json.loads(json.dumps(profile.to_dict()))
    types = [written["events"]["order"]["properties"][name]["types"] for name in ("day", "at", "id")]
    assert types[0]["date"]["range"] == ["2026-01-01", "2026-01-28"]
    assert types[0]["date"]["values"][0] == ["2026-01-01", 5]
    assert (types[1]["dateTime"]["range"][0], types[1]["dateTime"]["values"]) == ("2026-01-01T10:00:00.0Z", None)
    assert (types[2]["string"]["values"], types[2]["string"]["kinds"]) == (None, {"int_text": 120})
    assert EventProfile.from_dict(written) == profile
    for texts in (["2026-01-28", "2026-01-01"], ["2026-01-01"], [1, 2], ["x", "y"], "2026"):
        types[0]["date"]["range"] = texts
        with pytest.raises(ValueError, match="the earliest and the latest of dates or dateTimes"):
            EventProfile.from_dict(written)


def test_older_documents_lack_ranges_and_counts_of_values() -> None:
    profile = EventProfile()
    profile.add("order", {"id": "12", "day": "2026-01-01"}, "a", 1)
    older = json.loads(json.dumps(profile.to_dict()))
    for property_ in older["events"]["order"]["properties"].values():
        for type_ in property_["types"].values():
            for name in ("values", "kinds", "withoutForm", "range"):
                type_.pop(name, None)
    both = EventProfile.from_dict(older).combine(profile)
    counts = both.events["order"].properties["id"].types[PropertyType.STRING].values
    assert (counts.counts, counts.kinds) == (None, {})
    assert EventProfile.from_dict(both.to_dict()) == both


def test_counting_goes_on_after_reading() -> None:
    profile = EventProfile(bounds=Bounds(total=1))
    profile.add("order", {"a": 1})
    read = EventProfile.from_dict(profile.to_dict())
    read.add_event(StreamEvent("", 2, "order", {"b": 1}))
    assert read.events["order"].unlisted == 1


def test_a_document_from_before_ints_beyond_64_bits_were_counted() -> None:
    written = document()
    for property_ in written["events"]["order"]["properties"].values():
        del property_["numbers"]["beyond"]
    assert EventProfile.from_dict(written) == EventProfile.from_dict(document())


def test_a_document_from_before_the_order_of_properties_was_kept() -> None:
    written = document()
    listed = written["events"]["order"]["properties"]
    assert [listed[name]["firstSeen"] for name in ("note", "total", "tags")] == [
        ["file", 1, 1],
        ["file", 1, 0],
        ["file", 1, 3],
    ]
    for property_ in listed.values():
        del property_["firstSeen"]
    read = EventProfile.from_dict(written)
    assert [name for name, _ in in_order(read.events["order"])] == ["note", "total", "tags"]
    assert json.loads(json.dumps(read.to_dict())) == written


def test_a_document_without_counts_of_adjustments_is_read() -> None:
    written = document()
    order = written["events"]["order"]
    for field in ("unread", "oversize", "misnamed", "badNames"):
        del order[field]
    for property_ in order["properties"].values():
        for field in ("adjusted", "empty", "zeroed", "unsupported", "unrounded"):
            property_.pop(field, None)
        for field in ("firstFraction", "firstInexact", "firstBeyond"):
            del property_["numbers"][field]
    stats = EventProfile.from_dict(written).events["order"]
    assert (stats.misnamed, stats.unread, stats.bad_names) == (1, 0, {})
    total = stats.properties["total"]
    assert (total.adjusted, total.unrounded) == ({}, None)
    assert total.numbers.first_fraction == ("file", 2)


def test_places_that_an_earlier_document_lacks() -> None:
    profile = EventProfile()
    for line, value in enumerate([1, 2**53 + 1, 2**70], 1):
        profile.add("order", {"total": value}, "file", line)
    written = profile.to_dict()
    for field in ("firstFraction", "firstInexact", "firstBeyond"):
        del written["events"]["order"]["properties"]["total"]["numbers"][field]
    numbers = EventProfile.from_dict(written).events["order"].properties["total"].numbers
    assert (numbers.first_fraction, numbers.first_inexact, numbers.first_beyond) == (None, ("file", 1), ("file", 3))


def test_a_document_without_properties_over_the_limit_is_read() -> None:
    profile = EventProfile(Rules(max_properties=1), Bounds(properties=1))
    profile.add("order", {"a": 1, "b": 2}, "file", 1)
    profile.add("order", [], "file", 2)  # type: ignore[arg-type]  # which is the point
    written = profile.to_dict()
    for field in ("unread", "oversize", "misnamed", "badNames"):
        del written["events"]["order"][field]
    assert EventProfile.from_dict(written).events["order"].looked_at == 0


def test_an_old_document_without_examples_is_read() -> None:
    profile = EventProfile(bounds=Bounds(examples=0))
    profile.add("order", {"total": 5})
    written = profile.to_dict()
    written["events"]["order"]["properties"]["total"]["numbers"].update(least=5, greatest=5)
    assert EventProfile.from_dict(written) == profile


TOTAL = "/events/order/properties/total"
TAGS = "/events/order/properties/tags"
NOTE = "/events/order/properties/note"
WRONG = [
    ("", [], "an object", "the root"),
    ("/format", 2, "1", "/format"),
    ("/rules/max_properties", -1, "options that make sense", "/rules"),
    ("/rules/more", 1, "only max_properties", "/rules/more"),
    ("/bounds/examples", "x", "options that make sense", "/bounds"),
    ("/count", -1, "a whole number", "/count"),
    ("/unlistedEvents", 1.5, "a whole number", "/unlistedEvents"),
    ("/faults", [], "an object", "/faults"),
    ("/faults/invalid_event_name/message", 1, "text", "/faults/invalid_event_name/message"),
    ("/faults/invalid_event_name/first", ["file"], "a source and a line", "/faults/invalid_event_name/first"),
    ("/events/\ud800", {"count": 0, "unlisted": 0, "faults": {}, "properties": {}}, "text", "/events"),
    ("/events/order/count", True, "a whole number", "/events/order/count"),
    ("/events/order/properties/bad name", "copy", "a name of latin letters", "/events/order/properties/bad name"),
    (f"{TOTAL}/firstSeen", ["file", 1], "a source, a line and a position", f"{TOTAL}/firstSeen"),
    (f"{TOTAL}/firstSeen", ["file", 1, -1], "a whole number", f"{TOTAL}/firstSeen"),
    (f"{TOTAL}/firstSeen", [1, 1, 1], "a source and a line", f"{TOTAL}/firstSeen"),
    (f"{TOTAL}/distinct", "00", "digests in hex", f"{TOTAL}/distinct"),
    (f"{TOTAL}/distinct", "zz", "digests in hex", f"{TOTAL}/distinct"),
    (f"{TOTAL}/distinct", 1, "digests in hex", f"{TOTAL}/distinct"),
    (f"{TOTAL}/distinct", "0" * 32, "digests in hex", f"{TOTAL}/distinct"),
    (f"{TOTAL}/unrounded", "00", "digests in hex", f"{TOTAL}/unrounded"),
    (f"{TOTAL}/zeroed", -1, "a whole number", f"{TOTAL}/zeroed"),
    (f"{TOTAL}/empty", "1", "a whole number", f"{TOTAL}/empty"),
    (f"{TOTAL}/adjusted/bent", 1, "one of rounded, int_to_float", f"{TOTAL}/adjusted/bent"),
    (f"{TOTAL}/adjusted/rounded", -1, "a whole number", f"{TOTAL}/adjusted/rounded"),
    (f"{TOTAL}/unsupported/set", 1, "one of object, array, other", f"{TOTAL}/unsupported/set"),
    (f"{TOTAL}/numbers/firstFraction", 1, "a source and a line", f"{TOTAL}/numbers/firstFraction"),
    ("/events/order/unread", 4, "a whole number from 0 to 3", "/events/order/unread"),
    ("/events/order/misnamed", -1, "a whole number", "/events/order/misnamed"),
    ("/events/order/oversize/most", -1, "a whole number", "/events/order/oversize/most"),
    ("/events/order/oversize/more", 1, "only events", "/events/order/oversize/more"),
    ("/events/order/badNames/a b", 1, "an object", "/events/order/badNames/a b"),
    ("/events/order/badNames", {f"a {n}": {} for n in range(201)}, "at most 200 names", "/events/order/badNames"),
    (f"{TOTAL}/seen", 0, "a whole number from 1 to 3", f"{TOTAL}/seen"),
    (f"{TOTAL}/seen", 4, "a whole number from 1 to 3", f"{TOTAL}/seen"),
    (f"{TOTAL}/nulls", 4, "a whole number from 0 to 3", f"{TOTAL}/nulls"),
    (f"{TOTAL}/numbers/whole", 2**63, "a whole number", f"{TOTAL}/numbers"),
    (f"{TOTAL}/longest", -1, "a whole number", f"{TOTAL}/longest"),
    (f"{TOTAL}/numbers/least", None, "a least and a greatest", f"{TOTAL}/numbers"),
    (f"{TOTAL}/numbers/least", 2, "a least and a greatest", f"{TOTAL}/numbers"),
    (f"{TOTAL}/numbers/least", float("nan"), "a least and a greatest", f"{TOTAL}/numbers"),
    (f"{TOTAL}/numbers/least", -(10**400), "a least and a greatest", f"{TOTAL}/numbers"),
    (f"{TOTAL}/numbers/greatest", 2**63, "a least and a greatest", f"{TOTAL}/numbers"),
    (f"{TOTAL}/numbers/greatest", True, "a least and a greatest", f"{TOTAL}/numbers"),
    (f"{TOTAL}/types/text", "copy", "one of bool", f"{TOTAL}/types/text"),
    (f"{TOTAL}/types/int/first", [], "an array of locations", f"{TOTAL}/types/int/first"),
    (f"{TOTAL}/types/int/first", [["file", "1"]], "a source and a line", f"{TOTAL}/types/int/first"),
    (f"{TOTAL}/types/int/examples", [1], "examples of source", f"{TOTAL}/types/int/examples"),
    (f"{TOTAL}/types/int/examples", [["file", 1, None]], "examples of source", f"{TOTAL}/types/int/examples"),
    (f"{TOTAL}/types/int/examples", [["file", 1, n] for n in range(4)], "at most 3", f"{TOTAL}/types/int/examples"),
    (f"{TOTAL}/types/int/examples", [["file", 1, 1], ["file", 1, "x"]], "value: int", f"{TOTAL}/types/int/examples"),
    (f"{TOTAL}/types/int/examples", [["file", 1, True]], "value: int", f"{TOTAL}/types/int/examples"),
    (f"{TOTAL}/types/int/examples", [["file", 1, 2**63]], "value: int", f"{TOTAL}/types/int/examples"),
    (f"{TOTAL}/types/float/examples", [["file", 2, 1]], "value: float", f"{TOTAL}/types/float/examples"),
    (f"{TOTAL}/types/float/examples", [["file", 2, float("nan")]], "value: float", f"{TOTAL}/types/float/examples"),
    ("/faults/invalid_event_name/first", ["file", -1], "a whole number", "/faults/invalid_event_name/first"),
    (f"{TOTAL}/firstSeen", ["file", -1, 0], "a whole number", f"{TOTAL}/firstSeen"),
    (f"{TOTAL}/types/int/examples", [["file", -1, 1]], "a whole number", f"{TOTAL}/types/int/examples"),
    ("/count", 2, "at most 2 events, as many as there are in all, found 3", "/events"),
    ("/unlistedEvents", 2, "at most 4 events, as many as there are in all, found 5", "/events"),
    ("/events/order/faults", {}, "at most 0 invalid names", "/events/order/badNames"),
    (f"{TOTAL}/types/int/count", 2, "at most 3 values and nulls, as many as were seen, found 4", f"{TOTAL}/types"),
    (f"{TOTAL}/types/int/values", [[1, 2]], "the counts of 1 values, found those of 2", f"{TOTAL}/types/int/values"),
    (f"{TOTAL}/types/float/values", [[0.0, 1], [0.0, 1]], "different values", f"{TOTAL}/types/float/values"),
    (f"{TOTAL}/types/int/values", [[True, 1]], "a value and its count: int", f"{TOTAL}/types/int/values"),
    (f"{TOTAL}/types/int/values", [1], "a value and its count: int", f"{TOTAL}/types/int/values"),
    (f"{TOTAL}/types/int/values", [[1, 0]], "a whole number from 1", f"{TOTAL}/types/int/values"),
    (f"{TOTAL}/types/int/values", {}, "an array of at most 100 values, or null", f"{TOTAL}/types/int/values"),
    (f"{TOTAL}/types/int/kinds", {"odd": 1}, "one of int_text, ", f"{TOTAL}/types/int/kinds"),
    (f"{TOTAL}/types/int/kinds", {"epoch_seconds": 2}, "at most 1 values", f"{TOTAL}/types/int/kinds/epoch_seconds"),
    (f"{NOTE}/types/string/withoutForm", -1, "a whole number", f"{NOTE}/types/string/withoutForm"),
    (f"{TOTAL}/types/int/range", ["2021-01-01", "2021-01-02"], "the earliest and", f"{TOTAL}/types/int/range"),
    (f"{TOTAL}/numbers/whole", 3, "at most 2 whole floats", f"{TOTAL}/numbers/whole"),
    (f"{TOTAL}/numbers/inexact", 2, "at most 1 inexact ints", f"{TOTAL}/numbers/inexact"),
    (f"{TOTAL}/numbers/beyond", 1, "at most 0 ints", f"{TOTAL}/numbers/beyond"),
    (f"{TAGS}/unsupported", {"array": 2}, "at most 1 values", f"{TAGS}/unsupported"),
    (f"{NOTE}/types/string/examples", [["file", 1, 1]], "value: string", f"{NOTE}/types/string/examples"),
]


@pytest.mark.parametrize(("pointer", "value", "expected", "location"), WRONG, ids=[row[0] for row in WRONG])
def test_a_document_that_is_none(pointer: str, value: Any, expected: str, location: str) -> None:
    whole = {"": document()}
    target: Any = whole
    *parents, last = pointer.split("/")
    for key in parents:
        target = target[key]
    target[last] = copy.deepcopy(next(iter(target.values()))) if value == "copy" else value
    with pytest.raises(ValueError, match="Expected") as caught:
        EventProfile.from_dict(whole[""])
    assert expected in str(caught.value)
    assert str(caught.value).endswith(f", at {location}.")


@pytest.mark.parametrize("field", ["format", "rules", "bounds", "count", "faults", "events"])
def test_a_field_that_is_missing(field: str) -> None:
    written = document()
    del written[field]
    with pytest.raises(ValueError, match=f"the field {field}"):
        EventProfile.from_dict(written)
