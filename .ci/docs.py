"""Write the guides and the reference as HTML pages into a folder: ``python .ci/docs.py site``. Needs the extra docs.

Each package of eventschema has a page, with its docstring as the guide, and so has each module that a guide names. A
warning of pdoc is an error.
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


def pages() -> tuple[list[str], list[str]]:
    """The names of all packages, and of the modules that their guides name."""
    found = list(pkgutil.walk_packages(eventschema.__path__, "eventschema."))
    packages = ["eventschema", *(each.name for each in found if each.ispkg)]
    guides = "".join(str(importlib.import_module(name).__doc__) for name in packages)
    return packages, [each.name for each in found if not each.ispkg and f"`{each.name}`" in guides]


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
    # Naming a package that pdoc finds below another one is no error.
    warnings.filterwarnings("ignore", r"The module specification .* has already been added", UserWarning)
    packages, modules = pages()
    for name in packages:
        load_lazy_names(name)
    no_module = f"!(?!(?:{'|'.join(map(re.escape, packages))})$)"  # those that pdoc finds by itself
    pdoc.pdoc(*packages, no_module, *modules, output_directory=Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
