"""``unpacked``: a limit on what a part of a file becomes once it is unpacked."""

import pytest

from eventschema.stream.reading.texts import RowsError
from eventschema.stream.reading.unpacked import require_fit

MOST = 2**26


@pytest.mark.parametrize(("size", "packed"), [(0, 0), (MOST, 1), (MOST + 1, MOST), (500 * 200_000, 200_000)])
def test_what_fits(size: int, packed: int) -> None:
    require_fit("batch 1", size, packed)


@pytest.mark.parametrize(("size", "packed"), [(MOST + 1, 1), (MOST + 1, 0), (500 * 200_000 + 1, 200_000)])
def test_what_does_not_fit(size: int, packed: int) -> None:
    with pytest.raises(RowsError) as caught:
        require_fit("batch 1", size, packed)
    assert str(caught.value) == (
        f"batch 1 has {size} bytes in {packed} bytes: the limit is 67108864 bytes or 500 times as many"
    )
