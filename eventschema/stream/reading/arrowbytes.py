"""The bytes that Arrow values which share memory take once each is written out.

A text that is stored once, in a dictionary or in a buffer that many views refer to, can be the value of a million rows.
In Python each row gets a text of its own. Needs the extra ``arrow``.
"""

from typing import Any

from eventschema.extras import of_extra

try:
    import pyarrow as pa
    from pyarrow import compute
except ModuleNotFoundError as error:
    raise of_extra("arrow", error) from None


def shared_bytes(array: Any) -> int:
    """The most bytes that the values in ``array`` take, each written out, if they share memory; 0 if none do."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return shared_bytes(array.storage)
    if pa.types.is_dictionary(kind):
        return _of_dictionary(array)
    if pa.types.is_run_end_encoded(kind):
        return _longest(array.values) * len(array)
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return sum(_view_lengths(array))
    if pa.types.is_union(kind):
        return int(array.get_total_buffer_size()) * len(array)
    if pa.types.is_struct(kind):
        return sum(map(shared_bytes, array.flatten()))
    if pa.types.is_map(kind):
        start, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
        return sum(shared_bytes(part.slice(start, end - start)) for part in (array.keys, array.items))
    return shared_bytes(array.flatten()) if kind.num_fields else 0


def _of_dictionary(array: Any) -> int:
    values = array.dictionary
    if _has_lengths(values.type):
        lengths = compute.take(compute.binary_length(values), array.indices)
        return compute.sum(compute.cast(lengths, pa.int64())).as_py() or 0
    return _longest(values) * len(array)


def _has_lengths(kind: Any) -> bool:
    texts = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(texts or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _longest(values: Any) -> int:
    """The bytes of the longest of ``values``, or more."""
    if _has_lengths(values.type):
        return compute.max(compute.binary_length(values)).as_py() or 0
    return int(values.get_total_buffer_size())


def _view_lengths(array: Any) -> list[int]:
    # Each view begins with its length, of 32 bits, and has 16 bytes ("Variable-size Binary View Layout").
    start, end = 4 * array.offset, 4 * (array.offset + len(array))
    return [max(0, length) for length in memoryview(array.buffers()[1]).cast("i")[start:end:4]]
