"""The user's own classes that a model is made with and nobody defines: their configs, and what they have learnt."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from interchange.customs import bare, found, names_of
from interchange.errors import Exit, Failure, Problem
from keras2to3.customs import CustomFiles
from keras2to3.look.allowlist import names
from keras2to3.look.native import is_graph_alone
from keras2to3.look.seen import Look, StoredTensor

Row = dict[str, Any]

# By what the key ends in that an object stands under; anything else is a layer.
_KINDS = {kind: f"{kind}s" for kind in names.BY_KEY}
_UNBLOCK = "Define it as it is in Keras 3, in the file of --custom-objects-3."
_LONGEST = 1_000  # characters of a value
_TOO_LONG = "too long to be shown"
_FOLDERS = ("model_weights", "layers", "_layer_checkpoint_dependencies", "vars")


def missing(seen: Look, own: Collection[str]) -> list[Row]:
    """A row for each class or function that is neither Keras's nor in `own`.

    A row has `kind` (`layers`, `initializers`, `activations`, ...), `name` and `package` as it is registered, the
    `layers` that are of it, the `config` of the first, and its `variables`: {name, shape, dtype}.
    """
    rows: dict[tuple[str, str], Row] = {}
    for path, kind, entry in _objects(seen.architecture or {}, "", "layers"):
        every = list(names_of(entry))
        if not every or _is_of_keras(entry, kind) or found(every, own):
            continue
        name = max(every, key=lambda each: ">" in each)
        row = rows.setdefault((kind, name), _row(kind, name, entry, path, seen))
        row["layers"] += [path] if path and path not in row["layers"] else []
    return list(rows.values())


def require_new(seen: Look, customs: CustomFiles) -> None:
    """Refuse (`Failure`, exit code 4) what Keras 2.15 is given a class or function for, and Keras 3 is not."""
    rows = missing(seen, customs.new_names) if customs.new and not is_graph_alone(seen) else []
    if rows and customs.new:
        text = f"{customs.new.customs.name} does not define it, so Keras 3 does not know it"
        problems = [Problem(next(iter(row["layers"]), ""), row["name"], text, unblock=_UNBLOCK) for row in rows]
        raise Failure(Exit.REFUSED, str(problems[0]), _UNBLOCK, tuple(problems), {"missing": rows})


def _row(kind: str, name: str, entry: Mapping[str, Any], path: str, seen: Look) -> Row:
    config = entry.get("config")
    if isinstance(config, Mapping):
        config = {key: value if len(str(value)) <= _LONGEST else _TOO_LONG for key, value in config.items()}
    package = name.rpartition(">")[0] or None
    facts: Row = {"kind": kind, "name": bare(name), "package": package, "config": config, "layers": []}
    stored = _variables(seen, path, bare(name)) if kind == "layers" else {}
    return {**facts, "variables": list(stored.values())}


def _is_of_keras(entry: Mapping[str, Any], kind: str) -> bool:
    class_name = entry["class_name"]
    if any(name in names.ADDONS | names.ADDONS_ACTIVATIONS for name in names_of(entry)):
        return True
    if class_name == "function":
        return entry.get("config") in names.BY_KEY.get(kind.removesuffix("s"), names.COMPILED_FUNCTIONS)
    if any(">" in name and name not in names.CLASSES for name in names_of(entry)):
        return False
    return class_name in names.CLASSES or class_name in ("Lambda", "function", "__lambda__", "__typespec__")


def _objects(
    value: Any, path: str, key: str, *, outermost: bool = True
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
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
    config = value.get("config")
    if isinstance(value.get("class_name"), str):
        if kind == "layers" and not outermost and value["class_name"] not in names.PLAIN_DATA:
            name = (config.get("name") if isinstance(config, Mapping) else None) or value.get("name")
            path = f"{path}/{name or value['class_name']}".lstrip("/")
        yield path, kind, value
    for own, item in value.items():
        if own not in ("compile_config", "build_config"):
            yield from _objects(item, path, key if own == "config" else own, outermost=False)


def _variables(seen: Look, path: str, class_name: str) -> dict[str, Row]:
    """The variables of the layer at a path by their names within it, as far as the names in the file tell."""
    found_: dict[str, Row] = {}
    for tensor in seen.tensors:
        name = _within(tensor, path, class_name)
        if name and name not in found_:
            found_[name] = {"name": name, "shape": list(tensor.shape), "dtype": tensor.dtype}
    return found_


def _within(tensor: StoredTensor, path: str, class_name: str) -> str | None:
    """What a tensor is called within a layer: after its name, or in an archive after its class; None elsewhere."""
    parts = [part for part in re.split(r"[/\\]", tensor.name) if part not in _FOLDERS]
    *models, name = path.split("/")
    snake = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", class_name)).lower()
    ends = [number for number, part in enumerate(parts[:-1]) if part in (name, snake)]
    if not ends and models and models[0] == parts[0]:  # within a wrapper, which gives its weights its own name
        ends = [number for number, part in enumerate(parts[:-1]) if part == models[0]]
    if not ends or (models and models[0] not in parts and snake not in parts):
        return None
    tail = [part.partition(":")[0] for part in parts[ends[-1] + 1 :]]
    return "/".join(f"weight_{part}" if part.isdecimal() else part for part in tail)
