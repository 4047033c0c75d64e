"""Layers under masks compute in Keras 2.15 what they compute in Keras 3, also once they are saved and opened again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.rollback.build import build
from translation.keras2_to_3.spec import Call, Graph, Placed, Spec, TensorRef

LEFT = np.asarray([[1, 2, 0, 0]], "int32")
RIGHT = np.asarray([[3, 0, 5, 0]], "int32")
# One number for each id.
TABLE = np.arange(8, dtype="float32").reshape(8, 1) + 1.0


def ref(name: str, index: int = 0) -> TensorRef:
    return TensorRef(name, 0, index)


def placed(class_name: str, name: str, inputs: Any, calls: tuple[str, ...] = (), **config: Any) -> Placed:
    kwargs = config.pop("kwargs", {})
    spec = Spec("layers", class_name, config, name, name, decompositions=calls)
    return Placed(name, name, spec, (Call(inputs, kwargs),))


def of_input(name: str, shape: tuple[Any, ...], dtype: str = "int32") -> Placed:
    spec = Spec("layers", "InputLayer", {"batch_input_shape": list(shape)}, name, name, dtype=dtype)
    return Placed(name, name, spec, ())


def embedding(name: str, ids: str, *, mask: bool = True, width: int = 1) -> Placed:
    return placed("Embedding", name, ref(ids), input_dim=8, output_dim=width, mask_zero=mask)


def model(*layers: Placed, outputs: list[str]) -> Any:
    inputs = [ref(layer.name) for layer in layers if not layer.calls]
    return build(Graph("net", "", layers, inputs, [ref(name) for name in outputs]))


def two(*layers: Placed, outputs: list[str], right_is_masked: bool = True) -> Any:
    """A model of two embedded sequences, `one` and `other`, with the numbers of TABLE."""
    made = model(
        of_input("left", (None, 4)),
        of_input("right", (None, 4)),
        embedding("one", "left"),
        embedding("other", "right", mask=right_is_masked),
        *layers,
        outputs=outputs,
    )
    for layer in (layer for layer in made.layers if layer.name in ("one", "other")):
        layer.set_weights([TABLE])
    return made


def answers(made: Any, folder: Path, *inputs: np.ndarray) -> list[np.ndarray]:
    """What the model gives, which is what it gives when it is read back."""
    import keras

    given = [np.asarray(each) for each in _flat(made([*inputs] if len(inputs) > 1 else inputs[0]))]
    for name in ("net.h5", "net.keras"):
        made.save(folder / name)
        again = keras.models.load_model(folder / name)
        for mine, theirs in zip(given, _flat(again([*inputs] if len(inputs) > 1 else inputs[0]))):
            np.testing.assert_array_equal(mine, np.asarray(theirs))
    return given


def _flat(outputs: Any) -> list[Any]:
    return outputs if isinstance(outputs, list) else [outputs]


MEAN = placed("GlobalAveragePooling1D", "mean", ref("merged"))


# Sums of 2 + 4, 3 + 1, 1 + 6 and 1 + 1; the left sequence has two steps, the right one its first and third.
@pytest.mark.parametrize(
    ("class_name", "right_is_masked", "expected"),
    [
        ("Add", True, (6 + 4 + 7) / 3),
        ("Add", False, (6 + 4 + 7 + 2) / 4),
        ("Subtract", True, (-2 + 2 - 5) / 3),
        ("Average", True, (6 + 4 + 7) / 6),
        # Masked numbers count as the others: 2 and 4, 3 alone, 6 alone.
        ("Maximum", True, (4 + 3 + 6) / 3),
        ("Minimum", True, (2 + 3 + 6) / 3),
        ("Multiply", True, (8 + 3 + 6) / 3),
        ("Multiply", False, (8 + 3 + 6 + 1) / 4),
    ],
)
def test_merged_masks(tmp_path: Path, class_name: str, right_is_masked: bool, expected: float) -> None:
    merged = placed(class_name, "merged", [ref("one"), ref("other")], ("merge_masks",))
    made = two(merged, MEAN, outputs=["mean"], right_is_masked=right_is_masked)
    np.testing.assert_allclose(answers(made, tmp_path, LEFT, RIGHT)[0], [[expected]], rtol=1e-6)


def test_a_product_is_zero_where_all_is_masked(tmp_path: Path) -> None:
    merged = placed("Multiply", "merged", [ref("one"), ref("other")], ("merge_masks",))
    (given,) = answers(two(merged, outputs=["merged"]), tmp_path, LEFT, RIGHT)
    assert given[..., 0].tolist() == [[8.0, 3.0, 6.0, 0.0]]


def test_one_mask_of_all_that_is_merged_stays_and_nothing_is_added() -> None:
    dense = placed("Dense", "dense", ref("one"), units=1)
    merged = placed("Add", "merged", [ref("one"), ref("dense")], ("merge_masks",))
    made = two(dense, merged, MEAN, outputs=["mean", "other"])
    assert {type(layer).__name__ for layer in made.layers} == {
        "InputLayer", "Embedding", "Dense", "Add", "GlobalAveragePooling1D",
    }  # fmt: skip


def test_concatenated_masks(tmp_path: Path) -> None:
    merged = placed("Concatenate", "merged", [ref("one"), ref("other")], axis=-1)
    (given,) = answers(two(merged, MEAN, outputs=["mean"]), tmp_path, LEFT, RIGHT)
    np.testing.assert_allclose(given, [[(2 + 3 + 1) / 3, (4 + 1 + 6) / 3]], rtol=1e-6)


@pytest.mark.parametrize("right_is_masked", [True, False])
def test_masks_concatenated_along_the_steps(tmp_path: Path, right_is_masked: bool) -> None:
    merged = placed("Concatenate", "merged", [ref("one"), ref("other")], axis=1)
    made = model(
        of_input("left", (None, 4)),
        of_input("right", (None, 4)),
        embedding("one", "left", width=3),
        embedding("other", "right", mask=right_is_masked, width=3),
        merged,
        MEAN,
        outputs=["mean"],
    )
    (given,) = answers(made, tmp_path, LEFT, RIGHT)
    one, other = (made.get_layer(name).get_weights()[0] for name in ("one", "other"))
    kept = [*one[[1, 2]], *other[[3, 5] if right_is_masked else [3, 0, 5, 0]]]
    np.testing.assert_allclose(given, [np.mean(kept, axis=0)], rtol=1e-5)


@pytest.mark.parametrize(
    ("class_name", "config"),
    [("Rescaling", {"scale": 2.0}), ("Normalization", {"mean": 0.0, "variance": 0.25})],
)
def test_layers_that_keep_a_mask_in_keras_3_alone(tmp_path: Path, class_name: str, config: Any) -> None:
    layer = placed(class_name, "merged", ref("one"), **config)
    made = two(layer, MEAN, outputs=["mean", "other"])
    np.testing.assert_allclose(answers(made, tmp_path, LEFT, RIGHT)[0], [[(4 + 6) / 2]], rtol=1e-6)


def test_an_activation_that_is_written_out_keeps_the_mask(tmp_path: Path) -> None:
    layer = placed("Activation", "merged", ref("one"), ("activation",), activation="linear", written_out="hard_tanh")
    made = two(layer, MEAN, outputs=["mean", "other"])
    assert made.get_layer("merged").output_shape == (None, 4, 1)
    assert answers(made, tmp_path, LEFT, RIGHT)[0].tolist() == [[1.0]]


def test_initial_states_hide_the_mask_from_a_recurrent_layer_which_passes_it_on(tmp_path: Path) -> None:
    """The sum over steps counts masked ones, and the mean behind it does not."""
    states = placed("Dense", "state", ref("flat"), units=1)
    flat = placed("Flatten", "flat", ref("other"))
    config = {"units": 1, "activation": "linear", "use_bias": False, "return_sequences": True}
    layer = placed("SimpleRNN", "merged", ref("one"), ("recurrent",), kwargs={"initial_state": ref("state")}, **config)
    made = two(flat, states, layer, MEAN, outputs=["mean", "merged"])
    made.get_layer("merged").set_weights([np.ones((1, 1)), np.ones((1, 1))])
    made.get_layer("state").set_weights([np.zeros((4, 1)), np.zeros(1)])
    mean, steps = answers(made, tmp_path, LEFT, RIGHT)
    assert steps[..., 0].tolist() == [[2.0, 5.0, 6.0, 7.0]]
    assert mean.tolist() == [[3.5]]


def test_the_mask_of_steps_is_that_of_the_input(tmp_path: Path) -> None:
    inner = Spec("layers", "Embedding", {"input_dim": 8, "output_dim": 1, "mask_zero": True}, "t.layer", "inner")
    steps = placed("TimeDistributed", "t", ref("ids"), layer=inner)
    mean = placed("TimeDistributed", "mean", ref("t"), layer=Spec("layers", "GlobalAveragePooling1D", {}, "m", "m"))
    made = model(of_input("ids", (None, 1, 4)), steps, mean, outputs=["mean"])
    made.get_layer("t").set_weights([TABLE])
    assert answers(made, tmp_path, LEFT[None])[0].tolist() == [[[(2 + 3 + 1 + 1) / 4]]]


def test_shares_under_a_mask_are_zero_where_all_is_masked(tmp_path: Path) -> None:
    kept = of_input("kept", (None, 3), "bool")
    softmax = placed("Softmax", "s", ref("x"), ("softmax_mask",), kwargs={"mask": ref("kept")}, axis=-1)
    made = model(of_input("x", (None, 3), "float32"), kept, softmax, outputs=["s"])
    scores, mask = np.zeros((2, 3), "float32"), np.asarray([[True, True, False], [False] * 3])
    assert answers(made, tmp_path, scores, mask)[0].tolist() == [[0.5, 0.5, 0.0], [0.0] * 3]


@pytest.mark.parametrize("dropout", [0.0, 0.25])
def test_attention_of_what_is_masked(tmp_path: Path, dropout: float) -> None:
    """With a dropout, Keras 3 gives zeros to what sees nothing, and the bias of the last projection remains."""
    kwargs = {"value": ref("e")}
    config = {"num_heads": 1, "key_dim": 2, "dropout": dropout, "attention_axes": [1]}
    layer = placed("MultiHeadAttention", "a", ref("e"), ("multi_head_attention",), kwargs=kwargs, **config)
    made = model(of_input("ids", (None, 4)), embedding("e", "ids", width=2), layer, outputs=["a"])
    rng = np.random.default_rng(0)
    for variable in made.weights:
        variable.assign(rng.normal(size=variable.shape))
    biases = [each for each in made.weights if "attention_output/bias" in each.name]
    (given,) = answers(made, tmp_path, LEFT)
    assert len(biases) == 1
    is_bias = np.allclose(given[0, 3], biases[0].numpy())
    assert is_bias is (dropout > 0.0)


def test_a_mask_out_of_an_inner_model_that_would_be_lost_is_refused() -> None:
    from interchange.errors import Failure

    inner = Graph("inner", "inner", (of_input("ids", (None, 4)), embedding("e", "ids")), ref("ids"), ref("e"))
    layers = (
        of_input("ids", (None, 4)),
        Placed("inner", "inner", inner, (Call(ref("ids"), {}),)),
        placed("Rescaling", "r", ref("inner"), scale=2.0),
    )
    with pytest.raises(Failure, match="comes out of an inner model") as caught:
        model(*layers, outputs=["r"])
    assert [problem.layer for problem in caught.value.problems] == ["r"]
