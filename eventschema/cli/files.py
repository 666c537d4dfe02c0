"""Writes the files of a command, which are put in place only if it succeeds, and reads documents of a bounded size."""

import io
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import IO, Any, Final, NamedTuple, Self

import click

from eventschema.cli.output import STDOUT, Failure

#: The most bytes of a schema file, and of the counts that ``profile --save`` writes: 64 and 512 MiB.
MAX_SCHEMA_FILE: Final = 2**26
MAX_SAVED_PROFILE: Final = 2**29

_PRIVATE: Final = 0o600
_USUAL: Final = 0o666  # less the bits of the umask
_GROUP: Final = 0o070
_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows lacks the last


def read_document(path: str, most: int) -> bytes:
    """Return what is in the file at ``path`` (``-``: standard input). Ends the command if it is more than ``most``."""
    if path == "-" and sys.stdin is None:  # as with <&- in a shell
        raise Failure("-: standard input is closed.")
    with click.open_file(path, "rb") as file:
        try:
            data: bytes = file.read(most + 1)
        except OSError as error:  # which has the name only if the file cannot be opened
            error.filename = path
            raise
    if len(data) > most:
        raise Failure(f"{click.format_filename(path)}: expected at most {most >> 20} MiB, found more.")
    return data


def is_special(path: str) -> bool:
    """Return whether ``path`` exists and is not a regular file but a pipe, a device or the like."""
    return os.path.exists(path) and not os.path.isfile(path)


class SignalExit(BaseException):
    """The signal with this ``number`` ends the command."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Output(NamedTuple):
    """A file to write, if there is a ``path``. If ``private``, it has people's data, and only its owner can read it."""

    path: str | None
    private: bool = False


class _File(io.FileIO):
    """A file to write. Its ``OSError`` has its name, which the system adds only to errors of opening."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = self.name
            raise


@dataclass(slots=True)
class _Pending:
    """A file that is to replace the one at ``target``; the user calls that ``path``."""

    path: str
    target: str
    temporary: str
    file: IO[bytes] | None = None


class Outputs:
    """The files that a command writes, used in a ``with``. All replace those at their paths, or none does.

    They do so at the end of the block if :meth:`complete` was called in it, even if standard output is closed by then
    (``| head``). Otherwise the files at their paths stay as they were. A pipe or a device is written to directly.

    A file is written under another name beside its path. From the start only its owner can read it, unless it is new
    and not ``private``. In the end it has the mode of the file that it replaces. SIGINT, SIGTERM and SIGHUP remove it:
    they raise ``KeyboardInterrupt`` or :class:`SignalExit`.
    """

    def __init__(self, *outputs: Output) -> None:
        self._outputs = outputs
        self._pending: list[_Pending] = []
        self._special: list[IO[bytes]] = []
        self._handlers: dict[int, Any] = {}  # those from before, by signal
        self._signal: int | None = None
        self._is_complete = False
        self._is_replacing = False
        #: The files to write, ``None`` for an output without a path.
        self.files: tuple[IO[bytes] | None, ...] = ()

    def __enter__(self) -> Self:
        self._handle_signals()
        try:
            self.files = tuple(None if path is None else self._open(path, private) for path, private in self._outputs)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            is_cut_short = isinstance(error, BrokenPipeError) and error.filename == STDOUT
            if self._is_complete and (error is None or is_cut_short):
                self._replace()
        except OSError as failed:
            self._name(failed)
            raise
        finally:
            self._close()
            self._discard()
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            self._name(error)

    def complete(self) -> None:
        """Close the files, once everything has been written to them."""
        try:
            for file in self.files:
                if file is not None:
                    file.close()
        except OSError as error:
            self._name(error)
            raise
        self._is_complete = True

    @property
    def paths(self) -> list[str]:
        """The paths of the files that are to be replaced."""
        return [pending.path for pending in self._pending]

    def _open(self, path: str, private: bool) -> IO[bytes]:
        if is_special(path):
            self._special.append(io.BufferedWriter(_File(path, "wb")))
            return self._special[-1]
        target = os.path.realpath(path)
        mode = _PRIVATE if private or os.path.exists(target) else _USUAL
        pending = _Pending(path, target, f"{target}.{secrets.token_hex(4)}.tmp")
        self._pending.append(pending)  # first of all, so that a signal finds it
        pending.file = io.BufferedWriter(_File(pending.temporary, "xb", opener=_opener(mode)))
        return pending.file

    def _replace(self) -> None:
        for pending in self._pending:
            _copy_mode(pending.target, pending.temporary)
        self._is_replacing = True  # from here on a signal comes too late
        if self._signal is not None:
            raise SignalExit(self._signal)
        for pending in self._pending:
            os.replace(pending.temporary, pending.target)

    def _discard(self) -> None:
        """Remove the files that have not replaced another."""
        for pending in self._pending:
            with suppress(OSError):
                os.unlink(pending.temporary)

    def _close(self) -> None:
        """Close the files that the block has left open. What could not be written is lost."""
        for file in (*(pending.file for pending in self._pending), *self._special):
            if file is not None:
                with suppress(OSError):
                    file.close()

    def _name(self, error: BaseException | None) -> None:
        """Give an ``OSError`` about a file under its other name the name that the user knows."""
        if isinstance(error, OSError):
            names = {pending.temporary: pending.path for pending in self._pending}
            error.filename = names.get(error.filename, error.filename)

    def _handle_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread can
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
                self._handlers[number] = signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._is_replacing:
            return
        self._signal = number
        self._discard()  # here and not only in the end, since a handler's exception can come between any two steps
        raise KeyboardInterrupt if number == signal.SIGINT else SignalExit(number)


def _opener(mode: int) -> Callable[[str, int], int]:
    return lambda path, flags: os.open(path, flags, mode)


def _copy_mode(target: str, temporary: str) -> None:
    """Give the file ``temporary`` the mode and the group of ``target``, if that exists."""
    try:
        wanted = os.stat(target)
    except FileNotFoundError:
        return
    mode = wanted.st_mode & 0o777
    if hasattr(os, "chown") and os.stat(temporary).st_gid != wanted.st_gid:
        try:
            os.chown(temporary, -1, wanted.st_gid)
        except OSError:  # then another group would be able to read it
            mode &= ~_GROUP
    os.chmod(temporary, mode)
