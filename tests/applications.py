"""Every architecture of `keras.applications`, small; a script that saves one of each family, or those it is told.

Random initial weights shrink what goes through a deep network until everything is equal. So each layer's kernel is
scaled until what it gives has a standard deviation of one: `applications.py FOLDER [ARCHITECTURE...]`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The smallest of each family, with an image that is large enough for it.
FAMILIES = {
    "ConvNeXtTiny": 32,
    "DenseNet121": 32,
    "EfficientNetB0": 32,
    "EfficientNetV2B0": 32,
    "InceptionResNetV2": 75,
    "InceptionV3": 75,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "NASNetMobile": 32,
    "RegNetX002": 32,
    "RegNetY002": 32,
    "ResNet50": 32,
    "ResNet50V2": 32,
    "ResNetRS50": 32,
    "VGG16": 32,
    "Xception": 71,
}


def architectures(keras: Any) -> dict[str, Callable[..., Any]]:
    """All of them by name."""
    return {name: value for name, value in vars(keras.applications).items() if inspect.isfunction(value)}


def built(keras: Any, name: str, size: int | None = None) -> Any:
    """An architecture for images of `size`, or of its own, with weights that keep a signal alive."""
    shape = {} if size is None else {"input_shape": (size, size, 3)}
    model = architectures(keras)[name](weights=None, classes=10, **shape)
    enliven(model)
    return model


def enliven(model: Any) -> None:
    """Give every variable random values, and every kernel the scale at which its layer gives numbers around one."""
    import numpy as np

    random = np.random.default_rng(20151)
    for layer in model._flatten_layers():
        if layer.weights and not hasattr(layer, "layers"):
            layer.set_weights([_random_like(weight, random) for weight in layer.weights])
            if type(layer).__name__ != "Normalization":
                _scale_on_first_call(layer)
    size = [length or 64 for length in model.input_shape[1:]]
    model(random.uniform(0, 255, (2, *size)).astype("float32"), training=False)


def _random_like(weight: Any, random: Any) -> Any:
    """Positive numbers around one for what scales or divides, small ones for what is added, any for a kernel."""
    role = weight.name.split(":")[0].rpartition("/")[2]
    if "kernel" in role:
        return random.standard_normal(weight.shape).astype("float32") * 0.05
    if role in ("gamma", "moving_variance", "variance"):
        return random.uniform(0.8, 1.2, weight.shape).astype("float32")
    return weight.numpy() + random.uniform(-0.1, 0.1, weight.shape) if weight.dtype.is_floating else weight.numpy()


def _scale_on_first_call(layer: Any) -> None:
    """Replace `call` for once: it sees what comes out, divides the kernel or gamma by its spread, and goes."""
    call = layer.call

    def scaled(inputs: Any, *arguments: Any, **options: Any) -> Any:
        import numpy as np

        layer.call = call
        spread = float(np.std(call(inputs, *arguments, **options)))
        for weight in layer.trainable_weights:
            if weight.shape.rank > 1 or "gamma" in weight.name:
                weight.assign(weight / max(spread, 1e-6) ** (1 / _factors(layer)))
        return call(inputs, *arguments, **options)

    layer.call = scaled


def _factors(layer: Any) -> int:
    """How many kernels of a layer follow each other."""
    return sum(weight.shape.rank > 1 or "gamma" in weight.name for weight in layer.trainable_weights)


def main(folder: Path, names: list[str]) -> None:
    """Save them as `<folder>/<name>.h5`; those that are named, in their own size."""
    import keras

    for name, size in [(name, None) for name in names] or FAMILIES.items():
        keras.backend.clear_session()
        built(keras, name, size).save(folder / f"{name}.h5", include_optimizer=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
