"""Counts what is in events: a profile, its findings, and the schemas that it recommends to declare."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventschema.stream.profile.counts import Bounds, ProfileCounts
    from eventschema.stream.profile.profile import EventProfile

__all__ = ["Bounds", "EventProfile", "ProfileCounts"]


if not TYPE_CHECKING:  # with it, a type checker would find any name here

    def __getattr__(name: str) -> Any:
        """Import a name of ``__all__``: a replay, which has no profile, starts sooner without."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from eventschema.stream.profile import counts, profile

        return getattr(profile if name == "EventProfile" else counts, name)


def __dir__() -> list[str]:
    return __all__
