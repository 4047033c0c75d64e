from __future__ import annotations

import pytest

from translation.step import Step
from translation.steps import STEPS


def test_the_steps_lead_from_keras_1_to_keras_3() -> None:
    assert [step.before for step in STEPS] == ["Keras 1", "Keras 2", "Keras 2.15", "Keras 2.15", "Keras 3"]
    assert all(one.after.startswith(other.before) for one, other in zip(STEPS, STEPS[1:]))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.after)
def test_a_step_has_rules(step: Step) -> None:
    assert step.rules()
