from __future__ import annotations

from typing import Any

from interchange.layer_path import OUTERMOST, LayerPath
from translation.config_tree import edited, inner_models, objects


def layer(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "name": name, "config": {"name": name, **config}}


ZEROS = {"class_name": "Zeros", "config": {}}
BLOCK = layer("Sequential", "block", layers=[layer("Dense", "dense", bias_initializer=ZEROS)])
WRAPPED = layer("Bidirectional", "both", layer=layer("GRU", "gru"))
REPEATED = layer("TimeDistributed", "each", layer=layer("Functional", "inner", layers=[layer("Dense", "deep")]))
MODEL = layer("Functional", "model", layers=[BLOCK, WRAPPED, REPEATED])


def test_a_path_is_made_of_names() -> None:
    path = OUTERMOST / "block" / "dense"
    assert path == "block/dense"
    assert isinstance(path, LayerPath)
    assert path.inside("kernel_initializer") == "block/dense.kernel_initializer"
    assert path.inside("kernel_initializer").key == "kernel_initializer"
    assert (OUTERMOST / "each").inside("layer", is_model=True) / "deep" == "each/layer/deep"


def test_every_object_has_the_path_of_the_rules_and_that_of_the_scanner() -> None:
    assert [(each.class_name, each.path, each.shown) for each in objects(MODEL)] == [
        ("Functional", "", ""),
        ("Sequential", "block", "block"),
        ("Dense", "block/dense", "block/dense"),
        ("Zeros", "block/dense.bias_initializer", "block/dense/Zeros"),
        ("Bidirectional", "both", "both"),
        ("GRU", "both.layer", "both/gru"),
        ("TimeDistributed", "each", "each"),
        ("Functional", "each/layer", "each/inner"),
        ("Dense", "each/layer/deep", "each/inner/deep"),
    ]


def test_what_closed_objects_hold_is_left_out() -> None:
    assert [each.path for each in objects(MODEL, closed={"Sequential", "TimeDistributed"})] == [
        "",
        "block",
        "both",
        "both.layer",
        "each",
    ]


def test_a_bare_list_of_layers_is_a_config_without_keys() -> None:
    (model, dense) = objects({"class_name": "Sequential", "config": [layer("Dense", "dense")]})
    assert model.config == {}
    assert dense.path == "dense"


def test_an_edit_is_given_the_path_of_each_object() -> None:
    paths: list[LayerPath] = []

    def edit(entry: Any, path: LayerPath) -> Any:
        if "class_name" in entry:
            paths.append(path)
        return {**entry, "class_name": "Ones"} if entry is ZEROS else entry

    new = edited(MODEL, edit)
    assert paths == [each.path for each in objects(MODEL)]
    assert [each.class_name for each in objects(new)][3] == "Ones"
    assert [each.class_name for each in objects(MODEL)][3] == "Zeros"


def test_models_within_a_model_by_the_names_on_the_way() -> None:
    outer = layer("Functional", "outer", layers=[MODEL])
    assert [path for path, _ in inner_models(outer)] == ["model", "model/block"]
