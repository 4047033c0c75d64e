"""Which operators the graph of a SavedModel may hold: they compute from tensors and variables, and touch no file.

Calling a SavedModel is running it, and loading one runs its initializers. What is not named here reads or writes
files, talks to other processes, calls Python, or has no place in a Keras model.
"""

from __future__ import annotations

import re

from keras2to3.look.allowlist.names import words
from keras2to3.look.allowlist.operators import RAW_OPERATORS

_MORE = words("""
    AccumulateNV2 AdjustContrastv2 AdjustHue AdjustSaturation AllCandidateSampler Angle AsString Assert
    AssignAddVariableOp AssignSubVariableOp AssignVariableOp BiasAddV1 BitwiseAnd BitwiseOr BitwiseXor BlockLSTM
    BlockLSTMV2 BroadcastArgs BroadcastGradientArgs Bucketize CTCBeamSearchDecoder CTCGreedyDecoder CTCLoss CTCLossV2
    Case CheckNumericsV2 Cholesky CombinedNonMaxSuppression ConcatOffset ConjugateTranspose ControlTrigger
    Conv2DBackpropFilter Conv2DBackpropFilterV2 Conv2DBackpropInputV2 Conv3DBackpropFilter Conv3DBackpropFilterV2
    Conv3DBackpropInput Conv3DBackpropInputV2 Cross CudnnRNN CudnnRNNBackprop CudnnRNNBackpropV2 CudnnRNNBackpropV3
    CudnnRNNCanonicalToParams CudnnRNNCanonicalToParamsV2 CudnnRNNParamsSize CudnnRNNParamsToCanonical
    CudnnRNNParamsToCanonicalV2 CudnnRNNV2 CudnnRNNV3 CumulativeLogsumexp DataFormatDimMap DataFormatVecPermute
    DecodeAndCropJpeg DecodeBase64 DecodeBmp DecodeGif DecodeImage DecodeJpeg DecodePaddedRaw DecodePng DecodeRaw
    DenseBincount DenseCountSparseOutput DenseToDenseSetOperation DenseToSparseSetOperation
    DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Dilation2D Dilation2DBackpropFilter
    Dilation2DBackpropInput DisableCopyOnRead DrawBoundingBoxes DrawBoundingBoxesV2 DynamicPartition DynamicStitch
    EditDistance Eig Empty EmptyTensorList EncodeBase64 EncodeJpeg EncodePng Enter Erfinv EuclideanNorm Exit
    ExtractGlimpse ExtractGlimpseV2 ExtractJpegShape ExtractVolumePatches FFT3D FakeParam FakeQuantWithMinMaxArgs
    FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel Fingerprint FractionalAvgPool FractionalMaxPool
    FusedPadConv2D GRUBlockCell GuaranteeConst HSVToRGB HashTable HashTableV2 HistogramFixedWidth IFFT3D IRFFT2D
    IRFFT3D If Igamma IgammaGradA Igammac ImageProjectiveTransformV2 ImageProjectiveTransformV3 InplaceAdd InplaceSub
    InplaceUpdate Invert IsVariableInitialized KthOrderStatistic LSTMBlockCell LeftShift ListDiff LogMatrixDeterminant
    LoopCond LowerBound Lu MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3 MatrixExponential
    MatrixLogarithm MatrixSetDiagV2 MatrixSetDiagV3 MatrixSolve MatrixSolveLs MatrixSquareRoot MatrixTriangularSolve
    Merge Mfcc MutableDenseHashTableV2 MutableHashTableOfTensorsV2 MutableHashTableV2 Ndtri NextAfter NextIteration
    NoOp NonDeterministicInts NonMaxSuppressionWithOverlaps NthElement ParallelConcat ParallelDynamicStitch
    ParameterizedTruncatedNormal PartitionedCall Placeholder PlaceholderWithDefault Polygamma PopulationCount Qr
    QuantizeAndDequantize QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4 RFFT3D RGBToHSV
    RandomGamma RandomPoisson RandomPoissonV2 ReadVariableOp ReduceJoin RegexFullMatch RegexReplace RightShift RngSkip
    RngReadAndSkip SampleDistortedBoundingBox SampleDistortedBoundingBoxV2 ScaleAndTranslate SegmentMaxV2 SegmentMinV2
    SegmentProdV2 SegmentSumV2 SelfAdjointEig SelfAdjointEigV2 SetSize Skipgram SoftmaxCrossEntropyWithLogits Spence
    StatefulPartitionedCall StatefulRandomBinomial StatefulStandardNormal StatefulStandardNormalV2
    StatefulTruncatedNormal StatefulUniform StatefulUniformFullInt StatefulUniformInt StaticRegexFullMatch
    StaticRegexReplace StridedSliceAssign StringFormat StringJoin StringLength StringLower StringNGrams StringSplit
    StringSplitV2 StringStrip StringToHashBucket StringToHashBucketFast StringToHashBucketStrong StringToNumber
    StringUpper Substr Switch TensorScatterMax TensorScatterMin TensorStridedSliceUpdate ToBool TridiagonalMatMul
    TridiagonalSolve UnicodeDecode UnicodeDecodeWithOffsets UnicodeEncode UnicodeScript UnicodeTranscode UniqueV2
    UniqueWithCounts UniqueWithCountsV2 UnravelIndex UnsortedSegmentJoin UnsortedSegmentMin UnsortedSegmentProd
    UpperBound VarHandleOp VarIsInitializedOp VariableShape VariableV2 While Xlog1py
    InitializeTable InitializeTableV2 IteratorGetNext OptionalFromValue OptionalGetValue OptionalHasValue OptionalNone
""")
_FAMILIES = re.compile(r"""
    (TensorList|TensorArray|LookupTable|Ragged|Sparse)[A-Z]\w*
    |Resource(Apply|SparseApply|Scatter|Gather|StridedSlice)\w*
    |Stateless(Random|Multinomial|Parameterized|Truncated|Sample|Shuffle|If|While|Case)\w*
    |[A-Z][A-Za-z0-9]+Grad(V[23]|Grad|GradV2|WithArgmax|GradWithArgmax|WithShape|ient|Boxes|Image|A)?
""", re.VERBOSE)  # fmt: skip
_NOT_OF_A_FAMILY = re.compile(r"SymbolicGradient|\w*(Dataset|Accumulator|Mesh)\w*")

FILE_OPERATORS = {
    "SaveV2": (0,),
    "RestoreV2": (0,),
    "MergeV2Checkpoints": (0, 1),
    "ShardedFilename": (0,),
    "InitializeTableFromTextFile": (1,),
    "InitializeTableFromTextFileV2": (1,),
}
"""Operators on files that every SavedModel holds, and which of their inputs are paths, given by whoever loads it."""


def allows_operator(name: str) -> bool:
    """Whether a graph may hold the operator, wherever it stands."""
    if name in RAW_OPERATORS or name in _MORE:
        return True
    return bool(_FAMILIES.fullmatch(name)) and not _NOT_OF_A_FAMILY.fullmatch(name)
