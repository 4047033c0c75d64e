"""Models of Keras 1 as models of Keras 2: a Sequential that begins by merging others becomes a graph."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from interchange.layer_path import LayerPath
from translation.config_tree import layers_of, path_of
from translation.keras1_to_2.layers import Spelling
from translation.keras2_to_runnable import Normalised

Entry = Mapping[str, Any]
_MODELS = ("Sequential", "Model")


def is_model(entry: Entry) -> bool:
    """Whether an entry is a model of Keras 1."""
    return entry.get("class_name") in _MODELS


def model(spelling: Spelling, entry: Entry, path: LayerPath) -> Entry:
    """A model at `path`, empty for the outermost one, with all that is in it; it keeps its connections to others."""
    if entry["class_name"] == "Sequential":
        named = sequential(entry)
        if branches(named):
            graph = _Graph(spelling, path)
            return {**named, "class_name": "Functional", "config": graph.of(named)}
        return {**named, "config": {**named["config"], "layers": [*_chain(spelling, named, path)]}}
    config = entry["config"]
    layers = [{**_spelled(spelling, layer, path), "name": layer["name"]} for layer in config["layers"]]
    whole = {new["name"] for old, new in zip(config["layers"], layers) if not is_model(old) and _has_own_call(new)}
    connected = {key: _moved_on(config[key], whole) for key in ("input_layers", "output_layers")}
    layers = [{**layer, "inbound_nodes": _moved_on(layer["inbound_nodes"], whole)} for layer in layers]
    return {**entry, "class_name": "Functional", "config": {**config, **connected, "layers": layers}}


def _has_own_call(entry: Entry) -> bool:
    """Whether the first call of a layer is one of its own: a graph has been called on its inputs when it was made."""
    return entry["class_name"] == "Functional"


def _moved_on(value: Any, whole: Collection[str]) -> Any:
    """Connections, as [layer, call, tensor, ...], where some layers have become a `whole` graph and count from one."""
    if not isinstance(value, list):
        return value
    if len(value) > 2 and isinstance(value[0], str):
        name, call, *rest = value
        return [name, call + (name in whole), *rest]
    return [_moved_on(item, whole) for item in value]


def sequential(entry: Entry, name: str | None = None) -> Entry:
    """A Sequential whose config names it and its layers; Keras 1 wrote the bare list of layers.

    A Sequential within has no name in that list, and gets one from its place.
    """
    config, name = entry["config"], name or entry.get("name") or "sequential"
    config = config if isinstance(config, Mapping) else {"layers": config}
    layers = [_named(layer, f"{name}_{place}") for place, layer in enumerate(config["layers"])]
    return {**entry, "config": {"name": name, **config, "layers": layers}}


def _named(entry: Entry, name: str) -> Entry:
    is_bare = entry.get("class_name") == "Sequential" and "name" not in entry
    return sequential(entry, name) if is_bare and not _own_name(entry) else entry


def _own_name(entry: Entry) -> Any:
    config = entry.get("config")
    return config.get("name") if isinstance(config, Mapping) else None


def name_of(entry: Entry) -> str:
    """What a layer or a named model is called."""
    return str(entry.get("name") or _own_name(entry) or "")


def branches(entry: Entry) -> list[Entry]:
    """What a Sequential merges before its first layer; nothing where it does not."""
    layers = layers_of(entry)
    first = layers[0] if layers else {}
    if first.get("class_name") != "Merge":
        return []
    merged = first["config"].get("layers") or []
    return [_named(branch, f"{name_of(entry)}_{place}") for place, branch in enumerate(merged)]


def gives_mask(entry: Entry) -> bool:
    """Whether the output of a model has a mask: one is made in it, and no layer behind that ends it."""
    masked = False
    for layer in layers_of(entry):
        config = layer["config"]
        inner = config["layer"]["config"] if "layer" in config else config
        if is_model(layer):
            masked |= gives_mask(layer)
        elif layer["class_name"] == "Masking" or config.get("mask_zero"):
            masked = True
        elif not inner.get("return_sequences", True) or layer["class_name"] == "Lambda":
            masked = False
    return masked


def _spelled(spelling: Spelling, entry: Entry, path: LayerPath) -> Entry:
    place = path_of(entry, path)
    return model(spelling, entry, place) if is_model(entry) else spelling.layer(entry, place)


def _chain(spelling: Spelling, entry: Entry, path: LayerPath) -> Iterator[Entry]:
    """The layers of a Sequential; an input of another dtype than float gets a layer of its own."""
    for place, layer in enumerate(layers_of(entry)):
        made = _spelled(spelling, layer, path)
        start = _start(layer) if place == 0 else None
        if start is not None and start["config"].get("dtype", "float32") != "float32":
            yield start
        yield made


def _start(entry: Entry) -> Entry | None:
    """The input layer that Keras 1 puts before a layer that knows the shape of its input."""
    config = entry["config"]
    if not isinstance(config, Mapping) or "batch_input_shape" not in config:
        return None
    keys = {"batch_input_shape": "batch_input_shape", "input_dtype": "dtype"}
    settings = {new: config[old] for old, new in keys.items() if old in config}
    return {"class_name": "InputLayer", "config": {"name": f"{name_of(entry)}_input", **settings}}


@dataclass
class _Graph:
    """The layers of a Sequential and of what it merges, with their connections; one that is shared stands once."""

    spelling: Spelling
    path: LayerPath
    layers: dict[str, dict[str, Any]] = field(default_factory=dict)
    inputs: list[list[Any]] = field(default_factory=list)

    def of(self, entry: Entry) -> Mapping[str, Any]:
        """The config of the model."""
        output = self._sequence(entry)
        config = {"name": name_of(entry), "layers": [*self.layers.values()]}
        return {**config, "input_layers": self.inputs, "output_layers": [output]}

    def _sequence(self, entry: Entry) -> list[Any]:
        """Add the layers of a Sequential; returns where its output comes from."""
        merged = branches(entry)
        sources = [self._unmasked(branch, self._branch(branch)) for branch in merged]
        layers = layers_of(entry)
        if not merged:
            start = _start(layers[0])
            sources = [self._input(start)] if start else self._branch_inputs(layers[0])
        for layer in layers:
            sources = [self._add(layer, sources)]
        return sources[0]

    def _branch(self, entry: Entry) -> list[Any]:
        if entry["class_name"] == "Sequential":
            return self._sequence(entry)
        if is_model(entry):
            return self._add(entry, self._branch_inputs(entry))
        self.spelling.refuse(self.path, str(entry["class_name"]), "a layer that is merged is in no Sequential or Model")
        return self._add(entry, [])

    def _unmasked(self, branch: Entry, source: list[Any]) -> list[Any]:
        """Keras 1 forgets the mask of what an outermost Sequential merges; a padding of nothing forgets it as well."""
        if self.path or not gives_mask(branch):
            return source
        name = f"{name_of(branch)}_unmasked"
        text = "the mask ends here, because Keras 1 drops it"
        self.spelling.tell(Normalised(name, "Merge", text))
        self.layers[name] = {
            "class_name": "ZeroPadding1D",
            "name": name,
            "config": {"name": name, "padding": 0},
            "inbound_nodes": [[[*source, {}]]],
        }
        return [name, 0, 0]

    def _branch_inputs(self, entry: Entry) -> list[list[Any]]:
        """Inputs for a model: the same as it has itself."""
        config = entry["config"]
        if not isinstance(config, Mapping):
            return []
        found = {name_of(layer): layer for layer in config.get("layers", ())}
        return [
            self._input(self.spelling.layer(found[name], path_of(found[name], self.path)))
            for name, *_ in config.get("input_layers", ())
        ]

    def _input(self, entry: Entry) -> list[Any]:
        name = name_of(entry)
        if name not in self.layers:
            self.layers[name] = {**entry, "name": name, "inbound_nodes": []}
            self.inputs.append([name, 0, 0])
        return [name, 0, 0]

    def _add(self, entry: Entry, sources: list[list[Any]]) -> list[Any]:
        """Call a layer on what comes from its sources; a name that is there already is a layer that is shared."""
        name = name_of(entry)
        if name not in self.layers:
            made = _spelled(self.spelling, entry, self.path)
            inner = {key: value for key, value in made["config"].items() if key != "batch_input_shape"}
            self.layers[name] = {**made, "config": inner, "name": name, "inbound_nodes": []}
        nodes = self.layers[name]["inbound_nodes"]
        nodes.append([[*source, {}] for source in sources])
        before = is_model(entry) or _has_own_call(self.layers[name])
        return [name, len(nodes) - 1 + before, 0]
