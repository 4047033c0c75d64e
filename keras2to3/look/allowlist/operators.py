"""The TensorFlow symbols and raw operators an operator layer may name: tensors in, tensors out, nothing of the host.

Keras calls them while it loads the model, so `io.write_file` or `keras.utils.get_file` would run before any other
check. What is allowed here is safe to load; whether it can be migrated is the importer's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from keras2to3.look.allowlist.names import words

_PURE_NAMESPACES = r"""
    bitwise|dtypes|experimental\.numpy|image|linalg|math|math\.special|nn|quantization|ragged|random|sets|signal
    |sparse|spectral|strings|keras\.activations|keras\.backend|keras\.losses|keras\.metrics
    |__operators__
"""
_IN_NAMESPACE = re.compile(rf"(compat\.v1\.)?({_PURE_NAMESPACES})\.[A-Za-z]\w*", re.VERBOSE)
_CODECS_AND_CHECKS = re.compile(r"(compat\.v1\.)?(io\.(de|en)code_\w+|debugging\.(assert_\w+|check_numerics))")

# In these namespaces, yet they change the process's state or take the path of a file.
_IMPURE = re.compile(
    r"""keras\.backend\.(batch_set_value|clear_session|eval|function|get_session|get_value|manual_\w+|reset_\w+|set_\w+)
    |random\.(create_rng_state|get_global_generator|set_\w+)
    |experimental\.numpy\.experimental_\w+
    |(nn|random)\.fixed_unigram_candidate_sampler
    |keras\.\w+\.(de)?serialize|keras\.\w+\.get""",
    re.VERBOSE,
)

TOP_LEVEL = words("""
    abs accumulate_n acos acosh add add_n angle arg_max arg_min argmax argmin argsort as_dtype as_string asin asinh
    assert_equal assert_greater assert_greater_equal assert_less assert_less_equal assert_rank atan atan2 atanh
    batch_gather batch_to_space batch_to_space_nd betainc bincount bitcast boolean_mask broadcast_dynamic_shape
    broadcast_static_shape broadcast_to cast ceil check_numerics cholesky cholesky_solve clip_by_average_norm
    clip_by_global_norm clip_by_norm clip_by_value complex concat confusion_matrix conj constant convert_to_tensor
    cos cosh count_nonzero cross cumprod cumsum decode_base64 decode_raw depth_to_space diag diag_part digamma div
    div_no_nan divide dynamic_partition dynamic_stitch edit_distance eig eigvals einsum encode_base64 ensure_shape
    equal erf erfc exp expand_dims expm1 extract_image_patches extract_volume_patches eye fft fft2d fft3d fill
    fingerprint floor floor_div floordiv floormod gather gather_nd global_norm greater greater_equal
    guarantee_const histogram_fixed_width histogram_fixed_width_bins identity identity_n ifft ifft2d ifft3d igamma
    igammac imag invert_permutation is_finite is_inf is_nan is_non_decreasing is_strictly_increasing lbeta less
    less_equal lgamma lin_space linspace log log1p log_sigmoid logical_and logical_not logical_or logical_xor matmul
    matrix_band_part matrix_determinant matrix_diag matrix_diag_part matrix_inverse matrix_set_diag matrix_solve
    matrix_square_root matrix_transpose matrix_triangular_solve maximum meshgrid minimum mod multinomial multiply
    negative no_op norm not_equal one_hot ones ones_like pad parallel_stack polygamma pow qr random_crop
    random_gamma random_normal random_poisson random_shuffle random_uniform range rank real realdiv reciprocal
    reduce_all reduce_any reduce_join reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum
    regex_replace repeat required_space_to_batch_paddings reshape reverse reverse_sequence reverse_v2 rint roll
    round rsqrt saturate_cast scalar_mul scatter_nd searchsorted segment_max segment_mean segment_min segment_prod
    segment_sum self_adjoint_eig sequence_mask setdiff1d shape shape_n sigmoid sign sin sinh size slice sort
    space_to_batch space_to_batch_nd space_to_depth sparse_add sparse_concat sparse_mask sparse_matmul
    sparse_reduce_max sparse_reduce_sum sparse_reorder sparse_reshape sparse_retain sparse_slice sparse_softmax
    sparse_split sparse_tensor_dense_matmul sparse_tensor_to_dense sparse_to_dense sparse_to_indicator
    sparse_transpose split sqrt square squared_difference squeeze stack stop_gradient strided_slice string_join
    string_split string_strip string_to_hash_bucket string_to_hash_bucket_fast string_to_hash_bucket_strong
    string_to_number substr subtract svd tan tanh tensor_scatter_add tensor_scatter_nd_add tensor_scatter_nd_max
    tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update tensor_scatter_sub tensor_scatter_update
    tensordot tile timestamp to_bfloat16 to_complex128 to_complex64 to_double to_float to_int32 to_int64 trace
    transpose truediv truncated_normal truncatediv truncatemod tuple unique unique_with_counts unravel_index
    unsorted_segment_max unsorted_segment_mean unsorted_segment_min unsorted_segment_prod
    unsorted_segment_sqrt_n unsorted_segment_sum unstack verify_tensor_all_finite where where_v2 zeros zeros_like
    zeta
""")

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


def allows_symbol(name: object) -> bool:
    """Whether a `TFOpLambda` may call the public TensorFlow symbol `name`, e.g. `math.add`."""
    if not isinstance(name, str):
        return False
    bare = name.removeprefix("compat.v1.")
    if _IMPURE.fullmatch(bare):
        return False
    return bare in TOP_LEVEL or bool(_IN_NAMESPACE.fullmatch(name) or _CODECS_AND_CHECKS.fullmatch(name))


def allows_raw(node: object) -> bool:
    """Whether a `TensorFlowOpLayer` may hold this NodeDef, as a dict or as protobuf bytes in a string."""
    return raw_operator(node) in RAW_OPERATORS


def raw_operator(node: object) -> str | None:
    """The operator's name in a NodeDef; None when it cannot be told for certain."""
    if isinstance(node, Mapping):
        operator = node.get("op")
        return operator if isinstance(operator, str) else None
    if not isinstance(node, str):
        return None
    operators = [value for number, value in _fields(node.encode("utf-8", "surrogatepass")) if number == 2]
    return operators[0].decode("utf-8", "replace") if len(operators) == 1 else None


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a protobuf message, the only kind a NodeDef has; stops at any other."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        size, at = _varint(message, at)
        if tag & 7 != 2 or at + size > len(message):
            yield 2, b"malformed NodeDef"
            return
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte, at = message[at], at + 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return value, at


def problem_of(class_name: str, config: Mapping[str, Any]) -> tuple[str, object] | None:
    """The config key and value an operator layer may not have; None when all is well or it is no such layer."""
    for key, allows in _CHECKED.get(class_name, {}).items():
        value = config.get(key)
        if not allows(value):
            return key, raw_operator(value) if key == "node_def" else value
    return None


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
