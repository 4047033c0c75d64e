"""docs/bundle-format.md, rule by rule: each case takes a good bundle, breaks one MUST, and is refused for that rule."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange import manifest as manifests
from interchange.bundle import Bundle, BundleWriter
from interchange.errors import Exit, Failure
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "bundle-format.md"
LIMIT = 100_000
Break = Callable[[Path], object]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A good bundle: t0 is float32 (2, 3), t1 is two strings, t2 is an int64 scalar in another file."""
    folder = tmp_path / "bundle"
    writer = BundleWriter(folder, {"keras": "2.15.0"}, {"path": "model.h5"})
    writer.write_json("architecture.json", {"class_name": "Sequential"})
    writer.write_json("assets/words.json", ["a", "b"])
    numbers, words = np.arange(6, dtype="f4").reshape(2, 3), np.array([b"ab\0", b"c"], object)
    writer.write_tensors("weights.npz", [({"layer": ["dense"]}, numbers), ({}, words)])
    writer.write_tensors("reference.npz", [({"role": "input"}, np.array(7))])
    writer.close()
    return folder


def edit(change: Callable[[dict[str, Any]], object]) -> Break:
    """Change the manifest's document."""

    def act(folder: Path) -> None:
        path = folder / "manifest.json"
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))

    return act


def top(**fields: Any) -> Break:
    """Change top-level fields of the manifest."""
    return edit(lambda document: document.update(fields))


def entry(**fields: Any) -> Break:
    """Change what the manifest says about architecture.json."""
    return edit(lambda document: document["files"]["architecture.json"].update(fields))


def row(**columns: Any) -> Break:
    """Change columns of the tensor t0."""
    return edit(lambda document: document["tensors"][0].update(columns))


def listed_as(name: str) -> Break:
    """List architecture.json under another name."""
    return edit(lambda document: document["files"].update({name: document["files"].pop("architecture.json")}))


def text(old: str, new: str, name: str = "manifest.json") -> Break:
    """Replace text in a file, which keeps its digest in the manifest."""

    def act(folder: Path) -> None:
        before = (folder / name).read_text()
        assert old in before
        (folder / name).write_text(before.replace(old, new, 1))

    return act


def sealed(name: str, data: bytes) -> Break:
    """Write a file and list its true size and digest, so that nothing but its content is at fault."""

    def act(folder: Path) -> None:
        (folder / name).write_bytes(data)
        facts = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        edit(lambda document: document["files"].update({name: facts}))(folder)

    return act


def archive(change: Callable[[dict[str, bytes]], object], compression: int = zipfile.ZIP_STORED) -> Break:
    """Write weights.npz anew with other members, and seal it."""

    def act(folder: Path) -> None:
        with zipfile.ZipFile(folder / "weights.npz") as before:
            members = {name: before.read(name) for name in before.namelist()}
        change(members)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as after:
            for name, data in members.items():
                after.writestr(name, data)
        sealed("weights.npz", buffer.getvalue())(folder)

    return act


def member(name: str, data: bytes) -> Break:
    """Replace or add a member of weights.npz."""
    return archive(lambda members: members.update({name: data}))


def twice(folder: Path) -> None:
    """Write t0.npy into weights.npz a second time."""
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(folder / "weights.npz", "a") as before:
        before.writestr("t0.npy", before.read("t0.npy"))
    sealed("weights.npz", (folder / "weights.npz").read_bytes())(folder)


def patched(signature: bytes, *fields: tuple[int, bytes]) -> Break:
    """Overwrite fields of the first zip record of a kind: pairs of an offset in the record and the new bytes."""

    def act(folder: Path) -> None:
        data = bytearray((folder / "weights.npz").read_bytes())
        start = data.index(signature)
        for offset, new in fields:
            data[start + offset : start + offset + len(new)] = new
        sealed("weights.npz", bytes(data))(folder)

    return act


def t0_size(size: int) -> Break:
    """Let the zip directory say that t0.npy has another size."""
    return patched(DIRECTORY, (20, size.to_bytes(4, "little") * 2))


def npy(array: Any, version: tuple[int, int] = (1, 0)) -> bytes:
    """A .npy file as NumPy writes it."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asanyarray(array), version=version)
    return buffer.getvalue()


def offsets(*values: int) -> Break:
    """Replace the offsets of the strings t1, whose bytes are four."""
    return member("t1.offsets.npy", npy(np.array(values, "<i8")))


def linked(folder: Path) -> None:
    """Replace a file by a link to the very same content."""
    (folder / "weights.npz").rename(folder.parent / "elsewhere.npz")
    (folder / "weights.npz").symlink_to(folder.parent / "elsewhere.npz")


def linked_assets(folder: Path) -> None:
    """Replace the folder of assets by a link to it."""
    (folder / "assets").rename(folder.parent / "elsewhere")
    (folder / "assets").symlink_to(folder.parent / "elsewhere")


def linked_manifest(folder: Path) -> None:
    """Replace the manifest by a link to it."""
    (folder / "manifest.json").rename(folder.parent / "elsewhere.json")
    (folder / "manifest.json").symlink_to(folder.parent / "elsewhere.json")


def folder_as_manifest(folder: Path) -> None:
    """Replace the manifest by a folder."""
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").mkdir()


KERNEL = {"layer": ["dense"], "variable": "kernel"}
KEPT = {"optimizer": "kept", "compile": {"loss": "mse"}, "reason": None, "missing": [], "metrics_names": ["loss"]}


def compiled(document: Any, *slots: dict[str, Any]) -> Break:
    """Write a bundle anew with a kernel, the document of a training unless it is None, and tensors of an optimizer."""

    def act(folder: Path) -> None:
        shutil.rmtree(folder)
        writer = BundleWriter(folder, {"keras": "2.15.0"}, {})
        writer.write_json("architecture.json", {})
        writer.write_tensors("weights.npz", [(KERNEL, T0)])
        if document is not None:
            writer.write_json("training.json", document)
        if slots:
            writer.write_tensors("optimizer.npz", [(facts, T0) for facts in slots])
        writer.close()

    return act


def trained(*slots: dict[str, Any]) -> Break:
    """Write a bundle anew with these tensors of an optimizer."""
    return compiled(KEPT, *slots)


LOCAL, DIRECTORY, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
T0 = np.arange(6, dtype="<f4").reshape(2, 3)

BREAKS: list[tuple[int, str, Break]] = [
    (1, "no manifest", lambda folder: (folder / "manifest.json").unlink()),
    (1, "manifest is a link", linked_manifest),
    (1, "manifest is a folder", folder_as_manifest),
    (2, "manifest is cut", lambda folder: os.truncate(folder / "manifest.json", 100)),
    (2, "manifest is UTF-16", lambda folder: (folder / "manifest.json").write_text("{}", encoding="utf-16")),
    (2, "manifest has a NaN", text('"2.15.0"', "NaN")),
    (2, "manifest has an infinity", text('"2.15.0"', "1e999")),
    (2, "manifest has a huge integer", text('"2.15.0"', "1" * 5000)),
    (2, "manifest has a key twice", text('"producer"', '"version":"1.0","producer"')),
    (2, "manifest is deep", row(nested=json.loads("[" * 200 + "]" * 200))),
    (2, "manifest is a well", lambda folder: (folder / "manifest.json").write_text("[" * 10**6)),
    (2, "manifest is large", lambda folder: os.truncate(folder / "manifest.json", manifests.MAX_BYTES + 1)),
    (2, "document is no JSON", sealed("architecture.json", b"{'a': 1}")),
    (2, "document has a NaN", sealed("architecture.json", b"[NaN]")),
    (3, "next major", top(version="2.0")),
    (3, "no minor", top(version="1")),
    (3, "hidden major", top(version="1.0\n")),
    (4, "version is a number", top(version=1.0)),
    (4, "manifest is a list", lambda folder: (folder / "manifest.json").write_text("[]")),
    (4, "no producer", edit(lambda document: document.pop("producer"))),
    (4, "producer's version is a number", top(producer={"keras": 2.15})),
    (4, "source is null", top(source=None)),
    (4, "files is a list", top(files=[])),
    (4, "size is a boolean", entry(size=True)),
    (4, "size is negative", entry(size=-1)),
    (4, "sha256 is short", entry(sha256="ab")),
    (4, "tensors is an object", top(tensors={})),
    (4, "tensor is null", top(tensors=[None])),
    (4, "id is a number", row(id=0)),
    (4, "shape is text", row(shape="23")),
    (4, "dimension is a float", row(shape=[2.0, 3])),
    (4, "dimension is a boolean", row(shape=[True, 6])),
    (5, "name climbs", listed_as("../architecture.json")),
    (5, "name climbs from assets", listed_as("assets/../architecture.json")),
    (5, "name is absolute", listed_as("/etc/passwd")),
    (5, "name has a backslash", listed_as("assets\\words.json")),
    (5, "name has a drive", listed_as("c:words.json")),
    (5, "name has a control character", listed_as("a\n.json")),
    (5, "name ends in a line feed", listed_as("architecture.json\n")),
    (5, "name is not ASCII", listed_as("\u00e9.json")),
    (5, "name is empty", listed_as("")),
    (5, "name is a point", listed_as(".")),
    (5, "name lies in another folder", listed_as("other/a.json")),
    (5, "name lies below a folder in assets", listed_as("assets/a/b.json")),
    (5, "name is the manifest's", listed_as("manifest.json")),
    (6, "file is missing", lambda folder: (folder / "weights.npz").unlink()),
    (6, "file is not listed", lambda folder: (folder / "extra.json").write_text("{}")),
    (6, "asset is not listed", lambda folder: (folder / "assets" / "extra.txt").write_text("x")),
    (6, "file is a link", linked),
    (6, "assets is a link", linked_assets),
    (6, "file is a pipe", lambda folder: os.mkfifo(folder / "pipe")),
    (6, "another folder", lambda folder: (folder / "other").mkdir()),
    (6, "folder in assets", lambda folder: (folder / "assets" / "assets").mkdir()),
    (7, "file is longer", text("}", "} ", "architecture.json")),
    (7, "file is shorter", lambda folder: os.truncate(folder / "weights.npz", 1000)),
    (8, "bundle is large", sealed("assets/large.bin", bytes(LIMIT))),
    (9, "file was changed", text("Sequential", "Functional", "architecture.json")),
    (10, "id is a path", row(id="../t0")),
    (10, "id has a leading zero", row(id="t00")),
    (10, "id occurs twice", row(id="t1")),
    (11, "tensor in a file that is not listed", row(file="other.npz")),
    (11, "tensor in a document", row(file="architecture.json")),
    (12, "dtype is object", row(dtype="object")),
    (12, "dtype is spelled otherwise", row(dtype="<f4")),
    (13, "dimension is negative", row(shape=[-2, -3])),
    (13, "shape overflows", row(shape=[2**32, 2**32])),
    (13, "shape overflows behind a zero", row(shape=[0, 2**40, 2**40])),
    (13, "shape has many dimensions", row(shape=[1] * 33)),
    (14, "no zip archive", sealed("weights.npz", b"PK\x03\x04 and then something else")),
    (14, "empty archive", sealed("reference.npz", b"")),
    (14, "member is missing", archive(lambda members: members.pop("t0.npy"))),
    (14, "member is not in the index", member("t9.npy", npy(T0))),
    (14, "member of another file", row(file="reference.npz")),
    (14, "member is there twice", twice),
    (14, "member's name hides behind a NUL", patched(DIRECTORY, (46, b"t0.np\0"))),
    (15, "members are compressed", archive(lambda members: None, zipfile.ZIP_DEFLATED)),
    (15, "member is encrypted", patched(DIRECTORY, (8, b"\x09"))),
    (15, "directory and local header name two members", patched(LOCAL, (30, b"t7.npy"))),
    (15, "no local header", patched(LOCAL, (0, b"PK\x05\x05"))),
    (16, "member begins before the file", patched(END, (16, b"\xf0\xff\xff\x7f"))),
    (16, "member begins outside the file", patched(DIRECTORY, (42, b"\xf0\xff\xff\x7f"))),
    (16, "member ends outside the file", t0_size(2**31)),
    (16, "member reaches into the next", t0_size(600)),
    (17, "member is no .npy", member("t0.npy", b"\x80\x04N.")),
    (17, "member is empty", member("t0.npy", b"")),
    (17, "header is longer than the member", member("t0.npy", npy(T0)[:64])),
    (17, "version 2.0", member("t0.npy", npy(T0, version=(2, 0)))),
    (17, "Fortran order", member("t0.npy", npy(np.asfortranarray(T0)))),
    (17, "big-endian", member("t0.npy", npy(T0.astype(">f4")))),
    (17, "other dtype", member("t0.npy", npy(T0.astype("<i4")))),
    (17, "other shape", member("t0.npy", npy(T0.T.copy()))),
    (17, "pickled objects", member("t0.npy", npy(T0.astype(object)))),
    (17, "strings' bytes have two dimensions", member("t1.npy", npy(np.zeros((2, 2), "u1")))),
    (17, "too few offsets", offsets(0, 4)),
    (18, "data is cut", member("t0.npy", npy(T0)[:-1])),
    (18, "data goes on", member("t0.npy", npy(T0) + b"\0")),
    (19, "offsets begin late", offsets(1, 3, 4)),
    (19, "offsets fall", offsets(0, 5, 4)),
    (19, "offsets are negative", offsets(0, -1, 4)),
    (19, "offsets end early", offsets(0, 3, 3)),
    (19, "offsets end late", offsets(0, 3, 5)),
    (20, "unknown kind", row(kind="jagged")),
    (20, "lengths of a dense tensor", row(lengths=[[2]])),
    (20, "lengths of a sparse tensor", row(kind="sparse", lengths=[[2]])),
    (20, "no lengths", row(kind="ragged")),
    (20, "no ragged axis", row(kind="ragged", lengths=[])),
    (20, "lengths are no lists", row(kind="ragged", lengths=[2])),
    (20, "length is negative", row(kind="ragged", lengths=[[3, -1]])),
    (20, "length is a float", row(kind="ragged", lengths=[[2.0]])),
    (20, "lengths add up to less", row(kind="ragged", lengths=[[1, 0]])),
    (20, "inner lengths are too few", row(kind="ragged", lengths=[[2, 1], [1, 1]])),
    (21, "no slot", trained({})),
    (21, "slot is no text", trained({"slot": 1})),
    (21, "slot of another weight", trained({"slot": "m", "layer": ["other"], "variable": "kernel"})),
    (21, "slot of half a name", trained({"slot": "m", "variable": "kernel"})),
    (21, "slot is there twice", trained({"slot": "m", **KERNEL}, {"slot": "m", **KERNEL})),
    (21, "scalar is there twice", trained({"slot": "iterations"}, {"slot": "iterations"})),
    (22, "no document", compiled(None, {"slot": "iterations"})),
    (22, "document is a list", compiled([])),
    (22, "optimizer is something else", compiled({"optimizer": "lost", "compile": {}})),
    (22, "compiled and dropped", compiled({"optimizer": "dropped", "compile": {}})),
    (22, "rebuilt and not compiled", compiled({"optimizer": "rebuilt", "compile": None})),
    (22, "kept without a state", compiled({"optimizer": "kept", "compile": {}})),
    (22, "rebuilt with a state", compiled({"optimizer": "rebuilt", "compile": {}}, {"slot": "iterations"})),
]


@pytest.mark.parametrize(("rule", "act"), [pytest.param(rule, act, id=f"{rule} {name}") for rule, name, act in BREAKS])
def test_a_broken_must_is_refused(bundle: Path, rule: int, act: Break) -> None:
    act(bundle)
    with pytest.raises(Failure) as caught:
        Bundle.open(bundle, LIMIT).json("architecture.json")
    failure = caught.value
    assert (failure.code, failure.detail["rule"]) == (Exit.BUNDLE, rule), failure.message
    assert failure.detail["file"] in failure.message
    assert failure.hint


def test_the_bundle_that_the_cases_break_is_good(bundle: Path) -> None:
    archive(lambda members: None)(bundle)
    sealed("assets/note.txt", b"any file may be an asset")(bundle)
    opened = Bundle.open(bundle, LIMIT)
    np.testing.assert_array_equal(opened.read(opened.rows("weights.npz")[0]), T0)


@pytest.mark.parametrize(
    "act",
    [
        trained({"slot": "iterations"}, {"slot": "m", **KERNEL}, {"slot": "v", **KERNEL}),
        compiled({**KEPT, "optimizer": "rebuilt"}),
        compiled({**KEPT, "optimizer": "dropped", "compile": None}),
        compiled(None),
    ],
)
def test_a_training_that_keeps_the_rules_is_read(bundle: Path, act: Break) -> None:
    act(bundle)
    assert "weights.npz" in Bundle.open(bundle).manifest.files


def test_every_rule_of_the_page_has_a_case() -> None:
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers == sorted({rule for rule, _, _ in BREAKS})


def test_the_page_lists_the_files_that_the_workers_write() -> None:
    told = {
        name
        for row in re.findall(r"^\| (`[\w.]+`(?:, `[\w.]+`)*) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        for name in re.findall(r"`(\w+\.\w+)`", row)
    }
    paths = [path for worker in ("exporter", "importer") for path in (PAGE.parents[1] / worker).rglob("*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    written = set(re.findall(r"writer\.write_\w+\(\s*\"([\w.]+)\"", text))
    assert "weights.npz" in written
    assert told == written | {"manifest.json"}


def test_a_higher_minor_is_read_and_its_new_keys_ignored(bundle: Path) -> None:
    top(version="1.7", novelty=[1])(bundle)
    assert Bundle.open(bundle).manifest.version == "1.7"


def test_the_limit_counts_every_byte(bundle: Path) -> None:
    total = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    Bundle.open(bundle, total)
    with pytest.raises(Failure, match="rule 8"):
        Bundle.open(bundle, total - 1)


def test_a_manifest_of_too_many_values_is_never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty-four megabytes of empty lists would become two gigabytes."""
    monkeypatch.setattr("json.loads", None)
    with pytest.raises(Failure) as caught:
        manifests.parse(b"[" + b"[]," * 20_000_000 + b"[]]")
    assert caught.value.detail["rule"] == 2
