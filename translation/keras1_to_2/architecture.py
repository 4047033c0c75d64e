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


def modern(architecture: Mapping[str, Any], facts: Facts, tell: Tell) -> Mapping[str, Any]:
    """The architecture in the spelling of Keras 2; one that is spelled so already stays as it is, unless Theano ran it.

    `tell` hears of every layer. What Keras 2 cannot say is refused (`Failure`, exit code 4), all of it at once.
    """
    if not is_keras_1(architecture):
        architecture = merging.spelled(architecture, facts, tell)
        return theano_kernels.spelled(architecture, tell) if facts.is_theano else architecture
    spelling = Spelling(facts, tell)
    made = model(spelling, architecture, OUTERMOST)
    if spelling.problems:
        raise refused(spelling.problems, f"Keras 2 cannot express this model of Keras 1: {spelling.problems[0]}")
    return made
