"""The build backend (PEP 517): setuptools' own, but for three things. No other module imports this.

``EVENTSCHEMA_PURE=1`` in the environment of the build leaves the compiled fast path out, and needs no Cython then.
Where no C compiler works, the wheel is that one too: tagged for every platform, as it has nothing of any.
What a source distribution holds beside the package stands in ``.ci/sdist.in``, out of the top level's way.
"""

import os
from pathlib import Path

from setuptools import Distribution, build_meta
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.egg_info import manifest_maker

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

_PURE = os.environ.get("EVENTSCHEMA_PURE") == "1"


def _leave_out_extensions() -> None:
    # The question that every command asks which deals with extensions, the wheel's tag among them.
    Distribution.has_ext_modules = lambda self: False  # type: ignore[method-assign]  # the whole process is this build


def _run_bdist_wheel(self: bdist_wheel) -> None:
    """Make a wheel. All extensions are optional, so they are built first: without any, the wheel is a pure one."""
    if not self.root_is_pure:
        self.run_command("build_ext")
        if not any(Path(path).exists() for path in self.get_finalized_command("build_ext").get_outputs()):
            _leave_out_extensions()
            self.root_is_pure = True
    _make_wheel(self)


if _PURE:
    _leave_out_extensions()
_make_wheel = bdist_wheel.run
bdist_wheel.run = _run_bdist_wheel  # type: ignore[method-assign]  # as above

manifest_maker.template = ".ci/sdist.in"

build_editable = build_meta.build_editable
build_sdist = build_meta.build_sdist
build_wheel = build_meta.build_wheel
get_requires_for_build_sdist = build_meta.get_requires_for_build_sdist
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable
prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel


def get_requires_for_build_wheel(config_settings: object = None) -> list[str]:
    """What building a wheel needs beside setuptools: Cython, unless the fast path is left out."""
    return [] if _PURE else ["cython>=3.1"]


get_requires_for_build_editable = get_requires_for_build_wheel
