from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextvars import copy_context
from threading import Event
from time import monotonic

import pytest

from eventschema.store import StoreBusyError, StoreUnavailableError
from eventschema.store.waiting import WriteQueue, call_began, one_call, time_left


def test_outside_of_a_call_all_time_is_left() -> None:
    assert time_left(0.001) <= 0.001
    assert call_began() <= monotonic()


def test_nested_blocks_are_one_call() -> None:
    with one_call():
        began = call_began()
        with one_call():
            assert call_began() == began
        assert call_began() == began
        assert 59 < time_left(60) <= 60
    with one_call():
        assert call_began() > began


def test_a_call_continues_in_another_thread() -> None:
    began = monotonic() - 20
    with one_call(), ThreadPoolExecutor(1) as threads:

        def left() -> float:
            with one_call(began), one_call():
                return time_left(30)

        assert 0 < threads.submit(left).result() <= 10
        assert call_began() > began


def test_a_call_past_its_deadline_fails() -> None:
    with one_call(monotonic() - 31):
        with pytest.raises(StoreUnavailableError) as caught:
            time_left(30)
        assert str(caught.value) == "the call took longer than 30 s"
        assert time_left(60) > 0


def test_a_copied_context_outlives_its_call() -> None:
    with one_call(monotonic() - 31):
        context = copy_context()
    assert context.run(time_left, 30) > 29
    with one_call():
        assert time_left(30) > 29


def test_a_negative_max_waiting() -> None:
    with pytest.raises(ValueError, match="expected max_waiting of at least 0, found -1"):
        WriteQueue[str, str](1, -1)


@pytest.mark.parametrize(("slots", "max_waiting"), [(1, 0), (1, 2), (3, 1)])
def test_a_full_queue_refuses_at_once(slots: int, max_waiting: int) -> None:
    queue, done = WriteQueue[str, str](slots, max_waiting), Event()

    def hold() -> None:
        with queue.slot(60):
            done.wait()

    with ThreadPoolExecutor(slots + max_waiting + 1) as threads:
        held = [threads.submit(hold) for _ in range(slots + max_waiting + 1)]
        [refused], others = wait(held, return_when=FIRST_COMPLETED)
        assert not any(other.done() for other in others)
        done.set()
        with pytest.raises(StoreBusyError, match=f": {max_waiting} writers wait"):
            refused.result()
        for other in others:
            other.result()
    with queue.slot(60):  # all gave back what they had
        pass


def test_a_slot_that_is_not_free_in_time() -> None:
    queue = WriteQueue[str, str](1, 1)
    for _ in range(2):  # having waited in vain leaves the queue as it was
        with (
            queue.slot(60),
            pytest.raises(StoreUnavailableError, match=r"not done within 0\.01 s") as caught,
            queue.slot(0.01),
        ):
            pass
        assert not isinstance(caught.value, StoreBusyError)
