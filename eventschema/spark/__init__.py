"""Replay and profile on a Spark cluster, with the answers of one process. Needs the extra `spark`, and Java 17.

The functions take any DataFrame with a column of JSON text, as `spark.read.text` gives it, or with columns of the name
and the properties of events. `EventColumns` says which.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from eventschema.extras import of_extra

if TYPE_CHECKING:
    from eventschema.spark.checking import check as check
    from eventschema.spark.columns import EventColumns as EventColumns
    from eventschema.spark.inferring import Inferred as Inferred
    from eventschema.spark.inferring import infer as infer
    from eventschema.spark.profiling import profile as profile
    from eventschema.spark.session import JavaError as JavaError
    from eventschema.spark.session import local_session as local_session
    from eventschema.spark.streaming import track_stream as track_stream
    from eventschema.spark.typedcolumns import to_typed as to_typed

#: The module of each name. All need the extra, so they are imported when they are first used.
_MODULES: Final = {
    "EventColumns": "columns",
    "Inferred": "inferring",
    "JavaError": "session",
    "check": "checking",
    "infer": "inferring",
    "local_session": "session",
    "profile": "profiling",
    "to_typed": "typedcolumns",
    "track_stream": "streaming",
}

# No names: `from eventschema.spark import *` works in all installations.
__all__: list[str] = []


if not TYPE_CHECKING:  # with it, a type checker would find any name here

    def __getattr__(name: str) -> Any:
        """Import a name. Raises ``ModuleNotFoundError``, which names the extra, if a package is missing."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            return getattr(import_module(f"eventschema.spark.{_MODULES[name]}"), name)
        except ModuleNotFoundError as error:
            raise of_extra("spark", error) from None


def __dir__() -> list[str]:
    return sorted(_MODULES)
