"""What a file of Keras 1 tells besides its architecture, and how to tell that it is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from translation.config_tree import objects
from translation.keras1_to_2.classes import ALONE, COMMON, MARKS, NEW, RULES

Shape = tuple[int, ...]
_NAMELESS = "param_"
_WITH_DEVIATIONS = ("0.", *(f"1.0.{patch}" for patch in range(6)))


@dataclass(frozen=True)
class Facts:
    """Who trained a model, and what is stored of it.

    `backend` is `tensorflow`, `theano` or None where nothing tells; `ordering` the one that all its layers have, `th`
    or `tf`, None where they have none or several. `shapes` are those of the stored arrays of each outermost layer; None
    where there are no weights. `version` is that of the Keras that wrote it, None where nothing tells.
    """

    backend: str | None = None
    ordering: str | None = None
    shapes: Mapping[str, Sequence[Shape]] | None = None
    version: str | None = None

    @property
    def is_theano(self) -> bool:
        """Whether the kernels of convolutions are stored turned, and `same` pads as Theano does."""
        return self.backend == "theano"

    @property
    def has_variances(self) -> bool:
        """Whether it is known that what is called `running_std` is a variance, as it is since Keras 1.0.6."""
        return self.version is not None and not self.version.startswith(_WITH_DEVIATIONS)

    def is_untold(self) -> bool:
        """Whether there are weights, and it is unknown which backend trained them."""
        return self.shapes is not None and self.backend is None


def is_keras_1(architecture: Mapping[str, Any]) -> bool:
    """Whether only Keras 1 writes an architecture like this; what both write alike needs no rule.

    The first versions of Keras 2 wrote `Merge` as well, beside layers with keys of their own; and beside such a layer a
    `Highway` or a `Graph` is a class of the user's.
    """
    found = [(each.class_name, each.config) for each in objects(architecture)]
    of_keras_2 = any(name not in ALONE and not NEW.isdisjoint(config) for name, config in found)
    return any(_is_marked(name, config) and not (of_keras_2 and name in ALONE) for name, config in found)


def has_class(architecture: Mapping[str, Any], name: str) -> bool:
    """Whether anything in an architecture is of a class."""
    return any(each.class_name == name for each in objects(architecture))


def _is_marked(name: Any, config: Mapping[str, Any]) -> bool:
    if name in ALONE:
        return True
    rule = RULES.get(name) if isinstance(name, str) else None
    return rule is not None and bool(MARKS.intersection(config, [*rule.keys.split(), *COMMON]))


def facts_of(
    architecture: Mapping[str, Any],
    stored: Iterable[tuple[str, str, Shape]] | None,
    backend: str | None = None,
    version: str | None = None,
) -> Facts:
    """The facts of a model whose file stores arrays, as (layer, name, shape), and may name its `backend` and `version`.

    TensorFlow ends the names of its variables in `:0`, Theano does not. A variable without a name tells nothing:
    Theano has such, and the first versions of Keras wrote none at all.
    """
    orderings = {each.config.get("dim_ordering") for each in objects(architecture)} & {"th", "tf"}
    ordering = orderings.pop() if len(orderings) == 1 else None
    told, version = backend or architecture.get("backend"), version or architecture.get("keras_version")
    if stored is None:
        return Facts(told, ordering, version=version)
    rows = list(stored)
    shapes: dict[str, list[Shape]] = {}
    for layer, _, shape in rows:
        shapes.setdefault(layer, []).append(shape)
    if told is None and is_keras_1(architecture):  # Keras 2 names its backend
        told = backend_of([name for _, name, _ in rows])
    return Facts(told, ordering, shapes, version)


def backend_of(names: Sequence[str]) -> str | None:
    """The backend that names variables like these; None if it is unknown."""
    named = [name for name in names if not name.rsplit("/", 1)[-1].startswith(_NAMELESS)]
    if any(name.endswith(":0") for name in named):
        return "tensorflow"
    return "theano" if named else None
