import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema import PropertyType
from eventschema.export.descriptions import describe_event, describe_property, read_event, read_property
from eventschema.testing import event_names, property_names

LOST = st.sampled_from([(), ("One. Two.",), ('"Event".', "Three")])


@given(event_names(), LOST)
def test_the_name_of_an_event_is_read_back(name: str, lost: tuple[str, ...]) -> None:
    assert read_event(describe_event(name, lost)) == name


@given(property_names(), st.sampled_from(PropertyType), LOST)
def test_name_and_type_are_read_back(name: str, type_: PropertyType, lost: tuple[str, ...]) -> None:
    assert read_property(describe_property(name, type_, lost)) == (name, type_)


@pytest.mark.parametrize("text", ["", "Event", "Event order.", 'Event "order', "Event 1.", "A comment"])
def test_other_comments_name_no_event(text: str) -> None:
    assert read_event(text) is None


@pytest.mark.parametrize(
    "text", ["", "Property a", "Property a of type text.", "Property a b of type int.", "A comment"]
)
def test_other_comments_name_no_property(text: str) -> None:
    assert read_property(text) is None
