"""Custom classes that a model uses and no file defines: their configs and their variables."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from interchange.errors import Exit, Failure, Problem
from interchange.layer_path import OUTERMOST, LayerPath
from interchange.user_files.custom_objects import bare, found, names_of
from keras2to3.scanner.allowlist import names
from keras2to3.scanner.graph_alone import is_graph_alone
from keras2to3.scanner.readers.json_document import beginning
from keras2to3.scanner.scanned_file import ScannedFile, StoredTensor
from keras2to3.user_files.custom_objects import CustomFiles
from translation import training_state
from translation.config_tree import name_of
from translation.user_models import listed_as

Row = dict[str, Any]

# The kind of an object by the end of its key; any other object is a layer.
_KINDS = {kind: f"{kind}s" for kind in names.BY_KEY}
_UNBLOCK = "Define it as it is in Keras 3, in the file of --custom-objects-3."
_LONGEST = 1_000  # characters of a value
MAX_ROWS = 1_000
MAX_VARIABLES = 50_000
"""Of all rows together: a crafted file can give every tensor to each of thousands of layers."""

_MOST_PARTS = 100
_SEPARATORS = re.compile(r"[/\\]")
_TOO_LONG = "too long to be shown"
_FOLDERS = ("model_weights", "layers", "_layer_checkpoint_dependencies", "vars")


def find_missing(scanned: ScannedFile, defined: Collection[str]) -> list[Row]:
    """A row for each class or function that is neither Keras's nor in `defined`.

    A model that lists its layers as a functional one does is rebuilt without its class, and of the outermost that does
    not there is nothing to be told.

    A row has `kind` (`layers`, `initializers`, `activations`, ...), `name` and `package` as it is registered, the
    `layers` that are of it, the `config` of the first, and its `variables`: {name, shape, dtype}.
    """
    rows: dict[tuple[str, str], Row] = {}
    layers: dict[tuple[str, str], dict[str, None]] = {}
    tensors = TensorIndex(scanned.tensors)
    for path, kind, entry in _objects(scanned.architecture or {}, OUTERMOST, "layers"):
        entry_names = list(names_of(entry))
        known = _is_of_keras(entry, kind) or (scanned.is_of_keras_3 and _is_of_a_module_of_keras(entry))
        is_rebuilt = listed_as(entry) is not None or (kind == "layers" and not path)
        if not entry_names or known or found(entry_names, defined) or is_rebuilt:
            continue
        name = max(entry_names, key=lambda each: ">" in each)
        if (kind, name) not in rows and len(rows) < MAX_ROWS:
            rows[kind, name] = _row(kind, name, entry, path, tensors)
        layers.setdefault((kind, name), {}).update({path: None} if path else {})
    return [{**row, "layers": list(layers[key])} for key, row in rows.items()]


def require_keras3_definitions(scanned: ScannedFile, customs: CustomFiles) -> None:
    """Refuse (`Failure`, exit code 4) classes and functions that are defined for Keras 2.15 and not for Keras 3."""
    rows = find_missing(scanned, customs.new_names) if customs.new and not is_graph_alone(scanned) else []
    if rows and customs.new:
        text = f"{customs.new.customs.name} does not define it, or has only the template, so Keras 3 does not know it"
        problems = [Problem(next(iter(row["layers"]), ""), row["name"], text, unblock=_UNBLOCK) for row in rows]
        raise Failure(Exit.REFUSED, str(problems[0]), _UNBLOCK, tuple(problems), {"missing": rows})


def _row(kind: str, name: str, entry: Mapping[str, Any], path: str, tensors: TensorIndex) -> Row:
    config = entry.get("config")
    if isinstance(config, Mapping):
        config = {key: _TOO_LONG if _is_long(value) else value for key, value in config.items()}
    package = name.rpartition(">")[0] or None
    facts: Row = {"kind": kind, "name": bare(name), "package": package, "config": config, "layers": []}
    return {**facts, "variables": tensors.variables(path, bare(name)) if kind == "layers" else []}


def _is_long(value: Any) -> bool:
    return len(beginning(value, _LONGEST)) > _LONGEST


def _is_of_keras(entry: Mapping[str, Any], kind: str) -> bool:
    class_name = entry["class_name"]
    if any(name in names.ADDONS | names.ADDONS_ACTIVATIONS for name in names_of(entry)):
        return True
    if class_name == "function":
        function = entry.get("config")
        return isinstance(function, str) and function in names.BY_KEY.get(
            kind.removesuffix("s"), names.COMPILED_FUNCTIONS
        )
    if any(">" in name and name not in names.CLASSES for name in names_of(entry)):
        return False
    return class_name in names.CLASSES or class_name in ("Lambda", "function", "__lambda__", "__typespec__")


def _is_of_a_module_of_keras(entry: Mapping[str, Any]) -> bool:
    """Whether a file of Keras 3 says that an object is Keras's own; Keras 3 has classes that Keras 2.15 lacks."""
    module = entry.get("module")
    is_registered_by_keras = entry.get("registered_name") in (None, entry["class_name"])
    return is_registered_by_keras and isinstance(module, str) and module.partition(".")[0] == "keras"


def _objects(
    value: Any, path: LayerPath, key: str, *, outermost: bool = True
) -> Iterator[tuple[LayerPath, str, Mapping[str, Any]]]:
    """Every object of an architecture with the path of its layer, as problems have it, and its kind."""
    if isinstance(value, list):
        for item in value:
            if not isinstance(item, str):
                yield from _objects(item, path, key, outermost=False)
        return
    kind = _KINDS.get(key.rpartition("_")[2], "layers")
    if isinstance(value, str) and kind != "layers" and value not in names.BY_KEY[kind.removesuffix("s")]:
        yield path, kind, {"class_name": "function", "config": value}
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("class_name"), str):
        kind = "functions" if (kind, value["class_name"]) == ("layers", "function") else kind
        if kind == "layers" and not outermost and value["class_name"] not in names.PLAIN_DATA:
            path = path / (name_of(value) or value["class_name"])
        yield path, kind, value
        yield from ((path, "functions", {"class_name": "function", "config": name}) for name in _of_text(value))
    for inner_key, item in value.items():
        if inner_key not in ("compile_config", "build_config"):
            yield from _objects(item, path, key if inner_key == "config" else inner_key, outermost=False)


def _of_text(value: Mapping[str, Any]) -> list[str]:
    """The functions of the user's that a TextVectorization names; none for anything else."""
    config = value.get("config")
    if value["class_name"] != "TextVectorization" or not isinstance(config, Mapping):
        return []
    named = [(config.get(key), known) for key, known in names.TEXT_KEYS.items()]
    return [name for name, known in named if isinstance(name, str) and name not in known]


class TensorIndex:
    """The tensors of a file by the parts of their names, so that the few of a layer are found without the others."""

    def __init__(self, tensors: Iterable[StoredTensor]) -> None:
        self._parts: list[tuple[StoredTensor, list[str]]] = []
        self._by_part: dict[str, list[int]] = {}
        self._by_first: dict[str, list[int]] = {}
        self._left = MAX_VARIABLES
        whole = ((tensor, _SEPARATORS.split(tensor.name, _MOST_PARTS)) for tensor in tensors)
        kept = ((tensor, parts) for tensor, parts in whole if not _is_of_training(parts))
        for number, (tensor, names_) in enumerate(kept):
            parts = [part for part in names_ if part not in _FOLDERS]
            self._parts.append((tensor, parts))
            self._by_first.setdefault(parts[0] if parts else "", []).append(number)
            for part in dict.fromkeys(parts[:-1]):
                self._by_part.setdefault(part, []).append(number)

    def variables(self, path: str, class_name: str) -> list[Row]:
        """The variables of the layer at a path by their names within it, as far as the names in the file show."""
        rows: dict[str, Row] = {}
        for tensor, parts in self._near(path, class_name):
            name = _within(parts, path, class_name)
            if name and name not in rows:
                rows[name] = {"name": name, "shape": list(tensor.shape), "dtype": tensor.dtype}
        return list(rows.values())

    def _near(self, path: str, class_name: str) -> Iterator[tuple[StoredTensor, list[str]]]:
        """The tensors that may belong to a layer, in their order, up to a limit for all layers."""
        model = path.partition("/")[0]
        named = (self._by_part.get(name, ()) for name in (path.rpartition("/")[2], _snake(class_name)))
        numbers = sorted({*itertools.chain(*named), *(self._by_first.get(model, ()) if model != path else ())})
        for number in numbers[: self._left]:
            yield self._parts[number]
        self._left -= min(self._left, len(numbers))


def _is_of_training(parts: Sequence[str]) -> bool:
    return parts[0] in (training_state.WHOLE_H5, "optimizer") or training_state.SLOT in parts


def _snake(class_name: str) -> str:
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", class_name)).lower()


def _within(parts: Sequence[str], path: str, class_name: str) -> str | None:
    """What a tensor is called within a layer: after its name, or in an archive after its class; None elsewhere."""
    *models, name = path.split("/")
    snake = _snake(class_name)
    ends = [number for number, part in enumerate(parts[:-1]) if part in (name, snake)]
    if not ends and models and parts[:1] == models[:1]:  # within a wrapper, which gives its weights its own name
        ends = [number for number, part in enumerate(parts[:-1]) if part == models[0]]
    if not ends or (models and models[0] not in parts and snake not in parts):
        return None
    tail = [part.partition(":")[0] for part in parts[ends[-1] + 1 :]]
    return "/".join(f"weight_{part}" if part.isdecimal() else part for part in tail)
