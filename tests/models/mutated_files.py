"""Honest files of every format with something changed at random, in their bytes or in their JSON."""

from __future__ import annotations

import copy
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.attacks import containers, growing
from tests.attacks.protobuf import message
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, lambda_layer, layer, sequential, wrapper

Config = dict[str, Any]


def _architecture() -> Config:
    """A functional model with something of most kinds in it."""
    zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}
    column = {
        "class_name": "NumericColumn",
        "config": {"key": "a", "shape": {"class_name": "TensorShape", "items": [1]}},
    }
    policy = {"class_name": "Policy", "config": {"name": "float32"}}
    spec = {"class_name": "TypeSpec", "type_spec": "tf.TensorSpec", "serialized": [[None, 4], "float32"]}
    layers = [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [None, 4], "dtype": "float32"}},
        dense("d", 4, kernel_initializer=zeros, kernel_regularizer={"class_name": "L2", "config": {"l2": 0.1}}),
        {**layer("Dense", "own", units=4), "registered_name": "Mine>Dense", "module": "mine"},
        layer("Activation", "a", activation={"class_name": "function", "config": "relu", "module": "builtins"}),
        layer("StringLookup", "s", vocabulary=["a", "b"], dtype=policy, num_oov_indices=1),
        lambda_layer("l"),
        layer("TFOpLambda", "t", function="math.add"),
        layer("TensorFlowOpLayer", "r", node_def="\n\x01x\x12\x05AddV2", constants={"1": 1.0}),
        wrapper("TimeDistributed", sequential(dense("inner"), name="within"), "w"),
        layer("RNN", "rnn", cell=[{"class_name": "LSTMCell", "config": {"units": 3}}], units=3),
        layer("Bidirectional", "b", layer=layer("GRU", "g", units=2), backward_layer=layer("GRU", "h", units=2)),
        layer("DenseFeatures", "f", feature_columns=[column]),
        layer("BatchNormalization", "n", axis=[1], gamma_initializer="ones", beta_regularizer=None),
        layer("Mine", "m", thing={"class_name": "__typespec__", "spec_name": "TensorSpec", "module": "tf.x"}, of=spec),
    ]
    for before, after in zip(layers, layers[1:]):
        after["inbound_nodes"] = [[[before["config"]["name"], 0, 0, {}]]]
    layers[0]["inbound_nodes"] = []
    named = [{**item, "name": item["config"]["name"]} for item in layers]
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["m", 0, 0]]}
    compiled = {"loss": "mse", "optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.1}}}
    return {
        "class_name": "Functional",
        "config": {"name": "model", "layers": named, **ends},
        "compile_config": compiled,
    }


def _make_benign(architecture: Config) -> None:
    """Leave out what is refused, so that what comes after the scan is reached as well."""
    layers = architecture["config"]["layers"]
    good = [item for item in layers if item["name"] in ("in", "d", "a", "w", "b", "n")]
    for before, after in zip(good, good[1:]):
        after["inbound_nodes"] = [[[before["name"], 0, 0, {}]]]
    architecture["config"] = {**architecture["config"], "layers": good, "output_layers": [["n", 0, 0]]}


def _npz(path: Path, _: Any) -> None:
    np.savez(path, a=np.arange(6, dtype="float32").reshape(2, 3), b=np.array(["x", "yz"]))


def _checkpoint(path: Path, _: Any) -> None:
    names = (b"_CHECKPOINTABLE_OBJECT_GRAPH", b"model/kernel", b"model/kernel/.OPTIMIZER_SLOT/adam/m")
    growing.checkpoint(path, [(0, name, growing.entry(4, 3)) for name in names])


def _weights(path: Path, _: Any) -> None:
    hdf5_files.write_weights(path)


def _keras_3(path: Path, architecture: Any) -> None:
    hdf5_files.write(path, architecture, keras_version="3.4.1")


def _saved_model(path: Path, architecture: Any) -> None:
    containers.saved_model(path, architecture)
    _checkpoint(path / "variables" / "variables.index", None)
    (path / "variables" / "variables.data-00000-of-00001").write_bytes(message((1, 1)) * 24)


FORMATS: Mapping[str, tuple[str, Callable[[Path, Any], None]]] = {
    **containers.FORMATS,
    "savedmodel": ("", _saved_model),
    "keras3": (".h5", _keras_3),
    "npz": (".npz", _npz),
    "checkpoint": (".index", _checkpoint),
    "weights": (".weights.h5", _weights),
}
_WITHOUT_JSON = ("npz", "checkpoint", "weights")

# What stands in the place of something else.
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 10**400, 0.5, float("nan"), float("inf"), 1e300, "", "x", "relu", "..",
    "\0", "x" * 5_000, "\ud800", [], {}, [[]], [None], ["a"], [1, 2, 3], {"a": 1}, {"class_name": "Dense"},
    {"class_name": None}, {"class_name": ["x"]}, {"class_name": {}}, {"class_name": "__tuple__", "items": [1, 2]},
    {"config": []}, {"class_name": "function", "config": {"a": 1}}, {"class_name": "__lambda__"},
    {"class_name": "Lambda", "config": None}, {"class_name": "__typespec__"}, {"class_name": "__numpy__", "value": 1},
    {"class_name": "TensorShape", "items": {}}, {"class_name": "Sequential", "config": []},
    {"class_name": "Functional", "config": {"layers": [1]}}, {"class_name": "Mine", "config": {"name": []}},
    {"class_name": "TypeSpec", "type_spec": "x", "serialized": None}, {"class_name": "Dense", "registered_name": [1]},
    {"class_name": "Dense", "module": ["x"]},
)  # fmt: skip
_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 1 << 24, 1 << 31, (1 << 32) - 1, 1 << 40, 1 << 62, (1 << 64) - 1)


def mutated(kind: str, folder: Path, seed: int) -> Path:
    """A file or folder of a format in `FORMATS` with a change or two, the same for the same seed."""
    chance = random.Random(f"{kind} {seed}")
    suffix, write = FORMATS[kind]
    path = folder / f"model{suffix}"
    architecture = copy.deepcopy(_architecture())
    if chance.random() < 0.5:
        _make_benign(architecture)
    if kind not in _WITHOUT_JSON and chance.random() < 0.5:
        for _ in range(chance.randint(1, 3)):
            _change_value(architecture, chance)
        write(path, architecture)
        return path
    write(path, architecture)
    if suffix in (".keras", ".npz") and chance.random() < 0.5:
        _change_member(path, chance)
        return path
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    file = chance.choice(files)
    file.write_bytes(_changed(file.read_bytes(), chance))
    return path


def _change_value(value: Any, chance: random.Random) -> None:
    """Put something else into one place of a value from JSON."""
    places = list(_places(value))
    holder, key = chance.choice(places)
    how = chance.random()
    if how < 0.7:
        holder[key] = copy.deepcopy(chance.choice(_VALUES))
    elif how < 0.8 and isinstance(holder, dict):
        del holder[key]
    elif how < 0.9 and isinstance(holder, dict):
        holder[chance.choice(("class_name", "config", "name", "module", "registered_name", "layers"))] = holder.pop(key)
    else:
        holder[key] = copy.deepcopy(chance.choice(places)[0])


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _change_member(path: Path, chance: random.Random) -> None:
    """Change a member of an archive, whose checksums are those of what it holds then."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(content))
    content[name] = _changed(content[name], chance)
    with zipfile.ZipFile(path, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for member, data in content.items():
            archive.writestr(member, data)


def _changed(content: bytes, chance: random.Random) -> bytes:
    """Bytes with some others in them, or without some."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        how = chance.randrange(6)
        if how == 0:
            data[at : at + 1] = bytes([chance.randrange(256)])
        elif how == 1:
            size = chance.choice((1, 2, 4, 8))
            number = chance.choice(_NUMBERS) % (1 << 8 * size)
            data[at : at + size] = number.to_bytes(size, "little")
        elif how == 2:
            del data[at : at + chance.randint(1, 64)]
        elif how == 3:
            data[at:at] = data[at : at + chance.randint(1, 64)]
        elif how == 4:
            start = chance.randrange(len(data) + 1)
            data[at : at + 8] = data[start : start + 8]
        else:
            data[at : at + 2] = data[at + 1 : at - 1 : -1] if at else b"\xff\xff"
    return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.05 else data)
