"""A driver that tracks the files of a folder, and dies at a given place: ``python -m tests.spark.driver``.

The arguments are the URL of the database, a folder with the folder ``in``, whether to die ``before`` or ``after`` the
transaction of a part or of a ``batch``, and the number of that part or micro-batch. Without the last two it does not
die.
"""

import os
import signal
import sys
from itertools import count
from typing import Any

from eventschema.spark import local_session, track_stream
from eventschema.spark.streaming import _Tracker
from eventschema.store.sql import SQLStore
from tests.spark.conftest import OPTIONS

BATCH_SIZE = 7


def die() -> None:
    """End at once, with Java, as a machine without current does."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def die_in_part(place: str, number: int) -> None:
    commit, parts = SQLStore.commit_many, count()

    def dying_commit(self: SQLStore, *args: Any, **options: Any) -> Any:
        is_last = next(parts) == number
        if is_last and place == "before":
            die()
        outcomes = commit(self, *args, **options)
        if is_last:
            die()
        return outcomes

    SQLStore.commit_many = dying_commit  # type: ignore[method-assign]  # in this process alone


def die_after_batch(last: int) -> None:
    """When all of a micro-batch is saved, and Spark does not know it yet."""
    track = _Tracker.track

    def dying_track(self: _Tracker, df: Any, number: int) -> None:
        track(self, df, number)
        if number == last:
            die()

    _Tracker.track = dying_track  # type: ignore[method-assign]


def main(url: str, folder: str, place: str = "", number: str = "") -> None:
    if place == "batch":
        die_after_batch(int(number))
    elif place:
        die_in_part(place, int(number))
    spark = local_session(2, memory="600m", options=OPTIONS)
    df = spark.readStream.option("lineSep", "\n").option("maxFilesPerTrigger", 1).text(f"{folder}/in")
    query = track_stream(
        df,
        url,
        f"{folder}/checkpoint",
        rejected=f"{folder}/refused",
        batch_size=BATCH_SIZE,
        trigger={"availableNow": True},
    )
    query.awaitTermination()


if __name__ == "__main__":
    main(*sys.argv[1:])
