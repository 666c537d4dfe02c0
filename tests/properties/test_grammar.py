"""What a fast path takes of a format is part of it: over texts of each format, texts changed a little, and others."""

import pytest
from hypothesis import given

from eventschema.core.accept import is_in_subset
from eventschema.core.formats import matches
from eventschema.core.rules import DEFAULT_RULES
from eventschema.core.types import PropertyType
from tests import strategies
from tests.strategies import any_texts, near_misses

texts = strategies.date_texts | strategies.datetime_texts | strategies.url_texts | strategies.email_texts


@pytest.mark.parametrize("format_", PropertyType)
@given(texts | near_misses(texts) | any_texts)
def test_each_subset_is_part_of_its_format(format_: PropertyType, text: str) -> None:
    assert not is_in_subset(text, format_) or matches(text, format_, DEFAULT_RULES)
