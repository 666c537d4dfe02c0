"""The limit on what a part of a columnar file takes once it is unpacked: a small file must not fill the memory.

Compressed text is unpacked piece by piece, however long it is. A batch of Arrow and a row group of Parquet are unpacked
as a whole, so their sizes are looked at first. One limit holds for both.
"""

from typing import Final

from eventschema.stream.reading.texts import RowsError

_MAX_BYTES: Final = 2**26
_MAX_RATIO: Final = 500  # real values are not packed that tightly


def require_fit(what: str, unpacked: int, packed: int) -> None:
    """Raise :class:`RowsError` if ``unpacked`` bytes, from ``packed`` bytes of a file, are over the limit.

    More than 64 MiB are allowed only if they are at most 500 times ``packed``. ``what`` begins the message.
    """
    if unpacked > _MAX_BYTES and unpacked > _MAX_RATIO * packed:
        limit = f"the limit is {_MAX_BYTES} bytes or {_MAX_RATIO} times as many"
        raise RowsError(f"{what} has {unpacked} bytes in {packed} bytes: {limit}")
