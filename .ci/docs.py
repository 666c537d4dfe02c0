"""Write the guides and the reference as HTML pages into a folder: ``python .ci/docs.py site``. Needs the extra docs.

Each package of eventschema has a page, with its docstring as the guide, and so has each module that users import by
name. A warning of pdoc is an error.
"""

import importlib
import pkgutil
import re
import sys
import warnings
from pathlib import Path

import pdoc

sys.path.insert(0, str(Path(__file__).parents[1]))  # the pages are about this checkout, whatever is installed

import eventschema

MODULES = ("eventschema.core.reasons", "eventschema.stream.reading")


def packages() -> list[str]:
    """The names of all packages, eventschema itself first."""
    below = pkgutil.walk_packages(eventschema.__path__, "eventschema.")
    return ["eventschema", *sorted(module.name for module in below if module.ispkg)]


def load_lazy_names(package: str) -> None:
    """Put the names that a package loads when they are first asked for where pdoc looks for them."""
    module = importlib.import_module(package)
    for name in getattr(module, "__all__", ()):
        setattr(module, name, getattr(module, name))


def main(folder: str) -> None:
    """Write the pages."""
    warnings.simplefilter("error")
    # A type that only annotations need, where pdoc looks for it in vain: importing it would be a cycle.
    warnings.filterwarnings("ignore", r"Error parsing type annotation ForwardRef\('EventSchema'\)")
    names = packages()
    for name in names:
        load_lazy_names(name)
    other_modules = f"!(?!(?:{'|'.join(map(re.escape, names))})$)"
    modules = [name for name in MODULES if name not in names]
    pdoc.pdoc(*names, other_modules, *modules, output_directory=Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
