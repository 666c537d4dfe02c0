"""The build's one choice: ``EVENTSCHEMA_PURE=1`` leaves the compiled recogniser out. No other module imports this."""

import os

from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    """``build_ext``, of no extension where the environment asks for that."""

    def finalize_options(self) -> None:
        """Take the extensions from the distribution, unless they are not wanted."""
        if os.environ.get("EVENTSCHEMA_PURE") == "1":
            self.distribution.ext_modules = []
        super().finalize_options()
