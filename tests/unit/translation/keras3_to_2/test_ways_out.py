"""A way out in a refusal of the way back is a promise: a test follows it, or it is said here why none does."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

import pytest

from keras2to3.scanner.location import SAVE_AGAIN
from tests.models.ways_back import WAYS
from translation.keras3_to_2 import activations, wrappers
from translation.keras3_to_2.operations.refused import REFUSED
from translation.keras3_to_2.rules import table
from translation.keras3_to_2.verbs import BackVerb

_ODD = ("a value", [-1], True, None)

UNFOLLOWED = {
    "use a ReLU layer with its threshold, and save the model again": "Keras 3 cannot call it by its name alone",
    "open the model in Keras 3 and save it again, which writes positive ones": "no Keras 3 writes negative ones now",
    "use a concrete layer": "which one that is only the user knows",
    "build the same from layers of Keras, copy the weights, and save that model": "it needs JAX, Flax or PyTorch",
    "give the layer one out-of-vocabulary index, and save the model again": "the words of the user are hashed anew",
    "give the layer another initializer in Keras 3, load the weights, and save the model again": "it is any other one",
    "write it with operations of keras.ops or with layers in Keras 3, and save the model again": "the scanner is first",
    "Pass its result as a constant.": "Keras 3 computes it before there is a model",
    "Use a layer such as GaussianNoise or Dropout.": "other noise by design",
    "Save the model before `quantize`.": "the user has that model or not",
}


def ways_of(verb: BackVerb) -> Iterator[str]:
    """What a verb says to do about values that it refuses."""
    for value in _ODD:
        try:
            found = verb.decide(defaultdict(itertools.repeat(value).__next__, {verb.key: value}))
        except TypeError:  # it reads another kind of value
            continue
        if found.unblock:
            yield found.unblock


def said() -> set[str]:
    """Every way out."""
    rules = [rule.instead for rule in table().values() if rule.instead]
    keys = [way for rule in table().values() for verb in rule.verbs for way in ways_of(verb)]
    operations = [reason.instead for reason in REFUSED.values()]
    return {*rules, *keys, *operations, activations.AS_A_LAYER, activations.IN_EACH_STEP, wrappers.OUTSIDE, SAVE_AGAIN}


@pytest.mark.parametrize("text", sorted(said()))
def test_a_test_follows_it(text: str) -> None:
    assert (text in UNFOLLOWED) != (text in {way.text for way in WAYS.values()})


def test_none_is_listed_that_nothing_says() -> None:
    assert {way.text for way in WAYS.values()} | set(UNFOLLOWED) == said()
