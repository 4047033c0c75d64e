"""Weights alone in the model of a function: what is matched, what is written, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from exporter.weights_alone import without_reference
from importer.build import user_model
from importer.build.call_counts import Called
from importer.restore.matching.tensor import stored, without_folders
from importer.weights_alone import fill
from interchange.bundle import BundleWriter
from interchange.errors import Exit, Failure
from interchange.messages.requests import FillRequest
from keras2to3.user_files.functions import builder
from tests.support.paths import MODELS

FILE = MODELS / "architecture_functions.py"
RANDOM = np.random.default_rng(1)


def gru(group: str, *inner: str, inputs: int = 5, units: int = 4) -> dict[tuple[str, str], np.ndarray]:
    shapes = {"kernel": (inputs, 3 * units), "recurrent_kernel": (units, 3 * units), "bias": (2, 3 * units)}
    return {
        (group, "/".join((group, *inner, f"{role}:0"))): RANDOM.normal(size=shape) for role, shape in shapes.items()
    }


def dense(group: str, inputs: int = 3, units: int = 3) -> dict[tuple[str, str], np.ndarray]:
    shapes = {"kernel": (inputs, units), "bias": (units,)}
    return {(group, f"{group}/{role}:0"): RANDOM.normal(size=shape) for role, shape in shapes.items()}


def filled(
    place: Path,
    tensors: Mapping[tuple[str, str], np.ndarray],
    function: str,
    pairs: Mapping[str, str] | None = None,
    kind: str = "native",
    backend: str = "tensorflow",
) -> tuple[Mapping[str, Any], Path]:
    """The answer of the importer, and what it has written; Keras 2.15 is said to have no model."""
    rows = [
        ({"place": f"{group}/{name}", "layout": "layers", "group": group, "name": name}, array.astype("float32"))
        for (group, name), array in tensors.items()
    ]
    return filled_of(place, rows, function, pairs, kind, backend=backend)


def counted(place: Path, layout: str, tensors: Mapping[str, np.ndarray], function: str, **options: Any) -> Any:
    """The same for a file whose tensors are called by their places alone."""
    rows = [({"place": name, "layout": layout, "group": "", "name": name}, array) for name, array in tensors.items()]
    return filled_of(place, rows, function, **options)


def filled_of(
    place: Path,
    rows: Sequence[tuple[Mapping[str, Any], np.ndarray]],
    function: str,
    pairs: Mapping[str, str] | None = None,
    kind: str = "native",
    part: str | None = None,
    backend: str = "tensorflow",
) -> tuple[Mapping[str, Any], Path]:
    writer = BundleWriter(place / "bundle", {"keras": "2.15.0"}, {"saved_by": {"backend": backend}})
    unloaded = {"loaded": None, "converted": False}
    writer.write_tensors("stored.npz", [({**facts, **unloaded}, array) for facts, array in rows])
    writer.write_json("reference.json", without_reference("none"))
    writer.close()
    target = place / ("model.keras" if kind == "native" else "model.weights.h5")
    named = builder(f"{FILE}:{function}")
    request = FillRequest(place / "bundle", target, named, pairs or {}, kind, part)
    return fill(request, lambda _: None).to_json(), target


def refused(*arguments: Any, **options: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        filled(*arguments, **options)
    assert not (arguments[0] / "model.keras").exists()
    return caught.value


def test_gru_weights_go_into_an_rnn_of_a_gru_cell(tmp_path: Path) -> None:
    import keras

    tensors = gru("gru_7", "gru_cell_7")
    told, path = filled(tmp_path, tensors, "gru_cell")
    model = keras.saving.load_model(path)
    for variable, array in zip(model.weights, tensors.values(), strict=True):
        np.testing.assert_array_equal(variable, array.astype("float32"))
    assert told["weights"]["identical"] == told["weights"]["tensors"] == 3
    assert told["verification"]["reference"] == "weights"
    assert told["verification"]["strength"] == "weak"
    assert [row["by"] for row in told["weights"]["matches"]] == ["number"] * 3


def test_the_halves_of_a_bidirectional_go_their_ways(tmp_path: Path) -> None:
    import keras

    forward = gru("bidirectional", "forward_gru", "gru_cell")
    backward = gru("bidirectional", "backward_gru", "gru_cell")
    _, path = filled(tmp_path, {**forward, **backward}, "halves")
    model = keras.saving.load_model(path)
    for name, tensors in (("from_the_start", forward), ("from_the_end", backward)):
        for variable, array in zip(model.get_layer(name).weights, tensors.values(), strict=True):
            np.testing.assert_array_equal(variable, array.astype("float32"))


def test_dense_weights_go_into_a_convolution_of_one_element(tmp_path: Path) -> None:
    told, _ = filled(tmp_path, dense("dense", 5, 4), "pointwise")
    assert told["weights"]["rescaled"] == 1
    assert [change["layer"] for change in told["changes"]] == ["conv2d/kernel"]


def test_weights_alone_for_a_class_of_one_s_own(tmp_path: Path) -> None:
    tensors = {**dense("dense"), **dense("dense_1", 3, 2)}
    told, path = filled(tmp_path, tensors, "of_a_class", kind="weights")
    assert told["weights"]["tensors"] == 4
    with h5py.File(path) as file:
        assert "_layer_checkpoint_dependencies" in file or "layers" in file or "first" in file


def test_a_class_of_one_s_own_is_no_native_model(tmp_path: Path) -> None:
    failure = refused(tmp_path, dense("dense"), "of_a_class")
    assert failure.code is Exit.REFUSED
    assert "--format weights" in str(failure.hint)


def test_ambiguous_weights_are_refused_with_both_candidates_and_a_map_settles_it(tmp_path: Path) -> None:
    import keras

    tensors = {**dense("a"), **dense("b")}
    failure = refused(tmp_path / "1", tensors, "twins")
    assert failure.code is Exit.REFUSED
    assert ["a and b all fit" in problem.text for problem in failure.problems] == [True, True]
    told, path = filled(tmp_path / "2", tensors, "twins", {"north": "b", "south/kernel": "a/a/kernel:0"})
    model = keras.saving.load_model(path)
    np.testing.assert_array_equal(model.get_layer("north").kernel, tensors["b", "b/kernel:0"].astype("float32"))
    np.testing.assert_array_equal(model.get_layer("south").bias, tensors["a", "a/bias:0"].astype("float32"))
    assert {row["by"] for row in told["weights"]["matches"]} == {"map", "shape"}


def answered(place: Path, loaded: Mapping[str, str], pairs: Mapping[str, str] | None = None, bias: float = 0) -> Any:
    """The answer of the importer where Keras 2.15 has put each layer of the file into one of `twins`, and run it."""
    arrays = {name: (RANDOM.normal(size=(3, 3)), RANDOM.normal(size=3)) for name in loaded}
    by_layer = {layer: arrays[name] for name, layer in loaded.items()}
    x = RANDOM.normal(size=(4, 3))
    y = x
    for layer in ("north", "south"):
        y = y @ by_layer[layer][0] + by_layer[layer][1]
    writer = BundleWriter(place / "bundle", {"keras": "2.15.0"}, {})
    rows = [
        (
            {
                "place": f"{name}/{role}",
                "layout": "layers",
                "group": name,
                "name": f"{name}/{role}",
                "loaded": [layer, role],
                "converted": False,
            },
            array.astype("float32"),
        )
        for name, layer in loaded.items()
        for role, array in zip(("kernel", "bias"), arrays[name])
    ]
    writer.write_tensors("stored.npz", rows)
    case = {"case": "ordinary", "index": 0}
    probe = ({**case, "role": "input"}, x.astype("float32"))
    writer.write_tensors(
        "reference.npz", [probe, ({**case, "role": "output", "name": "y"}, (y + bias).astype("float32"))]
    )
    facts = {
        "kind": "original",
        "calls": [["ordinary"]],
        "noise": {"ordinary": [1e-5]},
        "normalised": [],
        "recovered": [],
        "left_out": None,
        "learnt": None,
        "graph": None,
    }
    writer.write_json("reference.json", facts)
    writer.close()
    named = builder(f"{FILE}:twins")
    request = FillRequest(place / "bundle", place / "model.keras", named, pairs or {})
    return fill(request, lambda _: None).to_json()


def test_what_keras_2_15_has_loaded_settles_what_is_ambiguous_and_is_verified(tmp_path: Path) -> None:
    told = answered(tmp_path, {"a": "north", "b": "south"})
    assert {row["by"] for row in told["weights"]["matches"]} == {"keras2"}
    assert told["verification"]["reference"] == "original"
    assert [row["equal"] for row in told["verification"]["outputs"]] == [True]


def test_other_answers_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="output y differs") as caught:
        answered(tmp_path, {"a": "north", "b": "south"}, bias=1)
    assert caught.value.code is Exit.DIFFERS
    assert not (tmp_path / "model.keras").exists()


def test_names_that_contradict_the_order_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        answered(tmp_path, {"south": "north", "b": "south"})
    assert caught.value.code is Exit.REFUSED
    assert "is south's by its name and north's by the order of the layers" in caught.value.message


def test_a_map_that_contradicts_keras_2_15_leaves_no_truth(tmp_path: Path) -> None:
    loaded = {"a": "north", "b": "south"}
    agreeing = answered(tmp_path / "1", loaded, {"north": "a"})
    assert agreeing["verification"]["reference"] == "original"
    verification = answered(tmp_path / "2", loaded, {"north": "b"})["verification"]
    assert (verification["reference"], verification["outputs"]) == ("weights", [])
    assert "Keras 2.15 gives b/kernel to south/kernel, and not to north/kernel" in verification["why"]


def test_every_misfit_is_listed(tmp_path: Path) -> None:
    failure = refused(tmp_path, {**dense("north", 3, 4), **dense("east", 9, 9)}, "twins")
    assert failure.code is Exit.WEIGHTS
    told = {problem.layer for problem in failure.problems}
    north = {f"north/{role}" for role in ("kernel", "bias")}
    assert told == north | {f"south/{role}" for role in ("kernel", "bias")} | {"east/east/kernel:0", "east/east/bias:0"}


def test_a_map_that_names_what_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path, {**dense("a"), **dense("b")}, "twins", {"west": "a"}).code is Exit.USAGE


def test_kernels_of_theano_are_not_taken_as_they_are(tmp_path: Path) -> None:
    tensors = {("conv2d", "conv2d/kernel:0"): np.ones((1, 1, 5, 4)), ("conv2d", "conv2d/bias:0"): np.ones(4)}
    failure = refused(tmp_path, tensors, "pointwise", backend="theano")
    assert failure.code is Exit.REFUSED
    assert "kernels of convolutions rotated" in failure.message


VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
# What `networks.scaled` has, by its names in each layout of a file, and the shapes of these tensors.
SCALED = {
    "layers": [
        ("dense_7", "scaled/dense_7/kernel:0"), ("dense_7", "scaled/dense_7/bias:0"),
        ("inner", "dense_8/kernel:0"), ("inner", "dense_8/bias:0"), ("inner", "dense_9/kernel:0"),
        ("inner", "dense_9/bias:0"), ("gate", "scaled/gate/gate:0"), ("top_level_model_weights", "scale:0"),
    ],
    "containers": [
        "layers/dense/vars/0", "layers/dense/vars/1", "layers/sequential/layers/dense/vars/0",
        "layers/sequential/layers/dense/vars/1", "layers/sequential/layers/dense_1/vars/0",
        "layers/sequential/layers/dense_1/vars/1", "own/vars/0", "vars/0",
    ],
    "checkpoint": [
        f"{name}{VALUE}" for name in (
            "first/kernel", "first/bias", "inner/layer_with_weights-0/kernel", "inner/layer_with_weights-0/bias",
            "inner/layer_with_weights-1/kernel", "inner/layer_with_weights-1/bias", "own/gate", "scale",
        )
    ],
}  # fmt: skip
SHAPES = [(5, 6), (6,), (6, 4), (4,), (4, 3), (3,), (3,), (6,)]


def of_scaled(place: Path, layout: str, names: Sequence[Any], shapes: Sequence[tuple[int, ...]] = SHAPES) -> Any:
    arrays = dict(zip(names, (RANDOM.normal(size=shape).astype("float32") for shape in shapes)))
    fill_ = filled if layout == "layers" else lambda place, *rest, **options: counted(place, layout, *rest, **options)
    return arrays, fill_(place, arrays, "scaled", kind="weights")


@pytest.mark.parametrize("layout", SCALED)
def test_every_weight_of_a_class_of_one_s_own_is_found(tmp_path: Path, layout: str) -> None:
    import keras

    arrays, (told, path) = of_scaled(tmp_path, layout, SCALED[layout])
    assert told["weights"]["tensors"] == told["weights"]["identical"] == 8
    model = user_model.build(builder(f"{FILE}:scaled"), "weights")
    model.load_weights(path)
    inner = [weight for layer in model.inner.layers for weight in layer.weights]
    wanted = [*model.first.weights, *inner, model.own.gate, model.scale]
    for variable, array in zip(wanted, arrays.values(), strict=True):
        np.testing.assert_array_equal(variable, array)
    assert keras.__version__


@pytest.mark.parametrize("layout", SCALED)
@pytest.mark.parametrize("index", [0, 3, 6, 7], ids=["layer", "within", "own", "root"])
def test_a_tensor_that_is_removed_added_or_renamed_is_told(tmp_path: Path, layout: str, index: int) -> None:
    names = SCALED[layout]
    other = (*names[index][:1], f"{names[index][1]}_") if layout == "layers" else renamed(names[index])
    for number, (rest, shapes) in enumerate(
        [
            ([*names[:index], *names[index + 1 :]], [*SHAPES[:index], *SHAPES[index + 1 :]]),
            ([*names, other], [*SHAPES, (9, 9)]),
            ([*names[:index], other, *names[index + 1 :]], [*SHAPES[:index], (9, 9), *SHAPES[index + 1 :]]),
        ]
    ):
        with pytest.raises(Failure) as caught:
            of_scaled(tmp_path / str(number), layout, rest, shapes)
        assert caught.value.code in (Exit.WEIGHTS, Exit.REFUSED), caught.value
        assert not (tmp_path / str(number) / "model.weights.h5").exists()


def renamed(name: str) -> str:
    """Another tensor of the same layer: the next number, or another role."""
    head, _, role = name.removesuffix(VALUE).rpartition("/")
    other = str(int(role) + 5) if role.isdecimal() else f"{role}_"
    return f"{head}/{other}".lstrip("/") + (VALUE if name.endswith(VALUE) else "")


def pair_of_models(*heads: str) -> dict[str, np.ndarray]:
    roles = [
        (f"layer_with_weights-{n}/{role}", (3, 3) if role == "kernel" else (3,))
        for n in (0, 1)
        for role in ("kernel", "bias")
    ]
    return {
        f"{head}/{role}{VALUE}": RANDOM.normal(size=shape).astype("float32") for head in heads for role, shape in roles
    }


def test_one_of_several_models_is_taken_when_it_is_named(tmp_path: Path) -> None:
    import keras

    tensors = {**pair_of_models("generator", "discriminator"), f"save_counter{VALUE}": np.array(3, "int64")}
    with pytest.raises(Failure, match="the file holds several models: generator, discriminator") as caught:
        counted(tmp_path / "0", "checkpoint", tensors, "one_of_two")
    assert (caught.value.code, "--part NAME" in str(caught.value.hint)) == (Exit.REFUSED, True)
    told, path = counted(tmp_path / "1", "checkpoint", tensors, "one_of_two", part="discriminator")
    model = keras.saving.load_model(path)
    for variable, name in zip(model.weights, list(tensors)[4:8], strict=True):
        np.testing.assert_array_equal(variable, tensors[name])
    assert {(row["rule"], row["kind"], row["text"]) for row in told["changes"]} == {
        ("training", "training-only", "save_counter, 1 tensor of the file, the state of training, is not migrated"),
        ("part", "lossy", "generator, 4 tensors of the file, another model, is left out: --part discriminator"),
    }
    with pytest.raises(Failure, match="the file has no encoder") as caught:
        counted(tmp_path / "2", "checkpoint", tensors, "one_of_two", part="encoder")
    assert (caught.value.code, caught.value.hint) == (Exit.USAGE, "what is there: generator, discriminator")


def test_several_models_go_into_one_that_has_their_names(tmp_path: Path) -> None:
    import keras

    tensors = pair_of_models("decoder", "encoder")
    _, path = counted(tmp_path, "checkpoint", tensors, "both")
    model = keras.saving.load_model(path)
    variables = [*model.get_layer("decoder").weights, *model.get_layer("encoder").weights]
    for variable, array in zip(variables, tensors.values(), strict=True):
        np.testing.assert_array_equal(variable, array)


@pytest.mark.parametrize("holder", ["model", "ckpt/net"])
def test_what_merely_holds_a_model_is_passed_over(tmp_path: Path, holder: str) -> None:
    tensors = pair_of_models(holder)
    training = {
        "optimizer/_iterations": 1, "optimizer/_learning_rate": 0.1, "step": 5, "loss/total": 1.0, "loss/count": 2.0,
    }  # fmt: skip
    beside = {
        f"{name}{VALUE}": np.asarray(value, None if isinstance(value, int) else "float32")
        for name, value in training.items()
    }
    slot = f"{holder}/layer_with_weights-0/kernel/.OPTIMIZER_SLOT/optimizer/m{VALUE}"
    told, _ = counted(tmp_path, "checkpoint", {**tensors, **beside, slot: np.zeros((3, 3), "float32")}, "one_of_two")
    assert told["weights"]["tensors"] == 4
    texts = {row["text"].partition(" of ")[0] for row in told["changes"]}
    assert texts == {"optimizer, 3 tensors", "step, 1 tensor", "loss, 2 tensors"}


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("raises", "line 84 raises RuntimeError: no such network"),
        ("wants_an_argument", "it raises TypeError: wants_an_argument() missing 1 required positional argument"),
        ("returns_a_layer", "it returns Dense, not a keras.Model"),
        ("is_not_built", "it returns a model that has no weights"),
        ("with_a_lambda", "it builds Lambda, which Keras 3 does not open in safe mode"),
    ],
)
def test_a_function_that_builds_no_model_is_refused(tmp_path: Path, function: str, says: str) -> None:
    failure = refused(tmp_path, dense("dense"), function)
    assert failure.code is Exit.REFUSED
    assert says in failure.message
    assert failure.problems[0].value == f"{FILE.name}:{function}"


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    tensors = {**dense("north"), **dense("south")}
    for kind in ("native", "weights"):
        one, two = (filled(tmp_path / f"{kind}{n}", tensors, "twins", kind=kind)[1].read_bytes() for n in (1, 2))
        assert one == two, kind


def test_variables_have_the_names_that_keras_gives_them_in_its_own_files(tmp_path: Path) -> None:
    model = user_model.build(builder(f"{FILE}:nested"), "native")
    model.save_weights(tmp_path / "nested.weights.h5")
    found: dict[Any, tuple[int, ...]] = {}
    with h5py.File(tmp_path / "nested.weights.h5") as file:

        def note(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                path, role = stored("containers", "", name)
                found[without_folders(path), role] = item.shape

        file.visititems(note)
    places = [place.tensor("containers") for place in user_model.places(model, Called("containers"))]
    found = {key: shape for key, shape in found.items() if "seed_generator" not in key[0]}
    assert {(tensor.path, tensor.role): tensor.shape for tensor in places} == found


def test_variables_have_the_places_that_checkpoints_count() -> None:
    model = user_model.build(builder(f"{FILE}:nested"), "native")
    places = ["/".join(place.tensor("checkpoint").path) for place in user_model.places(model, Called("checkpoint"))]
    assert list(dict.fromkeys(places)) == [
        "layer_with_weights-0/cell/cells/0",
        "layer_with_weights-0/cell/cells/1",
        "layer_with_weights-1/layer",
        "layer_with_weights-2/layer_with_weights-0",
        "layer_with_weights-2/layer_with_weights-1",
        *(f"layer_with_weights-3/{part}" for part in ("query", "key", "value", "attention_output")),
        "layer_with_weights-4",
        "layer_with_weights-5",
    ]


def test_variables_have_the_names_that_layers_give_them() -> None:
    import keras

    keras.backend.clear_session()
    model = user_model.build(builder(f"{FILE}:nested"), "native")
    names = [place.tensor("layers").name for place in user_model.places(model)]
    assert len(set(names)) == len(names) == len(model.weights)
    assert names[0].endswith("stacked_rnn_cells/gru_cell/kernel")
    inner = [name for name in names if name.startswith("inner/")]
    assert [name.split("/")[-1] for name in inner] == ["kernel", "bias", "kernel", "bias"]
    assert all(len(name.split("/")) == 3 for name in inner)
    assert not any("seed" in name for name in names)
