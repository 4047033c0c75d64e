"""How a model was compiled in Keras 2.15, as a spec for `compile` of Keras 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from interchange.layer_path import OUTERMOST
from interchange.messages.changes import Change
from translation.keras2_to_3.rules import metrics
from translation.keras2_to_3.spec import Spec
from translation.keras2_to_3.training_objects import Leaf, TrainingObjects
from translation.keras2_to_3.training_outputs import ONE, Outputs, each, each_weight, per_output

COUNTED = "it counts what a mask covers, which it left out in Keras 2"
AVERAGED = "use_ema: before any step is done, the average begins with the weights after the first, in Keras 2 before it"
NO_OWN: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class TrainingSpec:
    """The arguments of `compile` in Keras 3.

    `loss` has a leaf for each output, `loss_weights` a number, and `metrics` and `weighted_metrics` a list of leaves;
    they are in a list if the model has several outputs, or in a dict if its outputs are one, and None where there is
    nothing of the kind. A leaf is a name that Keras 3 knows, a `Spec`, or None. `settings` are `run_eagerly`,
    `steps_per_execution` and `jit_compile`.
    """

    optimizer: Spec
    loss: Any
    loss_weights: Any
    metrics: Any
    weighted_metrics: Any
    settings: Mapping[str, Any]


class Untranslatable(Exception):
    """The model cannot be compiled in Keras 3 as it was; `reasons` say why, each in a sentence."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


def translated_training(
    config: Mapping[str, Any], own: Mapping[str, str] = NO_OWN, outputs: Outputs = ONE
) -> tuple[TrainingSpec, list[Change]]:
    """From `get_compile_config()` of Keras 2.15, as JSON has it, to a spec and the lines of the report.

    `own` are the names of the user's classes and functions, each with the class of Keras that it is made of, or
    nothing. Raises `Untranslatable` where the loss or the optimizer has no counterpart; a metric without one is left
    out, for it moves no weight.
    """
    objects = TrainingObjects(own)
    optimizer = objects.optimizer(config["optimizer"])
    losses = each(objects.loss, outputs.arranged(config.get("loss")))
    if objects.reasons:
        raise Untranslatable(objects.reasons)
    plain, weighted = (
        [
            _metrics(objects, given, name, loss)
            for given, name, loss in zip(per_output(config.get(key), outputs), outputs.prefixes, losses)
        ]
        for key in ("metrics", "weighted_metrics")
    )
    spec = TrainingSpec(
        optimizer,
        outputs.packed(losses),
        outputs.packed(each_weight(config.get("loss_weights"), outputs)),
        outputs.packed(plain),
        outputs.packed(weighted),
        _settings(config),
    )
    return spec, objects.changes


def of_masks(spec: TrainingSpec, outputs: Outputs, masked: Sequence[bool]) -> list[Change]:
    """A line for each metric that counts what a mask covers; `masked` says which outputs have one."""
    found: dict[str, None] = {}
    for structure in (spec.metrics, spec.weighted_metrics):
        for metrics_of_one, has_mask in zip(outputs.unpacked(structure), masked):
            own = [leaf for leaf in metrics_of_one or () if isinstance(leaf, Spec) and leaf.kind == "metrics"]
            found.update({leaf.class_name: None for leaf in own if has_mask and not leaf.own})
    return [Change(OUTERMOST, name, "training-only", COUNTED) for name in found if name not in metrics.MASKED]


def of_a_beginning(optimizer: Spec) -> list[Change]:
    """A line for an optimizer that begins anew, if its first step is another one."""
    inner = optimizer.config.get("inner_optimizer")
    if isinstance(inner, Spec):
        return of_a_beginning(inner)
    has_average = bool(optimizer.config.get("use_ema"))
    return [Change(OUTERMOST, optimizer.class_name, "training-only", AVERAGED)] if has_average else []


def _metrics(objects: TrainingObjects, given: Sequence[Any], output: str, loss: Leaf) -> list[Leaf] | None:
    """The metrics of one output, without those that Keras 3 cannot compute."""
    made = [objects.metric(metric, output, loss) for metric in given]
    return [metric for metric in made if metric is not None] or None


def _settings(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of `compile`; where Keras 2 has none, Keras 3 decides for itself whether XLA compiles the step."""
    compiled = config.get("jit_compile")
    return {
        "run_eagerly": bool(config.get("run_eagerly")),
        "steps_per_execution": config.get("steps_per_execution") or 1,
        "jit_compile": "auto" if compiled is None else compiled,
    }
