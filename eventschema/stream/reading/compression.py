"""Opens compressed files. The first bytes of a file say how it is compressed, never its name."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, NamedTuple

from eventschema.extras import of_extra

#: What reading damaged or truncated data raises.
DAMAGED: Final = (OSError, EOFError, zlib.error, lzma.LZMAError)


class Compression(NamedTuple):
    """A compression: its ``name``, the ``magic`` bytes that begin it, and the function that opens a file of it.

    ``open`` returns a file of the content, with ``read1`` as in ``io.BufferedIOBase``.
    """

    name: str
    magic: bytes
    open: Callable[[Any], Any]


def _open_zstd(file: Any) -> Any:
    try:
        zstd = import_module("compression.zstd")
    except ModuleNotFoundError:  # before Python 3.14
        try:
            zstd = import_module("backports.zstd")
        except ModuleNotFoundError as error:
            raise of_extra("stream", error) from None
    return zstd.ZstdFile(file)


#: The compressions that are read. No magic begins with another one.
COMPRESSIONS: Final = (
    Compression("gzip", b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),  # RFC 1952, section 2.3.1
    Compression("bzip2", b"BZh", bz2.BZ2File),
    Compression("xz", b"\xfd7zXZ\0", lzma.LZMAFile),
    Compression("zstd", b"\x28\xb5\x2f\xfd", _open_zstd),  # RFC 8878, section 3.1.1
)

#: The most bytes of a magic.
MAGIC_BYTES: Final = max(len(compression.magic) for compression in COMPRESSIONS)


def compression_of(head: bytes) -> Compression | None:
    """The compression of a file that begins with ``head``, of at least :data:`MAGIC_BYTES` if it has as many."""
    return next((each for each in COMPRESSIONS if head.startswith(each.magic)), None)


def may_be_compressed(head: bytes) -> bool:
    """Whether a file that begins with ``head``, of at least two bytes, may begin with a magic."""
    return any(compression.magic.startswith(head[:2]) for compression in COMPRESSIONS)


def damage(error: Exception, compression: Compression | None) -> str:
    """Why compressed data could not be read to its end, in words."""
    name = compression.name if compression else "compressed"
    if isinstance(error, EOFError):
        return f"the {name} data ends before its end mark"
    return f"the {name} data is damaged ({error})"
