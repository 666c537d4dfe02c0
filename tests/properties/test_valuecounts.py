from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from eventschema.core.formats import is_datetime
from eventschema.core.types import PropertyType
from eventschema.stream.profile import valuecounts, valuekinds
from eventschema.stream.profile.moments import joined, moment, moment_range
from eventschema.stream.profile.valuecounts import ValueCounts
from eventschema.stream.profile.valuekinds import KindCounts
from tests.strategies_profile import kinds_of

_texts = st.sampled_from(
    [
        *(
            "",
            "x",
            "y",
            "two\nlines",
            "a@b.co\n+15551234567",
            "12",
            "-3.5",
            "007",
            "2026-11-23 10:00",
            "true",
            "N/A",
            "01/02/2021",
            "31/01/2021",
        ),
        *("{}", "10.0.0.1", "s3://bucket/x", "https://a.b{/x}", "call +1 555 123 4567", "me@a.co, or you", "x" * 101),
        *("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "4111111111111111", "d41d8cd98f00b204e9800998ecf8427e"),
    ]
)
_parts = st.lists(st.lists(_texts, min_size=1, max_size=6), max_size=4)


def _counted(columns: Sequence[Sequence[Any]], type_: PropertyType = PropertyType.STRING) -> ValueCounts:
    counts = ValueCounts(type_, {})
    for column in columns:
        counts.add(column)
    return counts


@given(_parts, st.integers(0, 4), st.integers(0, 3), st.data())
def test_counts_of_parts_in_any_order_are_those_of_the_whole(
    parts: list[list[str]], most: int, others: int, data: st.DataObject
) -> None:
    with patch.object(valuecounts, "MAX_VALUES", most), patch.object(valuekinds, "MAX_OTHERS", others):
        whole = _counted([[text for part in parts for text in part]] if parts else [])
        assert _counted(parts) == whole
        combined = _counted([])
        for part in data.draw(st.permutations(parts)):
            combined.update(_counted([part]))
        assert combined == whole
        whole.forget()
        without = ValueCounts(PropertyType.STRING)
        for part in parts:
            without.add(part)
        assert without == whole


@given(st.lists(_texts, min_size=1, max_size=30))
def test_the_kinds_of_a_column_are_those_of_each_value(texts: list[str]) -> None:
    counts = KindCounts()
    counts.add(texts, PropertyType.STRING)
    expected = Counter(kind for text in texts for kind in kinds_of(text, PropertyType.STRING))
    assert counts.counts == expected
    counts.add(texts[:1] * 9, PropertyType.STRING)  # all of one form
    assert counts.counts == expected + Counter(dict.fromkeys(kinds_of(texts[0], PropertyType.STRING), 9))


_moments = st.builds(
    lambda time, minutes, digits, mark: f"{time:%Y-%m-%dT%H:%M}{mark}{digits}{minutes}",
    st.datetimes(datetime(1999, 12, 31), datetime(2000, 1, 2)).map(lambda time: time.replace(microsecond=0)),
    st.sampled_from(["", "Z", "+01:00", "-0530", "+23"]),
    st.sampled_from(["", "0", "05", "5", "50"]),
    st.just(":07."),
).map(lambda text: text.replace(":07.Z", ":07Z").replace(":07.+", ":07+").replace(":07.-", ":07-").removesuffix("."))


def _as_datetime(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=timezone(timedelta(0)))


@given(st.lists(_moments, min_size=1, max_size=6))
def test_the_range_of_datetimes_is_that_of_their_moments(texts: list[str]) -> None:
    assert all(map(is_datetime, texts))
    found = moment_range(texts, PropertyType.DATETIME)
    times = [_as_datetime(text) for text in texts]
    assert (_as_datetime(found.earliest), _as_datetime(found.latest)) == (min(times), max(times))
    assert found == (min(texts, key=moment), max(texts, key=moment))
    one, other = (moment_range(part or texts, PropertyType.DATETIME) for part in (texts[:1], texts[1:]))
    assert joined(one, other, PropertyType.DATETIME) == found == joined(other, one, PropertyType.DATETIME)
    assert joined(None, found, PropertyType.DATETIME) == found == joined(found, None, PropertyType.DATETIME)
