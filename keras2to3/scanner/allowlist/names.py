"""The names Keras 2.15 resolves by itself; `tests/keras2/test_names.py` compares them with the installed package."""

from __future__ import annotations

from translation.keras2_to_3.rules import activations
from translation.keras2_to_3.rules.layers import addons


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# Layers and models: the deserialiser's own table, and the classes exported below `keras.layers`. `Lambda` is left
# out: it runs bytecode.
LAYERS = words("""
    AbstractRNNCell Activation ActivityRegularization Add AddLoss AddMetric AdditiveAttention AlphaDropout
    Attention Average AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D AvgPool3D
    BaseRandomLayer BatchNormalization BatchNormalizationBase BatchNormalizationV1 BatchNormalizationV2
    Bidirectional CategoryEncoding CenterCrop ClassMethod Concatenate Conv1D Conv1DTranspose Conv2D
    Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Convolution1D Convolution1DTranspose
    Convolution2D Convolution2DTranspose Convolution3D Convolution3DTranspose Cropping1D Cropping2D Cropping3D
    CuDNNGRU CuDNNLSTM Dense DenseFeatures DepthwiseConv1D DepthwiseConv2D DeviceWrapper Discretization Dot
    Dropout DropoutWrapper ELU EinsumDense Embedding Flatten Functional GRU GRUCell GRUCellV1 GRUCellV2 GRUV1
    GRUV2 GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization HashedCrossing Hashing Identity
    Input InputLayer InputSpec InstanceMethod InstanceProperty IntegerLookup LSTM LSTMCell LSTMCellV1 LSTMCellV2
    LSTMV1 LSTMV2 Layer LayerNormalization LeakyReLU LinearModel LocallyConnected1D LocallyConnected2D Masking
    MaxPool1D MaxPool2D MaxPool3D MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum Model
    MultiHeadAttention Multiply Normalization PReLU Permute PreprocessingLayer RNN RandomBrightness
    RandomContrast RandomCrop RandomFlip RandomFourierFeatures RandomHeight RandomRotation RandomTranslation
    RandomWidth RandomZoom ReLU RepeatVector Rescaling Reshape ResidualWrapper Resizing SeparableConv1D
    SeparableConv2D SeparableConvolution1D SeparableConvolution2D SequenceFeatures Sequential SimpleRNN
    SimpleRNNCell SlicingOpLambda Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D
    SpectralNormalization StackedRNNCells StringLookup Subtract SyncBatchNormalization TFOpLambda
    TensorFlowOpLayer TextVectorization ThresholdedReLU TimeDistributed UnitNormalization UpSampling1D
    UpSampling2D UpSampling3D WideDeepModel Wrapper ZeroPadding1D ZeroPadding2D ZeroPadding3D _RNNCellWrapper
    add average concatenate dot maximum minimum multiply subtract
""")

# Layers of `keras.applications` that it finds only because the exporter names them; one it registers as custom.
APPLICATIONS = words("Custom>CustomScaleLayer LayerScale StochasticDepth")

INITIALIZERS = words("""
    Constant ConstantV2 GlorotNormal GlorotNormalV2 GlorotUniform GlorotUniformV2 HeNormal HeNormalV2 HeUniform
    HeUniformV2 Identity IdentityV2 Initializer LecunNormal LecunNormalV2 LecunUniform LecunUniformV2 Ones
    OnesV2 Orthogonal OrthogonalV2 RandomNormal RandomNormalV2 RandomUniform RandomUniformV2 TruncatedNormal
    TruncatedNormalV2 VarianceScaling VarianceScalingV2 Zeros ZerosV2 constant glorot_normal glorot_normalV2
    glorot_uniform glorot_uniformV2 he_normal he_normalV2 he_uniform he_uniformV2 identity initializer
    lecun_normal lecun_normalV2 lecun_uniform lecun_uniformV2 normal one ones orthogonal random_normal
    random_uniform truncated_normal uniform variance_scaling zero zeros
""")

REGULARIZERS = words("""
    L1 L1L2 L2 OrthogonalRegularizer Regularizer l1 l1_l2 l2 orthogonal_regularizer
""")

CONSTRAINTS = words("""
    Constraint MaxNorm MinMaxNorm NonNeg RadialConstraint UnitNorm max_norm maxnorm min_max_norm non_neg nonneg
    radial_constraint unit_norm unitnorm
""")

# Activation functions, and the activation layers their deserialiser also resolves.
ACTIVATIONS = words("""
    ELU LeakyReLU PReLU ReLU Softmax ThresholdedReLU elu exponential gelu hard_sigmoid leaky_relu linear
    log_softmax mish relu relu6 selu sigmoid silu softmax softplus softsign swish tanh
""")

# What `DenseFeatures` and `SequenceFeatures` list in their config.
FEATURE_COLUMNS = words("""
    BucketizedColumn CrossedColumn EmbeddingColumn HashedCategoricalColumn IdentityCategoricalColumn
    IndicatorColumn NumericColumn SequenceCategoricalColumn SequenceDenseColumn SequenceNumericColumn
    SharedEmbeddingColumn VocabularyFileCategoricalColumn VocabularyListCategoricalColumn
    WeightedCategoricalColumn
""")

LOSSES = words("""
    BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy
    CategoricalHinge CosineSimilarity Hinge Huber KLDivergence LogCosh Loss LossFunctionWrapper
    MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson
    SparseCategoricalCrossentropy SquaredHinge
""")

METRICS = words("""
    AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy CategoricalCrossentropy
    CategoricalHinge CosineSimilarity F1Score FBetaScore FalseNegatives FalsePositives Hinge IoU KLDivergence
    LogCoshError Mean MeanAbsoluteError MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanRelativeError
    MeanSquaredError MeanSquaredLogarithmicError MeanTensor Metric OneHotIoU OneHotMeanIoU Poisson Precision
    PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError SensitivityAtSpecificity
    SparseCategoricalAccuracy SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy
    SpecificityAtSensitivity SquaredHinge Sum TopKCategoricalAccuracy TrueNegatives TruePositives
""")

# Optimizers and their learning rate schedules, as a compiled model inside a wrapper carries them.
OPTIMIZERS = words("""
    Adadelta Adafactor Adagrad Adam AdamW Adamax CosineDecay CosineDecayRestarts ExponentialDecay Ftrl
    InverseTimeDecay LearningRateSchedule Lion LossScaleOptimizer Nadam Optimizer PiecewiseConstantDecay
    PolynomialDecay RMSprop SGD
""")

# Losses and metrics that are functions, as a compiled model inside a wrapper carries them.
COMPILED_FUNCTIONS = words("""
    KLD MAE MAPE MSE MSLE binary_accuracy binary_crossentropy binary_focal_crossentropy categorical_accuracy
    categorical_crossentropy categorical_focal_crossentropy categorical_hinge cosine_similarity hinge huber
    kl_divergence kld kullback_leibler_divergence log_cosh logcosh mae mape mean_absolute_error
    mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error mse msle poisson
    sparse_categorical_accuracy sparse_categorical_crossentropy sparse_top_k_categorical_accuracy squared_hinge
    top_k_categorical_accuracy
""")

# Settings that are objects but neither layers nor functions.
POLICIES = words("LossScaleOptimizer Policy PolicyV1")

# Wrappers that Keras writes around plain values: tuples, arrays, shapes. No name is looked up for them.
PLAIN_DATA = words("""
    CompositeTensor NDArray TensorShape TypeSpec __bytes__ __ellipsis__ __numpy__ __slice__ __tensor__ __tuple__
""")

# What TensorFlow Addons registers, and the exporter has definitions of: layers, and activation functions.
ADDONS = frozenset(rule.name for rule in addons.RULES if not rule.refused)
ADDONS_ACTIVATIONS = frozenset(rule.name for rule in activations.RULES if rule.name.startswith("Addons>"))

# Layers that only Keras 1 has: they are rewritten for Keras 2, or refused by name if that is impossible.
KERAS_1 = words("""
    AtrousConvolution1D AtrousConvolution2D Deconvolution2D Graph Highway MaxoutDense Merge ParametricSoftplus SReLU
    TimeDistributedDense
""")

# Layers that no version from 1.0 on has had, or that never existed: refused with a better reason than "custom class".
OLDER = words("AtrousConv1D AtrousConv2D Deconvolution3D TimeDistributedMerge")

# What RandomFourierFeatures takes for a kernel_initializer besides.
FOURIER_KERNELS = words("gaussian laplacian")

# A string below such a key, or below a key that ends in `_` and it, names one of these.
BY_KEY = {
    "activation": ACTIVATIONS | ADDONS_ACTIVATIONS,
    "initializer": INITIALIZERS | FOURIER_KERNELS,
    "regularizer": REGULARIZERS,
    "constraint": CONSTRAINTS,
}

# Keys of TextVectorization that may have a function of the user's instead of one of these.
TEXT_KEYS = {
    "standardize": words("lower_and_strip_punctuation lower strip_punctuation"),
    "split": words("whitespace character"),
}

CLASSES = frozenset().union(
    LAYERS,
    KERAS_1,
    APPLICATIONS,
    ADDONS,
    *BY_KEY.values(),
    FEATURE_COLUMNS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    POLICIES,
    PLAIN_DATA,
)
