"""Attacks that Keras 2.15 really carries out, for the second wall: what happens if the look has let one pass."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from tests.attacks.canary import KERNEL, Canary
from tests.models.hdf5_files import dense, layer

Config = dict[str, Any]
Store = Callable[[h5py.Group, str], None]


@dataclass(frozen=True)
class Live:
    """A file that Keras 2.15 takes, whose harm is the mark (`writes`) or the secret in what the exporter writes."""

    writes: bool
    make: Callable[[Path, Canary], None]


def _written(path: Path, layers: Sequence[Config], kernel: Store | None = None) -> None:
    """A Sequential model from four numbers on; `kernel` stores the weight of the layer `dense`."""
    architecture = {"class_name": "Sequential", "config": {"name": "model", "layers": [_input(), *layers]}}
    _stored(path, architecture, kernel)


def _input(dtype: str = "float32") -> Config:
    return {
        "class_name": "InputLayer",
        "config": {"name": "start", "batch_input_shape": [None, KERNEL[0]], "dtype": dtype},
    }


def _stored(path: Path, architecture: Config, kernel: Store | None) -> None:
    with h5py.File(path, "w") as file:
        file.attrs.update(
            {"keras_version": "2.15.0", "backend": "tensorflow", "model_config": json.dumps(architecture)}
        )
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = ["dense"] if kernel else []
        if kernel:
            group = weights.create_group("dense")
            group.attrs["weight_names"] = ["kernel"]
            kernel(group, "kernel")


def _reading(store: Callable[[h5py.Group, str, Canary], None]) -> Live:
    """A weight that lies in another file."""
    plain = dense(units=KERNEL[1], use_bias=False, activation="linear")
    return Live(False, lambda path, c: _written(path, [plain], lambda group, name: store(group, name, c)))


def _external(group: h5py.Group, name: str, canary: Canary) -> None:
    group.create_dataset(name, KERNEL, "float32", external=[(str(canary.secret), 0, 48)])


def _linked(group: h5py.Group, name: str, canary: Canary) -> None:
    group[name] = h5py.ExternalLink(str(canary.secret_h5), "/kernel")


def _virtual(group: h5py.Group, name: str, canary: Canary) -> None:
    layout = h5py.VirtualLayout(KERNEL, "float32")
    layout[:] = h5py.VirtualSource(str(canary.secret_h5), "kernel", KERNEL)
    group.create_virtual_dataset(name, layout)


def lambda_of(code: str) -> Config:
    """A Lambda that runs `code`, which Keras calls while it builds the model and whenever the model is called."""
    shape = {"output_shape": None, "output_shape_type": "raw", "output_shape_module": None}
    function = {"function": [code, None, None], "function_type": "lambda", "module": "os"}
    return layer("Lambda", "attack", **function, **shape, arguments={})


def write_lambda(path: Path, code: str) -> None:
    _written(path, [lambda_of(code)])


def _vocabulary(path: Path, canary: Canary) -> None:
    """A lookup the other way round answers with the words themselves."""
    words = layer("StringLookup", "attack", vocabulary=str(canary.secret), invert=True)
    layers = [_input("int64"), {**words, "config": {**words["config"], "dtype": "int64"}}]
    _stored(path, {"class_name": "Sequential", "config": {"name": "model", "layers": layers}}, None)


def _operators(*calls: tuple[str, Callable[[Canary], Config]]) -> Callable[[Path, Canary], None]:
    """A functional model that passes its input, as one text, through operators whenever it is called."""

    def make(path: Path, canary: Canary) -> None:
        start = {**_input(), "name": "start", "inbound_nodes": []}
        texts = [("strings.as_string", {}), ("strings.reduce_join", {})]
        layers = [start]
        for symbol, arguments in [*texts, *((symbol, of(canary)) for symbol, of in calls)]:
            node = [[layers[-1]["name"], 0, 0, arguments]]
            called = layer("TFOpLambda", f"call{len(layers)}", function=symbol)
            layers.append({**called, "name": called["config"]["name"], "inbound_nodes": node})
        ends = {"input_layers": [["start", 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]]}
        _stored(path, {"class_name": "Functional", "config": {"name": "model", "layers": layers, **ends}}, None)

    return make


def _replaced(by: Path) -> Config:
    """Whatever the text was, it is a path then."""
    return {"pattern": "^.*$", "rewrite": str(by)}


LIVE: Mapping[str, Live] = {
    "lambda": Live(True, lambda path, c: write_lambda(path, c.code)),
    "external_storage": _reading(_external),
    "external_link": _reading(_linked),
    "virtual_dataset": _reading(_virtual),
    "vocabulary": Live(False, _vocabulary),
    "reads_files": Live(
        False, _operators(("strings.regex_replace", lambda c: _replaced(c.secret)), ("io.read_file", lambda c: {}))
    ),
}
