"""Raw operators of TensorFlow, which Keras of TF 2.0 to 2.3 saved as `TensorFlowOpLayer`, as public functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Raw:
    """A raw operator as a public function: its arguments in the order of the inputs, and those by attributes.

    An argument that begins with `*` takes all inputs that the others leave.
    """

    function: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, str]


# Operator, function, arguments by inputs, and attribute=argument, or =both. Left out is what the inputs' dtypes say.
_LINES = """
    Abs math.abs x
    Acos math.acos x
    Acosh math.acosh x
    Add math.add x y
    AddN math.add_n *inputs
    AddV2 math.add x y
    All math.reduce_all input_tensor axis keep_dims=keepdims
    Any math.reduce_any input_tensor axis keep_dims=keepdims
    ArgMax math.argmax input axis =output_type
    ArgMin math.argmin input axis =output_type
    Asin math.asin x
    Asinh math.asinh x
    Atan math.atan x
    Atan2 math.atan2 y x
    Atanh math.atanh x
    BatchMatMul matmul a b adj_x=adjoint_a adj_y=adjoint_b
    BatchMatMulV2 matmul a b adj_x=adjoint_a adj_y=adjoint_b
    BatchMatMulV3 matmul a b adj_x=adjoint_a adj_y=adjoint_b
    BatchToSpaceND batch_to_space input block_shape crops
    BiasAdd nn.bias_add value bias =data_format
    BroadcastTo broadcast_to input shape
    Cast cast x DstT=dtype
    Ceil math.ceil x
    ClipByValue clip_by_value t clip_value_min clip_value_max
    ConcatV2 concat *values axis
    Cos math.cos x
    Cosh math.cosh x
    Cumprod math.cumprod x axis =exclusive =reverse
    Cumsum math.cumsum x axis =exclusive =reverse
    DepthToSpace nn.depth_to_space input =block_size =data_format
    Div realdiv x y
    DivNoNan math.divide_no_nan x y
    Elu nn.elu features
    Equal math.equal x y
    Erf math.erf x
    Erfc math.erfc x
    Exp math.exp x
    ExpandDims expand_dims input axis
    Expm1 math.expm1 x
    Fill fill dims value
    Floor math.floor x
    FloorDiv math.floordiv x y
    FloorMod math.floormod x y
    Gather gather params indices
    GatherNd gather_nd params indices
    GatherV2 gather params indices axis =batch_dims
    Greater math.greater x y
    GreaterEqual math.greater_equal x y
    Identity identity input
    IdentityN identity_n *input
    Inv math.reciprocal x
    IsFinite math.is_finite x
    IsInf math.is_inf x
    IsNan math.is_nan x
    L2Loss nn.l2_loss t
    LeakyRelu nn.leaky_relu features =alpha
    Less math.less x y
    LessEqual math.less_equal x y
    LinSpace linspace start stop num
    Log math.log x
    Log1p math.log1p x
    LogSoftmax nn.log_softmax logits
    LogicalAnd math.logical_and x y
    LogicalNot math.logical_not x
    LogicalOr math.logical_or x y
    MatMul matmul a b =transpose_a =transpose_b
    MatrixBandPart linalg.band_part input num_lower num_upper
    MatrixDeterminant linalg.det input
    MatrixDiag linalg.diag diagonal
    MatrixDiagPart linalg.diag_part input
    MatrixInverse linalg.inv input =adjoint
    MatrixSetDiag linalg.set_diag input diagonal
    Max math.reduce_max input_tensor axis keep_dims=keepdims
    Maximum math.maximum x y
    Mean math.reduce_mean input_tensor axis keep_dims=keepdims
    Min math.reduce_min input_tensor axis keep_dims=keepdims
    Minimum math.minimum x y
    MirrorPad pad tensor paddings =mode
    Mod truncatemod x y
    Mul math.multiply x y
    MulNoNan math.multiply_no_nan x y
    Neg math.negative x
    NotEqual math.not_equal x y
    OneHot one_hot indices depth on_value off_value =axis
    OnesLike ones_like input
    Pack stack *values =axis
    Pad pad tensor paddings
    PadV2 pad tensor paddings constant_values
    Pow math.pow x y
    PreventGradient stop_gradient input
    Prod math.reduce_prod input_tensor axis keep_dims=keepdims
    Range range start limit delta
    Rank rank input
    RealDiv realdiv x y
    Reciprocal math.reciprocal x
    Relu nn.relu features
    Relu6 nn.relu6 features
    Reshape reshape tensor shape
    ResizeBicubic compat.v1.image.resize_bicubic images size =align_corners =half_pixel_centers
    ResizeBilinear compat.v1.image.resize_bilinear images size =align_corners =half_pixel_centers
    ResizeNearestNeighbor compat.v1.image.resize_nearest_neighbor images size =align_corners =half_pixel_centers
    ReverseV2 reverse tensor axis
    Rint math.rint x
    Roll roll input shift axis
    Round math.round x
    Rsqrt math.rsqrt x
    ScatterNd scatter_nd indices updates shape
    Select compat.v1.where condition x y
    SelectV2 where condition x y
    Selu nn.selu features
    Shape shape input =out_type
    ShapeN shape_n *input =out_type
    Sigmoid math.sigmoid x
    Sign math.sign x
    Sin math.sin x
    Sinh math.sinh x
    Size size input =out_type
    Slice slice input_ begin size
    Softmax nn.softmax logits
    Softplus math.softplus features
    Softsign nn.softsign features
    SpaceToBatchND space_to_batch_nd input block_shape paddings
    SpaceToDepth nn.space_to_depth input =block_size =data_format
    Split split axis value num_split=num_or_size_splits
    SplitV split value num_or_size_splits axis num_split=num
    Sqrt math.sqrt x
    Square math.square x
    SquaredDifference math.squared_difference x y
    Squeeze squeeze input squeeze_dims=axis
    StopGradient stop_gradient input
    StridedSlice strided_slice input_ begin end strides =begin_mask =end_mask =ellipsis_mask =new_axis_mask =shrink_axis_mask
    Sub math.subtract x y
    Sum math.reduce_sum input_tensor axis keep_dims=keepdims
    Tan math.tan x
    Tanh math.tanh x
    TensorScatterAdd tensor_scatter_nd_add tensor indices updates
    TensorScatterSub tensor_scatter_nd_sub tensor indices updates
    TensorScatterUpdate tensor_scatter_nd_update tensor indices updates
    Tile tile input multiples
    TopKV2 math.top_k input k =sorted
    Transpose transpose a perm
    TruncateDiv truncatediv x y
    TruncateMod truncatemod x y
    Unpack unstack value =num =axis
    Xdivy math.xdivy x y
    Xlogy math.xlogy x y
    ZerosLike zeros_like input
"""  # noqa: E501  (a line an operator)


def _parsed(lines: str) -> Iterator[tuple[str, Raw]]:
    for line in filter(None, map(str.strip, lines.splitlines())):
        name, function, *arguments = line.split()
        pairs = [argument.partition("=") for argument in arguments]
        inputs = tuple(argument for argument, sign, _ in pairs if not sign)
        attributes = {attribute or argument: argument for attribute, sign, argument in pairs if sign}
        yield name, Raw(function, inputs, attributes)


RAW: Mapping[str, Raw] = dict(_parsed(_LINES))
