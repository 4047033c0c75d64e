"""Architectures of `keras.applications` in Keras 2.15: `applications.py FOLDER [NAME...]` saves them as `NAME.h5`.

The name of a family (`SMALL`) saves a small one, with few and narrow blocks; without names, every family is saved. The
name of an architecture saves it as it is, and `all` saves each of them.

Random initial weights shrink what goes through a deep network until everything is equal. So the kernel of each
layer is scaled until what comes out has a standard deviation of one.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

# Logits: behind a softmax large ones look all the same.
_IMAGE = {"weights": None, "input_shape": (32, 32, 3), "classes": 5, "classifier_activation": None}
# By the name of a family: the module below `keras.applications`, its function, and what makes it small.
SMALL: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "convnext": ("convnext", "ConvNeXt", {"depths": [1, 1, 1, 1], "projection_dims": [8, 16, 24, 32]}),
    "densenet": ("densenet", "DenseNet", {"blocks": [2, 2, 2, 2]}),
    "efficientnet": (
        "efficientnet",
        "EfficientNet",
        {"width_coefficient": 0.25, "depth_coefficient": 0.4, "default_size": 32},
    ),
    "efficientnet_v2": (
        "efficientnet_v2",
        "EfficientNetV2",
        {
            "width_coefficient": 0.25,
            "depth_coefficient": 0.4,
            "default_size": 32,
            "model_name": "efficientnetv2-b0",
        },
    ),
    "mobilenet": ("mobilenet", "MobileNet", {"alpha": 0.25}),
    "mobilenet_v2": ("mobilenet_v2", "MobileNetV2", {"alpha": 0.35}),
    "mobilenet_v3": ("mobilenet_v3", "MobileNetV3Small", {}),
    "nasnet": ("nasnet", "NASNet", {"penultimate_filters": 96, "num_blocks": 1, "stem_block_filters": 8}),
    "regnet_y": (
        "regnet",
        "RegNet",
        {"depths": [1, 1, 2, 1], "widths": [8, 16, 24, 32], "group_width": 8, "block_type": "Y", "default_size": 32},
    ),
    "regnet_x": (
        "regnet",
        "RegNet",
        {"depths": [1, 1, 1, 1], "widths": [8, 16, 24, 32], "group_width": 8, "block_type": "X", "default_size": 32},
    ),
}


def small(keras: Any, name: str) -> Any:
    """The small model of a family."""
    module, function, settings = SMALL[name]
    build = getattr(import_module(f"{keras.__name__}.src.applications.{module}"), function)
    return build(**{**_IMAGE, **settings})


def architectures(keras: Any) -> Mapping[str, Callable[..., Any]]:
    """All architectures by name."""
    return {name: value for name, value in vars(keras.applications).items() if inspect.isfunction(value)}


def enliven(model: Any) -> None:
    """Give every variable random values, and kernels the scale at which their layers give numbers around one."""
    import numpy as np

    random = np.random.default_rng(20151)
    for layer in model._flatten_layers():
        if layer.weights and not hasattr(layer, "layers"):
            layer.set_weights([_random_like(weight, random) for weight in layer.weights])
            _scale_on_first_call(layer)
    size = [length or 64 for length in model.input_shape[1:]]
    model(random.uniform(0, 255, (2, *size)).astype("float32"), training=False)


def _random_like(weight: Any, random: Any) -> Any:
    """Any numbers for a kernel, positive ones for what scales or divides, small changes for what is added."""
    role = weight.name.split(":")[0].rpartition("/")[2]
    if "kernel" in role:
        return 0.05 * random.standard_normal(weight.shape)
    if role in ("gamma", "moving_variance", "variance"):
        return random.uniform(0.8, 1.2, weight.shape)
    if weight.dtype.is_floating:
        return weight.numpy() + random.uniform(-0.1, 0.1, weight.shape)
    return weight.numpy()


def _scale_on_first_call(layer: Any) -> None:
    """Put itself before `call` for once: see what comes out, and divide the kernels by its spread."""
    kernels = [weight for weight in layer.trainable_weights if weight.shape.rank > 1]
    call = layer.call

    def scaled(inputs: Any, *arguments: Any, **options: Any) -> Any:
        import numpy as np

        layer.call = call
        spread = float(np.std(call(inputs, *arguments, **options)))
        for kernel in kernels:
            kernel.assign(kernel / max(spread, 1e-6) ** (1 / len(kernels)))
        return call(inputs, *arguments, **options)

    if kernels:
        layer.call = scaled


def save_all(folder: Path, names: list[str]) -> None:
    """Save every small model, or the small models and the architectures of these names."""
    import keras

    known = architectures(keras)
    for name in (sorted(known) if names == ["all"] else names) or SMALL:
        keras.backend.clear_session()
        model = small(keras, name) if name in SMALL else known[name](weights=None)
        enliven(model)
        model.save(folder / f"{name}.h5", include_optimizer=False)


if __name__ == "__main__":
    save_all(Path(sys.argv[1]), sys.argv[2:])
