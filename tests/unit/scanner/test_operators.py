"""Which operators an operator layer may name."""

from __future__ import annotations

import pytest

from keras2to3.scanner.allowlist.operators import allows_raw, raw_operator
from translation.tf_allowlist import allows_symbol


@pytest.mark.parametrize(
    "name",
    "math.add nn.relu cast concat one_hot image.resize compat.v1.shape compat.v1.math.add linalg.matmul strings.lower "
    "__operators__.getitem keras.backend.mean keras.losses.mse experimental.numpy.add math.special.dawsn "
    "io.decode_raw debugging.assert_equal compat.v1.to_float".split(),
)
def test_tensors_in_tensors_out(name):
    assert allows_symbol(name)


@pytest.mark.parametrize(
    "name",
    "io.write_file io.read_file compat.v1.read_file compat.v1.write_file io.gfile.rmtree compat.v1.gfile.Remove "
    "keras.utils.get_file keras.models.load_model keras.saving.load_model saved_model.load load_library "
    "load_op_library compat.v1.load_file_system_library py_function numpy_function compat.v1.py_func raw_ops.ReadFile "
    "keras.backend.clear_session keras.backend.set_floatx random.set_seed nn.fixed_unigram_candidate_sampler "
    "compat.v1.random.fixed_unigram_candidate_sampler keras.losses.deserialize keras.layers.Lambda "
    "compat.v1.keras.utils.get_file compat.v1.compat.v1.math.add math math. .add math.__class__ math.add.__call__ "
    "debugging.experimental.enable_dump_debug_info data.experimental.save summary.create_file_writer "
    "experimental.numpy.experimental_enable_numpy_behavior os.system".split(),
)
def test_anything_else(name):
    assert not allows_symbol(name)


@pytest.mark.parametrize("name", [None, 3, ["math.add"], "", "math.add\n", "math.add; x"])
def test_what_is_no_name(name):
    assert not allows_symbol(name)


@pytest.mark.parametrize(
    ("node", "operator"),
    [
        ({"name": "x", "op": "AddV2"}, "AddV2"),
        ({"name": "x", "op": ["AddV2"]}, None),
        ({}, None),
        ("\n\x01x\x12\x05AddV2\x1a\x01y", "AddV2"),
        ("\n\x01x\x12\x05AddV2\x12\x08ReadFile", None),
        ("\n\x01x\x12\x7fAddV2", "malformed NodeDef"),
        ("\n\x01x\x12\x05AddV2\x1a\x7f", "malformed NodeDef"),
        ("\x08\x01", "malformed NodeDef"),
        ("\x80" * 100, "malformed NodeDef"),
        ("\n\x01x\x12\x05AddV2" + "\x1a\x01y" * 400_000, "malformed NodeDef"),
        ("\x11Identity", "malformed NodeDef"),
        ("\x11Identity\x12\x08ReadFile", "malformed NodeDef"),
        ("", None),
        (7, None),
    ],
)
def test_the_operator_of_a_node(node, operator):
    assert raw_operator(node) == operator
    assert allows_raw(node) is (operator == "AddV2")
