"""The bearer tokens of ``serve``: one for those who send events, and one for people who govern the schemas.

Every sender has the token of senders, so it does not allow to declare, freeze or retype schemas.
"""

import hmac
import ipaddress
import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from eventschema.cli.grouping import decorated, option

if TYPE_CHECKING:
    from eventschema.web import Authorize, Identify

_Command = Callable[..., Any]

_B64TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750, section 2.1
_ADMIN: Final = "serve --admin-token"  # who is named in the history of schemas


def _options(group: str) -> list[_Command]:
    return [
        option(
            group,
            "--token",
            metavar="TOKEN",
            envvar="EVENTSCHEMA_TOKEN",
            show_envvar=True,
            help="The bearer token that requests must have, to send events and read schemas. Without any token, every "
            "request is allowed, and only this machine can connect.",
        ),
        option(
            group,
            "--admin-token",
            metavar="TOKEN",
            envvar="EVENTSCHEMA_ADMIN_TOKEN",
            show_envvar=True,
            help="The bearer token to declare, freeze and retype schemas too. With --token alone, no request can; "
            "without --token, every request needs this one.",
        ),
    ]


class Tokens(NamedTuple):
    """The tokens of senders and of people who govern schemas; ``None`` for one that is not given."""

    sender: str | None
    admin: str | None

    def check(self, host: str) -> None:
        """Refuse tokens that no client can send, and an address that other machines can reach without a token."""
        if not self.are_given and not _is_loopback(host):
            raise click.UsageError("without a token, only 127.0.0.1 and other addresses of this machine are allowed.")
        for name, token in (("--token", self.sender), ("--admin-token", self.admin)):
            if token is not None and not _B64TOKEN.fullmatch(token):
                raise click.UsageError(f"{name}: expected letters, digits and -._~+/, with = at the end (RFC 6750).")
        if self.are_given and self.sender == self.admin:
            raise click.UsageError("--admin-token: expected another token than --token, which every sender has.")

    @property
    def are_given(self) -> bool:
        """Whether requests are authenticated."""
        return self.sender is not None or self.admin is not None

    def authorize(self) -> "Authorize | None":
        """The function from a token to its scopes, ``None`` if every request is allowed."""
        from eventschema.web import READ, WRITE, WRITE_SCHEMAS

        if not self.are_given:
            return None
        scopes = {self.sender: frozenset({READ, WRITE}), self.admin: frozenset({READ, WRITE, WRITE_SCHEMAS})}

        def scopes_of(given: str) -> frozenset[str] | None:
            found = [granted for token, granted in scopes.items() if token is not None and _is_same(given, token)]
            return found[0] if found else None

        return scopes_of

    def identify(self) -> "Identify | None":
        """The function from a token to the name in the history of a schema, ``None`` if there is no admin token."""
        admin = self.admin
        if admin is None:
            return None
        return lambda given: _ADMIN if _is_same(given, admin) else None


def tokens_options(group: str) -> Callable[[_Command], _Command]:
    """Give a command the options for tokens. It is called with :class:`Tokens`, as ``tokens``."""

    def decorate(command: _Command) -> _Command:
        @wraps(command)
        def with_tokens(*args: Any, token: str | None, admin_token: str | None, **others: Any) -> Any:
            return command(*args, tokens=Tokens(token, admin_token), **others)

        return decorated(with_tokens, _options(group))

    return decorate


def _is_same(given: str, token: str) -> bool:
    """Whether the texts are the same, compared in constant time."""
    return hmac.compare_digest(given.encode(), token.encode())


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
