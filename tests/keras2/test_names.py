"""The names of the static look are those the installed Keras 2.15 resolves, no more and no fewer."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from keras2to3.scanner.allowlist import names, operators
from translation.tf_allowlist import SYMBOLS, allows_symbol

# Callables that the deserialisers see beside their classes, because they look names up in a whole module.
HELPERS = {"deserialize", "deserialize_keras_object", "get", "keras_export", "serialize", "serialize_keras_object"}
HOST = {
    "file",
    "filename",
    "filepath",
    "path",
    "dir",
    "directory",
    "url",
    "uri",
    "host",
    "address",
    "root",
    "container",
}


@pytest.fixture(scope="module")
def symbols() -> dict[str, Any]:
    """Every public symbol by the name an operator layer may give it."""
    import keras  # noqa: F401  (registers Keras's own)
    from tensorflow.python.util import tf_export

    return dict(tf_export._NAME_TO_SYMBOL_MAPPING)


def exported(symbols: dict[str, Any], namespace: str, what=inspect.isclass) -> set[str]:
    return {name.removeprefix(namespace) for name in symbols if name.startswith(namespace) and what(symbols[name])}


def callables_of(module: ModuleType) -> set[str]:
    return {name for name, value in vars(module).items() if callable(value) and not name.startswith("_")} - HELPERS


def test_layers(symbols):
    from keras.src.layers import serialization

    serialization.populate_deserializable_objects()
    public = {name.rpartition(".")[2] for name in exported(symbols, "keras.layers.")}
    assert set(serialization.LOCAL.ALL_OBJECTS) | public == names.LAYERS | {"Lambda"}


def test_layers_of_applications():
    from exporter.load.build import _unlisted
    from exporter.load.custom_objects import NO_CUSTOM_OBJECTS

    addons = names.ADDONS | names.ADDONS_ACTIVATIONS
    assert (
        set(_unlisted(trust=False, own=NO_CUSTOM_OBJECTS)) - names.LAYERS - {"Lambda", "ReplacedLambda"}
        == names.APPLICATIONS | addons
    )


def test_kernels_of_random_fourier_features():
    from keras.src.layers import kernelized

    assert set(kernelized._SUPPORTED_RBF_KERNEL_TYPES) == names.FOURIER_KERNELS


def test_initializers():
    from keras.src import initializers

    initializers.populate_deserializable_objects()
    assert set(initializers.LOCAL.ALL_OBJECTS) == names.INITIALIZERS


def test_regularizers_and_constraints():
    from keras.src import constraints, regularizers

    assert callables_of(regularizers) == names.REGULARIZERS
    assert callables_of(constraints) == names.CONSTRAINTS


def test_activations():
    from keras.src import activations
    from keras.src.layers import activation

    assert callables_of(activations) | callables_of(activation) == names.ACTIVATIONS


def test_feature_columns():
    from tensorflow.python.feature_column import serialization

    columns = {column.__name__ for column in serialization._FEATURE_COLUMNS}
    assert columns - names.INITIALIZERS == names.FEATURE_COLUMNS


def test_what_a_model_is_compiled_with(symbols):
    losses, metrics = exported(symbols, "keras.losses."), exported(symbols, "keras.metrics.")
    assert losses - {"Reduction"} | {"LossFunctionWrapper"} == names.LOSSES
    assert {name for name in metrics if "." not in name} == names.METRICS
    optimizers = {name.rpartition(".")[2] for name in exported(symbols, "keras.optimizers.")}
    assert optimizers | {"LossScaleOptimizer"} == names.OPTIMIZERS
    functions = exported(symbols, "keras.losses.", inspect.isfunction) | exported(
        symbols, "keras.metrics.", inspect.isfunction
    )
    assert {name for name in functions if "." not in name} - HELPERS == names.COMPILED_FUNCTIONS


def test_every_operator_exists(symbols):
    assert {name for name in SYMBOLS if not {name, f"compat.v1.{name}"} & set(symbols)} == set()


def test_every_raw_operator_exists():
    from tensorflow.python.framework import op_def_registry

    assert {name for name in operators.RAW_OPERATORS if op_def_registry.get(name) is None} == set()


def test_attributes_are_those_keras_delegates():
    import tensorflow as tf
    from keras.src.engine import keras_tensor
    from keras.src.layers.core import tf_op_layer

    tensors = (keras_tensor.RaggedKerasTensor, keras_tensor.SparseKerasTensor)
    delegated = {
        name for kind in tensors for name, value in vars(kind).items() if _closes_over_a_name(value, tf_op_layer)
    }
    assert delegated == operators.ATTRIBUTES
    assert all(hasattr(tf.RaggedTensor, name) for name in operators.CLASS_METHODS)


def _closes_over_a_name(value: Any, module: ModuleType) -> bool:
    function = value.fget if isinstance(value, property) else value
    return getattr(function, "__module__", None) == module.__name__


def test_no_operator_that_is_allowed_reaches_for_the_host(symbols):
    allowed = {name: value for name, value in symbols.items() if allows_symbol(name)}
    assert len(allowed) > 1000
    suspects = {name for name, value in allowed.items() if callable(value) and _takes(value, HOST)}
    assert suspects == set()


def _takes(function: Any, words: set[str]) -> bool:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    return any(words & set(name.lower().split("_")) for name in parameters)


def test_every_operator_of_the_importer_exists_and_takes_these_arguments(symbols):
    from translation import operators

    table = operators.table()
    assert set(table) - set(symbols) == set()
    wrong = {name: strange for name in table if (strange := _strange(table[name], symbols[name]))}
    # Its signature is `**kwargs`, and its documentation names the one it takes.
    assert wrong == {"meshgrid": {"indexing"}}


def test_every_family_of_operators_names_the_files_that_define_its_functions(symbols):
    import tensorflow as tf

    from translation import operators

    packages = Path(tf.__file__).parents[1]
    for family in operators.families():
        functions = [symbols[name] for operator in family.OPERATORS for name in operator.names]
        files = {Path(inspect.getsourcefile(inspect.unwrap(function))) for function in functions}
        defining = {path.relative_to(packages).as_posix() for path in files}
        assert {path for path in family.SOURCES if path.endswith(".py")} == defining, family.__name__
        assert [path for path in family.SOURCES if not (packages / path).is_file()] == [], family.__name__


def _strange(operator: Any, function: Any) -> set[str]:
    """Arguments of an operator that TensorFlow's function does not have."""
    taken = set(list(inspect.signature(operator.build).parameters)[1:])
    formerly = {"dim", "squeeze_dims", "value"}  # what TensorFlow 1 called them, and TensorFlow 2 reads in old files
    return taken - formerly - set(inspect.signature(function).parameters)
