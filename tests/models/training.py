"""Models of Keras 2.15 in the middle of their training, and how they go on with Keras 2.15; run as a script."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.models.next_steps import batches, next_steps


@dataclass(frozen=True)
class Trained:
    """A model that `build` compiles, which is trained on one kind of batches and saved in one format."""

    build: Callable[[Any], Any]
    kind: str = "numbers"
    suffix: str = ".h5"
    epochs: int = 5


def _perceptron(keras: Any, *last: Any, **settings: Any) -> Any:
    x = keras.Input((6,), name="x")
    hidden = keras.layers.Dense(8, "tanh", name="hidden")(x)
    return keras.Model(x, keras.layers.Dense(*(last or (1,)), name="out", **settings)(hidden))


def _compiled(model: Any, optimizer: Any, loss: Any = "mse", **settings: Any) -> Any:
    model.compile(optimizer, loss, **settings)
    return model


def _rate_that_was_reduced(keras: Any) -> Any:
    """A callback or a user has changed the rate that the config of the optimizer began with."""
    model = _compiled(_perceptron(keras), keras.optimizers.Adam(0.1, amsgrad=True), metrics=["mae", "mse"])
    model.optimizer.learning_rate.assign(0.0125)
    return model


def _outputs(keras: Any) -> Any:
    x = keras.Input((6,), name="x")
    hidden = keras.layers.Dense(8, "tanh", name="hidden")(x)
    return keras.Model(x, [keras.layers.Dense(1, name="amount")(hidden), keras.layers.Dense(2, name="kind")(hidden)])


def _by_name(keras: Any) -> Any:
    losses = {"amount": "mae", "kind": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}
    metrics = {"amount": ["mse"], "kind": ["acc"]}
    settings = {"loss_weights": {"amount": 0.5, "kind": 2.0}, "metrics": metrics, "weighted_metrics": {"amount": "mae"}}
    return _compiled(_outputs(keras), keras.optimizers.Adamax(0.01), losses, **settings)


def _by_order(keras: Any) -> Any:
    losses = [keras.losses.Huber(0.3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)]
    settings = {"loss_weights": [0.5, 2.0], "metrics": [["mse"], ["accuracy"]]}
    return _compiled(_outputs(keras), keras.optimizers.Adagrad(0.05), losses, **settings)


def _smoothed(keras: Any) -> Any:
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    return _compiled(_perceptron(keras, 3), keras.optimizers.RMSprop(0.01, clipvalue=0.1), loss, metrics=["acc"])


def _summed(keras: Any) -> Any:
    """A reduction that is no default, and a metric that counts weights of samples."""
    metrics = [keras.metrics.MeanSquaredError(name="far")]
    optimizer = keras.optimizers.Ftrl(0.02, l2_regularization_strength=0.01)
    return _compiled(
        _perceptron(keras), optimizer, keras.losses.MeanAbsoluteError(reduction="sum"), weighted_metrics=metrics
    )


def _masked(keras: Any) -> Any:
    layers = keras.layers
    gates = {"return_sequences": True, "recurrent_activation": "hard_sigmoid"}
    chain = [layers.Embedding(20, 5, mask_zero=True), layers.Bidirectional(layers.LSTM(4, **gates)), layers.Dense(3)]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return _compiled(keras.Sequential([keras.Input((7,)), *chain]), "adam", loss, metrics=["acc"])


def _frozen(keras: Any) -> Any:
    """A layer inside a model is frozen, and a normalisation; both hold weights between those that learn."""
    layers = keras.layers
    chain = [layers.Dense(8, "tanh", name="stays"), layers.Dense(8, "tanh", name="learns")]
    inner = keras.Sequential([keras.Input((6,)), *chain], name="inner")
    x = keras.Input((6,), name="x")
    normal = layers.BatchNormalization(name="normal")
    model = keras.Model(x, layers.Dense(1, name="out")(normal(inner(x))))
    inner.get_layer("stays").trainable = normal.trainable = False
    return _compiled(model, keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, global_clipnorm=0.5))


def _penalised(keras: Any) -> Any:
    regularizers, x = keras.regularizers, keras.Input((6,), name="x")
    settings = {"kernel_regularizer": regularizers.L1L2(0.01, 0.02), "activity_regularizer": regularizers.L2(0.01)}
    hidden = keras.layers.Dense(8, "tanh", kernel_constraint=keras.constraints.MaxNorm(0.7), **settings)(x)
    model = keras.Model(x, keras.layers.Dense(1, bias_constraint="non_neg")(hidden))
    return _compiled(model, keras.optimizers.Adadelta(0.5))


def _local(keras: Any) -> Any:
    """A layer whose weights have another shape in Keras 3, and their slots with them."""
    x = keras.Input((6, 4), name="x")
    local = keras.layers.LocallyConnected1D(3, 2, activation="tanh", name="local")(x)
    model = keras.Model(x, keras.layers.Dense(1)(keras.layers.Flatten()(local)))
    return _compiled(model, keras.optimizers.Adam(0.01), metrics=["mae"])


def _warmed_up(keras: Any) -> Any:
    schedule = keras.optimizers.schedules.CosineDecay(0.001, 30, alpha=0.1, warmup_target=0.02, warmup_steps=7)
    return _compiled(_perceptron(keras), keras.optimizers.AdamW(schedule, weight_decay=0.02))


def _averaged(keras: Any) -> Any:
    average = {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 4}
    return _compiled(_perceptron(keras), keras.optimizers.Lion(0.003, **average))


def _scaled(keras: Any) -> Any:
    inner = keras.optimizers.SGD(0.05, momentum=0.9)
    return _compiled(_perceptron(keras), keras.mixed_precision.LossScaleOptimizer(inner, initial_scale=256.0))


def _of_the_user(keras: Any) -> Any:
    from tests.models import custom_objects_keras2 as own

    return _compiled(_perceptron(keras), keras.optimizers.Adam(0.01), own.apart, metrics=[own.apart])


def _lacking(keras: Any) -> Any:
    """Its loss is in no file of the user's."""

    def forgotten(wanted: Any, given: Any) -> Any:
        return keras.backend.mean(keras.backend.square(wanted - given), axis=-1)

    return _compiled(_perceptron(keras), "adam", forgotten)


def _decaying(keras: Any) -> Any:
    return _compiled(_perceptron(keras), keras.optimizers.legacy.Adam(0.02, decay=0.1, clipnorm=0.2), metrics=["mae"])


def _centred(keras: Any) -> Any:
    return _compiled(_perceptron(keras), keras.optimizers.RMSprop(0.005, momentum=0.5, centered=True))


MODELS = {
    "reduced": Trained(_rate_that_was_reduced),
    "centred": Trained(_centred, suffix=""),
    "decaying": Trained(_decaying),
    "by_name": Trained(_by_name, "named_pairs", ".keras"),
    "by_order": Trained(_by_order, "pairs", ""),
    "smoothed": Trained(_smoothed, "classes"),
    "summed": Trained(_summed, "weighted", ".keras"),
    "masked": Trained(_masked, "words"),
    "frozen": Trained(_frozen),
    "penalised": Trained(_penalised, suffix=".keras"),
    "local": Trained(_local, "steps_in_time"),
    "warmed_up": Trained(_warmed_up, suffix=".keras"),
    "averaged": Trained(_averaged, suffix=".keras"),
    "scaled": Trained(_scaled, suffix=".keras"),
    "untrained": Trained(_decaying, epochs=0),
    "of_the_user": Trained(_of_the_user),
    "lacking": Trained(_lacking),
}


def main(folder: Path, *names: str) -> None:
    """Train and save the models, and write beside them, in `truth.json`, how each of them goes on."""
    import keras

    found = {}
    for name in names or MODELS:
        keras.backend.clear_session()
        keras.utils.set_random_seed(len(name))
        row = MODELS[name]
        model = row.build(keras)
        for x, y, weights in batches(row.kind, 0, row.epochs):
            model.train_on_batch(x, y, sample_weight=weights)
        model.save(folder / f"{name}{row.suffix}")
        found[name] = next_steps(model, row.kind)
    (folder.parent / "truth.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
