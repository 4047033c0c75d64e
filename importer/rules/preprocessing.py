"""`keras.layers`, preprocessing: numbers and images before the first weight."""

from __future__ import annotations

from importer.rules.verbs import Example, Rule, same

KIND = "layers"

RULES = (
    Rule(
        "Rescaling",
        same("scale offset"),
        source="layers/preprocessing/tf_data_layer.py: NumPy values come back as TrackedDict, lists do not",
        examples=(Example({"scale": [0.5, 0.25], "offset": 1.0}, {"scale": [0.5, 0.25]}, ((3, 2),)),),
    ),
)
