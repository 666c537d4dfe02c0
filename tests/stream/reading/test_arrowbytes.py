"""``arrowbytes``: the bytes of values that share memory. Skipped without the extra ``arrow``."""

from collections.abc import Callable
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow", reason="the extra arrow brings it")
shared_bytes = pytest.importorskip("eventschema.stream.reading.arrowbytes").shared_bytes

TEXTS = ["aaaa", None, "b", "aaaa"]
ENCODED = pa.array(TEXTS).dictionary_encode()
OFFSETS = pa.array([0, 2, 4], pa.int32())


def runs() -> Any:
    return pa.RunEndEncodedArray.from_arrays(pa.array([2, 5], pa.int32()), pa.array(["aaa", "b"]))


#: Arrays of shared values, with the bytes of all of them and of the second one.
SHARED: dict[str, tuple[Callable[[], Any], int, int]] = {
    "dictionary": (lambda: ENCODED, 9, 0),
    "dictionary of bytes": (lambda: ENCODED.cast(pa.dictionary(pa.int32(), pa.binary())), 9, 0),
    "list": (lambda: pa.ListArray.from_arrays(OFFSETS, ENCODED), 9, 5),
    "list of one length": (lambda: pa.FixedSizeListArray.from_arrays(ENCODED, 2), 9, 5),
    "view of lists": (
        lambda: pa.ListViewArray.from_arrays(OFFSETS.slice(0, 2), pa.array([2, 2], pa.int32()), ENCODED),
        9,
        5,
    ),
    "map": (lambda: pa.MapArray.from_arrays(OFFSETS, ENCODED.take(pa.array([0, 0, 0, 0])), ENCODED), 25, 13),
    "struct": (lambda: pa.StructArray.from_arrays([ENCODED, ENCODED], ["x", "y"]), 18, 0),
    "views": (lambda: pa.array(["a" * 20, "b", None], pa.string_view()), 21, 1),
    "views of bytes": (lambda: pa.array([b"a" * 20, b"b"], pa.binary_view()), 21, 1),
    "runs": (runs, 15, 3),  # as if each were the longest
}


@pytest.mark.parametrize("name", SHARED)
def test_the_bytes_of_shared_values(name: str) -> None:
    make, all_of_them, of_second = SHARED[name]
    assert shared_bytes(make()) == all_of_them
    assert shared_bytes(make().slice(1, 1)) == of_second
    assert shared_bytes(make().slice(0, 0)) == 0


@pytest.mark.parametrize("values", [TEXTS, [1, 2], [["a"], None], [{"x": "a"}], [b"a"], [1.5], [None]])
def test_other_values_share_nothing(values: list[Any]) -> None:
    assert shared_bytes(pa.array(values)) == 0


def test_a_dictionary_of_others_counts_as_its_memory() -> None:
    lists = pa.DictionaryArray.from_arrays(pa.array([0, 0, 1], pa.int8()), pa.array([["a"], ["bb"]]))
    assert shared_bytes(lists) == 3 * lists.dictionary.get_total_buffer_size()


def test_a_union_counts_as_its_memory() -> None:
    types = pa.array([0, 1], pa.int8())
    union = pa.UnionArray.from_sparse(types, [pa.array(["a", "b"]), pa.array([1, 2])])
    assert shared_bytes(union) == 2 * union.get_total_buffer_size()


def test_an_extension_counts_as_what_it_is_stored_as() -> None:
    extended = pa.ExtensionArray.from_storage(pa.opaque(ENCODED.type, "a type", "a vendor"), ENCODED)
    assert shared_bytes(extended) == 9
