"""Weights alone and their architecture: what is taken for one model, and what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interchange.errors import Exit
from keras2to3.scanner.process import handlers
from keras2to3.sources import find
from keras2to3.weight_pairs import paired
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, sequential


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def text(name: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(json.dumps(sequential(dense())))


def weights(name: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    hdf5_files.write_weights(Path(name))


def is_weights(path: Path) -> bool:
    return bool(handlers.is_weights({"path": str(path)})["is_weights"])


def pairs(*arguments: str, architecture: str | None = None) -> dict[str, tuple[str | None, str]]:
    """By the source: the architecture beside it, and what its results are called."""
    found = paired(find(map(Path, arguments), None), is_weights, lambda _: Path(architecture) if architecture else None)
    return {str(one.path): (str(one.architecture) if one.architecture else None, one.stem) for one in found}


@pytest.mark.parametrize("ending", [".h5", ".hdf5", ".weights.h5", ".weights_v2.h5", "_weights.h5", "-weights.h5"])
@pytest.mark.parametrize("described", [".json", ".arch.json", ".yaml", ".yml", ".arch.yaml"])
def test_one_name_in_one_folder_is_one_model(ending: str, described: str) -> None:
    weights(f"m/net{ending}")
    text(f"m/net{described}")
    stem = "net_weights" if ending == "_weights.h5" else "net-weights" if ending == "-weights.h5" else "net"
    assert pairs("m") == {f"m/net{ending}": (f"m/net{described}", stem)}


def test_files_that_are_named_are_paired_as_well() -> None:
    weights("net.weights.h5")
    text("net.json")
    assert pairs("net.json", "net.weights.h5") == {"net.weights.h5": ("net.json", "net")}
    assert pairs("net.weights.h5") == {"net.weights.h5": (None, "net")}, "nobody has named the architecture"


def test_another_name_or_folder_is_another_model() -> None:
    weights("m/net.h5")
    text("m/other.json")
    text("m/below/net.json")
    weights("m/third.h5")
    assert pairs("m") == {
        "m/net.h5": (None, "net"),
        "m/other.json": (None, "other"),
        "m/third.h5": (None, "third"),
        "m/below/net.json": (None, "net"),
    }


def test_a_whole_model_needs_no_architecture() -> None:
    Path("m").mkdir()
    hdf5_files.write(Path("m/net.h5"))
    text("m/net.json")
    text("m/net_architecture.json")
    text("m/other.json")
    assert pairs("m") == {"m/net.h5": (None, "net"), "m/other.json": (None, "other")}


def test_a_text_of_a_whole_model_is_passed_by_aloud() -> None:
    Path("m").mkdir()
    hdf5_files.write(Path("m/model.h5"))
    text("m/model.json")
    said: list[str] = []
    paired(find([Path("m")], None), is_weights, say=said.append)
    assert said == ["m/model.json: skipped, because it describes m/model.h5, which is not a file of weights"]


def test_several_weights_of_one_architecture() -> None:
    weights("m/net.weights.h5")
    weights("m/net_weights.h5")
    text("m/net.json")
    assert pairs("m") == {
        "m/net.weights.h5": ("m/net.json", "net"),
        "m/net_weights.h5": ("m/net.json", "net_weights"),
    }


def test_two_architectures_are_ambiguous() -> None:
    weights("net.h5")
    text("net.json")
    text("net.arch.json")
    found = {source.path.name: source for source in paired(find([Path()], None), is_weights)}
    assert set(found) == {"net.h5", "net.json", "net.arch.json"}
    failure = found["net.h5"].failure
    assert failure
    assert failure.code is Exit.UNREADABLE
    assert "net.arch.json and net.json" in failure.message
    assert "--architecture" in str(failure.hint)


def test_the_user_decides() -> None:
    weights("m/epoch_1.weights.h5")
    weights("m/epoch_2.weights.h5")
    text("m/net.json")
    text("m/epoch_1.json")
    assert pairs("m/epoch_1.weights.h5", "m/epoch_2.weights.h5", "m/net.json", architecture="m/../m/net.json") == {
        "m/epoch_1.weights.h5": ("m/../m/net.json", "epoch_1"),
        "m/epoch_2.weights.h5": ("m/../m/net.json", "epoch_2"),
    }


CLASSIC = [
    ("net_architecture.json", "net_weights.h5"), ("model.json", "model.h5"), ("model.json", "model_weights.h5"),
    ("model.json", "weights.h5"), ("net.json", "net.weights.h5"), ("net_arch.json", "net_weights.hdf5"),
    ("net-model.json", "net-weights.h5"), ("netModel.json", "netWeights.h5"), ("model_net.json", "weights_net.h5"),
    ("architecture.json", "best_weights.h5"), ("model_config.json", "model_final.h5"), ("net.yaml", "net_best.h5"),
    ("model.json", "weights.05-0.32.hdf5"), ("net_model.json", "net-epoch-12-val_loss-0.5.h5"),
]  # fmt: skip


@pytest.mark.parametrize(("described", "stored"), CLASSIC)
def test_classic_names_are_one_model(described: str, stored: str) -> None:
    text(f"m/{described}")
    weights(f"m/{stored}")
    text("m/something_else.json")
    weights("m/another_thing.h5")
    found = pairs("m")
    assert found[f"m/{stored}"][0] == f"m/{described}"
    assert f"m/{described}" not in found
    assert found["m/another_thing.h5"][0] is None


def test_the_only_architecture_beside_the_only_weights() -> None:
    text("m/lenet.json")
    weights("m/digits.h5")
    assert pairs("m") == {"m/digits.h5": ("m/lenet.json", "digits")}
    weights("m/letters.h5")
    assert pairs("m")["m/lenet.json"] == (None, "lenet"), "nothing tells whose it is"


def test_a_name_in_full_goes_before_one_without_its_words() -> None:
    for name in ("net", "net_best"):
        text(f"m/{name}.json")
        weights(f"m/{name}.h5")
    assert pairs("m") == {"m/net.h5": ("m/net.json", "net"), "m/net_best.h5": ("m/net_best.json", "net_best")}


def test_numbers_of_models_are_no_numbers_of_a_training() -> None:
    for name in ("conv_1", "conv_2"):
        text(f"m/{name}.json")
    weights("m/conv_2_weights.h5")
    weights("m/conv_3_weights.h5")
    assert pairs("m") == {
        "m/conv_1.json": (None, "conv_1"),
        "m/conv_2_weights.h5": ("m/conv_2.json", "conv_2_weights"),
        "m/conv_3_weights.h5": (None, "conv_3_weights"),
    }


def test_what_is_damaged_is_paired_with_nothing() -> None:
    weights("m/net.h5")
    Path("m/net.h5").write_bytes(Path("m/net.h5").read_bytes()[:200])
    text("m/net.json")
    assert pairs("m") == {"m/net.h5": (None, "net")}


def test_what_is_named_for_one_source_leaves_the_others_their_neighbours() -> None:
    for name in ("a", "b", "c"):
        weights(f"m/{name}.h5")
    text("m/a.json")
    text("m/b.json")
    text("m/other.json")
    given = {Path("m/b.h5"): Path("m/other.json")}
    found = paired(find([Path("m")], None), is_weights, given.get)
    rows = [(one.path.name, one.architecture and one.architecture.name) for one in found]
    assert rows == [("a.h5", "a.json"), ("b.h5", "other.json"), ("b.json", None), ("c.h5", None)]
