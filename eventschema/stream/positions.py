"""How far a file was read. Reading can go on from there if the file still begins with the same bytes."""

from typing import NamedTuple


class Position(NamedTuple):
    """The end of a line of a file: the number of ``lines`` and ``bytes`` before it, and the ``digest`` of these bytes.

    The bytes are those of the decompressed text, without a byte order mark and with LF for CR LF. The digest is their
    SHA-256 in hex.
    """

    lines: int
    bytes: int
    digest: str


#: The start of every file. Its digest is that of no bytes (FIPS 180-4).
START = Position(0, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
