"""What files of Keras 2 hold beside layers: changes that are of no class, so these serve the docs alone."""

from __future__ import annotations

from translation.evidence import SilentChange

_SLOTS = SilentChange(
    before="an `.h5` restores the state of the optimizer",
    after="restores only the number of steps, and raises when training continues",
    difference="variables of Adam for a Dense: **5** → **2**",
    answer="each is restored, and found by its weight and never by its order",
    measure="slots",
)
_METRICS_OF_OUTPUTS = SilentChange(
    before='`metrics=["mae", "mse"]` are two metrics of each output',
    after="of two outputs, the first has one of them and the second the other",
    difference="metrics of a model with two outputs: **4** → **2**",
    answer="written for each output",
    measure="metrics_of_outputs",
)
_FROZEN = SilentChange(
    before="an inner model lists what is frozen last, so weights change places if they were saved before freezing it",
    after="does the same",
    difference="two matrices of one shape, saved trainable and loaded with the first frozen: **12** → **5** in both",
    answer="weights find their places by their names, where those in the file are those of the model",
    measure="frozen_weights",
)

CHANGES = (
    ("a compiled model", _SLOTS),
    ("a compiled model", _METRICS_OF_OUTPUTS),
    ("weights alone", _FROZEN),
)
