"""The TensorFlow symbols and raw operators an operator layer may name: tensors in, tensors out, nothing of the host.

Keras calls them while it loads the model, so `io.write_file` or `keras.utils.get_file` would run before any other
check. What is allowed here is safe to load; whether it can be migrated is the importer's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keras2to3.scanner.allowlist.names import words
from keras2to3.scanner.readers.protobuf import MalformedError, fields, text
from translation.tf_allowlist import allows_symbol

# What TF 2.0 to 2.3 wrote as `TensorFlowOpLayer`: operators of the graph by their own names.
RAW_OPERATORS = words("""
    Abs Acos Acosh Add AddN AddV2 All Any ArgMax ArgMin Asin Asinh Atan Atan2 Atanh AvgPool AvgPool3D BatchMatMul
    BatchMatMulV2 BatchMatMulV3 BatchToSpace BatchToSpaceND BiasAdd Bincount Bitcast BroadcastTo Cast Ceil
    CheckNumerics ClipByValue Complex ComplexAbs Concat ConcatV2 Conj Const Conv2D Conv2DBackpropInput Conv3D Cos
    Cosh CropAndResize Cumprod Cumsum DepthToSpace DepthwiseConv2dNative Diag DiagPart Digamma Div
    DivNoNan Einsum Elu EnsureShape Equal Erf Erfc Exp ExpandDims Expm1 ExtractImagePatches FFT FFT2D Fill Floor
    FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 Gather GatherNd GatherV2 Greater
    GreaterEqual IFFT IFFT2D IRFFT Identity IdentityN Imag InTopK InTopKV2 Inv InvertPermutation IsFinite IsInf
    IsNan L2Loss LRN LeakyRelu Less LessEqual Lgamma LinSpace Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr
    MatMul MatrixBandPart MatrixDeterminant MatrixDiag MatrixDiagPart MatrixInverse MatrixSetDiag Max MaxPool
    MaxPool3D MaxPoolV2 MaxPoolWithArgmax Maximum Mean Min Minimum MirrorPad Mod Mul MulNoNan Multinomial Neg
    NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 NotEqual
    OneHot OnesLike Pack Pad PadV2 Pow PreventGradient Prod RFFT RFFT2D RandomShuffle RandomStandardNormal
    RandomUniform RandomUniformInt Range Rank Real RealDiv Reciprocal Relu Relu6 Reshape ResizeBicubic
    ResizeBilinear ResizeNearestNeighbor Reverse ReverseSequence ReverseV2 Rint Roll Round Rsqrt ScatterNd
    SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum Select SelectV2 Selu Shape ShapeN Sigmoid Sign Sin
    Sinh Size Slice Softmax Softplus Softsign SpaceToBatch SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square
    SquaredDifference Squeeze StopGradient StridedSlice Sub Sum Svd Tan Tanh TensorScatterAdd TensorScatterSub
    TensorScatterUpdate Tile TopK TopKV2 Transpose TruncateDiv TruncateMod TruncatedNormal Unique Unpack
    UnsortedSegmentMax UnsortedSegmentSum Where Xdivy Xlogy ZerosLike Zeta
""")

# The properties and methods Keras itself delegates to ragged and sparse tensors.
ATTRIBUTES = words("""
    bounding_shape dense_shape flat_values indices merge_dims nested_row_lengths nested_row_splits nested_value_rowids
    nrows row_lengths row_limits row_splits row_starts to_sparse to_tensor value_rowids values with_flat_values
    with_row_splits_dtype with_values
""")

CLASS_METHODS = words("""
    from_nested_row_lengths from_nested_row_splits from_row_lengths from_row_limits from_row_splits from_row_starts
    from_sparse from_tensor from_uniform_row_length from_value_rowids from_nested_value_rowids
""")


MAX_NODE = 1 << 20
"""Characters of a NodeDef: Keras keeps the constants of such a layer beside it."""

_MALFORMED = "malformed NodeDef"


def allows_raw(node: object) -> bool:
    """Whether a `TensorFlowOpLayer` may hold this NodeDef, as a dict or as protobuf bytes in a string."""
    return raw_operator(node) in RAW_OPERATORS


def raw_operator(node: object) -> str | None:
    """The operator's name in a NodeDef; None if it is not certain."""
    if isinstance(node, Mapping):
        operator = node.get("op")
        return operator if isinstance(operator, str) else None
    if not isinstance(node, str):
        return None
    if len(node) > MAX_NODE:
        return _MALFORMED
    try:
        operators = [*_operators(memoryview(node.encode("utf-8", "surrogatepass")))]
    except MalformedError:
        return _MALFORMED
    return operators[0] if len(operators) == 1 else None


def _operators(message: memoryview) -> Iterator[str]:
    """Every value of field 2 of a NodeDef. All fields of a NodeDef are texts or messages."""
    for number, value in fields(message):
        if not isinstance(value, memoryview):
            raise MalformedError("a field that no NodeDef has")
        if number == 2:
            yield text(value)


def problem_of(class_name: str, config: Mapping[str, Any]) -> tuple[str, object] | None:
    """The config key and value an operator layer may not have; None when all is well or it is no such layer."""
    for key, allows in _CHECKED.get(class_name, {}).items():
        value = config.get(key)
        if not allows(value):
            return key, raw_operator(value) if key == "node_def" else value
    return None


# What Keras 2.15 leaves out of a file when it saves a call, and what it would have kept.
_LOST = {
    "__operators__.eq": ("what x == y compares its tensor with", "tf.equal(x, y)"),
    "__operators__.ne": ("what x != y compares its tensor with", "tf.not_equal(x, y)"),
    "einsum": ("the tensors that tf.einsum multiplies", "tf.matmul, tf.tensordot or keras.layers.EinsumDense"),
}


def lost_in(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """What the calls of an operator layer lack, and how to write it so that it is saved; None if they are whole."""
    config, calls = entry.get("config"), entry.get("inbound_nodes")
    function = config.get("function") if isinstance(config, Mapping) else None
    if entry.get("class_name") != "TFOpLambda" or not isinstance(function, str) or not isinstance(calls, list):
        return None
    return _LOST.get(function) if any(map(_is_bare, calls)) else None


def _is_bare(call: object) -> bool:
    """Whether a call has only its first argument."""
    return isinstance(call, list) and len(call) == 4 and isinstance(call[3], Mapping) and not call[3].keys() - {"name"}


_CHECKED: dict[str, dict[str, Any]] = {
    "TFOpLambda": {"function": allows_symbol},
    "SlicingOpLambda": {"function": allows_symbol},
    "TensorFlowOpLayer": {"node_def": allows_raw},
    "ClassMethod": {
        "cls_symbol": lambda name: name in ("RaggedTensor", "compat.v1.RaggedTensor"),
        "method_name": lambda name: isinstance(name, str) and name in CLASS_METHODS,
    },
    "InstanceProperty": {"attr_name": lambda name: isinstance(name, str) and name in ATTRIBUTES},
    "InstanceMethod": {"attr_name": lambda name: isinstance(name, str) and name in ATTRIBUTES},
}
