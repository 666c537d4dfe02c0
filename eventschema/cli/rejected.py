"""The options of ``serve`` for rejected requests, and the folder that they name."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from eventschema.cli.grouping import Number, decorated, option
from eventschema.cli.options import given
from eventschema.cli.output import Failure

if TYPE_CHECKING:
    from eventschema.web import RejectedFolder

_Command = Callable[..., Any]

_GROUP: Final = "Rejected requests"
_DAY: Final = 86_400

_OPTIONS: Final = [
    option(
        _GROUP,
        "--rejected",
        metavar="DIR",
        type=click.Path(file_okay=False),
        help="Keep rejected requests in files in DIR, for load --rejected. These files hold people's data.",
    ),
    option(
        _GROUP,
        "--rejected-max-bytes",
        type=Number(min=1),
        default=2**28,
        show_default=True,
        help="Maximum size of all these files together. When they are full, further requests are counted and not kept.",
    ),
    option(
        _GROUP,
        "--rejected-max-age",
        metavar="DAYS",
        type=click.FloatRange(0, 36_500, min_open=True),
        default=30.0,
        show_default=True,
        help="Delete rejected requests after this time.",
    ),
]


class Rejected(NamedTuple):
    """What to do with rejected requests: keep them in the folder ``path``; ``None``: nothing."""

    path: str | None
    max_bytes: int
    max_days: float

    @contextmanager
    def opened(self) -> Iterator["RejectedFolder | None"]:
        """Yield the folder, which is made if it does not exist, then close it. Ends the command if that fails."""
        if self.path is None:
            yield None
            return
        from eventschema.web import RejectedFolder

        with closing(RejectedFolder(self.path, max_bytes=self.max_bytes, max_age=self.max_days * _DAY)) as folder:
            try:
                folder.make_folder()
            except OSError as error:
                raise Failure(f"--rejected: {click.format_filename(self.path)}: {error.strerror}.") from None
            yield folder


def rejected_options(command: _Command) -> _Command:
    """Give ``command`` the options for rejected requests. It is called with a :class:`Rejected`, as ``rejected``."""

    @wraps(command)
    def with_rejected(
        *args: Any, rejected: str | None, rejected_max_bytes: int, rejected_max_age: float, **others: Any
    ) -> Any:
        if rejected is None and (alone := given("rejected_max_bytes", "rejected_max_age")):
            raise click.UsageError(f"{alone[0]} needs --rejected DIR.")
        return command(*args, rejected=Rejected(rejected, rejected_max_bytes, rejected_max_age), **others)

    return decorated(with_rejected, _OPTIONS)
