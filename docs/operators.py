"""The tables of operators as Markdown, for `docs/operators.md`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType

from docs import support
from translation import operators
from translation.operators.operator import Operator
from translation.operators.raw import RAW
from translation.operators.refusal_reasons import REASONS


@dataclass(frozen=True)
class Family:
    """The operators of one module: `about` is its first sentence, `limits` the calls that it refuses.

    `sources` are the files that define the functions in TensorFlow 2.15 and Keras 2.15.
    """

    name: str
    about: str
    operators: tuple[Operator, ...]
    limits: tuple[str, ...]
    sources: tuple[str, ...]


def families() -> list[Family]:
    """All modules that hold operators, by name."""
    return [_family(module) for module in sorted(operators.families(), key=lambda module: module.__name__)]


def _family(module: ModuleType) -> Family:
    name = module.__name__.removeprefix(f"{operators.__name__}.")
    return Family(
        name, support.sentence(module.__doc__), tuple(module.OPERATORS), tuple(_limits(module)), tuple(module.SOURCES)
    )


def _limits(module: ModuleType) -> Iterator[str]:
    """What the ValueErrors of a module say, once each: a value that they tell stands as three dots."""
    raised = (node.exc for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Raise))
    calls = (each for each in raised if isinstance(each, ast.Call) and ast.unparse(each.func) == "ValueError")
    yield from dict.fromkeys(_text(call.args[0]) for call in calls)


def _text(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "..." for part in parts)


def listing() -> str:
    """How many there are, and a table for each family."""
    found = families()
    functions = [operator for family in found for operator in family.operators]
    names = sum(len(operator.names) for operator in functions)
    examples = sum(len(operator.examples) * len(operator.dtypes) for operator in functions)
    count = (
        f"{len(functions)} functions under {names} names, compared in {examples} calls "
        f"and, as {len(RAW)} raw operators, in the files of TensorFlow 2.0 to 2.3."
    )
    return "\n\n".join([count, *map(_section, found)])


def _section(family: Family) -> str:
    parts = [f"## {family.name}", family.about, support.markdown(("function", "other names"), _rows(family))]
    parts += [f"Refused: {'; '.join(family.limits)}."] if family.limits else []
    return "\n\n".join([*parts, f"As defined in {_code(family.sources)}."])


def _rows(family: Family) -> Iterable[tuple[str, str]]:
    return ((_code(operator.names[:1]), _code(operator.names[1:])) for operator in family.operators)


def raw() -> str:
    """The raw operators, by the function that each of them is."""
    found: dict[str, list[str]] = {}
    for name, operator in RAW.items():
        found.setdefault(operator.function, []).append(name)
    rows = sorted((_code(sorted(names)), _code([function])) for function, names in found.items())
    return support.markdown(("raw operator", "function"), rows)


def refusals() -> str:
    """The functions that are refused for a reason, by their names with a star for any letters."""
    together: dict[str, list[str]] = {}
    for patterns, reason in REASONS.items():
        together.setdefault(reason, []).extend(patterns.split())
    return support.markdown(("functions", "why"), [(_code(names), reason) for reason, names in together.items()])


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
