"""Keras 2.15 models with classes of the user's own, saved in every format that knows them; run as a script."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def several(keras: Any, own: Any) -> Any:
    """Classes as layers, in a nested model, in wrappers and as cells; every kind of function."""
    layers = keras.layers
    x = keras.Input((5, 6), name="x")
    y = own.Projection(4, activation=own.bent, kernel_initializer="he_normal", name="projection")(x)
    y = layers.TimeDistributed(own.Projection(4, name="inside"), name="each")(y)
    inner = keras.Sequential([keras.Input((5, 4)), own.Mixture(4, name="mixture")], name="inner")
    y = own.Residual(layers.Dense(4, "tanh", name="wrapped"), name="residual")(inner(y))
    both = layers.Bidirectional(layers.RNN(own.Leaky(3), return_sequences=True), name="both")(y)
    z = own.Attention(name="attention")(both)
    fixed = type("FixedDropout", (layers.Dropout,), {})  # as efficientnet has it, whose files name it
    options = {"activation": own.bent, "kernel_initializer": own.Sevenths(), "kernel_regularizer": own.shrinking}
    options |= {"bias_initializer": own.eighths, "kernel_constraint": own.positive}
    return keras.Model(x, layers.Dense(2, name="out", **options)(fixed(0.5, name="fixed")(z)), name="several")


def _texts(keras: Any, own: Any) -> Any:
    words = keras.layers.TextVectorization(
        standardize=own.tidied, split=own.by_commas, output_sequence_length=4, name="words"
    )
    words.adapt(["An earth,wind<br />", "wind,FIRE"])
    x = keras.Input((1,), dtype="string", name="x")
    return keras.Model(x, keras.layers.Embedding(9, 3)(words(x)), name="texts")


def of_own_models(keras: Any, own: Any) -> dict[str, Any]:
    """Functional and Sequential models of classes of the user's own, the outermost and one that is inside."""
    layers = keras.layers
    x = keras.Input((6,), name="x")
    hidden = layers.Dense(4, "tanh", name="hidden")(x)
    inside = own.Trained(hidden, layers.Dense(3, "relu", name="inner")(hidden), name="inside")
    return {
        "trained": own.Trained(x, layers.Dense(2, name="out")(inside(hidden)), name="trained"),
        "chain": own.Chain([keras.Input((6,)), layers.Dense(4, "tanh"), layers.Dense(2)], name="chain"),
        "doubled": own.Doubled(x, layers.Dense(2, name="out")(hidden), name="doubled"),
        "texts": _texts(keras, own),
        "counted": own.Counted(x, layers.Dense(2, name="out")(hidden), name="counted"),
    }


def drawn(keras: Any, own: Any) -> Any:
    """The encoder of a variational autoencoder."""
    x = keras.Input((6,), name="x")
    mean, log_variance = (keras.layers.Dense(2, name=name)(x) for name in ("mean", "log_variance"))
    return keras.Model(x, [mean, own.Sampling(name="z")([mean, log_variance])], name="drawn")


def main(folder: Path, *, few: bool) -> None:
    """Save the models as `.h5` and SavedModel, one as `.keras`, and as JSON beside its weights; or a `few` of them."""
    import keras

    from tests.models import custom_objects_keras2

    keras.utils.set_random_seed(3)
    model = several(keras, custom_objects_keras2)
    model.compile("adam", custom_objects_keras2.apart, metrics=[custom_objects_keras2.apart])
    model.save(folder / "archive.keras")
    drawn(keras, custom_objects_keras2).save(folder / "drawn.h5", include_optimizer=False)
    if few:
        return
    model.save(folder / "several.h5", include_optimizer=False)
    model.save(folder / "folder", include_optimizer=False)
    (folder / "apart.json").write_text(model.to_json())
    model.save_weights(folder / "apart.weights.h5")
    for name, own_model in of_own_models(keras, custom_objects_keras2).items():
        if name != "texts":  # HDF5 has no place for what a layer was adapted to
            own_model.save(folder / f"{name}.h5", include_optimizer=False)
        own_model.save(folder / f"{name}_archive.keras")
        own_model.save(folder / f"{name}_folder", include_optimizer=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), few=bool(sys.argv[2:]))
