"""The command ``eventschema``: events in files, from a terminal. It needs the extra ``cli``."""

import sys
from typing import Final

_NEEDED: Final = frozenset({"click", "rich", "msgspec"})


def main() -> None:
    """Run the command with the arguments of the process, and end it with the command's exit code."""
    try:
        from eventschema.cli.app import app
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _NEEDED:
            raise
        print(
            f"eventschema: the command needs the package {package}, which is not installed.\n"
            "Install it with what else it needs: pip install 'eventschema[cli]'",
            file=sys.stderr,
        )
        sys.exit(2)
    app(prog_name="eventschema")
