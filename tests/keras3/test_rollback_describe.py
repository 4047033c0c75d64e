"""A migrated model goes back as it came; what was trained since goes back as it is, or is refused by name."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.provenance import MEMBER, Provenance
from tests.keras3.rollback_models import MODELS, described, migrated, plain, tensors


@pytest.fixture
def result(old: Any, tmp_path: Path) -> Path:
    """A migrated model, with its bundle beside it."""
    return migrated(plain(old), tmp_path)


@pytest.fixture
def trained(result: Path, tmp_path: Path) -> Callable[..., Path]:
    """The migrated model as stock Keras 3 saves it, once something was done to it."""
    import keras

    def trained(change: Callable[[Any], Any]) -> Path:
        model = keras.saving.load_model(result)
        changed = change(model)
        path = tmp_path / "trained.keras"
        (model if changed is None else changed).save(path)
        return path

    return trained


@pytest.mark.parametrize("name", MODELS)
def test_an_unchanged_model_comes_back_byte_for_byte(old: Any, name: str, tmp_path: Path) -> None:
    path = migrated(MODELS[name](old), tmp_path)
    told, back = described(path, tmp_path / "back")
    before = Bundle.open(tmp_path / "bundle")
    assert (told.provenance, told.changes) == ("own", ())
    assert told.tensors == len(before.rows("weights.npz"))
    assert tensors(back, "weights.npz") == tensors(before, "weights.npz")
    for document in ("architecture.json", "kinds.json"):
        assert back.json(document) == before.json(document)
    assert "training.json" not in back.manifest.files


def test_two_descriptions_are_the_same_bytes(result: Path, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        described(result, folder)
    one, two = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == two


def test_a_model_that_was_trained_goes_back_by_the_file_it_was_trained_from(
    trained: Callable[..., Path], result: Path, tmp_path: Path
) -> None:
    def train(model: Any) -> None:
        model.compile("sgd", "mse")
        model.fit(np.ones((8, 6)), np.ones((8, 2)), verbose=0)

    path = trained(train)
    told, back = described(path, tmp_path / "back", origin=result)
    before = Bundle.open(tmp_path / "bundle")
    assert told.provenance == "given"
    assert back.json("architecture.json") == before.json("architecture.json")
    assert [row[:3] for row in tensors(back, "weights.npz")] == [row[:3] for row in tensors(before, "weights.npz")]
    import keras

    weights = {row.facts["layer"][0] + row.facts["variable"]: back.read(row) for row in back.rows("weights.npz")}
    (kernel, bias) = keras.saving.load_model(path).get_layer("in").get_weights()
    np.testing.assert_array_equal(weights["inkernel"], kernel)
    np.testing.assert_array_equal(weights["inbias"], bias)


def test_a_file_that_tells_its_origin_needs_no_other(result: Path, tmp_path: Path) -> None:
    told, _ = described(result, tmp_path / "back", origin=result)
    assert told.provenance == "own"
    (line,) = told.changes
    assert line.text == "the file itself tells what it was migrated from, so the file of --from was not read"


def test_what_touches_training_alone_is_carried_over_and_told(
    trained: Callable[..., Path], result: Path, tmp_path: Path
) -> None:
    def change(model: Any) -> None:
        import keras

        model.get_layer("in").trainable = False
        model.get_layer("drop").rate = 0.5
        model.get_layer("in").kernel_regularizer = keras.regularizers.L2(0.5)
        model.get_layer("norm").momentum = 0.5

    told, back = described(trained(change), tmp_path / "back", origin=result)
    configs = {row["config"]["name"]: row["config"] for row in back.json("architecture.json")["config"]["layers"]}
    assert not configs["in"]["trainable"]
    assert configs["drop"]["rate"] == 0.5
    assert configs["in"]["kernel_regularizer"]["config"] == {"l2": 0.5}
    assert configs["norm"]["momentum"] == 0.5
    assert {change.kind for change in told.changes} == {"training-only"}
    lines = {(change.layer, change.text.partition(",")[0]) for change in told.changes}
    assert lines == {
        ("in", "trainable is False now"),
        ("drop", "rate is 0.5 now"),
        ("in", "kernel_regularizer.l2 is 0.5 now"),
        ("norm", "momentum is 0.5 now"),
    }
    facts = {(*row.facts["layer"], row.facts["variable"]): row.facts["trainable"] for row in back.rows("weights.npz")}
    assert (facts["in", "kernel"], facts["out", "kernel"]) == (False, True)


def test_another_structure_is_refused_with_every_difference(
    trained: Callable[..., Path], result: Path, tmp_path: Path
) -> None:
    def change(model: Any) -> Any:
        import keras

        x = keras.Input((6,), name="x")
        y = keras.layers.Dense(4, "tanh", name="in", kernel_regularizer="l2")(x)
        y = keras.layers.BatchNormalization(name="norm", epsilon=0.1)(y)
        return keras.Model(x, keras.layers.Dense(2, "softmax", name="out")(y), name="net")

    with pytest.raises(Failure, match="is not the model that was migrated") as caught:
        described(trained(change), tmp_path / "back", origin=result)
    assert caught.value.code is Exit.REFUSED
    found = {(problem.layer, problem.key) for problem in caught.value.problems}
    assert {("", "layers"), ("in", "activation"), ("norm", "epsilon")} <= found
    activation = next(problem for problem in caught.value.problems if problem.key == "activation")
    assert (activation.value, activation.text) == ("tanh", "it was relu when the model was migrated")


def test_without_its_origin_it_is_described_as_it_is(trained: Callable[..., Path], tmp_path: Path) -> None:
    path = trained(lambda model: None)
    told, back = described(path, tmp_path / "back")
    assert (told.provenance, told.changes) == ("none", ())
    assert sorted(back.manifest.files) == ["keras3.json", "kinds.json", "weights.npz"]
    with zipfile.ZipFile(path) as archive:
        assert back.json("keras3.json") == json.loads(archive.read("config.json"))
    rows = {(*row.facts["layer"], row.facts["variable"]): row for row in back.rows("weights.npz")}
    assert list(rows) == [
        ("in", "kernel"), ("in", "bias"), ("norm", "gamma"), ("norm", "beta"), ("norm", "moving_mean"),
        ("norm", "moving_variance"), ("out", "kernel"), ("out", "bias"),
    ]  # fmt: skip
    assert not rows["norm", "moving_mean"].facts["trainable"]
    assert told.tensors == len(rows)


def test_paths_of_layers_within_layers(tmp_path: Path) -> None:
    import keras

    x = keras.Input((5, 3), name="x")
    inner = keras.Sequential([keras.Input((5, 3)), keras.layers.Dense(2, name="d")], name="inner")
    both = keras.layers.Bidirectional(keras.layers.GRU(2, dropout=0.1, name="gru"), name="both")
    keras.Model(x, both(inner(x))).save(tmp_path / "model.keras")
    _, back = described(tmp_path / "model.keras", tmp_path / "back")
    assert {tuple(row.facts["layer"]) for row in back.rows("weights.npz")} == {
        ("inner", "d"), ("both", "forward_layer", "cell"), ("both", "backward_layer", "cell"),
    }  # fmt: skip


def edited(path: Path, target: Path, change: Mapping[str, Callable[[bytes], bytes]]) -> Path:
    """A copy of an archive with other members."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, bytes)(old.read(name)))
    return target


def refusal(path: Path, tmp_path: Path, **facts: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        described(path, tmp_path / "refused", **facts)
    shutil.rmtree(tmp_path / "refused", ignore_errors=True)
    return caught.value


def test_a_member_that_was_changed_is_refused(result: Path, tmp_path: Path) -> None:
    path = edited(result, tmp_path / "a.keras", {MEMBER: lambda data: data.replace(b'"units":4', b'"units":5')})
    failure = refusal(path, tmp_path)
    assert failure.code is Exit.REFUSED
    assert "its digest is another one" in failure.message


def test_a_member_of_a_newer_release_is_refused(result: Path, tmp_path: Path) -> None:
    path = edited(result, tmp_path / "a.keras", {MEMBER: lambda data: data.replace(b'"1.0"', b'"1.7"')})
    failure = refusal(path, tmp_path)
    assert "its version is 1.7" in failure.message
    assert "newer" in (failure.hint or "")


def test_a_member_of_another_model_is_refused(old: Any, result: Path, tmp_path: Path) -> None:
    import keras

    x = keras.Input((6,), name="x")
    keras.Model(x, keras.layers.Dense(3, name="in")(x), name="net").save(tmp_path / "other.keras")
    with zipfile.ZipFile(result) as archive:
        member = archive.read(MEMBER)
    with zipfile.ZipFile(tmp_path / "other.keras", "a") as archive:
        archive.writestr(MEMBER, member)
    failure = refusal(tmp_path / "other.keras", tmp_path)
    assert failure.code is Exit.REFUSED
    assert "belongs to another model" in failure.message
    assert {problem.key for problem in failure.problems} >= {"layers", "units"}


def test_a_config_that_was_written_otherwise_is_still_that_of_the_model(result: Path, tmp_path: Path) -> None:
    spaced = {"config.json": lambda data: json.dumps(json.loads(data), indent=1).encode()}
    told, _ = described(edited(result, tmp_path / "a.keras", spaced), tmp_path / "back")
    assert told.provenance == "own"


def test_an_origin_that_was_saved_again_is_none(trained: Callable[..., Path], tmp_path: Path) -> None:
    path = trained(lambda model: None)
    failure = refusal(path, tmp_path, origin=path)
    assert failure.code is Exit.REFUSED
    assert f"it has no {MEMBER}" in failure.message


def test_a_member_without_an_architecture_leaves_it_to_the_layers(result: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(result) as archive:
        digest = Provenance.from_bytes(archive.read(MEMBER)).config_sha256
    bare = Provenance(digest, "2.15.0", None, why="it has Lambdas").to_bytes()
    told, back = described(edited(result, tmp_path / "a.keras", {MEMBER: lambda _: bare}), tmp_path / "back")
    assert told.provenance == "none"
    assert "it has Lambdas" in told.changes[0].text
    assert "keras3.json" in back.manifest.files


def test_what_is_no_archive_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(b"no zip")
    assert refusal(tmp_path / "a.keras", tmp_path).code is Exit.UNREADABLE
