"""A time limit for many calls: each is ended as ``asyncio.timeout`` would end it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from eventschema.web.timelimit import TimeLimit


async def after(seconds: float, result: str = "done") -> str:
    await asyncio.sleep(seconds)
    return result


async def outcomes(limit: TimeLimit, *calls: Coroutine[Any, Any, str]) -> list[str | BaseException]:
    return await asyncio.gather(*map(limit.run, calls), return_exceptions=True)


def kinds(found: list[str | BaseException]) -> list[str]:
    return [outcome if isinstance(outcome, str) else type(outcome).__name__ for outcome in found]


def test_a_call_in_time_returns_and_raises_what_it_does() -> None:
    async def fails() -> str:
        raise ValueError("no")

    assert kinds(asyncio.run(outcomes(TimeLimit(60), after(0), fails(), after(0.01)))) == ["done", "ValueError", "done"]


def test_late_calls_are_cancelled_and_others_go_on() -> None:
    seen = []

    async def late() -> str:
        try:
            return await after(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def in_turn(limit: TimeLimit) -> str:
        for _ in range(4):  # together longer than the limit
            await limit.run(after(0.05))
        return "four"

    async def run() -> list[str | BaseException]:
        limit = TimeLimit(0.15)
        turns = asyncio.create_task(in_turn(limit))
        found = await outcomes(limit, late(), after(0), late())
        found += await outcomes(limit, late(), after(0.01))  # the timer goes on for later calls
        return [*found, await turns]

    found = asyncio.run(run())
    assert kinds(found) == ["TimeoutError", "done", "TimeoutError", "TimeoutError", "done", "four"]
    assert seen == ["cancelled"] * 3


def test_a_call_that_takes_long_to_end_is_told_once() -> None:
    told = []

    async def stubborn() -> str:
        for _ in range(2):
            try:
                await asyncio.sleep(0.3)
            except asyncio.CancelledError:
                told.append("late")
        return "done"

    async def run() -> list[str | BaseException]:
        limit = TimeLimit(0.1)
        first = asyncio.create_task(outcomes(limit, stubborn()))
        await asyncio.sleep(0.15)
        return [*await outcomes(limit, after(5)), *await first]

    assert kinds(asyncio.run(run())) == ["TimeoutError", "done"]
    assert told == ["late"]


def test_a_call_that_is_cancelled_by_another_stays_cancelled() -> None:
    async def run() -> None:
        task = asyncio.create_task(TimeLimit(60).run(after(60)))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())


def test_one_limit_serves_several_event_loops() -> None:
    limit = TimeLimit(0.05)
    for _ in range(2):
        assert kinds(asyncio.run(outcomes(limit, after(0), after(60)))) == ["done", "TimeoutError"]
    assert len(limit._calls) <= 2


def test_calls_that_ended_are_forgotten() -> None:
    async def run() -> int:
        limit = TimeLimit(60)
        await outcomes(limit, *(after(0) for _ in range(50)))
        return len(limit._calls[asyncio.get_running_loop()].ends)

    assert asyncio.run(run()) == 0


def test_a_call_that_need_not_wait_is_not_timed() -> None:
    async def at_once() -> str:
        return "done"

    async def fails() -> str:
        raise TimeoutError("its own")

    async def run() -> int:
        limit = TimeLimit(60)
        assert kinds(await outcomes(limit, at_once(), fails())) == ["done", "TimeoutError"]
        return len(limit._calls)

    assert asyncio.run(run()) == 0


def test_a_call_is_given_what_it_waits_for() -> None:
    async def waits() -> list[object]:
        loop = asyncio.get_running_loop()
        first, second = loop.create_future(), loop.create_future()
        loop.call_soon(first.set_result, 1)
        loop.call_soon(second.set_exception, KeyError("two"))
        found: list[object] = [await first]
        try:
            await second
        except KeyError as error:
            found.append(error.args[0])
        await asyncio.sleep(0)
        return [*found, await asyncio.create_task(after(0.01, "three"))]

    assert asyncio.run(TimeLimit(60).run(waits())) == [1, "two", "three"]
