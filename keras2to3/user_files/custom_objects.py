"""The names that a user's file defines, read without running it: it runs only in a sandboxed worker."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from interchange.user_files.custom_objects import FRAMEWORKS, CustomObjectsFile
from keras2to3.user_files import reading

UNFILLED = "what it computes is in no file of a model"
"""The message of the exception that a stub raises until the user fills it in."""

_PACKAGE = "Custom"  # where Keras registers what names no package
_REGISTER = "register_keras_serializable"
_TABLE = "get_custom_objects"


@dataclass(frozen=True)
class DefinitionsFile:
    """A file, and the names of its classes and functions, with what each class is made of, or nothing."""

    customs: CustomObjectsFile
    names: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True)
class CustomFiles:
    """The files for the old and the new side; None where there is none."""

    old: DefinitionsFile | None = None
    new: DefinitionsFile | None = None

    @property
    def names(self) -> Mapping[str, str]:
        """What Keras 2.15 is given."""
        return self.old.names if self.old else {}

    @property
    def new_names(self) -> Mapping[str, str]:
        """What Keras 3 is given."""
        return self.new.names if self.new else {}

    @property
    def files(self) -> frozenset[str]:
        """Their paths."""
        return frozenset(file.customs.file for file in (self.old, self.new) if file)

    @property
    def by_environment(self) -> Mapping[str, CustomObjectsFile] | None:
        """The file for each environment, as a report has them; None where the user has given none."""
        return {"keras2": self.old.customs, "keras3": self.new.customs} if self.old and self.new else None


NO_FILES = CustomFiles()
"""Where the user has given none."""


def parse(name: str) -> DefinitionsFile:
    """The file that `--custom-objects` names. Raises ValueError for an invalid file."""
    content = reading.content(Path(name))
    tree = reading.python(content, name)
    customs = CustomObjectsFile(str(Path(name).resolve()), hashlib.sha256(content).hexdigest())
    return DefinitionsFile(customs, dict(_names(tree)))


def _names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every name that is defined, with the class outside of the file that it is made of."""
    bases = {node.name: _base(node) for node in _statements(tree.body) if isinstance(node, ast.ClassDef)}
    for node in _statements(tree.body):
        base = bases.get(node.name, "") if isinstance(node, ast.ClassDef) else ""
        for _ in bases:  # as far as the longest line of ancestors
            base = bases.get(base, base)
        yield from ((name, base) for name in _defined(node))


def _base(node: ast.ClassDef) -> str:
    return ast.unparse(node.bases[0]).rpartition(".")[2] if node.bases else ""


def _defined(node: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement of a module defines or registers in Keras."""
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        if _is_unfilled(node):
            return
        yield node.name
        yield from _registered(node)
    elif isinstance(node, ast.Assign):
        yield from _assigned(node)
    elif isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] not in FRAMEWORKS:
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _TABLE in ast.dump(node.value.func):
        yield from (key for argument in node.value.args for key in _keys(argument))


def _is_unfilled(node: ast.stmt) -> bool:
    """Whether a class or function is one of our stubs that nobody has filled in."""
    return any(
        isinstance(part, ast.Raise) and part.exc is not None and UNFILLED in ast.unparse(part.exc)
        for part in ast.walk(node)
    )


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _statements(handler.body)


def _registered(node: ast.ClassDef | ast.FunctionDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        if _REGISTER not in ast.dump(decorator):
            continue
        arguments = _arguments(decorator) if isinstance(decorator, ast.Call) else {}
        yield f"{arguments.get('package', _PACKAGE)}>{arguments.get('name') or node.name}"


def _arguments(call: ast.Call) -> dict[str, object]:
    """Constant arguments of a decorator by their names."""
    positional = zip(("package", "name"), call.args)
    arguments = [*positional, *((word.arg, word.value) for word in call.keywords)]
    return {str(key): value.value for key, value in arguments if isinstance(value, ast.Constant)}


def _assigned(node: ast.Assign) -> Iterator[str]:
    """A variable for anything but a part of a module that is no class, or an entry of the table of Keras.

    Layers may be of a class that is made in a call, and bodies of Lambdas name constants.
    """
    part = node.value.attr if isinstance(node.value, ast.Attribute) else "Class"
    for target in node.targets:
        if isinstance(target, ast.Name) and part[:1].isupper():
            yield target.id
        elif isinstance(target, ast.Subscript) and _TABLE in ast.dump(target.value):
            yield from _keys(ast.Dict([target.slice], []))


def _keys(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Dict):
        yield from (str(key.value) for key in node.keys if isinstance(key, ast.Constant))
