"""The names under which bodies of Lambda layers know TensorFlow, Keras, NumPy and `math`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bytecode.interpreter.libraries import Libraries
from bytecode.interpreter.values import BUILTINS, MATH, NUMPY, TENSORFLOW, Symbol
from translation.lambdas import keras_queries, preprocess_input

_KERAS = "keras"
_BACKEND = "keras.backend"

# Its applications are modules of their own, and their helpers too.
_APPLICATIONS = (
    "imagenet_utils vgg16 vgg19 resnet resnet50 resnet_v2 inception_v3 inception_resnet_v2 mobilenet mobilenet_v2 "
    "nasnet xception densenet efficientnet mobilenet_v3".split()
)
# Global names by long habit.
_GLOBALS = {
    **dict.fromkeys("tf tensorflow ktf".split(), Symbol(TENSORFLOW, "")),
    **dict.fromkeys("tf1 tfv1".split(), Symbol(TENSORFLOW, "compat.v1")),
    **dict.fromkeys("K k KB Kb KTF backend keras_backend".split(), Symbol(TENSORFLOW, _BACKEND)),
    **dict.fromkeys("keras tfk".split(), Symbol(TENSORFLOW, _KERAS)),
    **dict.fromkeys("np numpy".split(), Symbol(NUMPY, "")),
    **{name: Symbol(TENSORFLOW, f"{_KERAS}.{name}") for name in "activations layers losses".split()},
    **{name: Symbol(TENSORFLOW, f"{_KERAS}.applications.{name}") for name in _APPLICATIONS},
    "applications": Symbol(TENSORFLOW, f"{_KERAS}.applications"),
    "math": Symbol(MATH, ""),
    "functools": Symbol(BUILTINS, "functools"),
}
# What an import statement in a body may name.
_MODULES = {
    "tensorflow": Symbol(TENSORFLOW, ""),
    "keras": Symbol(TENSORFLOW, _KERAS),
    "numpy": Symbol(NUMPY, ""),
    "math": Symbol(MATH, ""),
    "functools": Symbol(BUILTINS, "functools"),
}
_DTYPES = {
    **{name: name for name in "float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
       "bool string complex64 complex128".split()},
    "bool_": "bool", "float": "float64", "int": "int64", "half": "float16", "double": "float64", "single": "float32",
}  # fmt: skip
_CONSTANTS: dict[str, dict[str, Any]] = {
    MATH: {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "tau": math.tau},
    NUMPY: {
        "pi": np.pi, "e": np.e, "inf": np.inf, "Inf": np.inf, "nan": np.nan, "NaN": np.nan, "newaxis": None,
        "euler_gamma": np.euler_gamma,
    },
    TENSORFLOW: {
        "newaxis": None,
        **{f"image.ResizeMethod.{name.upper()}": name
           for name in "bilinear bicubic area lanczos3 lanczos5 gaussian mitchellcubic".split()},
        "image.ResizeMethod.NEAREST_NEIGHBOR": "nearest",
    },
}  # fmt: skip
# Other names of what is known by its public one.
_ALIASES = {
    f"{_BACKEND}.tf": "", "compat.v2": "", "python.keras": _KERAS, "compat.v1.keras": _KERAS,
    f"{_BACKEND}.tensorflow_backend": _BACKEND,
}  # fmt: skip
# Functions that TensorFlow renamed before its first release, and arguments that it renamed after it.
_RENAMED = {
    "mul": "multiply", "sub": "subtract", "neg": "negative", "pack": "stack", "unpack": "unstack",
    "batch_matmul": "matmul", "lin_space": "linspace", "lgamma": "math.lgamma", "digamma": "math.digamma",
    "reverse_v2": "reverse", "parallel_stack": "stack", "math.softmax": "nn.softmax",
    # A body that nobody trains holds no variable but a constant.
    f"{_BACKEND}.variable": f"{_BACKEND}.constant", f"{_BACKEND}.zeros": "zeros", f"{_BACKEND}.ones": "ones",
}  # fmt: skip
_RENAMED_ARGUMENTS = {
    "keep_dims": "keepdims",
    **dict.fromkeys("reduction_indices dimension dim squeeze_dims".split(), "axis"),
}


LIBRARIES = Libraries(
    globals=_GLOBALS,
    modules=_MODULES,
    constants=_CONSTANTS,
    dtypes=_DTYPES,
    answers={**keras_queries.ANSWERS, **preprocess_input.ANSWERS},
    scopes=frozenset("name_scope compat.v1.name_scope keras.backend.name_scope".split()),
    aliases=_ALIASES,
    renamed=_RENAMED,
    renamed_arguments=_RENAMED_ARGUMENTS,
)
