"""Losses, optimizers and files of weights: they are not migrated, so these rules serve the docs alone."""

from __future__ import annotations

from translation.evidence import SilentChange

_DROPPED = "compiled state is dropped, and the report says so"

_CERTAIN_AND_WRONG = SilentChange(
    before="adds 1e-7 to a probability after clipping it",
    after="only clips",
    difference="a probability of 0 for what is true: **15.42** → **16.12**",
    answer=_DROPPED,
    measure="certain_and_wrong",
)
_SHORT_VECTORS = SilentChange(
    before="divides by the norm, but by no less than 1e-6",
    after="divides by no less than 1e-7",
    difference="a vector of length 2.5e-7 and itself: **-0.0625** → **-1.0000**",
    answer=_DROPPED,
    measure="similarity_of_short_vectors",
)
_RANKS = SilentChange(
    before="truth of (n,) and predictions of (n, 1) are compared each with each",
    after="they are compared one by one",
    difference="(1, 2, 3) against (1, 2, 4): **2.33** → **0.33**",
    answer=_DROPPED,
    measure="ranks_of_a_loss",
)
_DECAY = SilentChange(
    before="the legacy optimizers divide the learning rate by 1 + `decay` times the steps",
    after="ignores `decay`, with a warning",
    difference="1 after three steps along a slope of 1, at a rate of 0.1 and a decay of 1: **0.82** → **0.70**",
    answer=_DROPPED,
    measure="decay",
)
_SLOTS = SilentChange(
    before="an `.h5` restores the state of the optimizer",
    after="restores only the number of steps, and raises when training continues",
    difference="variables of Adam for a Dense: **5** → **2**",
    answer=_DROPPED,
    measure="slots",
)
_LION = SilentChange(
    before="the learning rate is 1e-4 by default",
    after="it is 1e-3",
    difference="**0.0001** → **0.0010**",
    answer=_DROPPED,
    measure="lion",
)
_NADAM = SilentChange(
    before="within `fit`, the product of its momentum schedule advances with every variable",
    after="it advances with every step",
    difference="the loss of a Dense after three steps: **0.427** → **0.424**",
    answer=_DROPPED,
    measure="nadam",
)
_FROZEN = SilentChange(
    before="an inner model lists what is frozen last, so weights change places if they were saved before freezing it",
    after="does the same",
    difference="two matrices of one shape, saved trainable and loaded with the first frozen: **12** → **5** in both",
    answer="weights find their places by their names, where those in the file are those of the model",
    measure="frozen_weights",
)

CHANGES = (
    ("BinaryCrossentropy", _CERTAIN_AND_WRONG),
    ("BinaryFocalCrossentropy", _CERTAIN_AND_WRONG),
    ("CosineSimilarity", _SHORT_VECTORS),
    ("MeanSquaredError and its like", _RANKS),
    ("every optimizer", _DECAY),
    ("every optimizer", _SLOTS),
    ("Lion", _LION),
    ("Nadam", _NADAM),
    ("weights alone", _FROZEN),
)
