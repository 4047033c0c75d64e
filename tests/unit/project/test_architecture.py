"""Who may import whom, read from the source of every module."""

from __future__ import annotations

import ast
import functools
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.paths import ROOT

parsed = functools.cache(ast.parse)
PACKAGES = ("bytecode", "interchange", "translation", "exporter", "importer", "keras2to3")
FRAMEWORKS = {"tensorflow", "keras", "tf_keras"}

# What the command and both workers import.
OURS = {"interchange", "bytecode", "translation"}
# What a module may import besides the standard library; the longest prefix that fits a module decides.
ALLOWED = {
    "bytecode": {"bytecode", "numpy"},
    "interchange": {"interchange", "numpy"},
    "exporter": {*OURS, "exporter", "numpy", "h5py", "tensorflow", "keras"},
    "importer": {*OURS, "importer", "numpy", "h5py", "tensorflow", "keras", "tf_keras"},
    "translation.keras2_to_3.rules": {
        "translation.keras2_to_3.rules",
        "translation.verbs",
        "translation.evidence",
        "translation.lambdas.bodies",
        "interchange",
    },
    "keras2to3": {*OURS, "keras2to3", "numpy", "h5py", "yaml", "rich", "platformdirs", "tomli"},
    "keras2to3.reports.html": {"keras2to3", "interchange", "translation", "jinja2", "markupsafe"},
    "translation": {"translation", "interchange", "bytecode", "numpy"},
    # Operators build with `keras.ops`, inside of functions that the importer alone calls.
    "translation.operators": {"translation", "interchange", "numpy", "keras"},
    "keras2to3.cli.completion": {"shtab"},
    # Extras, which are imported where they are used.
    "keras2to3.fleet.stores.remote": {"keras2to3", "interchange", "fsspec"},
    "keras2to3.fleet.stores.registry": {"keras2to3", "interchange", "mlflow"},
    "keras2to3.fleet.cluster": {"keras2to3", "interchange", "dask", "distributed", "dask_jobqueue"},
    # `Unpack`, for type checkers alone.
    "keras2to3.api": {*OURS, "keras2to3", "typing_extensions"},
    # These also run in nox's own interpreter, where nothing is installed for us.
    "keras2to3.install_paths": set(),
    "keras2to3.environments.installers": {"keras2to3.environments", "interchange"},
    "keras2to3.environments.interpreters": {"keras2to3", "interchange"},
}

# Written beside a result for its user, who has the frameworks and nothing of ours.
GIVEN_AWAY = {"importer.graph_alone.served_model"}


@dataclass(frozen=True)
class Import:
    """One imported module; `at_edge` when it happens inside a function."""

    target: str
    line: int
    at_edge: bool


def imports(tree: ast.AST, module: str, at_edge: bool = False) -> Iterator[Import]:
    """Every import in a tree, relative ones spelled out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, at_edge) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            # `from importer import rules` may mean a module: its full name is what the rules are about.
            yield from (Import(f"{base}.{alias.name}", node.lineno, at_edge) for alias in node.names)
        else:
            inside = at_edge or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from imports(node, module, inside)


def allowed(module: str) -> set[str]:
    prefixes = [prefix for prefix in ALLOWED if f"{module}.".startswith(f"{prefix}.")]
    return ALLOWED[max(prefixes, key=len)]


def offences(source: str, module: str) -> list[str]:
    """What a module imports although it may not, or not where it does."""
    found = []
    for item in imports(parsed(source), module):
        root = item.target.partition(".")[0]
        known = root in sys.stdlib_module_names
        if not known and not any(f"{item.target}.".startswith(f"{prefix}.") for prefix in allowed(module)):
            found.append(f"{module}:{item.line} may not import {item.target}")
        elif root in FRAMEWORKS and not item.at_edge and module not in GIVEN_AWAY:
            found.append(f"{module}:{item.line} imports {item.target} outside a function")
    return found


def modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_stay_within_the_house_rules(package: str) -> None:
    found = list(modules(package))
    assert found, f"{package} has no modules: the test reads the wrong folder"
    assert [offence for module, path in found for offence in offences(path.read_text("utf-8"), module)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_opens_with_a_docstring(package: str) -> None:
    bare = [module for module, path in modules(package) if not ast.get_docstring(parsed(path.read_text("utf-8")))]
    assert bare == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("bytecode.code", "import interchange.bundle"),
        ("interchange.bundle", "import h5py"),
        ("interchange.bundle", "def f():\n    import keras"),
        ("exporter.load.build", "import tensorflow as tf"),
        ("exporter.load.build", "import importer.verify"),
        ("exporter.load.build", "try:\n    from keras import layers\nexcept ImportError:\n    pass"),
        ("exporter.load.build", "class Loader:\n    import keras"),
        ("importer.build.rebuild", "from exporter import build"),
        ("translation.keras2_to_3.rules.layers.rnn", "from importer import spec"),
        ("translation.keras2_to_3.rules.layers.rnn", "from ...spec import Spec"),
        ("translation.keras2_to_3.rules.layers.rnn", "def f():\n    import numpy"),
        ("keras2to3.cli.main", "def f():\n    from importer.verify import verify"),
        ("keras2to3.cli.main", "def f():\n    import tensorflow"),
        ("keras2to3.environments.interpreters", "def f():\n    import virtualenv"),
    ],
)
def test_the_rules_bite(module: str, source: str) -> None:
    assert offences(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("interchange.bundle", "import json, numpy.typing"),
        ("exporter.load.build", "def f():\n    import tensorflow as tf"),
        ("importer.build.rebuild", "from translation.keras2_to_3.rules import rnn"),
        ("importer.build.rebuild", "from . import rules"),
        (
            "translation.keras2_to_3.rules.layers.rnn",
            "from translation.verbs import Rule\nfrom interchange.errors import Problem",
        ),
        ("keras2to3.environments.builder", "def f():\n    import platformdirs"),
    ],
)
def test_the_rules_leave_the_rest_alone(module: str, source: str) -> None:
    assert not offences(source, module)


# Folders with more modules than a reader keeps in mind, with how many they may have at most until they are split.
LONG_FOLDERS = {}
MODULES_OF_A_FOLDER = 22


def import_graph(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """The modules that each module imports when it is imported itself, or for its type hints."""
    graph: dict[str, set[str]] = {}
    for module, source in sources.items():
        targets = (item.target for item in imports(parsed(source), module) if not item.at_edge)
        # What is imported from a module is a module, too, or a name in it.
        names = {target if target in sources else target.rpartition(".")[0] for target in targets}
        graph[module] = (names & sources.keys()) - {module}
    return graph


def circle_in(graph: Mapping[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle, the first one once more at the end; none if there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def product_graph() -> dict[str, set[str]]:
    return import_graph({module: path.read_text("utf-8") for package in PACKAGES for module, path in modules(package)})


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle_in(product_graph()) == []


@pytest.mark.parametrize(
    "sources",
    [
        {"a": "import b", "b": "import a"},
        {"a": "from b import c", "b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import d"},
        {"a": "from b import c", "b.c": "from d import e", "d": "class D:\n    import a"},
    ],
)
def test_a_circle_is_found(sources: dict[str, str]) -> None:
    assert set(circle_in(import_graph(sources))) == set(sources)


def test_an_import_inside_a_function_closes_no_circle() -> None:
    assert circle_in(import_graph({"a": "import b", "b": "def f():\n    import a"})) == []


def test_no_folder_has_more_modules_than_a_reader_keeps_in_mind() -> None:
    paths = [path for package in PACKAGES for _, path in modules(package) if path.name != "__init__.py"]
    counts = Counter(path.parent.relative_to(ROOT).as_posix() for path in paths)
    long = {folder: count for folder, count in counts.items() if count > MODULES_OF_A_FOLDER}
    assert {folder: count for folder, count in long.items() if count > LONG_FOLDERS.get(folder, 0)} == {}
    assert set(LONG_FOLDERS) <= set(long), "remove the folders that are no longer long from LONG_FOLDERS"
