"""Writing results to standard output, in a form that suits a terminal or a file."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click
from rich.console import Console, RenderableType

#: The name of standard output in an ``OSError``.
STDOUT: Final = "standard output"

_JOINERS: Final = "\u200c\u200d"
_NO_LIMIT: Final = 5000  # the width of output that is no terminal: nothing is cut or folded


class Failure(click.ClickException):
    """An error that ends the command with exit code 2."""

    exit_code = 2


def show(*parts: RenderableType) -> None:
    """Print ``parts`` to standard output: fitted to a terminal, or elsewhere in whole lines without control codes."""
    console = _console()
    with printing(), console.capture() as capture:  # leaving the capture writes an empty text, which can fail
        for part in parts:
            console.print(part, crop=False)
    text = capture.get()
    write(text if console.is_terminal else "".join(f"{line.rstrip()}\n" for line in text.splitlines()))


def terminal_width() -> int:
    """Return the width of standard output, in columns of a terminal."""
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
    """Print a JSON document to standard output. It is ASCII, so its bytes are the same in every encoding."""
    write(json.dumps(document, indent=2) + "\n")


def write(text: str) -> None:
    """Write ``text`` to standard output and flush it. Characters that its encoding lacks are escaped."""
    encoding = sys.stdout.encoding
    with printing():
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()


@contextmanager
def printing() -> Iterator[None]:
    """Name standard output in an ``OSError`` that the block raises by writing to it."""
    try:
        yield
    except OSError as error:  # Python flushes the buffer at exit, which would fail once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        error.filename = STDOUT
        raise


def printable(text: str) -> str:
    r"""Return ``text`` with invisible characters escaped (``\x1b``), so that a name cannot control the terminal.

    The zero-width joiner and non-joiner, which emoji and some scripts need, are kept between two visible characters
    beyond ASCII. Characters that change the direction of text are escaped.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or _joins(text, number) else ascii(c)[1:-1] for number, c in enumerate(text))


def _joins(text: str, number: int) -> bool:
    """Return whether the character at ``number`` is a joiner or non-joiner between characters that it can join."""
    if text[number] not in _JOINERS or not 0 < number < len(text) - 1:
        return False
    neighbours = text[number - 1] + text[number + 1]
    return neighbours.isprintable() and not any(map(str.isascii, neighbours))
