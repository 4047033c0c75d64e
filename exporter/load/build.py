"""Build a model from its architecture with Keras 2.15, and report whose fault an error is."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

from exporter.keras2 import addons
from exporter.load.constants import operator_class, raw_class
from exporter.load.custom_objects import NO_CUSTOM_OBJECTS, CustomObjects
from exporter.load.lambdas import layer_class
from exporter.load.replaced_lambdas import replaced_class
from interchange.error_text import cause
from interchange.errors import Exit, Failure, Problem, refused
from translation.config_tree import objects
from translation.keras2_to_runnable import REPLACED

_SHOWN = 60  # characters of a value in a message
# Keys that `Layer.__init__` and lookup layers accept as keyword arguments without naming them.
_LAYER_KEYS = frozenset({
    "activity_regularizer", "autocast", "batch_input_shape", "batch_size", "implementation", "input_dim",
    "input_shape", "time_major", "vocabulary_size", "weights",
})  # fmt: skip
# Keys that `Lambda.from_config` reads before it calls the constructor.
_LAMBDA_KEYS = frozenset({
    "function_type", "module", "output_shape_type", "output_shape_module", "mask_type", "mask_module",
})  # fmt: skip


def build(config: Mapping[str, Any], trust: bool = False, own: CustomObjects = NO_CUSTOM_OBJECTS) -> Any:
    """The model of a Keras 2.15 architecture with fresh weights, not compiled.

    `trust` allows to run the bytecode of a replaced Lambda that cannot be interpreted; `own` are the user's classes.

    Raises `Failure`: `REFUSED` naming the keys that Keras 2.15 does not know, or the error of the user's file;
    `UNREADABLE` for any other error of Keras, and for a model whose input shapes are unknown.
    """
    model = _built(config, trust, own)
    if not getattr(model, "inputs", None):
        text = "the architecture does not say which shape its inputs have, so Keras 2.15 cannot build its layers"
        hint = "give samples of its inputs with --inputs FILE.npz, or give its first layer an input_shape in Keras 2"
        raise Failure(Exit.UNREADABLE, text, hint)
    return model


def _built(config: Mapping[str, Any], trust: bool, own: CustomObjects) -> Any:
    from keras.src.saving import object_registration
    from keras.src.saving.legacy import model_config, serialization
    from keras.src.saving.legacy.saved_model import json_utils

    # Keras writes an ellipsis or the type of a tensor, which JSON does not have, as objects.
    decoded = json_utils.decode(json.dumps(own.with_functions(config)))
    known = {**_unlisted(trust, own), **own.scope(config)}
    try:
        with object_registration.CustomObjectScope(known), serialization.SharedObjectLoadingScope():
            return model_config.model_from_config(decoded)
    except Failure:
        raise
    except Exception as error:  # Keras raises whatever its layers' constructors raise
        if theirs := own.raised(error):
            raise theirs from error
        problems = list(_unknown_keys(config))
        if problems:
            message = f"Keras 2.15 does not know every key of this architecture; the first: {problems[0]}"
            raise refused(problems, message) from error
        message = f"Keras 2.15 cannot build this architecture: {cause(error)}"
        raise Failure(Exit.UNREADABLE, message, own.hint) from error


def _unknown_keys(architecture: Mapping[str, Any]) -> Iterator[Problem]:
    """Config keys that no constructor of a layer accepts, at any depth of an architecture."""
    for each in objects(architecture):
        for key in sorted(frozenset(each.config) - _known_keys(each.class_name, each.config)):
            text = "Keras 2.15 does not know this key"
            yield Problem(each.shown, each.class_name, text, key, str(each.config[key])[:_SHOWN])


def _known_keys(class_name: str, config: Mapping[str, Any]) -> frozenset[str]:
    """The keys that the constructors of a layer and its bases accept; for anything but a layer, all that it has."""
    import keras

    kind = getattr(keras.layers, class_name, None)
    if not isinstance(kind, type) or "layers" in config:
        return frozenset(config)
    constructors = (vars(base).get("__init__") for base in kind.__mro__)
    taken = (inspect.signature(constructor).parameters for constructor in constructors if constructor)
    before = _LAMBDA_KEYS if class_name == "Lambda" else frozenset()
    return _LAYER_KEYS.union(before, *taken)


def _unlisted(trust: bool, own: CustomObjects) -> Mapping[str, Any]:
    """Classes that Keras 2.15 does not find by name, or cannot build, unless they are passed as custom objects."""
    import keras
    from keras.src.applications import convnext, inception_resnet_v2
    from keras.src.layers import kernelized
    from keras.src.layers.normalization import spectral_normalization

    classes = (
        convnext.LayerScale,
        convnext.StochasticDepth,
        inception_resnet_v2.CustomScaleLayer,
        kernelized.RandomFourierFeatures,
        spectral_normalization.SpectralNormalization,
    )
    known = {keras.saving.get_registered_name(layer): layer for layer in classes}
    return {
        **addons.objects(),
        **known,
        "Lambda": layer_class(own.defined),
        "TFOpLambda": operator_class(),
        "TensorFlowOpLayer": raw_class(),
        REPLACED: replaced_class(trust),
    }
