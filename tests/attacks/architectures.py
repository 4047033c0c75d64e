"""Attacks that stand in a model's JSON, and the places in it where they may hide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.attacks.canary import Canary
from tests.models.hdf5_files import CODE, dense, layer, sequential, wrapper

Config = dict[str, Any]


@dataclass(frozen=True)
class Hostile:
    """A layer, and the policy that must be named for it; None where a name is merely one that nobody looks up."""

    policy: str | None
    make: Callable[[Canary], Config]


def function(module: str, name: str) -> Config:
    """A function as the newer dialect writes it: Keras 2.15 imports the module and takes it."""
    return {"class_name": "function", "module": module, "config": name, "registered_name": "function"}


def _activation(value: Any) -> Config:
    return layer("Activation", "attack", activation=value)


def _operator(symbol: str) -> Config:
    return layer("TFOpLambda", "attack", function=symbol)


def _of_keras(canary: Canary, **config: Any) -> Config:
    """The gadget of CVE-2025-8747: a Lambda of a named function of Keras, which safe mode lets pass."""
    arguments = {"origin": canary.secret.as_uri(), "cache_dir": str(canary.folder), "cache_subdir": "."}
    return layer("Lambda", "attack", function=function("keras.utils", "get_file"), arguments=arguments, **config)


_POPEN: Config = {"class_name": "Popen", "module": "subprocess", "config": {"args": ["true"]}}


def _followed(**config: Any) -> Config:
    """A Lambda with a body that is followed and never run, and whatever stands beside it."""
    body = {"function": [CODE, None, None], "function_type": "lambda", "module": "__main__", "output_shape_type": "raw"}
    return {"class_name": "Lambda", "config": {"name": "attack", **body, **config}}


LAYERS: Mapping[str, Hostile] = {
    # CVE-2024-3660, CVE-2025-9905
    "lambda": Hostile(
        "bytecode", lambda c: layer("Lambda", "attack", function=c.function, function_type="lambda", module="os")
    ),
    "lambda_of_the_newer_dialect": Hostile(
        "bytecode",
        lambda c: layer("Lambda", "attack", function={"class_name": "__lambda__", "config": {"value": c.function}}),
    ),
    "lambda_as_output_shape": Hostile(
        "bytecode",
        lambda c: layer("Lambda", "attack", function="relu", output_shape=c.function, output_shape_type="lambda"),
    ),
    # What stands beside a body that ours follows
    "class_as_the_shape_of_a_lambda": Hostile("foreign-code", lambda c: _followed(output_shape=_POPEN)),
    "class_among_the_shapes_of_a_lambda": Hostile("foreign-code", lambda c: _followed(output_shape=[1, [_POPEN]])),
    "class_in_the_arguments_of_a_lambda": Hostile("foreign-code", lambda c: _followed(arguments={"x": _POPEN})),
    "class_as_the_mask_of_a_lambda": Hostile("foreign-code", lambda c: _followed(mask=_POPEN)),
    "code_in_the_arguments_of_a_lambda": Hostile(
        "bytecode", lambda c: _followed(arguments={"x": {"class_name": "__lambda__", "config": {"value": c.function}}})
    ),
    "function_in_the_arguments_of_a_lambda": Hostile(
        "foreign-code", lambda c: _followed(arguments={"x": [function("os", "system")]})
    ),
    "class_within_the_shape_of_a_lambda": Hostile(
        "foreign-code",
        lambda c: _followed(output_shape={"class_name": "__lambda__", "config": {"defaults": [_POPEN]}}),
    ),
    "safe_mode_off_in_a_lambda": Hostile("safe-mode", lambda c: _followed(safe_mode=False)),
    "vocabulary_of_a_lambda": Hostile("other-files", lambda c: _followed(vocabulary=str(c.secret))),
    "name_of_a_lambda_that_climbs": Hostile("names", lambda c: _followed(name="../../attack")),
    "operator_in_a_lambda": Hostile("operators", lambda c: _followed(arguments={"x": _operator("io.write_file")})),
    "bytecode_as_activation": Hostile("bytecode", lambda c: dense("attack", activation=c.function)),
    "lambda_as_activation": Hostile(
        "bytecode",
        lambda c: dense("attack", activation={"class_name": "__lambda__", "config": {"value": c.function}}),
    ),
    "lambda_layer_as_activation": Hostile(
        "bytecode", lambda c: dense("attack", activation={"class_name": "Lambda", "config": {"function": c.function}})
    ),
    "bytecode_in_a_wrapper_of_cells": Hostile(
        "bytecode",
        lambda c: layer("ResidualWrapper", "attack", residual_fn=c.function, residual_fn_type="lambda"),
    ),
    # CVE-2025-1550
    "module": Hostile("foreign-code", lambda c: {**layer("Dense", "attack"), "module": "os", "registered_name": None}),
    "module_like_keras": Hostile("foreign-code", lambda c: {**layer("Dense", "attack"), "module": "keras_evil.layers"}),
    "registered_name": Hostile(
        None, lambda c: {**layer("Dense", "attack"), "module": None, "registered_name": "Evil>Dense"}
    ),
    "registered_class": Hostile(None, lambda c: layer("Evil>Dense", "attack")),
    "custom_class": Hostile(None, lambda c: layer("Attack", "attack")),
    "function_of_the_host": Hostile("foreign-code", lambda c: _activation(function("os", "system"))),
    "function_of_builtins": Hostile("foreign-code", lambda c: _activation(function("builtins", "eval"))),
    "known_name_elsewhere": Hostile("foreign-code", lambda c: _activation(function("evil", "relu"))),
    "named_activation": Hostile(None, lambda c: dense("attack", activation="my_activation")),
    "named_recurrent_activation": Hostile(None, lambda c: layer("GRU", "attack", recurrent_activation="eval")),
    "initializer": Hostile(
        "foreign-code", lambda c: dense("attack", kernel_initializer=function("subprocess", "check_output"))
    ),
    "initializer_class": Hostile(
        "foreign-code",
        lambda c: dense("attack", bias_initializer={"class_name": "Popen", "module": "subprocess", "config": {}}),
    ),
    "regularizer": Hostile("foreign-code", lambda c: dense("attack", kernel_regularizer=function("os", "remove"))),
    "constraint": Hostile("foreign-code", lambda c: dense("attack", bias_constraint=function("shutil", "rmtree"))),
    "type_of_an_input": Hostile(
        "foreign-code",
        lambda c: layer(
            "InputLayer", "attack", type_spec={"class_name": "__typespec__", "spec_name": "x", "module": "os"}
        ),
    ),
    # CVE-2025-8747
    "get_file": Hostile("foreign-code", lambda c: _activation(function("keras.utils", "get_file"))),
    "load_model": Hostile("foreign-code", lambda c: _activation(function("keras.models", "load_model"))),
    "get_file_in_a_lambda": Hostile("bytecode", _of_keras),
    # CVE-2025-9906
    "safe_mode_off": Hostile(
        "safe-mode",
        lambda c: _activation({**function("keras.config", "enable_unsafe_deserialization"), "args": []}),
    ),
    "safe_mode_off_by_its_inner_name": Hostile(
        "safe-mode",
        lambda c: _activation(function("keras.src.saving.serialization_lib", "enable_unsafe_deserialization")),
    ),
    "safe_mode_off_in_a_config": Hostile("safe-mode", lambda c: layer("Dense", "attack", safe_mode=False)),
    # CVE-2025-12058
    "vocabulary_of_the_host": Hostile(
        "other-files", lambda c: layer("StringLookup", "attack", vocabulary=str(c.secret))
    ),
    "vocabulary_by_address": Hostile(
        "other-files", lambda c: layer("IntegerLookup", "attack", vocabulary="http://169.254.169.254/latest")
    ),
    "vocabulary_of_texts": Hostile(
        "other-files", lambda c: layer("TextVectorization", "attack", vocabulary=c.secret.as_uri())
    ),
    "idf_weights_of_the_host": Hostile(
        "other-files", lambda c: layer("StringLookup", "attack", vocabulary=["a"], idf_weights=str(c.secret))
    ),
    "vocabulary_file_of_a_feature_column": Hostile(
        "other-files",
        lambda c: layer(
            "DenseFeatures",
            "attack",
            feature_columns=[
                {"class_name": "VocabularyFileCategoricalColumn", "config": {"vocabulary_file": str(c.secret)}}
            ],
        ),
    ),
    # CVE-2026-1462
    "saved_model": Hostile("other-files", lambda c: layer("TFSMLayer", "attack", filepath=str(c.folder))),
    # CVE-2026-0897
    "more_units_than_weights": Hostile("promises", lambda c: dense("attack", units=2**40)),
    "more_units_as_text": Hostile("promises", lambda c: dense("attack", units=str(2**40))),
    "more_units_as_a_fraction": Hostile("promises", lambda c: dense("attack", units=1e12)),
    "more_inputs_than_weights": Hostile(
        "promises", lambda c: layer("Embedding", "attack", input_dim=2**40, output_dim=8)
    ),
    # CVE-2026-12479
    "name_that_climbs": Hostile("names", lambda c: dense("../../attack")),
    "name_from_the_root": Hostile("names", lambda c: dense("/tmp/attack")),
    "name_that_climbs_as_windows_does": Hostile("names", lambda c: dense("..\\..\\attack")),
    "name_that_steers_a_terminal": Hostile("names", lambda c: dense("attack\x1b[2J")),
    # Operators, which Keras calls while it loads
    "writes_files": Hostile("operators", lambda c: _operator("io.write_file")),
    "reads_files": Hostile("operators", lambda c: _operator("io.read_file")),
    "fetches": Hostile("operators", lambda c: _operator("keras.utils.get_file")),
    "calls_python": Hostile("operators", lambda c: _operator("numpy_function")),
    "slices_by_anything": Hostile("operators", lambda c: layer("SlicingOpLambda", "attack", function="py_function")),
    "raw_operator": Hostile(
        "operators", lambda c: layer("TensorFlowOpLayer", "attack", node_def={"name": "x", "op": "ReadFile"})
    ),
    "raw_operator_as_bytes": Hostile(
        "operators", lambda c: layer("TensorFlowOpLayer", "attack", node_def="\n\x01x\x12\x08ReadFile")
    ),
    "class_method": Hostile(
        "operators", lambda c: layer("ClassMethod", "attack", cls_symbol="io.TFRecordWriter", method_name="write")
    ),
    "method": Hostile("operators", lambda c: layer("InstanceMethod", "attack", attr_name="__class__")),
}

PLACES: Mapping[str, Callable[[Config], Config]] = {
    "at_the_top": lambda attack: sequential(dense(), attack),
    "in_a_list": lambda attack: {"class_name": "Sequential", "config": [dense(), attack]},
    "two_deep": lambda attack: sequential(sequential(sequential(attack, name="inner"), name="middle")),
    "wrapped": lambda attack: sequential(wrapper("TimeDistributed", attack)),
    "in_a_wrapped_model": lambda attack: sequential(wrapper("TimeDistributed", sequential(attack))),
    "backward": lambda attack: sequential(layer("Bidirectional", "b", layer=dense(), backward_layer=attack)),
    "as_a_cell": lambda attack: sequential(layer("RNN", "r", cell=attack)),
    "among_stacked_cells": lambda attack: sequential(
        layer("RNN", "r", cell={"class_name": "StackedRNNCells", "config": {"cells": [attack]}})
    ),
    "in_a_call": lambda attack: {
        "class_name": "Functional",
        "config": {"name": "m", "layers": [{**dense(), "inbound_nodes": [[["x", 0, 0, {"mask": attack}]]]}]},
    },
    "in_a_tuple": lambda attack: sequential(layer("RNN", "r", cell={"class_name": "__tuple__", "items": [attack]})),
    "under_an_unknown_key": lambda attack: sequential(dense(extra={"deeper": [[attack]]})),
    "as_a_loss": lambda attack: {**sequential(dense()), "compile_config": {"loss": attack}},
    "as_a_metric_two_deep": lambda attack: sequential(
        {**sequential(dense(), name="inner"), "compile_config": {"metrics": [[attack]], "optimizer": None}}
    ),
    "in_the_way_it_is_built": lambda attack: {**sequential(dense()), "build_config": {"input_shape": attack}},
}
