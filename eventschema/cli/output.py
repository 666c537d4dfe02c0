"""Where results go: to standard output in a form that suits it, and to files that are whole or not there."""

import io
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

import click
from rich.console import Console, RenderableType

_JOINERS: Final = "\u200c\u200d"
_NO_LIMIT: Final = 5000  # columns, where no terminal gives a width: nothing is cut or folded


class Failure(click.ClickException):
    """What ends the command with exit code 2: a file that cannot be read or written."""

    exit_code = 2


def show(*parts: RenderableType) -> None:
    """Print ``parts`` to standard output: as wide as a terminal; elsewhere each line whole, without any codes."""
    console = _console()
    with printing(), console.capture() as capture:  # which writes too: nothing, but that can fail
        for part in parts:
            console.print(part, crop=False)
    text = capture.get()
    write(text if console.is_terminal else "".join(f"{line.rstrip()}\n" for line in text.splitlines()))


def terminal_width() -> int:
    """How many columns there are to show something in."""
    return _console().width


def _console() -> Console:
    terminal = sys.stdout.isatty()
    return Console(
        file=sys.stdout,
        force_terminal=terminal,
        width=None if terminal else _NO_LIMIT,
        highlight=False,
        markup=False,
        emoji=False,
    )


def show_json(document: Any) -> None:
    """Print a JSON document to standard output, in ASCII, whose bytes are the same in every encoding."""
    write(json.dumps(document, indent=2) + "\n")


def write(text: str) -> None:
    """Write ``text`` to standard output, now; what its encoding does not have appears as an escape."""
    encoding = sys.stdout.encoding
    with printing():
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()


@contextmanager
def printing() -> Iterator[None]:
    """Where standard output is written to: a failure names it."""
    try:
        yield
    except OSError as error:  # what is left in the buffer would fail once more when Python flushes it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        error.filename = "standard output"
        raise


def printable(text: str) -> str:
    r"""``text`` with all that is no visible character escaped (``\x1b``): names from files do not steer a terminal.

    The zero-width joiner and non-joiner, which emoji and some scripts need, stay between two visible characters beyond
    ASCII. Characters that change the direction of text are escaped.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or _joins(text, number) else ascii(c)[1:-1] for number, c in enumerate(text))


def _joins(text: str, number: int) -> bool:
    """Whether the character at ``number`` is a joiner or non-joiner between two characters that it can join."""
    if text[number] not in _JOINERS or not 0 < number < len(text) - 1:
        return False
    beside = text[number - 1] + text[number + 1]
    return beside.isprintable() and not any(map(str.isascii, beside))


def is_special(path: str) -> bool:
    """Whether there is something at ``path`` that is no regular file: a pipe, a device."""
    return os.path.exists(path) and not os.path.isfile(path)


class _File(io.FileIO):
    """A file to write, whose failures name it: the system names a file only where it cannot be opened."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = self.name
            raise


@contextmanager
def replacing(path: str | None) -> Iterator[IO[bytes] | None]:
    """A file that takes the place of the one at ``path`` when the block ends well; otherwise that one stays as it was.

    What is no regular file (a pipe, a device) is written as it is. Without a path there is nothing to write to.
    """
    if path is None:
        yield None
        return
    if is_special(path):
        with io.BufferedWriter(_File(path, "wb")) as file:
            yield file
        return
    target = os.path.realpath(path)
    unfinished = f"{target}.{secrets.token_hex(4)}.tmp"
    try:
        with io.BufferedWriter(_File(unfinished, "xb")) as file:
            yield file
        if os.path.exists(target):
            shutil.copymode(target, unfinished)
        os.replace(unfinished, target)
    except BaseException as error:
        if os.path.exists(unfinished):
            os.unlink(unfinished)
        if isinstance(error, OSError) and error.filename == unfinished:
            error.filename = path  # which is the name that its reader knows
        raise
