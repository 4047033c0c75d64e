"""TensorFlow Addons: what the exporter's definitions compute, said with Keras 3's own layers."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from exporter.keras2 import addons
from keras2to3.scanner.allowlist import names
from tests.keras3.conftest import Arrived, keras_2_everywhere

PICTURE, ROW = (6, 8, 4), (5, 6)
POOLS = {
    f"Adaptive{name}Pooling{rank}D": ({"output_size": [2] * rank}, (4, 6, 2, 3)[4 - rank - 1 :])
    for name in ("Average", "Max")
    for rank in (1, 2, 3)
}
LAYERS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "GroupNormalization": ({"groups": 2, "axis": 3}, PICTURE),
    "InstanceNormalization": ({"axis": -1, "epsilon": 0.1}, PICTURE),
    "FilterResponseNormalization": ({"axis": [1, 2], "gamma_initializer": "ones"}, PICTURE),
    "GELU": ({}, ROW),
    "Maxout": ({"num_units": 2, "axis": 1}, (4, 3)),
    "Sparsemax": ({}, ROW),
    **POOLS,
}


@pytest.fixture
def definitions(old: ModuleType) -> Any:
    with keras_2_everywhere():
        return addons.objects()


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_arrives(name: str, definitions: Any, old: ModuleType, arrive: Callable[[Any], Arrived]) -> None:
    options, shape = LAYERS[name]
    arrived = arrive(old.Sequential([old.Input(shape), definitions[f"Addons>{name}"](**options, name="it")]))
    assert [row["equal"] for row in arrived.report["verification"]["outputs"]] == [True]
    assert arrived.report["needs"] is None


def test_a_wrapper_arrives_with_its_vector(definitions: Any, old: ModuleType, arrive: Callable[[Any], Arrived]) -> None:
    made = definitions["Addons>SpectralNormalization"](old.layers.Dense(3), power_iterations=2, name="it")
    arrived = arrive(old.Sequential([old.Input((4,)), made]))
    assert type(arrived.model.layers[0]).__name__ == "SpectralNormalization"
    assert arrived.report["weights"]["identical"] == arrived.report["weights"]["tensors"] == 4, "its kernel twice"


def test_a_branch_is_weighted(definitions: Any, old: ModuleType, arrive: Callable[[Any], Arrived]) -> None:
    x = old.Input(ROW)
    made = definitions["Addons>StochasticDepth"](survival_probability=0.25, name="it")
    arrived = arrive(old.Model(x, made([x, old.layers.Dense(6)(x)])))
    assert [row["equal"] for row in arrived.report["verification"]["outputs"]] == [True]


@pytest.mark.parametrize("name", sorted(names.ADDONS_ACTIVATIONS))
def test_an_activation_arrives_in_a_layer_of_its_own_and_in_another(
    name: str, definitions: Any, old: ModuleType, arrive: Callable[[Any], Arrived]
) -> None:
    function = definitions[name]
    layers = [old.Input(ROW), old.layers.Activation(function), old.layers.Dense(4, function)]
    arrived = arrive(old.Sequential(layers))
    assert [row["equal"] for row in arrived.report["verification"]["outputs"]] == [True]


def test_there_is_a_definition_for_every_name(definitions: Any) -> None:
    assert definitions.keys() == names.ADDONS | names.ADDONS_ACTIVATIONS
