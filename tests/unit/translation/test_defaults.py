"""What a file leaves out, by rules alone: whoever wrote it meant something, and who cannot be told is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from translation.keras1_to_2.file_facts import Facts
from translation.keras2_config import as_keras_2_15
from translation.keras2_to_2_15.defaults import FORMER, Former
from translation.keras2_to_runnable import Normalised
from translation.keras_releases import author

GRU = {"name": "gru", "units": 4, "recurrent_activation": "sigmoid"}
LACKING = [(row, name) for row in FORMER for name in row.classes]
_IDS = [f"{name}.{row.key}" for row, name in LACKING]


def sequential(*layers: Mapping[str, Any]) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}}


def entry(class_name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    return {"class_name": class_name, "config": dict(config)}


def made(layer: Mapping[str, Any], facts: Facts | None = None, **more: Any) -> tuple[dict[str, Any], list[Normalised]]:
    told: list[Normalised] = []
    architecture = as_keras_2_15(sequential(layer), told.append, facts=facts or Facts(), **more)
    return architecture["config"]["layers"][0]["config"], told


def asked(layer: Mapping[str, Any], facts: Facts) -> Failure:
    with pytest.raises(Failure) as caught:
        made(layer, facts)
    assert caught.value.code is Exit.REFUSED
    assert all("--written-by" in str(problem.unblock) for problem in caught.value.problems)
    return caught.value


def lacking(row: Former, name: str) -> dict[str, Any]:
    """A layer that lacks one key, whose value shows in what it computes."""
    others = {other.key: other.value for other in FORMER if name in other.classes and other.key != row.key}
    own = {"vocabulary": ["a"], "max_tokens": 5, "output_mode": "count"} if row.key == "pad_to_max_tokens" else {}
    own = {"vocabulary": ["a"]} if name.endswith("Lookup") else own
    return entry(name, {"name": "it", "units": 4, **others, **own})


@pytest.mark.parametrize(("row", "name"), LACKING, ids=_IDS)
def test_what_was_left_out_means_what_it_meant(row: Former, name: str) -> None:
    before = "tf-1.15" if row.within == (2, 0) else "tf-2.2" if row.within > (2, 3) else "tf-2.0"
    config, told = made(lacking(row, name), Facts(version=before))
    assert config[row.key] == row.value
    assert [(line.layer, line.rule, line.truth) for line in told] == [("it", name, "normalised")]
    assert str(author(before)) in told[0].text
    after = f"tf-{row.within[0]}.{row.within[1]}"
    assert made(lacking(row, name), Facts(version=after)) == (lacking(row, name)["config"], [])


@pytest.mark.parametrize(("row", "name"), LACKING, ids=_IDS)
@pytest.mark.parametrize("version", [None, "new", "9.9.9"])
def test_who_wrote_it_is_asked_where_it_matters(row: Former, name: str, version: str | None) -> None:
    if row.key == "fill_mode":  # outputs do not depend on it
        assert made(lacking(row, name), Facts(version=version)) == (lacking(row, name)["config"], [])
        return
    (problem,) = asked(lacking(row, name), Facts(version=version)).problems
    assert (problem.layer, problem.class_name) == ("it", name)
    assert problem.text.startswith(f"{row.key} is left out")


@pytest.mark.parametrize("version", ["2.0.0", "2.1.4", "2.2.5", "2.3.1", "2.1.6-tf", "tf-1.15", "1.2.2"])
def test_a_gru_of_old(version: str) -> None:
    assert made(entry("GRU", {**GRU, "use_bias": False}), Facts(version=version))[0]["reset_after"] is False


@pytest.mark.parametrize(("version", "key"), [("2.2.4-tf", "recurrent_activation"), ("2.4.0", "pad_to_max_tokens")])
def test_a_number_that_two_releases_share(version: str, key: str) -> None:
    vectors = {"name": "v", "max_tokens": 9, "output_mode": "count", "vocabulary": ["a"]}
    layer = (
        entry("LSTM", {"name": "l", "units": 4}) if key != "pad_to_max_tokens" else entry("TextVectorization", vectors)
    )
    if version == "2.4.0":  # both read it alike
        assert made(layer, Facts(version=version))[0][key] is True
    else:
        assert f"Keras {version} may be either" in str(asked(layer, Facts(version=version)).problems[0])


@pytest.mark.parametrize(("shape", "after"), [((2, 12), True), ((12,), False)])
@pytest.mark.parametrize("version", [None, "2.1.4", "2.15.0"])
def test_stored_weights_know_better(shape: tuple[int, ...], after: bool, version: str | None) -> None:
    config, told = made(entry("GRU", GRU), Facts(shapes={"gru": [(3, 12), (4, 12), shape]}, version=version))
    assert config.get("reset_after", True) is after
    assert [line.text for line in told] == ([] if after else [told[0].text])
    assert after or "which its weights show" in told[0].text


def test_weights_that_may_be_another_layers_tell_nothing() -> None:
    wrapped = entry("TimeDistributed", {"name": "t", "layer": entry("GRU", GRU)})
    shapes = {"t": [(2, 12), (12,)], "other": [(12,)]}
    assert asked(wrapped, Facts(shapes=shapes)).problems[0].layer == "t.layer"
    config = made(wrapped, Facts(shapes=shapes, version="2.1.4"))[0]
    assert config["layer"]["config"]["reset_after"] is False


def test_what_stands_in_the_file_stays() -> None:
    config = {**GRU, "reset_after": True}
    assert made(entry("GRU", config), Facts(version="2.1.4")) == (config, [])
    config = {"name": "i", "mask_value": 7, "vocabulary": [1]}
    assert made(entry("IntegerLookup", config), Facts(version="tf-2.4"))[0] == config


def test_a_class_of_the_users_own_says_itself_what_it_means() -> None:
    assert made(entry("GRU", GRU), Facts(version="2.1.4"), own=("GRU",)) == (GRU, [])


BILINEAR = {"name": "up", "size": [2, 3], "interpolation": "bilinear"}


@pytest.mark.parametrize("version", ["2.2.3", "2.3.1", "2.1.6-tf", "tf-1.14", "2.2.4-tf"])
def test_images_were_sampled_at_other_places(version: str) -> None:
    config, told = made(entry("UpSampling2D", BILINEAR), Facts(version=version))
    assert config == BILINEAR
    assert [(line.layer, line.rule, line.truth) for line in told] == [("up", "UpSampling2D", "original")]
    sampled = "may have sampled" if version == "2.2.4-tf" else "sampled"  # that of TensorFlow 1.13 to 2.1
    assert f"{author(version)} {sampled} without half-pixel centres, up to 0.25 of a row and 0.33 of a" in told[0].text


@pytest.mark.parametrize(
    ("version", "more"),
    [
        *((version, {}) for version in (None, "2.4.0", "2.15.0", "tf-1.15", "tf-2.0")),
        ("2.2.4", {"interpolation": "nearest"}),
        *(("2.2.4", {"size": size}) for size in ([1, 1], 1, 0, [2], "22", None)),
    ],
)
def test_images_were_sampled_at_the_same_places(version: str | None, more: Mapping[str, Any]) -> None:
    config = {**BILINEAR, **more}
    assert made(entry("UpSampling2D", config), Facts(version=version)) == (config, [])


def stacked(**config: Any) -> dict[str, Any]:
    cells = [entry("LSTMCell", {"name": f"c{n}", "units": n, "recurrent_activation": "sigmoid"}) for n in (3, 2)]
    return entry("RNN", {"name": "r", "cell": entry("StackedRNNCells", {"name": "s", "cells": cells}), **config})


def graph(**config: Any) -> dict[str, Any]:
    """An RNN whose output and states all go out, and one state of which goes into another layer."""
    start = {**entry("InputLayer", {"name": "x", "batch_input_shape": [None, 4, 2]}), "name": "x", "inbound_nodes": []}
    states = {**stacked(**config), "name": "r", "inbound_nodes": [[["x", 0, 0, {}]]]}
    dense = {**entry("Dense", {"name": "d", "units": 1}), "name": "d", "inbound_nodes": [[["r", 0, 3, {}]]]}
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["r", 0, number] for number in range(5)] + [["d", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": [start, states, dense], **ends}}


def numbers(model: Mapping[str, Any]) -> list[int]:
    given = [*model["config"]["output_layers"][:5], model["config"]["layers"][2]["inbound_nodes"][0][0]]
    return [number for _, _, number, *_ in given]


def test_states_of_stacked_cells_came_in_another_order() -> None:
    model, told = graph(return_state=True), []
    made = as_keras_2_15(model, told.append, facts=Facts(version="2.2.2"))
    assert numbers(made) == [0, 3, 4, 1, 2, 1]
    assert [row.text for row in told] == ["its states are in the order of Keras 2.2.2"]
    for same, version in ((model, "2.2.3"), (graph(), "2.2.2")):
        assert numbers(as_keras_2_15(same, told.append, facts=Facts(version=version))) == [0, 1, 2, 3, 4, 3]
    assert len(told) == 1


def test_states_whose_order_nobody_knows_are_refused() -> None:
    model = graph(return_state=True)
    with pytest.raises(Failure, match="may be either"):
        as_keras_2_15(model, pytest.fail, facts=Facts(version="2.1.6-tf"))
    taken, own = graph(), graph(return_state=True)
    taken["config"]["layers"][1]["inbound_nodes"] = [[["x", 0, 0, {}], ["h", 0, 0, {}]]]
    own["config"]["layers"][1]["config"]["cell"]["config"]["cells"][0]["class_name"] = "Own"
    for other in (taken, own):
        with pytest.raises(Failure, match="from the last cell to the first"):
            as_keras_2_15(other, pytest.fail, facts=Facts(version="2.2.2"))
