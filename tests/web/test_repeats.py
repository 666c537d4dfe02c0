import asyncio
import logging

import pytest

from eventschema.store import StoreError, StoreUnavailableError
from eventschema.web.repeats import MAX_KINDS, RepeatLog, describe

LOG = logging.getLogger("eventschema.test_repeats")


def test_a_text_is_logged_once_and_then_counted(caplog: pytest.LogCaptureFixture) -> None:
    async def repeat() -> None:
        log = RepeatLog(LOG, interval=0.05)
        for _ in range(3):
            log.note(logging.ERROR, "broken")
        log.note(logging.WARNING, "broken")  # of another level: another kind
        await asyncio.sleep(0.07)
        log.note(logging.ERROR, "broken")
        await asyncio.sleep(0.15)  # in the second of these intervals it does not come
        log.note(logging.ERROR, "broken")

    asyncio.run(repeat())
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "broken"),
        ("WARNING", "broken"),
        ("ERROR", "broken (again, 2 times in 0.05 s)"),
        ("ERROR", "broken (again, 1 times in 0.05 s)"),
        ("ERROR", "broken"),
    ]


def test_a_loop_that_has_ended_does_not_silence_a_text(caplog: pytest.LogCaptureFixture) -> None:
    log = RepeatLog(LOG)

    async def note() -> None:
        log.note(logging.ERROR, "broken")

    for _ in range(2):
        asyncio.run(note())
    assert caplog.messages == ["broken", "broken"]


def test_only_so_many_kinds_are_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    async def note() -> None:
        log = RepeatLog(LOG)
        for number in range(MAX_KINDS + 50):
            log.note(logging.ERROR, f"broken {number}")

    asyncio.run(note())
    assert caplog.messages == [*(f"broken {number}" for number in range(MAX_KINDS)), "further kinds of failures"]


def test_a_line_is_short_and_of_printable_ascii(caplog: pytest.LogCaptureFixture) -> None:
    async def note() -> None:
        log = RepeatLog(LOG)
        log.note(logging.ERROR, "a\x1b[2Jb\nc\x9b\u202e\ud800 \U0001f600")
        log.note(logging.ERROR, "x" * 10_000)

    asyncio.run(note())
    assert caplog.messages == ["a\\x1b[2Jb\\nc\\x9b\\u202e\\ud800 \\U0001f600", "x" * 500 + "..."]


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (raised(StoreUnavailableError("no answer")), "StoreUnavailableError: no answer"),
        (StoreError("no table"), "StoreError: no table"),
        (OSError(24, "Too many open files", "/secret"), "OSError: Too many open files"),
        (KeyError("secret"), "KeyError"),
    ],
)
def test_what_a_description_says(error: Exception, expected: str) -> None:
    assert describe(error) == expected


def test_a_description_says_where_it_was_and_no_values() -> None:
    text = describe(raised(ValueError("secret")))
    assert text.startswith("ValueError at test_repeats.py:")
    assert text.endswith(" in raised")
