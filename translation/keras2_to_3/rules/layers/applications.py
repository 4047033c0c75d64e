"""`keras.applications` and `keras.layers.experimental`: layers that only some models have."""

from __future__ import annotations

from translation.evidence import Example, keras2
from translation.verbs import Rule, ignore, same

KIND = "layers"

_FEATURES = {"output_dim": 5, "scale": 2.0, "kernel_initializer": "laplacian"}

RULES = (
    Rule(
        "LayerScale",
        same("init_values projection_dim"),
        composed="layer_scale",
        source=keras2("applications/convnext.py", "LayerScale.call"),
        examples=(Example({"init_values": 0.5, "projection_dim": 3}, {}, ((4, 5, 3),)),),
    ),
    Rule(
        "CustomScaleLayer",
        same("scale"),
        becomes="Rescaling",
        decomposition="scaled_residual",
        source=keras2("applications/inception_resnet_v2.py", "CustomScaleLayer.call"),
        examples=(Example({"scale": 0.3}, {"scale": 0.3}, ((4, 3), (4, 3))),),
    ),
    Rule(
        "StochasticDepth",
        same("drop_path_rate"),
        composed="stochastic_depth",
        source=keras2("applications/convnext.py", "StochasticDepth.call"),
        examples=(Example({"drop_path_rate": 0.5}, {}, ((4, 5, 3),)),),
    ),
    Rule(
        "RandomFourierFeatures",
        same("output_dim") + ignore("kernel_initializer scale", kind="structural", why="it is in the weights"),
        composed="random_fourier",
        source=keras2("layers/kernelized.py", "removed"),
        examples=(Example(_FEATURES, {"output_dim": 5}, ((4,),)),),
    ),
)
