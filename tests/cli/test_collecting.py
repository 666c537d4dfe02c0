import gc

import pytest

from eventschema.cli.collecting import NEW_OBJECTS, rare_collections


@pytest.mark.slow
def test_collections_are_rare_within_the_block() -> None:
    before, within = gc.get_threshold(), list[object]()

    def note_and_end() -> None:
        within.append((gc.get_threshold(), gc.get_freeze_count() > 0))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), rare_collections():
        note_and_end()
    assert within == [((NEW_OBJECTS, *before[1:]), True)]
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
