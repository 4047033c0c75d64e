"""The names that Keras 2.15 knows and those that have a rule are the same; that Keras knows them, its tests compare."""

from __future__ import annotations

from translation.keras2_to_3.rules import legacy_optimizers, losses, metrics, optimizers, schedules
from translation.training import known_names


def test_every_name_that_is_let_in_has_a_rule() -> None:
    asked = {"ce", "crossentropy", "acc", "ACC"}  # of which the shapes of an output decide
    for module, names in (
        (optimizers, known_names.OPTIMIZERS),
        (legacy_optimizers, known_names.LEGACY_OPTIMIZERS),
        (schedules, known_names.SCHEDULES),
        (losses, known_names.LOSSES | known_names.LOSS_FUNCTIONS | known_names.FORMER_LOSSES.keys()),
        (metrics, (known_names.METRICS | known_names.METRIC_FUNCTIONS | known_names.FORMER_METRICS.keys()) - asked),
    ):
        assert names <= {rule.name for rule in module.RULES}
