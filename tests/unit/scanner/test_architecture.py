"""The static look at architectures that name what is not Keras's own, wherever in the JSON they name it."""

from __future__ import annotations

import copy
import json

import pytest

from interchange.errors import Exit, Failure, Problem
from keras2to3.scanner import architecture
from keras2to3.scanner.examine import scan_model
from tests.models.hdf5_files import CODE, dense, lambda_layer, layer, sequential, wrapper, write
from tests.support.work import calls_of, counted

ATTACKS = {
    "lambda layer": lambda_layer("attack"),
    "registered class": layer("Package>Attack", "attack"),
    "custom class": layer("Attack", "attack"),
    "foreign module": {**layer("Dense", "attack"), "module": "os", "registered_name": None},
    "module that begins like Keras": {**layer("Dense", "attack"), "module": "keras_evil", "registered_name": None},
    "function of the host": layer(
        "Activation",
        "attack",
        activation={"class_name": "function", "module": "os", "config": "system", "registered_name": "function"},
    ),
    "function of Keras that fetches": layer(
        "Activation", "attack", activation={"class_name": "function", "module": "keras.utils", "config": "get_file"}
    ),
    "known function elsewhere": layer(
        "Activation", "attack", activation={"class_name": "function", "module": "evil", "config": "relu"}
    ),
    "lambda as activation": dense(
        "attack", activation={"class_name": "__lambda__", "config": {"value": [CODE, None, None]}}
    ),
    "bytecode as activation": dense("attack", activation=[CODE, None, None]),
    "layer as activation": dense("attack", activation={"class_name": "Lambda", "config": {"function": [CODE]}}),
    "unknown activation": dense("attack", activation="my_activation"),
    "unknown recurrent activation": layer("LSTM", "attack", recurrent_activation="my_activation"),
    "unknown initializer": dense("attack", kernel_initializer="my_initializer"),
    "unknown initializer class": dense("attack", kernel_initializer={"class_name": "Mine", "config": {}}),
    "TensorFlow's module of initializers for another class": {
        **layer("Dense", "attack"),
        "module": "tensorflow.python.ops.init_ops_v2",
        "registered_name": None,
    },
    "initializer of a module": dense(
        "attack", kernel_initializer={"class_name": "Zeros", "config": {}, "module": "evil", "registered_name": None}
    ),
    "unknown regularizer": dense("attack", kernel_regularizer="my_regularizer"),
    "unknown constraint": dense("attack", bias_constraint={"class_name": "Pkg>Mine", "config": {}}),
    "a class of the wrong kind": dense("attack", kernel_initializer={"class_name": "Dense", "config": {}}),
    "bytecode in a cell wrapper": layer(
        "ResidualWrapper", "attack", residual_fn=[CODE], residual_fn_type="lambda", residual_fn_module="os"
    ),
    "operator that writes files": layer("TFOpLambda", "attack", function="io.write_file"),
    "operator that fetches": layer("TFOpLambda", "attack", function="keras.utils.get_file"),
    "slicing by anything": layer("SlicingOpLambda", "attack", function="numpy_function"),
    "raw operator": layer("TensorFlowOpLayer", "attack", node_def={"name": "x", "op": "ReadFile"}),
    "raw operator as bytes": layer("TensorFlowOpLayer", "attack", node_def="\n\x01x\x12\x08ReadFile"),
    "class method": layer("ClassMethod", "attack", cls_symbol="io.TFRecordWriter", method_name="write"),
    "method": layer("InstanceMethod", "attack", attr_name="__class__"),
    "saved model": layer("TFSMLayer", "attack", filepath="/elsewhere"),
    "vocabulary in a file": layer("StringLookup", "attack", vocabulary="/etc/passwd"),
    "plain data of a module": layer(
        "Dense", "attack", extra={"class_name": "NDArray", "module": "os", "registered_name": None, "config": {}}
    ),
    "type of an input": layer(
        "InputLayer", "attack", type_spec={"class_name": "__typespec__", "spec_name": "x", "module": "os", "config": []}
    ),
    "name that is a path": dense("../attack"),
    "name that steers a terminal": dense("attack\x1b[2J"),
    "more units than weights": dense("attack", units=2**40),
    "more units as text": dense("attack", units=str(2**40)),
    "class name that is no string": {"class_name": ["Dense"], "config": {"name": "attack"}},
    "layer before Keras 1": layer("TimeDistributedMerge", "attack"),
}

HIDING_PLACES = {
    "top": lambda attack: sequential(dense(), attack),
    "as a list": lambda attack: {"class_name": "Sequential", "config": [dense(), attack]},
    "nested two deep": lambda attack: sequential(sequential(sequential(attack, name="inner"), name="middle")),
    "inside a wrapper": lambda attack: sequential(wrapper("TimeDistributed", attack)),
    "inside a model inside a wrapper": lambda attack: sequential(wrapper("TimeDistributed", sequential(attack))),
    "backward layer": lambda attack: sequential(layer("Bidirectional", "b", layer=dense(), backward_layer=attack)),
    "as a cell": lambda attack: sequential(layer("RNN", "r", cell=attack)),
    "among stacked cells": lambda attack: sequential(
        layer("RNN", "r", cell={"class_name": "StackedRNNCells", "config": {"cells": [attack]}})
    ),
    "argument of a call": lambda attack: {
        "class_name": "Functional",
        "config": {"name": "m", "layers": [{**dense(), "inbound_nodes": [[["x", 0, 0, {"mask": attack}]]]}]},
    },
    "in a tuple": lambda attack: sequential(layer("RNN", "r", cell={"class_name": "__tuple__", "items": [attack]})),
    "under an unknown key": lambda attack: sequential(dense(extra={"deeper": [[attack]]})),
    "in the way it is compiled": lambda attack: {**sequential(dense()), "compile_config": {"loss": attack}},
    "in the way it is built": lambda attack: {**sequential(dense()), "build_config": {"input_shape": attack}},
}


def refusal_of(path) -> Failure:
    with pytest.raises(Failure) as caught, counted() as work:
        scan_model(path)
    assert work.calls < 3_000_000
    assert caught.value.code is Exit.REFUSED
    return caught.value


def problems_of(*layers) -> list[Problem]:
    return architecture.problems_of(sequential(*layers), elements=12)


@pytest.mark.parametrize("place", HIDING_PLACES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_found_wherever_it_hides(attack, place):
    found = architecture.problems_of(HIDING_PLACES[place](copy.deepcopy(ATTACKS[attack])), elements=12)
    assert found
    assert all(problem.text and problem.unblock for problem in found)
    assert all(problem.layer.isprintable() and str(problem.value).isprintable() for problem in found)
    assert not any(CODE in str(problem.value) for problem in found)


@pytest.mark.parametrize("place", HIDING_PLACES)
def test_the_hiding_places_themselves_are_harmless(place):
    assert not architecture.problems_of(HIDING_PLACES[place](dense("fine")), elements=12)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_from_a_file(tmp_path, attack):
    assert refusal_of(write(tmp_path / "model.h5", sequential(ATTACKS[attack]))).problems


def test_a_problem_names_the_path_of_its_layer():
    inner = sequential(wrapper("TimeDistributed", lambda_layer("f"), name="td"), name="encoder")
    (problem,) = problems_of(inner)
    assert (problem.layer, problem.class_name) == ("encoder/td/f", "Lambda")


def test_a_problem_names_key_and_value():
    (problem,) = problems_of(layer("LSTM", "lstm", recurrent_activation="my_" + "x" * 500))
    assert (problem.layer, problem.class_name, problem.key) == ("lstm", "LSTM", "recurrent_activation")
    assert problem.value.startswith("my_x")
    assert len(problem.value) < 100


def test_all_problems_come_at_once():
    found = problems_of(lambda_layer("a"), dense("b", activation="mine"), layer("Mine", "c"))
    assert [problem.layer for problem in found] == ["a", "b", "c"]


def test_the_outermost_model_has_no_path():
    (problem,) = architecture.problems_of({"class_name": "MyModel", "config": {"name": "m"}}, elements=0)
    assert (problem.layer, problem.class_name) == ("", "MyModel")


def test_the_problems_of_a_file_full_of_them_end():
    assert len(problems_of(*[lambda_layer()] * 5000)) == architecture.MAX_PROBLEMS


BENIGN = {
    "plain": dense(),
    "newer dialect": {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {
            "name": "d",
            "kernel_initializer": {
                "module": "keras.initializers",
                "class_name": "Zeros",
                "config": {},
                "registered_name": None,
            },
            "activation": {
                "module": "builtins",
                "class_name": "function",
                "config": "relu6",
                "registered_name": "function",
            },
        },
        "registered_name": None,
        "build_config": {"input_shape": [None, 4]},
    },
    "layer as activation": dense(activation={"class_name": "LeakyReLU", "config": {"alpha": 0.3, "name": "l"}}),
    "nothing as initializer": dense(kernel_initializer=None, kernel_regularizer=None, bias_constraint=None),
    "names of old": dense(kernel_initializer="glorot_uniform", activation="hard_sigmoid"),
    "regularizer": dense(kernel_regularizer={"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}}),
    "initializer of TensorFlow": dense(
        bias_initializer={
            "module": "tensorflow.python.ops.init_ops_v2",
            "class_name": "Constant",
            "config": {"value": 0},
            "registered_name": "Constant",
        }
    ),
    "layer Keras registers as custom": layer("Custom>CustomScaleLayer", "c", scale=0.2),
    "policy": dense(dtype={"class_name": "Policy", "config": {"name": "mixed_float16"}}),
    "operator": layer("TFOpLambda", "tf.math.multiply", function="math.multiply"),
    "slice": layer("SlicingOpLambda", "s", function="__operators__.getitem"),
    "raw operator": layer("TensorFlowOpLayer", "t", node_def={"name": "t", "op": "Transpose"}, constants={"1": [0, 1]}),
    "raw operator as bytes": layer("TensorFlowOpLayer", "t", node_def="\n\x01t\x12\x05AddV2\x1a\x01x"),
    "ragged": layer("ClassMethod", "c", cls_symbol="RaggedTensor", method_name="from_tensor"),
    "words": layer("StringLookup", "w", vocabulary=["lambda", "../x", "os"]),
    "a tensor's type": layer(
        "InputLayer",
        "i",
        type_spec={"class_name": "TypeSpec", "type_spec": "tf.RaggedTensorSpec", "serialized": [{}]},
    ),
    "plain data": layer(
        "Normalization", "n", mean={"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "float32"}}
    ),
    "a compiled model in a wrapper": wrapper(
        "TimeDistributed",
        {
            **sequential(dense()),
            "module": "keras",
            "registered_name": None,
            "compile_config": {
                "optimizer": {
                    "module": "keras.optimizers",
                    "class_name": "Adam",
                    "config": {},
                    "registered_name": None,
                },
                "loss": "my_own_loss",
                "metrics": [
                    {"module": "builtins", "class_name": "function", "config": "mse", "registered_name": "function"}
                ],
            },
        },
    ),
}


@pytest.mark.parametrize("config", [None, [], ["x"], "x", {"function": 3}, {"function": [None]}])
def test_a_lambda_whose_config_is_nonsense_is_refused_by_policy(config: object) -> None:
    (problem,) = architecture.problems_of({"class_name": "Lambda", "config": config}, 10)
    assert problem.policy == "bytecode"


_OBJECTS = {
    "class": lambda: layer("Dense", "x"),
    "function": lambda: {"class_name": "function", "module": "builtins", "config": "relu", "registered_name": "relu"},
    "type": lambda: {"class_name": "__typespec__", "spec_name": "TensorSpec", "module": "tf.types", "config": []},
    "array": lambda: {"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "float32"}},
    "addon": lambda: {"class_name": "GELU", "registered_name": "Addons>GELU", "config": {"name": "x"}},
    "Lambda": lambda_layer,
}
_OTHER_TYPES = {"module": [7, True, [], ["x"], {}, {"a": 1}], "config": [7, 1.5, True]}
_OTHER_TYPES["registered_name"] = _OTHER_TYPES["module"]


@pytest.mark.parametrize("by_keras_3", [False, True])
@pytest.mark.parametrize("kind", _OBJECTS)
@pytest.mark.parametrize("key", _OTHER_TYPES)
def test_what_says_of_itself_what_is_no_text_is_refused_by_its_form(kind, key, by_keras_3):
    for value in _OTHER_TYPES[key]:
        for place in (
            lambda x: x,
            lambda x: layer("Activation", "a", activation=x),
            lambda x: layer("Dense", "d", extra=[x]),
        ):
            broken = sequential(place({**_OBJECTS[kind](), key: copy.deepcopy(value)}))
            assert "form" in {problem.policy for problem in architecture.problems_of(broken, 10, by_keras_3)}, value


@pytest.mark.parametrize("name", BENIGN)
def test_what_keras_writes_passes(tmp_path, name):
    assert scan_model(write(tmp_path / "model.h5", sequential(BENIGN[name]))).format == "h5"


@pytest.mark.parametrize(
    "training",
    [
        {"loss": "my_own_loss", "metrics": ["mine"]},
        {"optimizer_config": {"class_name": "Package>Mine", "config": {}}},
        {"loss": "<lambda>", "metrics": [{"class_name": "MeanMetricWrapper", "config": {"fn": "mine"}}]},
        {"loss": {"module": "builtins", "class_name": "function", "config": "mine", "registered_name": "function"}},
        {"loss": {"module": "__main__", "class_name": "Mine", "config": {}, "registered_name": "Mine"}},
    ],
)
def test_how_a_model_was_trained_is_never_loaded_and_so_never_refused(tmp_path, training):
    assert scan_model(write(tmp_path / "model.h5", training_config=json.dumps(training))).training == training


UNSAFE_TRAINING = {
    "bytecode": {"class_name": "__lambda__", "config": {"value": [CODE]}},
    "a Lambda": lambda_layer("attack"),
    "a foreign module": {"class_name": "function", "module": "os", "config": "system", "registered_name": "function"},
    "a foreign class": {"class_name": "Popen", "module": "subprocess", "config": {}, "registered_name": None},
    "a built-in": {"class_name": "function", "module": "builtins", "config": "exec", "registered_name": "function"},
    "a name that is a path of attributes": {"class_name": "os.system", "module": "__main__", "config": {}},
    "a utility of Keras": {"class_name": "function", "module": "keras.utils", "config": "get_file"},
    "a utility of Keras as a class": {"class_name": "get_file", "module": "keras.utils", "config": {}},
    "one behind a registered name": {
        "class_name": "Mine",
        "module": "keras.utils",
        "registered_name": "get_file",
        "config": {},
    },
    "a vocabulary": layer("StringLookup", "s", vocabulary="/etc/passwd"),
    "a switch": {"class_name": "function", "module": "keras.config", "config": "enable_unsafe_deserialization"},
}


@pytest.mark.parametrize("name", UNSAFE_TRAINING)
@pytest.mark.parametrize("key", ["loss", "metrics", "optimizer_config"])
def test_what_is_unsafe_is_refused_in_the_way_a_model_was_trained_too(tmp_path, name, key):
    text = json.dumps({"loss": "mse", key: [[UNSAFE_TRAINING[name]]]})
    problems = refusal_of(write(tmp_path / "model.h5", training_config=text)).problems
    assert all(problem.policy for problem in problems)


POLICIES = {
    "lambda layer": "bytecode",
    "bytecode as activation": "bytecode",
    "foreign module": "foreign-code",
    "function of the host": "foreign-code",
    "function of Keras that fetches": "foreign-code",
    "type of an input": "foreign-code",
    "plain data of a module": "foreign-code",
    "operator that writes files": "operators",
    "raw operator": "operators",
    "vocabulary in a file": "other-files",
    "saved model": "other-files",
    "name that is a path": "names",
    "more units than weights": "promises",
    "class name that is no string": "form",
    "registered class": None,
    "custom class": None,
    "unknown activation": None,
    "layer before Keras 1": None,
}


@pytest.mark.parametrize("attack", POLICIES)
def test_an_attack_breaks_a_law_and_what_is_unknown_breaks_none(attack):
    assert problems_of(ATTACKS[attack])[0].policy == POLICIES[attack]


def test_a_config_cannot_switch_the_safe_mode_off():
    (problem,) = problems_of(dense("d", extra={"safe_mode": False}))
    assert (problem.policy, problem.key, problem.value) == ("safe-mode", "safe_mode", "False")


def test_trust_lifts_what_is_code_and_nothing_else(tmp_path):
    lifted = sequential(lambda_layer("f"), layer("TFOpLambda", "t", function="io.write_file"))
    path = write(tmp_path / "model.h5", lifted)
    assert scan_model(path, trust=True).architecture == lifted
    standing = write(tmp_path / "model.h5", sequential(lambda_layer("f"), dense("../x")))
    with pytest.raises(Failure) as caught:
        scan_model(standing, trust=True)
    assert [problem.policy for problem in caught.value.problems] == ["names"]


@pytest.mark.parametrize(
    ("function", "first", "instead"),
    [
        ("__operators__.eq", ["x", 0, 0], "tf.equal"),
        ("__operators__.ne", ["x", 0, 0], "tf.not_equal"),
        ("einsum", ["_CONSTANT_VALUE", -1, "ij,jk->ik"], "tf.matmul"),
    ],
)
def test_what_keras_2_has_left_out_of_a_call_is_told_with_the_way_out(function, first, instead):
    entry = layer("TFOpLambda", "t", function=function)
    (problem,) = problems_of({**entry, "inbound_nodes": [[*first, {"name": None}]]})
    assert (problem.value, problem.policy) == (function, None)
    assert instead in problem.unblock
    assert problems_of({**entry, "inbound_nodes": [[*first, {"other": ["y", 0, 0]}]]}) == []


def test_a_refusal_names_the_first_part_in_its_first_line(tmp_path):
    path = write(tmp_path / "model.h5", sequential(layer("TFOpLambda", "t", function="io.write_file")))
    with pytest.raises(Failure, match=r"the first: t \(TFOpLambda\), io.write_file\."):
        scan_model(path)


def test_a_problem_says_whether_trust_would_help():
    code, path = problems_of(lambda_layer("f"), dense("../x"))
    assert "let `--trust` run the bytecode" in code.unblock
    assert "not even `--trust`" in path.unblock


DEEP = 100_000
MALFORMED = {
    "no JSON": "Sequential",
    "no object": "[]",
    "cut short": '{"class_name": "Sequential"',
    "deep lists": '{"a":' * DEEP + "1" + "}" * DEEP,
    "deep objects": '{"class_name": "Sequential", "config": ' + "[" * DEEP + "]" * DEEP + "}",
    "just too deep": '{"a":' + "[" * 150 + "]" * 150 + "}",
    "twice the same key": '{"class_name": "Sequential", "class_name": "Lambda", "config": {"layers": []}}',
    "twice the same key inside": '{"class_name": "Sequential", "config": {"layers": [], "layers": []}}',
    "an endless number": '{"class_name": "Sequential", "config": {"seed": ' + "9" * 10_000 + "}}",
    "a million lists": '{"class_name": "Sequential", "config": {"layers": [' + "[]," * 10**6 + "[]]}}",
    "bytes that are no text": b'{"class_name": "\xff\xfe"}',
}


@pytest.mark.parametrize("name", MALFORMED)
def test_an_architecture_nobody_can_trust(tmp_path, name):
    assert refusal_of(write(tmp_path / "model.h5", MALFORMED[name])).problems


def test_an_architecture_that_is_no_text(tmp_path):
    path = write(tmp_path / "model.h5", model_config=[1, 2, 3])
    assert "not text" in refusal_of(path).problems[0].text


def test_nan_and_infinity_are_numbers(tmp_path):
    text = '{"class_name": "Sequential", "config": {"name": "s", "layers": [], "x": [NaN, Infinity, -Infinity]}}'
    assert scan_model(write(tmp_path / "model.h5", text)).format == "h5"


def test_a_large_honest_architecture_takes_little_work_a_layer(tmp_path):
    path = write(tmp_path / "model.h5", sequential(*(dense(f"dense_{index}") for index in range(3000))))
    calls = calls_of(lambda: scan_model(path))
    assert calls < 1_000 * 3_000


ADDONS = {
    "in HDF5": layer("Addons>GELU", "a", approximate=True),
    "in an archive": {
        **layer("GELU", "a", approximate=True),
        "module": "tensorflow_addons.layers.gelu",
        "registered_name": "Addons>GELU",
    },
    "an activation in HDF5": dense("a", activation="Addons>gelu"),
    "an activation in an archive": dense(
        "a",
        activation={"class_name": "function", "module": None, "config": "gelu", "registered_name": "Addons>gelu"},
    ),
}
NO_ADDONS = {
    "another package": {**layer("GELU", "a"), "module": "evil", "registered_name": "Evil>GELU"},
    "another class": {**layer("Popen", "a"), "module": "subprocess", "registered_name": "Addons>GELU"},
    "another function": dense(
        "a",
        activation={"class_name": "function", "module": "os", "config": "system", "registered_name": "Addons>gelu"},
    ),
}


@pytest.mark.parametrize("name", ADDONS)
def test_what_tensorflow_addons_registered_is_known(tmp_path, name):
    assert scan_model(write(tmp_path / "model.h5", sequential(ADDONS[name]))).problems == ()


@pytest.mark.parametrize("name", NO_ADDONS)
def test_what_only_looks_like_it_is_refused(tmp_path, name):
    assert refusal_of(write(tmp_path / "model.h5", sequential(NO_ADDONS[name]))).problems


def in_keras_3(path, *layers):
    """A file of Keras 3 with what Keras 2.15 does not know, as an archive or an architecture alone."""
    policy = {"class_name": "DTypePolicy", "module": "keras", "config": {"name": "float32"}, "registered_name": None}
    inner = [{**each, "config": {**each["config"], "dtype": policy}} for each in layers]
    if path.suffix == ".json":
        path.write_text(json.dumps(sequential(*inner)))
        return path
    return write(path, sequential(*inner), keras_version="3.15.1")


@pytest.mark.parametrize(
    "added", [lambda_layer("f"), dense("f", activation={"class_name": "__lambda__", "config": {"value": [CODE]}})]
)
def test_a_file_of_keras_3_is_told_as_keras_3(tmp_path, added):
    with pytest.raises(Failure) as caught:
        scan_model(in_keras_3(tmp_path / "a.h5", added))
    (problem,) = caught.value.problems
    assert (problem.layer, problem.policy) == ("f", "bytecode")
    assert str(problem.unblock).startswith("Build the model again in Keras 3")
    assert "--" not in str(problem.unblock)


@pytest.mark.parametrize(("added", "says"), [(layer("Own", "own"), "nothing to migrate"), (lambda_layer("f"), None)])
def test_an_architecture_of_keras_3_is_none_to_migrate(tmp_path, added, says):
    with pytest.raises(Failure, match="is an architecture of Keras 3") as caught:
        scan_model(in_keras_3(tmp_path / "a.json", added, dense("d")))
    assert (says or "None") in str(caught.value.hint)
