"""Hypothesis strategies for track requests: valid ones, any JSON, and values that only Python has."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from eventschema import Contact, EventSchema
from tests.hostile_values import (
    EndlessView,
    HashedOnce,
    HiddenKey,
    MaskedObject,
    RaisingDict,
    RaisingList,
    RaisingText,
    RaisingTuple,
    Unreadable,
    Unsized,
    View,
)

EMAILS = ("ann@example.com", "Ann@example.com", "bo@example.org", "cy@example.net")
PHONE_NUMBERS = ("+12025550100", "+12025550101", "+12")
IDS = ("c1", "c2", "c3")
FIELDS = ("eventName", "contact", "properties", "eventTime", "eventID", "origin", "eventVersion")

# Few characters, and those on which something turns: Hypothesis draws them faster, and meets each of them oftener.
texts = st.text("aA1_ ~/.\n\x00\x7f\u00e9\u4f8b\U0001f600", max_size=8)
any_text = st.text("aA1_ ~/.\n\x00\x7f\u00e9\u4f8b\U0001f600\ud800\udfff", max_size=8)
names = st.text("ab_1", min_size=1, max_size=2)
scalars = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(["2021-09-01", "2021-09-01T12:41Z", "https://example.com/", *EMAILS])
)
arrays = st.lists(texts, max_size=3)
contact_properties: st.SearchStrategy[dict[str, Any]] = st.dictionaries(names, st.none() | scalars | arrays, max_size=4)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text | names, inner, max_size=4),
    max_leaves=8,
)

contacts = st.builds(
    Contact,
    st.none() | st.sampled_from(IDS),
    st.none() | st.sampled_from(EMAILS),
    st.none() | st.sampled_from(PHONE_NUMBERS),
    st.dictionaries(names, scalars | arrays.map(tuple), max_size=4),
)
schemas = st.none() | st.builds(
    EventSchema,
    st.just("order"),
    st.dictionaries(names, st.sampled_from(["bool", "int", "float", "string", "date", "dateTime", "email", "url"])),
)


@st.composite
def good_requests(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid request for a contact that is new or found by email or phone number."""
    email, phone_number = st.sampled_from(EMAILS), st.sampled_from(PHONE_NUMBERS)
    contact: dict[str, Any] = draw(
        st.fixed_dictionaries({"email": email}, optional={"phoneNumber": phone_number})
        | st.fixed_dictionaries({"phoneNumber": phone_number}, optional={"email": email})
    )
    contact |= draw(contact_properties)
    request = {"eventName": "order", "contact": contact}
    optional = {
        "properties": st.none() | st.dictionaries(names, st.none() | scalars, max_size=4),
        "eventTime": st.none() | st.sampled_from(["2021-09-01T12:41", "2021-09-01t12:41:52.5z"]),
        "eventID": st.none() | st.uuids().map(str) | st.uuids().map(lambda uuid: str(uuid).upper()),
        "origin": st.none() | st.sampled_from(["", "api", "\u4f8b"]),
        "eventVersion": st.none() | st.sampled_from(["", "v2", "~"]),
    }
    return request | draw(st.fixed_dictionaries({}, optional=optional))


def _requests(values: st.SearchStrategy[Any], keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Requests of which each part is valid or one of ``values``."""
    contact = st.dictionaries(
        st.sampled_from(["id", "email", "phoneNumber"]) | keys, st.sampled_from(EMAILS + IDS + PHONE_NUMBERS) | values
    )
    parts: dict[str, st.SearchStrategy[Any]] = {
        "eventName": st.just("order") | values,
        "contact": contact | values,
        "properties": st.dictionaries(keys, values) | values,
        "eventTime": st.just("2021-09-01T12:41") | values,
        "eventID": values,
        "origin": st.just("api") | values,
        "eventVersion": st.just("v2") | values,
    }
    envelope = st.fixed_dictionaries({}, optional=parts)
    others = st.dictionaries(keys, values, max_size=2)
    return st.builds(lambda request, more: {**more, **request}, envelope, others)


json_requests = json_values | _requests(json_values, any_text | names)

# --- what only Python could send ---


KINDS: dict[str, Callable[[], Any]] = {
    "bytes": lambda: b"x",
    "decimal": lambda: Decimal("0.1234567"),
    "no number": lambda: Decimal("NaN"),
    "date": lambda: date(2021, 9, 1),
    "datetime": lambda: datetime(2021, 9, 1, tzinfo=UTC),
    "class": lambda: object,
    "name": lambda: RaisingText("a"),
    "event name": lambda: RaisingText("eventName"),
    "email": lambda: RaisingText("email"),
    "address": lambda: RaisingText("ann@example.com"),
    "list": lambda: RaisingList(["a"]),
    "tuple": lambda: RaisingTuple(("a",)),
    "dict": lambda: RaisingDict(a=1),
    "endless": lambda: EndlessView({}),
    "hidden": HiddenKey,
    "fickle": HashedOnce,
    "masked": lambda: type.__call__(MaskedObject),
}
SHAPES: dict[str, Callable[[dict[Any, Any]], Any]] = {
    "dict": dict,
    "view": View,
    "unsized": Unsized,
    "unreadable": Unreadable,
    "raising": RaisingDict,
    "endless": EndlessView,
}


class Recipe(NamedTuple):
    """How to make a value. Hypothesis inspects what it draws, and these values raise when they are inspected."""

    name: str
    items: tuple[tuple[Any, Any], ...] | None = None


def made(recipe: Any) -> Any:
    """Make the value of a recipe, or of JSON with recipes in it."""
    match recipe:
        case Recipe(name, None):
            return KINDS[name]()
        case Recipe(name, items):
            return SHAPES[name](_made_dict(items or ()))
        case dict():
            return _made_dict(recipe.items())
        case list():
            return [made(item) for item in recipe]
        case _:
            return recipe


def _made_dict(items: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    data = {made(key): made(value) for key, value in items}
    for key in data:
        if type(key) is HashedOnce:
            key.is_in = True
    return data


_hostile_keys: st.SearchStrategy[Any] = st.sampled_from(["name", "event name", "email", "hidden", "fickle"]).map(Recipe)
_keys = names | any_text | st.integers() | st.none() | _hostile_keys
_leaves = json_values | st.sampled_from(sorted(KINDS)).map(Recipe)


def _shaped(data: st.SearchStrategy[dict[Any, Any]]) -> st.SearchStrategy[Any]:
    return st.builds(lambda name, data: Recipe(name, tuple(data.items())), st.sampled_from(sorted(SHAPES)), data)


_hostile_values = _leaves | _shaped(st.dictionaries(_keys, _leaves, max_size=3))

#: Recipes of requests, for :func:`made`.
python_requests = _hostile_values | _requests(_hostile_values, _keys) | _shaped(_requests(_hostile_values, _keys))
