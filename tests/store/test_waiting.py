from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextvars import copy_context
from threading import Event
from time import monotonic, sleep

import pytest

from eventschema.store import StoreBusyError, StoreUnavailableError, waiting
from eventschema.store.waiting import Keys, Place, WriteQueue, call_began, one_call, time_left


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


class Line:
    """Calls that join a queue of two groups, each in a thread of its own; ``begun`` has the groups that began."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.queue = WriteQueue[str, str](5, 100, 2)
        self.begun: list[Place[str, str]] = []
        self._threads = threads
        self._joined = 0

    def join(self, call: str, keys: Keys | None) -> None:
        self._threads.submit(self._join, call, keys)
        self._joined += 1
        while sum(len(place.group) for place in self.begun) + len(self.queue._line) < self._joined:
            sleep(0.001)

    def _join(self, call: str, keys: Keys | None) -> None:
        place = self.queue.join(call, 1, 20, keys)
        if place.group:
            self.begun.append(place)

    def leave(self, number: int) -> None:
        self.queue.leave(self.begun[number])
        self._joined -= len(self.begun.pop(number).group)
        while sum(len(place.group) for place in self.begun) + len(self.queue._line) < self._joined:
            sleep(0.001)

    @property
    def calls(self) -> list[list[str | None]]:
        return [[place.call for place in leader.group] for leader in self.begun]

    def end(self) -> None:
        while self.begun:
            self.leave(0)


def about(*names: str) -> Keys:
    return frozenset(("email", name) for name in names)


def line_with_a_group_of_three(threads: ThreadPoolExecutor) -> Line:
    line = Line(threads)
    line.join("held", None)
    for name in "abc":
        line.join(name, about(name))
    line.leave(0)
    assert line.calls == [["a", "b", "c"]]
    return line


def test_calls_about_the_same_wait_for_each_other() -> None:
    with ThreadPoolExecutor(9) as threads:
        line = Line(threads)
        line.join("a1", about("a"))
        line.join("ab", about("a", "b"))
        line.join("b1", about("b"))  # must not overtake the one before
        assert line.calls == [["a1"]]
        line.join("c1", about("c"))
        assert line.calls == [["a1"], ["c1"]]
        line.join("d1", about("d"))  # two groups are written already
        line.leave(0)
        assert line.calls == [["c1"], ["ab", "b1", "d1"]]
        line.end()


def test_a_call_without_keys_is_written_alone() -> None:
    with ThreadPoolExecutor(9) as threads:
        line = Line(threads)
        line.join("a", about("a"))
        line.join("schema", None)
        line.join("b", about("b"))
        assert line.calls == [["a"]]
        line.leave(0)
        assert line.calls == [["schema", "b"]]
        line.join("c", about("c"))
        line.join("d", about("d"))
        assert line.calls == [["schema", "b"]]
        line.end()


def test_a_second_group_is_as_large_as_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 60)
    with ThreadPoolExecutor(9) as threads:
        line = line_with_a_group_of_three(threads)
        line.join("d", about("d"))
        line.join("e", about("e"))
        assert line.calls == [["a", "b", "c"]]
        line.join("f", about("f"))
        assert line.calls == [["a", "b", "c"], ["d", "e", "f"]]
        line.leave(0)
        line.leave(0)
        line.join("lone", about("a"))
        assert line.calls == [["lone"]]
        line.end()


def test_a_smaller_group_begins_after_a_while() -> None:
    with ThreadPoolExecutor(9) as threads:
        line = line_with_a_group_of_three(threads)
        line.join("c again", about("c"))
        line.join("d", about("d"))
        while len(line.begun) < 2:
            sleep(0.001)
        assert line.calls == [["a", "b", "c"], ["d"]]
        line.end()


def test_calls_join_a_group_that_is_about_to_be_written() -> None:
    with ThreadPoolExecutor(9) as threads:
        line = Line(threads)
        line.join("a1", about("a"))
        line.join("b1", about("b"))
        line.join("b2", about("b"))
        line.join("c1", about("c"))
        line.join("a2", about("a"))  # the other group is about this one
        line.join("d1", about("d"))  # must not overtake
        late = line.queue.join_late(line.begun[1].group, monotonic() + 60)
        assert late == []  # they have less time than the group
        joined = line.queue.join_late(line.begun[1].group, 0)
        assert [place.call for place in joined] == ["b2", "c1"]
        assert line.calls == [["a1"], ["b1", "b2", "c1"]]
        line.leave(0)
        line.leave(0)
        assert line.calls == [["a2", "d1"]]
        assert line.queue.join_late(line.begun[0].group, 0) == []
        line.end()
