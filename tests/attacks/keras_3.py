"""Files that Keras 3 has saved, with a function in them: stock Keras 3 opens those as they are."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.attacks import containers
from tests.attacks.canary import Canary
from tests.models import hdf5_files
from tests.models.hdf5_files import CODE

Config = dict[str, Any]
VERSION = "3.8.0"
_RELU = {"class_name": "function", "module": "keras.activations", "config": "relu", "registered_name": "relu"}


def layer(class_name: str, module: str = "keras.layers", **config: Any) -> Config:
    """A layer as Keras 3 writes it."""
    full = {"name": "attack", "trainable": True, "dtype": "float32", **config}
    return {"class_name": class_name, "module": module, "registered_name": None, "config": full}


def dense(**config: Any) -> Config:
    return layer("Dense", **{"name": "dense", "units": 3, **config})


def sequential(*layers: Config) -> Config:
    start = {"batch_shape": [None, 4], "dtype": "float32", "name": "start"}
    first = {"class_name": "InputLayer", "module": "keras.layers", "registered_name": None, "config": start}
    config = {"name": "model", "trainable": True, "dtype": "float32", "layers": [first, *layers]}
    return {"class_name": "Sequential", "module": "keras", "registered_name": "Sequential", "config": config}


def code_of(canary: Canary) -> Config:
    """A function of the dialect of Keras 3."""
    return {"class_name": "__lambda__", "config": {"code": canary.code, "defaults": None, "closure": None}}


def value_of(canary: Canary) -> Config:
    """One as it stands where any object of Keras may stand."""
    return {"class_name": "__lambda__", "config": {"value": canary.function}}


def _named(module: str, name: str) -> Config:
    return {"class_name": "function", "module": module, "config": name, "registered_name": name}


def _popen(canary: Canary) -> Config:
    return {"class_name": "Popen", "module": "subprocess", "config": {"args": ["touch", str(canary.mark)]}}


def _wrapped(class_name: str, module: Config) -> Config:
    """A layer around a model of another framework."""
    bare = layer(class_name)
    return {**bare, "config": {**bare["config"], "module": module}}


def _with(entry: Config, **more: Any) -> Config:
    return {**entry, **more}


BODY: Mapping[str, Callable[[Canary], Config]] = {
    "lambda": lambda c: layer("Lambda", function=code_of(c), arguments={}),
    "lambda_of_an_inner_module": lambda c: layer("Lambda", "keras.src.layers.core.lambda_layer", function=code_of(c)),
    "lambda_that_says_its_name": lambda c: _with(layer("Lambda", function=code_of(c)), registered_name="Lambda"),
    "lambda_that_is_shared": lambda c: _with(layer("Lambda", function=code_of(c)), shared_object_id=7),
}
"""Those whose code a Keras 3 that does not ask for safe mode runs, when the model is opened."""

SHAPE: Mapping[str, Callable[[Canary], Config]] = {
    "shape": lambda c: layer("Lambda", function=_RELU, output_shape=code_of(c)),
}
"""Those whose code it runs when somebody asks for the shape."""

STORED: Mapping[str, tuple[str, Callable[[Canary], Config]]] = {
    **{name: ("bytecode", make) for name, make in (*BODY.items(), *SHAPE.items())},
    "lambda_with_a_shape": ("bytecode", lambda c: layer("Lambda", function=code_of(c), output_shape=[4])),
    "lambda_without_a_module": ("bytecode", lambda c: _with(layer("Lambda", function=code_of(c)), module=None)),
    "lambda_that_could_be_followed": (
        "bytecode",
        lambda c: layer("Lambda", function={"class_name": "__lambda__", "config": {"code": CODE}}),
    ),
    "lambda_of_the_older_dialect": (
        "bytecode",
        lambda c: layer("Lambda", function=[CODE, None, None], function_type="lambda", module="os"),
    ),
    "lambda_by_name": ("bytecode", lambda c: layer("Lambda", function=_RELU)),
    "lambda_by_a_bare_name": ("bytecode", lambda c: layer("Lambda", function="relu", function_type="function")),
    "lambda_of_the_host": ("foreign-code", lambda c: layer("Lambda", function=_named("os", "system"))),
    "mask": ("bytecode", lambda c: layer("Lambda", function=_RELU, mask=code_of(c))),
    "arguments": ("bytecode", lambda c: layer("Lambda", function=_RELU, arguments={"x": value_of(c)})),
    "class_as_a_shape": ("foreign-code", lambda c: layer("Lambda", function=code_of(c), output_shape=_popen(c))),
    "class_among_shapes": ("foreign-code", lambda c: layer("Lambda", function=code_of(c), output_shape=[_popen(c)])),
    "class_as_a_mask": ("foreign-code", lambda c: layer("Lambda", function=code_of(c), mask=_popen(c))),
    "class_among_defaults": (
        "foreign-code",
        lambda c: layer("Lambda", function={"class_name": "__lambda__", "config": {"defaults": [_popen(c)]}}),
    ),
    "class_as_an_argument": (
        "foreign-code",
        lambda c: layer("Lambda", function=code_of(c), arguments={"x": _popen(c)}),
    ),
    "activation": ("bytecode", lambda c: dense(activation=value_of(c))),
    "initializer": ("bytecode", lambda c: dense(kernel_initializer=value_of(c))),
    "regularizer": ("bytecode", lambda c: dense(kernel_regularizer=value_of(c))),
    "activation_that_is_a_lambda": ("bytecode", lambda c: dense(activation=layer("Lambda", function=code_of(c)))),
    "way_it_is_built": ("bytecode", lambda c: _with(dense(), build_config={"input_shape": value_of(c)})),
    "way_it_is_compiled": ("bytecode", lambda c: _with(dense(), compile_config={"loss": value_of(c)})),
    "metric": (
        "bytecode",
        lambda c: _with(
            dense(), compile_config={"metrics": [layer("MeanMetricWrapper", "keras.metrics", fn=value_of(c))]}
        ),
    ),
    "operation": ("bytecode", lambda c: layer("Map", "keras.src.ops.core", f=value_of(c))),
    "pickle_of_torch": (
        "bytecode",
        lambda c: _wrapped("TorchModuleWrapper", {"class_name": "__bytes__", "config": {}}),
    ),
    "function_of_jax": ("bytecode", lambda c: layer("JaxLayer", call_fn=value_of(c))),
    "module_of_flax": ("bytecode", lambda c: _wrapped("FlaxLayer", _named("os", "system"))),
}
"""By the law that must be named."""

PLACES: Mapping[str, Callable[[Config], Config]] = {
    "at_the_top": lambda attack: sequential(dense(), attack),
    "two_deep": lambda attack: sequential(sequential(sequential(attack))),
    "wrapped": lambda attack: sequential(layer("TimeDistributed", layer=attack)),
    "in_a_call": lambda attack: sequential(_with(dense(), inbound_nodes=[{"args": [], "kwargs": {"mask": attack}}])),
}


def h5(path: Path, architecture: Any) -> None:
    hdf5_files.write(path, architecture, keras_version=VERSION)


def keras(path: Path, architecture: Any) -> None:
    metadata = json.dumps({"keras_version": VERSION, "date_saved": "2025-01-01@00:00:00"}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**containers.members(path, architecture), "metadata.json": metadata}.items():
            archive.writestr(name, content)


FORMATS: Mapping[str, tuple[str, Callable[[Path, Config], None]]] = {"h5": (".h5", h5), "keras": (".keras", keras)}
