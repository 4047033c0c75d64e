"""A checkpoint: told by the end of its index, whole with its shards only, named by what its files share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.scanner.containers import checkpoint_shards
from keras2to3.scanner.examine import examine, scan_model, scan_weights
from keras2to3.sources import find
from tests.unit.scanner.test_saved_model import saved_model


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A checkpoint with one kernel of 48 bytes."""
    saved_model(tmp_path / "saved")
    for name in ("index", "data-00000-of-00001"):
        shutil.move(tmp_path / f"saved/variables/variables.{name}", tmp_path / f"model.ckpt.{name}")
    return tmp_path / "model.ckpt.index"


def test_a_checkpoint_is_told_by_its_bytes(index: Path) -> None:
    scanned = examine(index)
    assert (scanned.format, scanned.problems, [tensor.name for tensor in scanned.tensors]) == (
        "checkpoint",
        (),
        ["kernel"],
    )
    assert scanned.size == index.stat().st_size + 48
    assert scan_weights(index).has_weights


def test_the_digest_is_that_of_all_its_files(index: Path) -> None:
    before = examine(index).sha256
    (shard,) = checkpoint_shards(index)
    shard.write_bytes(bytes(48))
    assert examine(index).sha256 != before


def test_it_needs_a_function(index: Path) -> None:
    with pytest.raises(Failure, match="a checkpoint of TensorFlow") as caught:
        scan_model(index)
    assert caught.value.code is Exit.UNREADABLE
    assert "--architecture FILE.py:FUNCTION" in str(caught.value.hint)


def test_a_missing_shard_is_named(index: Path) -> None:
    (shard,) = checkpoint_shards(index)
    shard.unlink()
    with pytest.raises(Failure, match=r"is incomplete: model\.ckpt\.data-00000-of-00001 is missing") as caught:
        scan_weights(index)
    assert caught.value.code is Exit.UNREADABLE


def test_a_shard_that_is_a_link_is_not_there(index: Path) -> None:
    (shard,) = checkpoint_shards(index)
    shutil.move(shard, index.parent / "elsewhere")
    shard.symlink_to(index.parent / "elsewhere")
    with pytest.raises(Failure, match="is incomplete"):
        scan_weights(index)


def test_a_shard_that_is_cut_short_breaks_a_policy(index: Path) -> None:
    (shard,) = checkpoint_shards(index)
    shard.write_bytes(bytes(47))
    with pytest.raises(Failure) as caught:
        scan_weights(index)
    (problem,) = caught.value.problems
    assert (problem.layer, problem.policy) == ("kernel", "promises")


def test_a_damaged_index(index: Path) -> None:
    content = index.read_bytes()
    index.write_bytes(b"\xff" * 60 + content[60:])
    with pytest.raises(Failure, match="is damaged") as caught:
        examine(index)
    assert caught.value.code is Exit.UNREADABLE


def test_an_index_of_another_name(index: Path) -> None:
    with pytest.raises(Failure, match="is not called NAME"):
        examine(index.rename(index.with_suffix(".table")))


def test_it_may_be_called_by_what_its_files_share(index: Path, tmp_path: Path) -> None:
    (source,) = find([tmp_path / "model.ckpt"], None)
    assert source.path == index
    assert source.stem == "model"
    assert [source.path for source in find([tmp_path / "other.ckpt"], None)] == [tmp_path / "other.ckpt"]
