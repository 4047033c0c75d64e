"""One step of training with Keras 2, eager or traced, and what is to be seen within it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from exporter.run import inference
from exporter.training import state
from exporter.training.optimizer_variables import inner
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


def runner(model: Any) -> Run:
    """What trains a model on the data of `train_step`."""
    keys = state.keys_of(model)

    def run(data: tuple[Any, ...]) -> Seen:
        gradients: dict[int, Any] = {}
        of_losses: list[tuple[Any, list[Output]]] = []

        def apply_gradients(real: Callable[..., Any], pairs: Any, *args: Any, **options: Any) -> Any:
            given = list(pairs)
            known = ((state.identity(variable), gradient) for gradient, variable in given if gradient is not None)
            gradients.update({number: gradient for number, gradient in known if number in keys})
            return real(given, *args, **options)

        def compute_loss(real: Callable[..., Any], x: Any, y: Any, y_pred: Any, *args: Any, **options: Any) -> Any:
            of_losses.append((_penalty(model), _outputs(y_pred)))
            return real(x, y, y_pred, *args, **options)

        with (
            wrapped(model.optimizer, "apply_gradients", apply_gradients),
            wrapped(model, "compute_loss", compute_loss),
        ):
            model.train_step(data)
        return Seen(gradients, *of_losses[0])

    return run


def traced(model: Any, data: tuple[Any, ...]) -> Run:
    """The same, traced for data like these."""
    import tensorflow as tf

    run: Run = tf.function(runner(model), autograph=False).get_concrete_function(data)
    return run


def is_for_graph(model: Any, inputs: Sequence[Value]) -> bool:
    """Whether steps are traced because that takes less time; a Nadam counts in Python."""
    return inference.loops_long(model, inputs) and not hasattr(inner(model.optimizer), "_u_product_counter")


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
