"""`keras.layers`, feature columns: layers that read a dictionary of columns, and the models of `keras.experimental`."""

from __future__ import annotations

from translation.evidence import keras2
from translation.verbs import Rule

KIND = "layers"

_COLUMNS = "feature columns are TensorFlow's own, and Keras 3 has none"
_LAYERS = "use Normalization, CategoryEncoding, StringLookup, Hashing or Embedding, and save the model again"
_SUBCLASSED = "a model of a custom class, whose config does not list its layers"
_FUNCTIONAL = "build the same from Dense layers as a functional model, copy the weights, and save that"

RULES = (
    Rule(
        "DenseFeatures",
        source=keras2("feature_column/base_feature_layer.py", "removed"),
        refused=_COLUMNS,
        instead=_LAYERS,
    ),
    Rule(
        "SequenceFeatures",
        source=keras2("feature_column/base_feature_layer.py", "removed"),
        refused=_COLUMNS,
        instead=_LAYERS,
    ),
    Rule("LinearModel", source=keras2("premade_models/linear.py", "removed"), refused=_SUBCLASSED, instead=_FUNCTIONAL),
    Rule(
        "WideDeepModel",
        source=keras2("premade_models/wide_deep.py", "removed"),
        refused=_SUBCLASSED,
        instead=_FUNCTIONAL,
    ),
)
