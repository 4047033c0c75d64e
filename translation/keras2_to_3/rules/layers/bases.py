"""`keras.layers`, bases: classes that other classes are made of, and models where a layer should stand."""

from __future__ import annotations

from translation.verbs import Rule

KIND = "layers"

_BASES = (
    "AbstractRNNCell BaseDenseAttention BaseRandomLayer BatchNormalizationBase PreprocessingLayer Wrapper "
    "_RNNCellWrapper"
)
_BASE = "a base class, which does not define what is computed"
_DERIVED = "use a concrete layer, and save the model again"
_BARE = "a model whose config does not list its layers"
_LISTED = "build it as a functional or Sequential model, and save it again"

RULES = (
    *(Rule(name, refused=_BASE, instead=_DERIVED) for name in _BASES.split()),
    # `translate` reads the models that do list them.
    *(Rule(name, refused=_BARE, instead=_LISTED) for name in ("Functional", "Model", "Sequential")),
)
