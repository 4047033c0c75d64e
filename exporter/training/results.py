"""What the losses and metrics of a model of Keras 2 have come to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from exporter.training import state
from exporter.training.train_step import Seen
from interchange.workers.parts import part
from interchange.workers.raised import number_of

Row = tuple[dict[str, Any], np.ndarray]
"""What is known of a number or tensor, and its value, or the part of it that stands for it."""


def losses(model: Any) -> Iterator[Row]:
    """The loss of all outputs with penalties, and of each output, if there are several."""
    total, *own = model.compiled_loss.metrics
    yield {"quantity": "loss", "name": total.name}, number_of(total)
    outputs = [index for index, loss in enumerate(model.compiled_loss._losses) if loss is not None]
    for index, metric in zip(outputs, own):
        yield {"quantity": "loss", "name": metric.name, "output": index}, number_of(metric)


def metrics(model: Any) -> Iterator[Row]:
    """The metrics of each output, those without sample weights first."""
    container = model.compiled_metrics
    if container is None or not container.built:
        return
    for weighted, groups in enumerate((container._metrics, container._weighted_metrics)):
        for output, group in enumerate(groups):
            for index, metric in enumerate(each for each in group if each is not None):
                facts = {"output": output, "weighted": bool(weighted), "index": index}
                yield {"quantity": "metric", "name": metric.name, **facts}, number_of(metric)


def seen(model: Any, within: Seen) -> Iterator[Row]:
    """The penalty of a step, and all gradients, or their parts."""
    import tensorflow as tf

    yield {"quantity": "penalty", "name": "penalty"}, np.asarray(within.penalty)
    for number, key in state.keys_of(model).items():
        if number in within.gradients:
            gradient = np.asarray(tf.convert_to_tensor(within.gradients[number]))
            yield {"quantity": "gradient", **key.to_facts()}, part(gradient)
