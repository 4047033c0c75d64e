"""Which files the arguments mean."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from interchange.errors import Exit
from keras2to3.reports.report import Report, ReportedOutput, to_bytes
from keras2to3.reports.report import _seal as seal
from keras2to3.sources import find


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str, content: bytes = b"") -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)


def found(*arguments: str) -> list[str]:
    return [str(source.path) for source in find(map(Path, arguments), Path("models/migrated"))]


def test_a_file_that_is_named_is_a_source_whatever_it_is() -> None:
    touch("notes.txt")
    assert found("notes.txt", "nowhere.h5") == ["notes.txt", "nowhere.h5"]


def test_a_folder_is_walked_in_the_order_of_names() -> None:
    touch("models/b.h5", "models/a/z.hdf5", "models/a/Y.H5", "models/c.keras", "models/d.model", "models/notes.txt")
    names = ["models/b.h5", "models/c.keras", "models/d.model", "models/a/Y.H5", "models/a/z.hdf5"]
    assert found("models") == names


def test_hdf5_is_known_by_its_first_bytes() -> None:
    touch("models/weights.bin", content=b"\x89HDF\r\n\x1a\n...")
    touch("models/other.bin", content=b"...")
    assert found("models") == ["models/weights.bin"]


ARCHITECTURES = {
    "a.json": b'{"class_name": "Sequential", "config": []}',
    "b.json": b'\xef\xbb\xbf \n{"config": {"layers": [{"class_name": "Dense"}]}, "class_name": "Model"}',
    "c.json": b'{"keras_version": "2.2.4", "class_name": "Model", "config": {}}',
    "d.json": b'"{\\"class_name\\": \\"Sequential\\", \\"config\\": []}"',
    "d.yaml": b"backend: tensorflow\nclass_name: Sequential\nconfig: []\n",
    "e.yml": b"class_name: Model\nconfig: {}\n",
    "f.json": b'{"loss": "mse", "class_name": "Sequential", "config": []}',
}
OTHER_TEXTS = {
    "package.json": b'{"name": "class_name", "version": "1.0"}',
    "a.report.json": b'{\n  "changes": [],\n  "error": "class_name"}',
    "summary.json": b'{\n  "exit_code": 0,\n  "sources": []}',
    "ci.yaml": b"on: push\nclass_name: x\n",
    "empty.json": b"",
    "net.txt": b'{"class_name": "Sequential", "config": []}',
    "x.bundle/architecture.json": b'{"class_name": "Sequential", "config": []}',
    "x.bundle/manifest.json": b"{}",
}


def test_architectures_are_known_by_how_they_begin() -> None:
    for name, content in {**ARCHITECTURES, **OTHER_TEXTS}.items():
        touch(f"models/{name}", content=content)
    assert found("models") == [f"models/{name}" for name in ARCHITECTURES]


def test_checkpoints_are_known_by_how_they_end() -> None:
    end = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
    touch("models/best.index", content=b"x" * 40 + end)
    touch("models/other.index", content=b"x" * 48)
    touch("models/best.data-00000-of-00001", "models/checkpoint")
    assert found("models") == ["models/best.index"]


def output(path: str) -> ReportedOutput:
    return ReportedOutput(path, "0" * 64, "native", None, None, bundle=False)


def without_path(report: Report) -> bytes:
    facts = {**report.to_json(), "output": {}}
    return to_bytes({**facts, "seal": seal(facts)})


def test_hidden_things_results_and_the_output_folder_are_passed_by() -> None:
    touch("models/a.h5", "models/.cache/b.h5", "models/._a.h5", "models/migrated/a.h5")
    touch("models/old/a.keras", "models/old/b.weights.h5", "models/old/c.serving/saved_model/saved_model.pb")
    for stem, ending in (("a", ".keras"), ("b", ".weights.h5"), ("c", ".serving")):
        report = Report({}, "verified", output=output(f"migrated/{stem}{ending}"))
        Path(f"models/old/{stem}.report.json").write_bytes(report.to_bytes())
    assert found("models") == ["models/a.h5"]
    assert found("models/*.h5", "models/*/*", "models/**/*.keras")[:2] == ["models/a.h5", "models/old/a.report.json"]
    assert found("models/old/a.keras") == ["models/old/a.keras"], "which is named"


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"{}",
        Report({}).to_bytes(),
        Report({}, output=output("b.keras")).to_bytes(),
        without_path(Report({}, output=output("a.keras"))),
    ],
)
def test_a_file_beside_a_report_of_another_thing_is_a_source(report: bytes) -> None:
    touch("models/a.keras")
    touch("models/a.report.json", content=report)
    assert found("models") == ["models/a.keras"]


def test_a_bundle_is_no_source_however_it_is_found() -> None:
    touch("models/x.bundle/manifest.json", "models/x.bundle/a.h5", "models/b.h5")
    assert found("models/**/*.h5") == found("models") == ["models/b.h5"]


def test_a_saved_model_is_one_source() -> None:
    touch("models/a/saved_model.pb", "models/a/variables/x.h5", "models/b.h5")
    touch("models/c/variables/variables.index", "models/c/assets/d.h5")  # whose graph was left behind
    assert found("models") == ["models/b.h5", "models/a", "models/c"]


def test_the_name_of_a_folder_has_no_ending_but_that_of_its_kind() -> None:
    touch("models/net.tf/saved_model.pb", "models/net-1.0/saved_model.pb")
    assert [source.stem for source in find([Path("models")], None)] == ["net-1.0", "net"]


def test_a_link_to_a_folder_is_not_followed() -> None:
    touch("models/a.h5")
    Path("models/loop").symlink_to(".")
    assert found("models") == ["models/a.h5"]


def test_a_pipe_does_not_block() -> None:
    touch("models/a.h5")
    os.mkfifo("models/pipe")
    assert found("models") == ["models/a.h5"]


def test_each_source_once() -> None:
    touch("models/a.h5")
    Path("same.h5").symlink_to("models/a.h5")
    assert found("models/a.h5", "models", "same.h5", "./models/../models/a.h5") == ["models/a.h5"]


def test_patterns_the_shell_left_alone(here: Path) -> None:
    touch("models/a.h5", "models/b.h5", "models/c/d.h5", "x[1].h5", "x1.h5")
    assert found("models/*.h5") == ["models/a.h5", "models/b.h5"]
    assert found(f"{here}/models/**/d.h5") == [f"{here}/models/c/d.h5"]
    assert found("x[1].h5") == ["x[1].h5"], "a file of that name goes before"
    assert found("y*.h5") == ["y*.h5"], "which is told as missing"


def test_a_folder_without_models_is_a_source_that_failed() -> None:
    touch("models/notes.txt")
    (source,) = find([Path("models")], Path("migrated"))
    assert source.failure
    assert source.failure.code is Exit.UNREADABLE
    assert source.failure.hint


def test_a_folder_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    touch("models/a.h5", "models/closed/b.h5")
    scan = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    good, closed = find([Path("models")], Path("migrated"))
    assert good.failure is None
    assert closed.failure
    assert "Permission denied" in closed.failure.message


def test_a_name_no_file_system_takes() -> None:
    assert found("x" * 5000) == ["x" * 5000]


def test_a_bundle_that_is_named_is_a_source(tmp_path: Path) -> None:
    """It can be inspected; in a folder of models it is none of them."""
    bundle = tmp_path / "x.bundle"
    bundle.mkdir()
    (bundle / "manifest.json").write_bytes(b"{}")
    assert [source.path for source in find([bundle], None)] == [bundle]
    assert [source.path for source in find([tmp_path], None)] == [tmp_path]
