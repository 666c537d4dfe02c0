"""Finds the simplest example of a strategy, without a database."""

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st

T = TypeVar("T")

_SEARCH = settings(
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=3000,  # what is one in a hundred is found whatever the order that Hypothesis draws in
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def simplest(strategy: st.SearchStrategy[T], condition: Callable[[T], bool] = lambda _: True) -> T:
    return find(strategy, condition, settings=_SEARCH)


def can_be_drawn(strategy: st.SearchStrategy[Any]) -> bool:
    return not strategy.is_empty
