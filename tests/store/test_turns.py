import asyncio
from collections.abc import Callable
from threading import Barrier, Thread
from time import monotonic, sleep

import pytest

from eventschema.store import StoreBusyError
from eventschema.store.turns import TaskTurns, ThreadTurns, _ThreadTicket


def waiting(turns: ThreadTurns, name: str, number: int) -> None:
    """Wait until ``number`` threads wait for the turn ``name``."""
    end = monotonic() + 10
    while number and len(turns._queues[name].waiting) < number:
        assert monotonic() < end
        sleep(0.001)


def test_threads_get_their_turns_in_order() -> None:
    turns, done = ThreadTurns(), list[int]()

    def take(number: int) -> None:
        end_turn = turns.take("order")
        done.append(number)
        end_turn()

    end_turn = turns.take("order")
    turns.take("visit")()  # another one is free
    threads = [Thread(target=take, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        waiting(turns, "order", number)
    assert done == []
    end_turn()
    for thread in threads:
        thread.join()
    assert done == [0, 1, 2, 3, 4]
    assert turns._queues == {}


def test_one_thread_at_a_time_has_the_turn() -> None:
    turns, inside, most = ThreadTurns(), [0], [0]
    start = Barrier(8)

    def take() -> None:
        start.wait()
        for _ in range(50):
            end_turn = turns.take("order")
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            inside[0] -= 1
            end_turn()

    threads = [Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


@pytest.mark.parametrize("most", [0, 2])
def test_too_many_that_wait_are_refused_at_once(most: int) -> None:
    turns = ThreadTurns(max_waiting=most)
    end_turn = turns.take("order")

    def take() -> None:
        turns.take("order")()

    threads = [Thread(target=take) for _ in range(most)]
    for thread in threads:
        thread.start()
    waiting(turns, "order", most)
    with pytest.raises(StoreBusyError, match=f"{most} requests wait to add to one schema already"):
        turns.take("order")
    end_turn()
    for thread in threads:
        thread.join()
    turns.take("order")()


def test_a_thread_that_is_interrupted_gives_its_turn_up(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = ThreadTurns()
    end_turn = turns.take("order")

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    def interrupt_with_the_turn(_: object) -> None:
        end_turn()
        raise KeyboardInterrupt

    for wait in (interrupt, interrupt_with_the_turn):
        monkeypatch.setattr("eventschema.store.turns._ThreadTicket.wait", wait)
        with pytest.raises(KeyboardInterrupt):
            turns.take("order")
    turns.take("order")()
    assert turns._queues == {}


@pytest.mark.slow
def test_a_turn_that_nobody_can_end_is_free() -> None:
    turns = ThreadTurns()
    turns.take("order")  # what ends it is lost, as when a signal handler raises before it is kept
    end_turn = turns.take("order")
    taken = list[Callable[[], None]]()
    thread = Thread(target=lambda: taken.append(turns.take("order")))
    thread.start()
    waiting(turns, "order", 1)
    del end_turn  # lost while another one waits, who takes it after a moment
    thread.join(10)
    taken.pop()()
    assert turns._queues == {}


def test_a_waiter_that_is_lost_is_passed_over() -> None:
    turns = ThreadTurns()
    end_turn = turns.take("order")
    turns._join(_ThreadTicket("order", lambda _: None))
    end_turn()
    assert turns._queues == {}


def test_a_turn_ends_once() -> None:
    turns = ThreadTurns()
    ended = turns.take("order")
    ended()
    end_turn = turns.take("order")
    ended()
    assert turns._queues["order"].holder() is end_turn
    end_turn()
    end_turn()
    assert turns._queues == {}


def test_tasks_get_their_turns_in_order() -> None:
    async def run() -> list[int]:
        turns, done = TaskTurns(max_waiting=4), list[int]()

        async def take(number: int) -> None:
            end_turn = await turns.take("order")
            done.append(number)
            await asyncio.sleep(0)
            end_turn()

        end_turn = await turns.take("order")
        tasks = [asyncio.create_task(take(number)) for number in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(StoreBusyError):
            await turns.take("order")
        tasks[1].cancel()
        await asyncio.sleep(0)
        end_turn()
        tasks[0].cancel()  # it has been given the turn, and does not know yet
        await asyncio.gather(*tasks, return_exceptions=True)
        assert turns._queues == {}
        return done

    assert asyncio.run(run()) == [2, 3]


def test_tasks_of_several_loops_share_turns() -> None:
    turns, done = TaskTurns(), list[Callable[[], None]]()

    async def take() -> None:
        done.append(await turns.take("order"))

    asyncio.run(take())
    other = Thread(target=lambda: asyncio.run(take()))
    other.start()
    end = monotonic() + 10
    while not turns._queues["order"].waiting:
        assert monotonic() < end
        sleep(0.001)
    done[0]()
    other.join(10)
    assert len(done) == 2
