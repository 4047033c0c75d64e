"""The bundle's interface: what was written comes back, and what cannot be stored is refused at once."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange import npz, strictjson
from interchange.bundle import Bundle, BundleWriter
from interchange.errors import Exit, Failure
from interchange.manifest import FileEntry, TensorRow
from interchange.tensors import Array

PRODUCER = {"keras": "2.15.0"}
SOURCE = {"path": "model.h5", "sha256": "0" * 64, "format": "h5", "saved_by": "2.4.0"}
WEIGHTS: list[tuple[dict[str, Any], Array]] = [
    ({"layer": ["outer", "dense"], "variable": "kernel", "trainable": True}, np.arange(6, dtype="f4").reshape(2, 3)),
    (
        {"layer": ["words"], "variable": "vocabulary", "trainable": False},
        np.array([b"the", "\u00e9t\u00e9", b"a\0\0"], object),
    ),
    ({"layer": ["half"], "variable": "scale", "trainable": True}, np.array(1.5, "f2")),
]


def write(folder: Path, *tensors: tuple[dict[str, Any], Any]) -> Path:
    """A small bundle with the given weights."""
    writer = BundleWriter(folder, PRODUCER, SOURCE)
    writer.write_json("architecture.json", {"b": [1, 2.5, None, True], "a": "\u00e9\ud800"})
    writer.write_tensors("weights.npz", tensors)
    writer.write_json("assets/words.json", ["a"])
    writer.close()
    return folder


def round_trip(folder: Path, array: Any) -> Array:
    """The array as it comes back from a bundle."""
    bundle = Bundle.open(write(folder, ({}, array)))
    return bundle.read(bundle.rows("weights.npz")[0])


def test_everything_written_comes_back(tmp_path: Path) -> None:
    bundle = Bundle.open(write(tmp_path / "new" / "bundle", *WEIGHTS))
    manifest = bundle.manifest
    assert (manifest.version, manifest.producer, manifest.source) == ("1.3", PRODUCER, SOURCE)
    assert sorted(manifest.files) == ["architecture.json", "assets/words.json", "weights.npz"]
    assert bundle.json("architecture.json") == {"b": [1, 2.5, None, True], "a": "\u00e9\ud800"}
    rows = bundle.rows("weights.npz")
    assert rows == manifest.tensors
    assert rows[0] == TensorRow("t0", "weights.npz", "float32", (2, 3), WEIGHTS[0][0])
    assert [row.facts for row in rows] == [facts for facts, _ in WEIGHTS]
    assert bundle.read(rows[0]).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert bundle.read(rows[1]).tolist() == [b"the", "\u00e9t\u00e9".encode(), b"a\0\0"]
    assert bundle.read(rows[2]) == np.float16(1.5)


def test_numpy_and_the_page_are_enough_to_read_a_bundle(tmp_path: Path) -> None:
    folder = write(tmp_path, *WEIGHTS)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    arrays = np.load(folder / "weights.npz", allow_pickle=False)
    kernel, words, _ = manifest["tensors"]
    assert (kernel["layer"], kernel["dtype"], kernel["shape"]) == (["outer", "dense"], "float32", [2, 3])
    np.testing.assert_array_equal(arrays[kernel["id"]], WEIGHTS[0][1])
    text, offsets = arrays[words["id"]].tobytes(), arrays[words["id"] + ".offsets"]
    assert [text[offsets[i] : offsets[i + 1]] for i in range(3)] == [b"the", "\u00e9t\u00e9".encode(), b"a\0\0"]
    assert zipfile.ZipFile(folder / "weights.npz").testzip() is None


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    one, two = (write(tmp_path / name, *WEIGHTS) for name in ("one", "two"))
    for path in one.rglob("*.*"):
        assert path.read_bytes() == (two / path.relative_to(one)).read_bytes()


def test_the_header_is_spelled_as_numpy_spells_it(tmp_path: Path) -> None:
    for shape in ((), (1,), (0, 3), (2, 3, 4), (10**6,) * 32):
        with (tmp_path / "header").open("w+b") as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)  # type: ignore[arg-type, unused-ignore]
            file.seek(0)
            numpys, ours = file.read(), npz.npy_header(np.dtype("<f4"), shape)
        assert (ours[:8], ours[10:].rstrip()) == (numpys[:8], numpys[10:].rstrip())
        assert len(ours) % npz.ALIGNMENT == 0


def test_an_archive_without_tensors_is_an_archive(tmp_path: Path) -> None:
    assert Bundle.open(write(tmp_path)).rows("weights.npz") == ()


def test_strings_of_numpy_are_stored_without_their_padding(tmp_path: Path) -> None:
    assert round_trip(tmp_path / "S", np.array([[b"a", b"bcd"]])).tolist() == [[b"a", b"bcd"]]
    assert round_trip(tmp_path / "U", np.array([["a"], ["\u00e9"]])).tolist() == [[b"a"], ["\u00e9".encode()]]


@pytest.mark.parametrize("smallest_map", [1, 2**20])
def test_tensors_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smallest_map: int) -> None:
    monkeypatch.setattr(npz, "_MAP_FROM", smallest_map)
    for name, array in (("f4", np.ones(3, "f4")), ("0-d", np.array(2)), ("string", np.array([b"a"], object))):
        found = round_trip(tmp_path / name, array)
        np.testing.assert_array_equal(found, array)
        assert type(found) is np.ndarray
        assert not found.flags.writeable


@pytest.mark.parametrize("smallest_map", [0, 2**40])
def test_a_tensor_that_is_lent_can_be_written_to_and_the_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smallest_map: int
) -> None:
    monkeypatch.setattr(npz, "_MAP_FROM", smallest_map)
    bundle = Bundle.open(write(tmp_path, ({}, np.arange(6.0))))
    (row,) = bundle.rows("weights.npz")
    lent = bundle.lend(row)
    lent[:] = 0
    assert not lent.any()
    np.testing.assert_array_equal(bundle.read(row), np.arange(6.0))


def test_a_large_tensor_is_mapped_and_aligned(tmp_path: Path) -> None:
    bundle = Bundle.open(write(tmp_path, ({}, np.ones(3, "i1")), ({}, np.arange(2**18, dtype="f4"))))
    found = bundle.read(bundle.rows("weights.npz")[1])
    assert isinstance(found.base, np.memmap)
    assert found.ctypes.data % npz.ALIGNMENT == 0
    np.testing.assert_array_equal(found, np.arange(2**18, dtype="f4"))


def test_archives_beyond_4_gib_are_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 200)  # from where on zipfile writes 64-bit fields
    folder = write(tmp_path, *WEIGHTS)
    assert b"PK\x06\x06" in (folder / "weights.npz").read_bytes()
    bundle = Bundle.open(folder)
    assert bundle.read(bundle.rows("weights.npz")[2]) == np.float16(1.5)


def test_bfloat16_and_float8_survive_bit_for_bit(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for name, bits in (("bfloat16", "u2"), ("float8_e4m3fn", "u1"), ("float8_e5m2", "u1")):
        array = np.arange(256, dtype=bits).view(getattr(ml_dtypes, name)).reshape(16, 16).T
        found = round_trip(tmp_path / name, array)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found.view(bits), array.view(bits))


def test_bits_are_handed_out_where_ml_dtypes_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    bits = np.array([0x3F80, 0x7FC1, 0x8000], "u2")
    bundle = Bundle.open(write(tmp_path, ({}, bits.view(ml_dtypes.bfloat16))))
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    (row,) = bundle.rows("weights.npz")
    assert row.dtype == "bfloat16"
    assert bundle.read(row).dtype == np.uint16
    np.testing.assert_array_equal(bundle.read(row), bits)


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.array([b"a", None], object), id="an object that is no string"),
        pytest.param(np.array(["\ud800"], object), id="text that is no Unicode"),
        pytest.param(np.array(["2020-01-01"], "datetime64[D]"), id="dates"),
        pytest.param(np.zeros(2, [("a", "f4")]), id="records"),
        pytest.param(np.zeros(2, "V2"), id="raw bytes"),
    ],
)
def test_what_no_tensor_holds_is_refused_with_its_facts(tmp_path: Path, array: Array) -> None:
    with pytest.raises(TypeError, match="'layer': 'words'"):
        write(tmp_path, ({"layer": "words"}, array))


def test_facts_cannot_pose_as_columns(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\['dtype', 'id'\] are columns"):
        write(tmp_path, ({"id": "t9", "dtype": "object"}, np.zeros(2)))


@pytest.mark.parametrize("name", ["../a.json", "manifest.json", "other/a.json", "architecture.json"])
def test_a_file_name_must_be_permitted_and_new(tmp_path: Path, name: str) -> None:
    writer = BundleWriter(tmp_path, PRODUCER, SOURCE)
    writer.write_json("architecture.json", {})
    with pytest.raises(ValueError, match="already written, or no permitted"):
        writer.write_json(name, {})


def test_tensors_go_into_archives(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"does not end in \.npz"):
        BundleWriter(tmp_path, PRODUCER, SOURCE).write_tensors("weights.npy", [])


def test_a_bundle_needs_a_folder_of_its_own(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(FileExistsError, match="not empty"):
        BundleWriter(tmp_path, PRODUCER, SOURCE)


def test_without_close_there_is_no_bundle(tmp_path: Path) -> None:
    BundleWriter(tmp_path, PRODUCER, SOURCE).write_json("architecture.json", {})
    with pytest.raises(Failure, match="the export did not finish"):
        Bundle.open(tmp_path)


def test_a_file_the_bundle_does_not_hold_is_named(tmp_path: Path) -> None:
    bundle = Bundle.open(write(tmp_path))
    for ask in (bundle.json, bundle.rows):
        with pytest.raises(Failure, match=r"'optimizer\.npz'.*holds no such file") as caught:
            ask("optimizer.npz")
        assert caught.value.code is Exit.BUNDLE


def test_digest_and_size_are_known_without_reading_the_file_again(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        sink = npz.Sink(file)
        sink.write(b"abc")
        sink.flush()
        entry = sink.entry()
        sink.close()
    assert entry == FileEntry("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3)


def _nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), _nested(201), _nested(5000)], ids=lambda _: "")
def test_json_is_strict_when_written(value: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON|nested"):
        strictjson.dump(value)


def test_json_nests_200_levels() -> None:
    assert strictjson.parse(strictjson.dump(_nested(200))) == _nested(200)
