"""What an allowed name takes, and why each part of it that might lead out of the tensors does not.

The tests of both environments compare every allowed symbol and operator with what their TensorFlow has: a parameter,
attribute, input or state that is not written down here fails them.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from keras2to3.scanner.allowlist.graph import CHECKPOINT_OPERATORS, TABLE_OPERATORS, allows_operator
from translation.tf_allowlist import allows_symbol

# Words of parameters that may be a path, a handle, a function or a place.
SUSPICIOUS = frozenset(
    """
    address body callable callback cell cells cmd cond command compression container cwd descriptor device devices dir
    directory encoding env executor file filename filepath fn folder format func function functions graph handle host
    initializer initializers library loop module op ops path paths pattern process resource root saver session shared
    source stream strategy uri url variable variables
    """.split()
)
_NO_FUNCTION = "a file and a followed body give texts, numbers and tensors for it, and none of those can be called"
_LAYOUT = "the order of axes or of bytes"

PARAMETERS = {
    **dict.fromkeys(
        "cell cell_bw cell_fw fn forward_window_fn loop_fn op step_function window_fn".split(), _NO_FUNCTION
    ),
    "state_saver": _NO_FUNCTION,
    "initializer": "the first value of a fold",
    "compression": "how hard an image is packed",
    "compression_type": "how the bytes of a tensor are packed",
    **dict.fromkeys("data_format diagonals_format format".split(), _LAYOUT),
    **dict.fromkeys("encoding input_encoding output_encoding".split(), "the name of an encoding that TensorFlow holds"),
    "op_seed": "a number",
    "partition_strategy": "how indices are dealt out among tensors",
    "pattern": "a regular expression, in the engine that cannot run away, or an order of axes",
    "source": "a tensor of texts, or axes",
    "top_paths": "how many guesses a decoder answers with",
    "variables": "the tensors that are derived by",
}
"""Suspicious parameters of allowed symbols, each with the reason why it is harmless."""

TEXTS = {
    **dict.fromkeys(
        "align bad_indices_policy data_format dct_method density_unit direction dst_format fill_mode format input_mode "
        "input_order interpolation kernel_type method mode noise padding rnn_mode round_mode row_partition_types "
        "set_operation src_format unit errors".split(),
        "one of a few words that the operator knows",
    ),
    **dict.fromkeys(
        "delimiter equation fill left_pad message pattern placeholder rewrite right_pad separator template "
        "xmp_metadata".split(),
        "a text that the operator reads, writes into its answer or says in an error",
    ),
    **dict.fromkeys("encoding input_encoding output_encoding".split(), PARAMETERS["encoding"]),
    **dict.fromkeys("debug_name description display_name labels".split(), "shown to people"),
    **dict.fromkeys("frame_name source tensor_array_name".split(), "tells loops and lists of one run apart"),
    **dict.fromkeys(
        "container shared_name".split(),
        "the name of a variable or table of the model: loading makes it unique, and a constant handle is refused",
    ),
    "allowed_devices": "devices of this process, of which the environments have one",
    **dict.fromkeys("config config_proto".split(), "how a call is optimised; paths in it are those of plug-ins' names"),
    "executor_type": "one of the executors that TensorFlow has",
}
"""Attributes of allowed operators that are texts."""

FUNCTIONS = frozenset("f then_branch else_branch cond body branches".split())
"""Attributes that are functions: of the graph itself, whose nodes are looked at like all others."""

HANDLES = {
    **dict.fromkeys(
        "accum accum_update gradient_accumulator gradient_squared_accumulator input linear m mg mom ms ref resource v "
        "var vhat".split(),
        "a variable of the model",
    ),
    "table_handle": "a table of the model",
    "handle": "a list of tensors of one run",
    "iterator": "nothing that is allowed makes one",
    **dict.fromkeys(
        "a b encoded_ragged encoded_ragged_grad grad_softmax input_a input_b input_handle input_handles logits "
        "optional softmax sparse_matrix".split(),
        "a value: a list of tensors, a ragged or a sparse one, or one that may be missing",
    ),
}
"""Inputs of allowed operators that are handles or values of another kind than numbers and texts."""

STATEFUL = {
    **dict.fromkeys(
        "AssignAddVariableOp AssignSubVariableOp AssignVariableOp DisableCopyOnRead ReadVariableOp VarHandleOp "
        "VarIsInitializedOp Variable VariableShape VariableV2 Empty".split(),
        "variables of the model",
    ),
    **dict.fromkeys(
        "HashTable HashTableV2 InitializeTableV2 LookupTableExportV2 LookupTableFindV2 LookupTableImportV2 "
        "LookupTableInsertV2 LookupTableRemoveV2 LookupTableSizeV2 MutableDenseHashTableV2 MutableHashTableOfTensorsV2 "
        "MutableHashTableV2".split(),
        "tables of the model",
    ),
    **dict.fromkeys(
        "AllCandidateSampler Multinomial NonDeterministicInts ParameterizedTruncatedNormal RandomGamma RandomPoisson "
        "RandomPoissonV2 RandomShuffle RandomStandardNormal RandomUniform RandomUniformInt RngReadAndSkip RngSkip "
        "SampleDistortedBoundingBox SampleDistortedBoundingBoxV2 StatefulRandomBinomial StatefulStandardNormal "
        "StatefulStandardNormalV2 StatefulTruncatedNormal StatefulUniform StatefulUniformFullInt StatefulUniformInt "
        "StatelessRandomGetAlg TruncatedNormal".split(),
        "draws random numbers",
    ),
    **dict.fromkeys("Case If StatefulPartitionedCall While".split(), "calls functions of the graph"),
    **dict.fromkeys("Assert CheckNumerics CheckNumericsV2".split(), "ends the run with an error"),
    **dict.fromkeys(
        "CudnnRNN CudnnRNNBackprop CudnnRNNBackpropV2 CudnnRNNBackpropV3 CudnnRNNV2 CudnnRNNV3".split(),
        "draws random numbers on a GPU",
    ),
    "GuaranteeConst": "hands its input on",
    "IteratorGetNext": "nothing that is allowed makes an iterator",
    **dict.fromkeys((*CHECKPOINT_OPERATORS, *TABLE_OPERATORS), "reached by whoever loads or saves the model"),
}
_STATEFUL_FAMILIES = {"ResourceApply": "variables of the model", "ResourceSparseApply": "variables of the model",
                      "ResourceScatter": "variables of the model", "ResourceGather": "variables of the model",
                      "ResourceStridedSlice": "variables of the model", "TensorArray": "a list of one run"}  # fmt: skip


def symbols_without_a_reason() -> Mapping[str, set[str]]:
    """Suspicious parameters that no reason is written for, by name, with the symbols that take them."""
    import tensorflow  # noqa: F401  (registers all of its own)
    from tensorflow.python.util import tf_export

    found = defaultdict(set)
    for symbol, value in dict(tf_export._NAME_TO_SYMBOL_MAPPING).items():
        if allows_symbol(symbol):
            for parameter in _parameters(value):
                if SUSPICIOUS & set(parameter.lower().split("_")) and parameter not in PARAMETERS:
                    found[parameter].add(symbol)
    return found


def _parameters(function: Any) -> list[str]:
    assert callable(function)
    assert not inspect.isclass(function)
    return list(inspect.signature(function).parameters)


def operators() -> Mapping[str, Any]:
    """Every allowed operator that the installed TensorFlow has, as it is registered."""
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session

    registered = op_def_pb2.OpList.FromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return {operator.name: operator for operator in registered.op if is_allowed(operator.name)}


def is_allowed(name: str) -> bool:
    """Whether a graph may hold it, wherever or where the loader needs it."""
    return allows_operator(name) or name in CHECKPOINT_OPERATORS or name in TABLE_OPERATORS


def parts_without_a_reason(operator: Any) -> Iterator[str]:
    """Attributes, inputs and state of an operator that no reason is written for."""
    from tensorflow.core.framework import types_pb2

    for attribute in operator.attr:
        if attribute.type in ("func", "list(func)") and attribute.name not in FUNCTIONS:
            yield f"function {attribute.name}"
        if attribute.type in ("string", "list(string)") and attribute.name not in TEXTS:
            yield f"text {attribute.name}"
    for taken in operator.input_arg:
        if taken.type in (types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT) and taken.name not in HANDLES:
            yield f"handle {taken.name}"
        if taken.name == "filename" and operator.name not in TABLE_OPERATORS:
            yield "path"
    if operator.is_stateful and not (operator.name in STATEFUL or operator.name.startswith((*_STATEFUL_FAMILIES,))):
        yield "state"
