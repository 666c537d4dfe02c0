"""The import graph of the package has no cycles but those that annotations alone make, which are named here."""

import pytest

grimp = pytest.importorskip("grimp", reason="import-linter, of the extra lint, brings it")

#: Modules that import each other for their annotations, under ``if TYPE_CHECKING``.
TYPES_ALONE = {
    "core": {"acceleration", "accept", "columns", "events", "results", "schema"},
    "track": {"acceleration", "fastpath", "request"},
}


def in_cycles(*, with_types: bool) -> set[str]:
    """The modules that import themselves by way of others."""
    graph = grimp.build_graph("eventschema", exclude_type_checking_imports=not with_types, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    return {
        module for module, imported in imports.items() if any(graph.chain_exists(each, module) for each in imported)
    }


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert in_cycles(with_types=False) == set()


def test_annotations_make_only_the_named_cycles() -> None:
    named = {f"eventschema.{layer}.{module}" for layer, modules in TYPES_ALONE.items() for module in modules}
    assert in_cycles(with_types=True) == named
