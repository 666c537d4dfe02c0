"""Prints what a command has to say. All of it goes through :func:`_print`, which lets nothing control the terminal.

Names of files, properties and events, keys of documents and values of options come from others. So text is printed with
its control characters, directions and lone surrogates escaped. Only rich's own colours are added to it afterwards.
"""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TextIO

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

#: The name of standard output in an ``OSError``.
STDOUT: Final = "standard output"

_JOINERS: Final = "\u200c\u200d"
_NO_LIMIT: Final = 5000  # the width of output that is no terminal: nothing is cut or folded


class Failure(click.ClickException):
    """An error that ends the command with exit code 2. Each of its ``messages`` is printed as one line."""

    exit_code = 2

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


def quantity(count: int, noun: str) -> str:
    """Return the number with its noun: ``1 event``, ``2,000 events``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def show(*parts: RenderableType) -> None:
    """Print ``parts`` to standard output: fitted to a terminal, or elsewhere in whole lines without control codes."""
    console = _console()
    with printing(), console.capture() as capture:  # leaving the capture writes an empty text, which can fail
        for part in parts:
            console.print(_Visible(part), crop=False)
    text = capture.get()
    if not console.is_terminal:
        text = "".join(f"{line.rstrip()}\n" for line in text.split("\n")[:-1])
    with printing():
        _print(sys.stdout, text, is_visible=True)


class _Visible:
    """What rich makes of ``part``, with the text in it as :func:`visible` returns it."""

    def __init__(self, part: RenderableType) -> None:
        self._part = part

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self._part, options):
            yield segment._replace(text=visible(segment.text)) if not segment.control else segment


def terminal_width() -> int:
    """Return the width of standard output, in columns of a terminal."""
    return _console().width


def _console() -> Console:
    terminal = _stdout().isatty()
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
    write(json.dumps(document, indent=2).replace("\x7f", "\\u007f") + "\n")  # DEL is ASCII too


def write(text: str) -> None:
    """Write a document to standard output and flush it. On a terminal, it is :func:`visible`.

    Characters that the encoding lacks are escaped.
    """
    stdout = _stdout()
    with printing():
        _print(stdout, text, is_visible=not stdout.isatty())


def say(*lines: str) -> None:
    """Print ``lines`` to standard error. Each takes one line, even if it contains newlines."""
    say_text("".join(f"{printable(line)}\n" for line in lines))


def say_text(text: str) -> None:
    """Print ``text``, which may be of several lines, to standard error. Does nothing if it cannot be written."""
    if sys.stderr is None:
        return
    with suppress(OSError), _printing(sys.stderr):
        _print(sys.stderr, text)


def say_error(error: click.ClickException) -> None:
    """Print ``error`` to standard error, with the usage of the command if it is used wrongly."""
    if isinstance(error, click.UsageError):
        shown = io.StringIO()
        click.UsageError(printable(error.format_message()), error.ctx).show(shown)
        say_text(shown.getvalue())
    else:
        messages = error.messages if isinstance(error, Failure) else (error.format_message(),)
        say(*(f"Error: {message}" for message in messages))


def _print(stream: TextIO, text: str, *, is_visible: bool = False) -> None:
    """Write ``text`` to ``stream`` and flush it. ``is_visible``: all control codes in it are our own."""
    safe = text if is_visible else visible(text)
    stream.write(safe.encode(stream.encoding, "backslashreplace").decode(stream.encoding))
    stream.flush()


def _stdout() -> TextIO:
    if sys.stdout is None:  # as with >&- in a shell
        raise Failure("standard output is closed.")
    return sys.stdout


@contextmanager
def printing() -> Iterator[None]:
    """Name standard output in an ``OSError`` that the block raises by writing to it."""
    try:
        with _printing(sys.stdout):
            yield
    except OSError as error:
        error.filename = STDOUT
        raise


@contextmanager
def _printing(stream: TextIO | None) -> Iterator[None]:
    try:
        yield
    except OSError:
        if stream is not None:  # Python flushes the buffer at exit, which would fail once more
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise


def visible(text: str) -> str:
    """Return ``text`` with its lines kept, and each of them :func:`printable`."""
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))


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
