"""An architecture of Keras 1 as Keras 2 would have written it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interchange.errors import refused
from interchange.layer_path import OUTERMOST
from translation.keras1_to_2 import merging
from translation.keras1_to_2.file_facts import Facts, is_keras_1
from translation.keras1_to_2.layers import Spelling
from translation.keras1_to_2.models import model
from translation.keras2_to_2_15 import theano_kernels
from translation.keras2_to_runnable import Tell


def as_keras_2(architecture: Mapping[str, Any], facts: Facts, tell: Tell) -> Mapping[str, Any]:
    """The architecture as Keras 2 writes it; one of Keras 2 stays as it is, unless it was trained with Theano.

    `tell` gets a `Normalised` for every layer. Raises `Failure(REFUSED)` with everything that Keras 2 cannot express.
    """
    if not is_keras_1(architecture):
        architecture = merging.without_merge(architecture, facts, tell)
        return theano_kernels.with_tensorflow_padding(architecture, tell) if facts.is_theano else architecture
    spelling = Spelling(facts, tell)
    made = model(spelling, architecture, OUTERMOST)
    if spelling.problems:
        raise refused(spelling.problems, f"Keras 2 cannot express this model of Keras 1: {spelling.problems[0]}")
    return made
