"""The verifier under mutation: whatever is changed in a verified model, it must not pass, and its place is named."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.build.rebuild import Rebuilt, rebuild
from importer.restore.restore import restore
from importer.verify.diagnose import explained
from importer.verify.layer_outputs import LayerOutputs, places
from importer.verify.recorded_calls import recorded
from importer.verify.verify import outputs, verify
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.messages.requests import ToleranceOptions
from tests.keras3.conftest import exported
from translation.keras2_to_3.spec import Graph
from translation.keras2_to_3.translate import translated


def small(keras: Any) -> Any:
    """A masked sequence through two layers alike, a normalisation and a recurrence."""
    layers = keras.layers
    x = keras.Input((6,), name="ids")
    y = layers.Embedding(9, 4, mask_zero=True, name="words")(x)
    y = layers.Dense(4, "tanh", name="first")(y)
    y = layers.Dense(4, "tanh", name="second")(y)
    y = layers.LayerNormalization(center=False, scale=False, name="norm")(y)
    return keras.Model(x, layers.LSTM(3, name="lstm")(y))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    import tf_keras

    return exported(small(tf_keras), tmp_path_factory.mktemp("small") / "bundle")


def built(bundle: Bundle, change: Callable[[Graph], Graph] = lambda graph: graph) -> Rebuilt:
    graph, _ = translated(bundle.json("architecture.json"))
    rebuilt = rebuild(change(graph))
    restore(rebuilt, bundle)
    return rebuilt


def with_config(name: str, **config: Any) -> Callable[[Graph], Graph]:
    """Another config for one layer."""

    def change(graph: Graph) -> Graph:
        layers = tuple(
            replace(layer, item=replace(layer.item, config={**layer.item.config, **config}))
            if layer.name == name
            else layer
            for layer in graph.layers
        )
        return replace(graph, layers=layers)

    return change


def nudge(model: Any) -> None:
    kernel = model.get_layer("second").kernel
    value = np.array(kernel)
    value[1, 2] += 1e-2
    kernel.assign(value)


def swap(model: Any) -> None:
    first, second = (model.get_layer(name).kernel for name in ("first", "second"))
    value = np.array(first)
    first.assign(second)
    second.assign(value)


def transpose(model: Any) -> None:
    kernel = model.get_layer("second").kernel
    kernel.assign(np.array(kernel).T)


CHANGES: Mapping[str, tuple[Callable[[Graph], Graph], str]] = {
    "activation": (with_config("second", activation="sigmoid"), "second"),
    "axis": (with_config("norm", axis=1), "norm"),
    "epsilon": (with_config("norm", epsilon=1e-2), "norm"),
    "direction": (with_config("lstm", go_backwards=True), "lstm"),
    "mask dropped": (with_config("words", mask_zero=False), "lstm"),
}
TOUCHES: Mapping[str, tuple[Callable[[Any], None], str]] = {
    "one weight nudged": (nudge, "second"),
    "two weights of equal shape swapped": (swap, "first"),
    "a weight transposed": (transpose, "second"),
}


def difference(rebuilt: Rebuilt, bundle: Bundle) -> Failure:
    layers = LayerOutputs(bundle, places(rebuilt), ToleranceOptions())
    with pytest.raises(Failure) as caught, layers.watched(rebuilt.model):
        verify(rebuilt.model, bundle, ToleranceOptions())
    return caught.value


def test_the_model_itself_is_verified(bundle: Bundle) -> None:
    verification = verify(built(bundle).model, bundle, ToleranceOptions())
    assert verification.strength == "full"
    further = [f"more-{number}" for number in range(1, 9)]
    assert verification.inputs == ("normal", "wide", "tiny", "padded", *further, "single")
    assert [(row.name, row.equal) for row in verification.outputs] == [("lstm", True)]
    assert verification.first_difference is None


@pytest.mark.parametrize("name", [*CHANGES, *TOUCHES])
def test_a_mutant_differs_and_its_first_layer_is_named(bundle: Bundle, name: str) -> None:
    rebuilt = built(bundle, CHANGES[name][0] if name in CHANGES else lambda graph: graph)
    if name in TOUCHES:
        TOUCHES[name][0](rebuilt.model)
    failure = difference(rebuilt, bundle)
    assert failure.code is Exit.DIFFERS
    assert not failure.detail["verification"]["outputs"][0]["equal"]
    assert failure.detail["verification"]["first_difference"]["layer"] == {**CHANGES, **TOUCHES}[name][1]
    assert "the translation is wrong" in str(explained(failure, rebuilt, bundle).hint)


def test_what_the_user_allows_is_allowed(bundle: Bundle) -> None:
    rebuilt = built(bundle)
    nudge(rebuilt.model)
    assert difference(rebuilt, bundle).code is Exit.DIFFERS
    assert verify(rebuilt.model, bundle, ToleranceOptions(atol=1.0)).outputs[0].equal


def test_another_number_of_outputs_differs(bundle: Bundle) -> None:
    import keras

    model = built(bundle).model
    twice = keras.Model(model.inputs, [model.outputs[0], model.outputs[0]])
    with pytest.raises(Failure, match="2 outputs, the old model has 1") as caught:
        verify(twice, bundle, ToleranceOptions())
    assert caught.value.code is Exit.DIFFERS


def test_a_model_that_cannot_be_run_is_refused(bundle: Bundle) -> None:
    import keras

    x = keras.Input((5,), name="ids")
    with pytest.raises(Failure, match="cannot run the rebuilt model") as caught:
        verify(keras.Model(x, keras.layers.Dense(3)(x)), bundle, ToleranceOptions())
    assert caught.value.code is Exit.REFUSED


def test_the_codes_by_which_keras_writes_in_bold_are_not_told(bundle: Bundle) -> None:
    import keras

    class Raising(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        def call(self, x: Any) -> Any:
            raise ValueError("no such thing")

        def compute_output_shape(self, shape: Any) -> Any:
            return shape

    x = keras.Input((6,), name="ids")
    with pytest.raises(Failure, match="no such thing Arguments received by") as caught:
        verify(keras.Model(x, Raising()(x)), bundle, ToleranceOptions())
    assert "\x1b[1m" in str(caught.value.__cause__), "Keras writes plainly, and nothing need be left out"
    assert "\x1b" not in caught.value.message


def test_outputs_that_hardly_vary_are_weak_evidence(old: Any, tmp_path: Path) -> None:
    x = old.Input((4,))
    constant = old.layers.Dense(2)(old.layers.Rescaling(0.0)(x))
    bundle = exported(old.Model(x, constant), tmp_path / "bundle")
    assert verify(built(bundle).model, bundle, ToleranceOptions()).strength == "weak"


def test_samples_that_depend_on_each_other_are_asked_in_the_same_company(old: Any, tmp_path: Path) -> None:
    x = old.Input((4,))
    bundle = exported(old.Model(x, old.backend.cumsum(x, axis=0)), tmp_path / "bundle")
    assert [len(call) for call in recorded(bundle)] == [11, 1]
    assert verify(built(bundle).model, bundle, ToleranceOptions()).outputs[0].max_abs < 1e-6


def test_an_answer_without_a_row_for_each_sample_differs(old: Any, tmp_path: Path) -> None:
    import keras

    x = old.Input((4,))
    bundle = exported(old.Model(x, old.layers.ReLU()(x)), tmp_path / "bundle")
    y = keras.Input((4,))
    with pytest.raises(Failure, match="one row for each sample") as caught:
        verify(keras.Model(y, keras.ops.concatenate([y, y], axis=0)), bundle, ToleranceOptions())
    assert caught.value.code is Exit.DIFFERS


def test_a_stateful_model_is_asked_from_its_beginning_each_time(old: Any, tmp_path: Path) -> None:
    layers = [old.Input(batch_shape=(3, 5, 2)), old.layers.GRU(2, stateful=True)]
    bundle = exported(old.Sequential(layers), tmp_path / "bundle")
    model, probe = built(bundle).model, recorded(bundle)[0][0]
    first, again = (outputs(model, probe.inputs) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_the_tolerance_of_halves_holds_for_what_is_reached_from_them_alone(tmp_path: Path) -> None:
    import tf_keras

    layers, x = tf_keras.layers, tf_keras.Input((4,), name="x")
    inner = tf_keras.Model(x, [layers.Dense(3, name="exact")(x), layers.Dense(3, dtype="float16", name="half")(x)])
    given = tf_keras.Input((4,), name="given")
    exact, half = inner(given)
    bundle = exported(tf_keras.Model(given, [exact, layers.Dense(2, name="wide")(half)]), tmp_path / "bundle")
    for name, passes in (("half", True), ("exact", False)):
        rebuilt = built(bundle)
        assert verify(rebuilt.model, bundle, ToleranceOptions()).outputs
        bias = next(layer for layer in rebuilt.model._flatten_layers() if layer.name == name).bias
        bias.assign(bias + 1e-3)
        expected = contextlib.nullcontext() if passes else pytest.raises(Failure, match=r"output \w+ differs")
        with expected:
            verify(rebuilt.model, bundle, ToleranceOptions())
