import socket
from collections.abc import Iterator
from time import sleep

import pytest

from eventschema.store.watchdog import Watchdog

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two ends of a connection."""
    near, far = socket.socketpair()
    far.settimeout(20)
    near.settimeout(20)
    with near, far:
        yield near, far


def is_open(pair: Pair) -> bool:
    near, far = pair
    far.sendall(b"x")
    return near.recv(1) == b"x"


def is_running(watchdog: Watchdog) -> bool:
    return watchdog._thread is not None


def test_a_late_call_is_cut(pair: Pair) -> None:
    watchdog = Watchdog(grace=0.01)
    with watchdog.watch(pair[0].fileno(), 0.01):
        assert pair[0].recv(1) == b""  # it would wait for ever
    assert pair[0].fileno() > 0  # its owner closes it


def test_a_call_in_time_is_not_cut(pair: Pair) -> None:
    watchdog = Watchdog(grace=0.01, idle=0.01)
    for _ in range(3):
        with watchdog.watch(pair[0].fileno(), 60):
            assert is_open(pair)
    with watchdog.watch(pair[0].fileno(), 0.2):
        pass
    sleep(0.3)
    assert is_open(pair)


def test_a_short_call_during_a_long_one_is_cut(pair: Pair) -> None:
    watchdog = Watchdog(grace=0)
    other = socket.socketpair()
    with other[0], other[1], watchdog.watch(other[0].fileno(), 60), watchdog.watch(pair[0].fileno(), 0.05):
        assert pair[0].recv(1) == b""
        assert is_open(other)


def test_a_released_call_is_not_cut(pair: Pair) -> None:
    watchdog = Watchdog(grace=0)
    with watchdog.watch(pair[0].fileno(), 0.1):
        watchdog.release(pair[0].fileno())
        sleep(0.2)
        assert is_open(pair)


def test_the_thread_ends_without_calls_to_watch(pair: Pair) -> None:
    watchdog = Watchdog(grace=0, idle=0.01)
    for _ in range(2):  # and begins again
        with watchdog.watch(pair[0].fileno(), 0.02):
            assert is_running(watchdog)
        while is_running(watchdog):
            sleep(0.001)
        assert is_open(pair)


def test_a_connection_that_the_server_closed(pair: Pair) -> None:
    watchdog = Watchdog(grace=0)
    pair[1].close()
    with watchdog.watch(pair[0].fileno(), 0.02):
        sleep(0.1)
    with watchdog.watch(pair[0].fileno(), 60):  # the thread is alive still
        assert is_running(watchdog)


def test_a_guarded_connection_is_cut(pair: Pair) -> None:
    watchdog = Watchdog(grace=0)
    watchdog.guard(pair[0].fileno(), 0.05)
    assert pair[0].recv(1) == b""
    with watchdog._changed:
        assert watchdog._copies == set()


@pytest.mark.slow
def test_a_guard_that_is_ended_cuts_nothing(pair: Pair) -> None:
    watchdog = Watchdog(grace=0)
    end = watchdog.guard(pair[0].fileno(), 0.05)
    end()
    sleep(0.1)
    assert is_open(pair)
    end()  # again: nothing happens
    assert watchdog._copies == set()


def test_a_guard_does_not_cut_another_connection(pair: Pair) -> None:
    """The descriptor of a connection that was closed may be that of another connection."""
    watchdog = Watchdog(grace=0)
    closed = socket.socketpair()
    watchdog.guard(closed[0].fileno(), 0.1)
    number = closed[0].fileno()
    closed[0].close()
    other = socket.socketpair()
    assert number in {one.fileno() for one in other}
    sleep(0.2)
    assert is_open(other)
    assert closed[1].recv(1) == b""  # cut, and closed
    for one in (closed[1], *other):
        one.close()
