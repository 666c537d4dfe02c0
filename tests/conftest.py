"""One setting for all laws: the same examples on every run, and no clock."""

from hypothesis import settings

settings.register_profile("deterministic", derandomize=True, deadline=None, max_examples=150)
settings.load_profile("deterministic")
