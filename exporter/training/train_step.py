"""One step of training with Keras 2, eager or traced, and what is to be seen within it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from exporter.run import inference
from exporter.training import state
from interchange.values import Value


class Output(NamedTuple):
    """An output of a model, and the logits that Keras has made its probabilities of, if it has."""

    value: Any
    logits: Any


class Seen(NamedTuple):
    """What a step computes before it changes anything.

    `gradients` are those of all weights, before clipping, by the identities of the weights, as TensorFlow gives them:
    of an Embedding there may be rows alone. `penalty` is the sum of the losses that layers add.
    """

    gradients: Mapping[int, Any]
    penalty: Any
    outputs: Sequence[Output]


Run = Callable[[tuple[Any, ...]], Seen]


def runner(model: Any, traced_for: tuple[Any, ...] | None = None) -> Run:
    """What trains a model on the data of `train_step`.

    All but the optimizer is traced for data like these, if there are any. The optimizer has a few operations for each
    weight, which take less time than to trace them, and a Nadam counts in Python.
    """
    import tensorflow as tf

    compute: Run = functools.partial(_computed, model)
    if traced_for is not None:
        compute = tf.function(compute, autograph=False).get_concrete_function(traced_for)

    def run(data: tuple[Any, ...]) -> Seen:
        seen = compute(data)
        model.optimizer.apply_gradients(pairs(model, seen.gradients))
        return seen

    return run


def pairs(model: Any, gradients: Mapping[int, Any]) -> list[tuple[Any, Any]]:
    """Gradients beside their weights, as an optimizer takes them."""
    given = ((gradients.get(state.identity(weight)), weight) for weight in model.trainable_variables)
    return [(gradient, weight) for gradient, weight in given if gradient is not None]


def _computed(model: Any, data: tuple[Any, ...]) -> Seen:
    """All that a step computes; losses and metrics are updated, weights are not."""
    gradients: dict[int, Any] = {}
    of_losses: list[tuple[Any, list[Output]]] = []

    def apply_gradients(_: Callable[..., Any], given: Any, **_options: Any) -> None:
        found = ((state.identity(variable), gradient) for gradient, variable in given)
        gradients.update({number: gradient for number, gradient in found if gradient is not None})

    def compute_loss(real: Callable[..., Any], x: Any, y: Any, y_pred: Any, *args: Any, **options: Any) -> Any:
        of_losses.append((_penalty(model), _outputs(y_pred)))
        return real(x, y, y_pred, *args, **options)

    with (
        wrapped(model.optimizer, "apply_gradients", apply_gradients),
        wrapped(model, "compute_loss", compute_loss),
    ):
        model.train_step(data)
    return Seen(gradients, *of_losses[0])


def is_for_graph(model: Any, inputs: Sequence[Value]) -> bool:
    """Whether steps are traced because that takes less time."""
    return inference.loops_long(model, inputs)


@contextlib.contextmanager
def wrapped(owner: Any, name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Within, `function` is called in the place of a method, and is given that first; nothing happens without one."""
    real = getattr(owner, name, None)
    if real is None:
        yield
        return
    before = {key: value for key, value in vars(owner).items() if key == name}
    vars(owner)[name] = functools.partial(function, real)
    try:
        yield
    finally:
        del vars(owner)[name]
        vars(owner).update(before)


def _penalty(model: Any) -> Any:
    import tensorflow as tf

    return sum((tf.cast(tf.reduce_sum(loss), "float64") for loss in model.losses), tf.constant(0.0, "float64"))


def _outputs(given: Any) -> list[Output]:
    import tensorflow as tf

    return [Output(each, getattr(each, "_keras_logits", None)) for each in tf.nest.flatten(given)]
