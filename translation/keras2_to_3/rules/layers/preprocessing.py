"""`keras.layers`, preprocessing: numbers and images before the first weight."""

from __future__ import annotations

from typing import Any

from translation.evidence import Example, keras3
from translation.verbs import RAGGED, Rule, rewrite, same

KIND = "layers"


def _unwrapped(value: Any) -> Any:
    """Leading axes of one element count for nothing in Keras 2, which broadcasts; Keras 3 takes each for a real one."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value


RULES = (
    Rule(
        "Rescaling",
        same("scale offset"),
        source=keras3("layers/preprocessing/rescaling.py", "NumPy values come back as TrackedDict, lists do not"),
        takes=RAGGED,
        examples=(Example({"scale": [0.5, 0.25], "offset": 1.0}, {"scale": [0.5, 0.25]}, ((3, 2),)),),
    ),
    Rule(
        "Normalization",
        same("axis invert")
        + rewrite("mean", _unwrapped, "leading axes of one element are left out")
        + rewrite("variance", _unwrapped, "leading axes of one element are left out"),
        source=keras3("layers/preprocessing/normalization.py"),
        examples=(
            Example({"axis": [1, -1]}, {}, ((4, 3),)),
            Example({"axis": None, "mean": 0.5, "variance": 4.0, "invert": True}, {"invert": True}, ((4, 3),)),
            Example({"mean": [[0.5, 1.0, -1.0]], "variance": [[4.0, 1.0, 0.0]]}, {"mean": [0.5, 1.0, -1.0]}, ((4, 3),)),
            Example({"mean": [0.5], "variance": [2.0]}, {"mean": 0.5}, ((3,),), "int32"),
        ),
    ),
)
