"""The build backend (PEP 517): that of setuptools, with three changes. No other module imports this.

- ``EVENTSCHEMA_PURE=1`` in the environment of the build leaves the compiled fast path out; Cython is not needed then.
- If no extension could be compiled, for example without a C compiler, the wheel is tagged as pure Python.
- The list of files for source distributions is ``.ci/sdist.in``, not a ``MANIFEST.in`` at the top level.
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
    # Every command that deals with extensions asks this, also the one that tags the wheel.
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
    """The packages that building a wheel needs besides setuptools: Cython, unless the fast path is left out."""
    return [] if _PURE else ["cython>=3.1"]


get_requires_for_build_editable = get_requires_for_build_wheel
